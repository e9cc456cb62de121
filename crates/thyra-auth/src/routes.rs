//! The paths that are answered without a token.

mod cors;

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use thiserror::Error;

use crate::answer::json_error;
use crate::unread::{Drain, TrackedBody};

pub use cors::Cors;

/// How long a body may take to arrive.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

type Handler = dyn Fn(Request<Bytes>) -> BoxFuture<'static, Response<Bytes>> + Send + Sync;

/// One exact path that is answered without a token.
///
/// The well-known documents are such routes, and so are the endpoints and pages of a provider that
/// takes part in the login itself. The handler sees the method, the path, the query and the body,
/// and none of them was judged before.
///
/// ```
/// use bytes::Bytes;
/// use http::{Method, Request, Response};
/// use thyra_auth::PublicRoute;
///
/// let echo = async |request: Request<Bytes>| {
///     let query = request.uri().query().unwrap_or_default();
///     Response::new(Bytes::from(format!("{query} {} bytes", request.body().len())))
/// };
/// let methods = [Method::GET, Method::POST];
/// let consent = PublicRoute::new("/consent", methods, echo).body_limit(16 * 1024);
/// ```
#[derive(Clone)]
pub struct PublicRoute {
    path: Arc<str>,
    methods: Arc<[Method]>,
    body_limit: usize,
    any_origin: bool,
    handler: Arc<Handler>,
}

impl PublicRoute {
    /// Answers requests for this path with one of these methods. `HEAD` comes with `GET`, and
    /// `OPTIONS` is answered for every route.
    pub fn new<F>(
        path: impl Into<Arc<str>>,
        methods: impl IntoIterator<Item = Method>,
        handler: impl Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Response<Bytes>> + Send + 'static,
    {
        Self {
            path: path.into(),
            methods: methods.into_iter().collect(),
            body_limit: 0,
            any_origin: false,
            handler: Arc::new(move |request| handler(request).boxed()),
        }
    }

    /// How many bytes of a body the handler takes. A longer one is refused before the handler is
    /// called. With zero, the default, bodies are not read at all, and the handler gets an empty
    /// one.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Lets the pages of every origin read the answers, as suits documents that are the same for
    /// everybody. Off by default.
    #[must_use]
    pub fn any_origin(mut self) -> Self {
        self.any_origin = true;
        self
    }

    /// The same route at another path.
    #[must_use]
    pub fn at(&self, path: impl Into<Arc<str>>) -> Self {
        Self {
            path: path.into(),
            ..self.clone()
        }
    }

    /// The path.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn takes(&self, method: &Method) -> bool {
        let as_get = method == Method::HEAD && self.methods.contains(&Method::GET);
        as_get || self.methods.contains(method)
    }

    /// The methods as headers name them.
    fn allow(&self) -> HeaderValue {
        let mut allow = String::new();
        for method in self.methods.iter() {
            allow.push_str(method.as_str());
            allow.push_str(", ");
            if method == Method::GET {
                allow.push_str("HEAD, ");
            }
        }
        allow.push_str("OPTIONS");
        // Methods are tokens (RFC 9110 section 9.1), so this is always a header value.
        HeaderValue::try_from(allow).unwrap_or(HeaderValue::from_static("OPTIONS"))
    }
}

impl fmt::Debug for PublicRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicRoute")
            .field("path", &self.path)
            .field("methods", &self.methods)
            .finish_non_exhaustive()
    }
}

/// The public routes of one protected resource, each at its exact path.
///
/// No path is matched by prefix or suffix, so nothing else becomes public with them.
#[derive(Clone, Debug, Default)]
pub struct PublicRoutes {
    routes: Vec<PublicRoute>,
}

impl PublicRoutes {
    /// Adds a route, unless its path is taken; says whether it did.
    pub(crate) fn add(&mut self, route: PublicRoute) -> bool {
        let free = !self.answers(route.path());
        if free {
            self.routes.push(route);
        }
        free
    }

    /// Whether `path` is one of the routes.
    pub fn answers(&self, path: &str) -> bool {
        self.route(path).is_some()
    }

