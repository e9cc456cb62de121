//! The door fits any tower service: an axum router, and a service whose body and future are boxed,
//! as the official SDK's Streamable HTTP service is.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::{Extension, Router, routing};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{Request, Response, StatusCode};
use http_body::Body;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use thyra_auth::{
    BearerToken, Principal, Protection, ResourceUrl, TokenRejected, TokenVerifier, Verdict,
};
use tower_service::Service;

/// Takes the token `good`.
#[derive(Debug)]
struct OneToken;

impl TokenVerifier for OneToken {
    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        let verdict = if token.as_str() == "good" {
            let caller = Principal::builder("https://issuer.example.com", "usr_1").build();
            Verdict::Accepted(Arc::new(caller))
        } else {
            Verdict::Rejected(TokenRejected::UnknownToken)
        };
        async { verdict }.boxed()
    }
}

fn protection() -> Protection {
    let resource = ResourceUrl::new("https://h", "/mcp").unwrap();
    let servers = ["https://issuer.example.com"];
    Protection::builder("test", resource, Arc::new(OneToken), servers)
        .build()
        .unwrap()
}

/// What the SDK's service looks like from outside.
#[derive(Clone)]
struct Boxed;

impl<B> Service<Request<B>> for Boxed
where
    B: Body + Send + 'static,
{
    type Response = Response<BoxBody<Bytes, Infallible>>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let caller = request.extensions().get::<Arc<Principal>>();
        let subject = caller.unwrap().subject().to_owned();
        async move { Ok(Response::new(Full::from(subject).boxed())) }.boxed()
    }
}

async fn ask<S, B>(service: &mut S, path: &str, token: Option<&str>) -> (StatusCode, String)
where
    S: Service<Request<axum::body::Body>, Response = Response<B>, Error = Infallible>,
    B: Body<Data = Bytes>,
    B::Error: std::fmt::Debug,
{
    let mut request = Request::post(path);
    if path.starts_with("/.well-known") {
        request = Request::get(path);
    }
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(axum::body::Body::empty()).unwrap();
    let Ok(()) = std::future::poll_fn(|cx| service.poll_ready(cx)).await;
    let Ok(response) = service.call(request).await;
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn check<S, B>(service: &mut S)
where
    S: Service<Request<axum::body::Body>, Response = Response<B>, Error = Infallible>,
    B: Body<Data = Bytes>,
    B::Error: std::fmt::Debug,
{
    assert_eq!(ask(service, "/mcp", None).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(
        ask(service, "/mcp", Some("bad")).await.0,
        StatusCode::UNAUTHORIZED
    );
    let good = ask(service, "/mcp", Some("good")).await;
    assert_eq!(good, (StatusCode::OK, "usr_1".to_owned()));
    let (status, metadata) = ask(service, "/.well-known/oauth-protected-resource", None).await;
    assert_eq!(status, StatusCode::OK);
    assert!(metadata.contains("\"resource\":\"https://h/mcp\""));
}

fn router() -> Router {
    let whoami = async |Extension(caller): Extension<Arc<Principal>>| caller.subject().to_owned();
    Router::new().route("/mcp", routing::post(whoami))
}

#[tokio::test]
async fn it_fits_a_boxed_service() {
    check(&mut protection().protect(Boxed)).await;
}

#[tokio::test]
async fn it_fits_an_axum_router() {
    check(&mut protection().protect(router())).await;
}

#[tokio::test]
async fn it_can_be_mounted_in_an_axum_router() {
    let mut outer = Router::new()
        .route("/healthz", routing::get(async || "ok"))
        .fallback_service(protection().protect(router()));
    check(&mut outer).await;
}

#[tokio::test]
async fn it_is_an_axum_layer() {
    let mut service = router().layer(protection().layer());
    let (status, _) = ask(&mut service, "/mcp", None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let good = ask(&mut service, "/mcp", Some("good")).await;
    assert_eq!(good, (StatusCode::OK, "usr_1".to_owned()));
}
