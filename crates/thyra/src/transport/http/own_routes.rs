//! Routes of the author's own beside the endpoint, in a server that listens by itself.

mod lent;

use std::convert::Infallible;
use std::future::Future;

use axum::Router;
use axum::extract::Request;
use bytes::Bytes;
use http::Response;
use http_body::Body as HttpBody;
use http_body_util::Either;
use thyra_auth::TrackedBody;
use tower_service::Service;

use self::lent::Lent;
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
        B: HttpBody<Data = Bytes> + Send + 'static,
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
            // Boxed, so that the futures of the server's own answers do not become larger.
            Ok(Box::pin(service.answer_with(routes.clone(), request)).await)
        }
    }

    async fn answer_with<B>(
        &self,
        mut routes: Router,
        request: http::Request<B>,
    ) -> Response<AnyBody>
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<axum::BoxError>,
    {
        let (parts, body) = request.into_parts();
        let mut body = Box::pin(TrackedBody::new(&parts, body));
        if let Err(refusal) = self.guard.admit_host(&parts.uri, &parts.headers) {
            let answer = turn_away(refusal).map(Either::Left);
            return self.make_way(body.as_mut(), answer).await;
        }
        let (lent, mut back) = Lent::new(body);
        let request = Request::from_parts(parts, axum::body::Body::new(lent));
        let Ok(answer) = routes.call(request).await;
        let answer = answer.map(Either::Right);
        match back.try_recv() {
            Ok(mut body) => self.make_way(body.as_mut(), answer).await,
            // A route that answers while it reads still has the body.
            Err(_) => answer,
        }
    }
}
