//! Routes of the author's own beside the endpoint, in a server that listens by itself.

use std::convert::Infallible;
use std::future::Future;

use axum::Router;
use axum::extract::Request;
use http::Response;
use http_body_util::Either;
use tower_service::Service;

use super::{Body, McpService, turn_away};

/// The body of an answer: the server's, or the author's.
type AnyBody = Either<Body, axum::body::Body>;

impl McpService {
    /// The service with routes of the author's own beside it.
    pub(crate) fn with_routes(self, routes: Option<Router>) -> Self {
        Self { routes, ..self }
    }

    /// Answers one request as [`McpService::answer`] does, or gives it to the author's routes if
    /// its path is none of the server's.
    ///
    /// The check of `Host` stands before both: a page that rebinds its name must not reach the
    /// author's routes either.
    pub(crate) fn answer_all<B>(
        &self,
        request: http::Request<B>,
    ) -> impl Future<Output = Result<Response<AnyBody>, Infallible>> + Send + use<B>
    where
        B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let service = self.clone();
        async move {
            let Some(routes) = &service.routes else {
                return Ok(service.answer(request).await?.map(Either::Left));
            };
            let path = request.uri().path();
            if service.paths().any(|own| own == path) {
                return Ok(service.answer(request).await?.map(Either::Left));
            }
            if let Err(refusal) = service.guard.admit_host(request.uri(), request.headers()) {
                return Ok(turn_away(refusal).map(Either::Left));
            }
            let request: Request = request.map(axum::body::Body::new);
            // Boxed, so that the futures of the server's own answers do not become larger.
            let answer = Box::pin(routes.clone().call(request)).await?;
            Ok(answer.map(Either::Right))
        }
    }
}