    /// The paths, for a router that needs to know them in advance.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().map(PublicRoute::path)
    }

    /// The routes as a router of axum, to merge into an application. Needs the feature `axum`.
    ///
    /// The documents belong to the root of the origin, where clients look for them (RFC 9728
    /// section 3.1): merge it, and do not nest it under a prefix.
    #[cfg(feature = "axum")]
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> axum::Router<S> {
        let routes = Arc::new(self.clone());
        self.paths().fold(axum::Router::new(), |router, path| {
            let routes = Arc::clone(&routes);
            let answer = async move |request: Request<axum::body::Body>| {
                routes.respond(request, &Cors::default()).await
            };
            router.route(path, axum::routing::any(answer))
        })
    }

    /// Answers a request for one of the paths; 404 for any other path.
    ///
    /// The body is read as far as the route takes one, and for ten seconds at most; what is left of
    /// it is read and thrown away as [`Drain`] does by default. `cors` names the headers of the
    /// protocol that the resource speaks.
    pub async fn respond<B: Body>(
        &self,
        request: Request<B>,
        cors: &Cors,
    ) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let mut body = pin!(TrackedBody::new(&parts, body));
        let mut response = self.judge(parts, body.as_mut(), cors).await;
        Drain::default().before(body, response.headers_mut()).await;
        response.map(Full::new)
    }

    async fn judge<B: Body>(
        &self,
        parts: Parts,
        body: Pin<&mut TrackedBody<B>>,
        cors: &Cors,
    ) -> Response<Bytes> {
        let Some(route) = self.route(parts.uri.path()) else {
            let mut response = not_found();
            cors.share(response.headers_mut());
            return response;
        };
        let mut response = if route.takes(&parts.method) {
            match read(body, route.body_limit).await {
                Ok(body) => answer(route, Request::from_parts(parts, body)).await,
                Err(refusal) => refusal,
            }
        } else if parts.method == Method::OPTIONS {
            options(route, &parts.headers, cors)
        } else {
            wrong_method(route)
        };
        if route.any_origin {
            cors.share(response.headers_mut());
        }
        response
    }

    fn route(&self, path: &str) -> Option<&PublicRoute> {
        self.routes.iter().find(|route| route.path() == path)
    }
}

fn options(route: &PublicRoute, asked: &HeaderMap, cors: &Cors) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let allow = route.allow();
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, allow.clone());
    if route.any_origin {
        cors.answer_preflight(asked, allow, headers);
    }
    response
}

/// The body of a request, if it is not longer than `limit`.
async fn read<B: Body>(
    mut body: Pin<&mut TrackedBody<B>>,
    limit: usize,
) -> Result<Bytes, Response<Bytes>> {
    if limit == 0 {
        return Ok(Bytes::new());
    }
    let too_large = || {
        json_error(
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload_too_large",
            "The body is longer than this path takes.",
        )
    };
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    let sound = body.as_mut().map_err(|_| BrokenBody);
    let collected = Limited::new(sound, limit).collect();
    match tokio::time::timeout(BODY_DEADLINE, collected).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(json_error(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "The body broke off.",
        )),
        Err(_) => {
            body.give_up();
            Err(json_error(
                StatusCode::REQUEST_TIMEOUT,
                "request_timeout",
                "The body did not arrive in time.",
            ))
        }
    }
}

/// Why a body ended early does not matter to anybody here.
#[derive(Debug, Error)]
#[error("the body broke off")]
struct BrokenBody;

/// What the route answers; to `HEAD` without the body.
async fn answer(route: &PublicRoute, request: Request<Bytes>) -> Response<Bytes> {
    let head = request.method() == Method::HEAD;
    let mut response = (route.handler)(request).await;
    if head {
        let length = response.body().len();
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, length.into());
        *response.body_mut() = Bytes::new();
    }
    response
}

fn not_found() -> Response<Bytes> {
    json_error(
        StatusCode::NOT_FOUND,
        "not_found",
        "There is no such document.",
    )
}

fn wrong_method(route: &PublicRoute) -> Response<Bytes> {
    let sentence = if *route.methods == [Method::GET] {
        "This document is read with GET."
    } else {
        "This path does not take that method; the Allow header names those that it takes."
    };
    let mut response = json_error(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        sentence,
    );
    response.headers_mut().insert(header::ALLOW, route.allow());
    response
}

#[cfg(test)]
mod tests;
