//! A Scalekit environment, a service that answers who called, and the door between them.

use std::convert::Infallible;
use std::future::{Ready, poll_fn, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty, Full};
use idp_emulator::{Builder, Client, Emulator, Mint, Resource};
use serde_json::Value;
use thyra_auth::{Principal, Protected, ScalekitProvider, ScalekitProviderBuilder};
use tower_service::Service;

pub(crate) const RESOURCE: &str = "res_123";
pub(crate) const SERVER_URL: &str = "https://notes.example.com/mcp";
pub(crate) const METADATA_URL: &str =
    "https://notes.example.com/.well-known/oauth-protected-resource/mcp";

pub(crate) fn environment() -> Builder {
    Emulator::builder()
        .resource(
            Resource::new(RESOURCE)
                .uri(SERVER_URL)
                .scopes(["notes:read", "notes:write"]),
        )
        .resource(Resource::new("res_other").scopes(["notes:read"]))
        .client(
            Client::new("m2m_bot")
                .secret("bot-secret")
                .resource(RESOURCE),
        )
}

pub(crate) async fn start() -> Emulator {
    environment().start().await.unwrap()
}

pub(crate) fn provider(emulator: &Emulator) -> ScalekitProviderBuilder {
    ScalekitProvider::builder()
        .environment_url(emulator.url())
        .resource_id(RESOURCE)
        .base_url("https://notes.example.com")
}

/// A service behind a door.
pub(crate) struct Door(Protected<Whoami>);

impl Door {
    pub(crate) fn new(provider: ScalekitProviderBuilder) -> Self {
        Self(provider.build().unwrap().protect(Whoami).unwrap())
    }

    pub(crate) async fn call(&mut self, token: &str) -> Answer {
        let authorization = format!("Bearer {token}");
        self.send(Request::post("/mcp").header(header::AUTHORIZATION, authorization))
            .await
    }

    pub(crate) async fn mint(&mut self, emulator: &Emulator, order: &Mint) -> Answer {
        self.call(&emulator.mint(order).unwrap()).await
    }

    pub(crate) async fn send(&mut self, request: http::request::Builder) -> Answer {
        let request = request.body(Empty::<Bytes>::new()).unwrap();
        poll_fn(|cx| Service::<Request<Empty<Bytes>>>::poll_ready(&mut self.0, cx))
            .await
            .unwrap();
        let (parts, body) = self.0.call(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn challenge(&self) -> &str {
        self.headers[header::WWW_AUTHENTICATE].to_str().unwrap()
    }

    /// Checks that the call came through, and returns who the service saw.
    #[track_caller]
    pub(crate) fn accepted(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        self.json()
    }

    /// Checks that the token was refused as a bad one, with a challenge.
    #[track_caller]
    pub(crate) fn invalid_token(&self) {
        assert_eq!(self.status, StatusCode::UNAUTHORIZED, "{self:?}");
        let challenge = self.challenge();
        assert!(
            challenge.starts_with("Bearer error=\"invalid_token\", error_description=\""),
            "{challenge}"
        );
        assert!(
            challenge.ends_with(&format!("resource_metadata=\"{METADATA_URL}\"")),
            "{challenge}"
        );
        assert_eq!(self.json()["error"], "invalid_token");
        assert_eq!(self.headers[header::CACHE_CONTROL], "no-store");
    }
}

/// Answers with the caller; says so if the token came through to it.
#[derive(Clone)]
pub(crate) struct Whoami;

impl Service<Request<Empty<Bytes>>> for Whoami {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Empty<Bytes>>) -> Self::Future {
        assert!(!request.headers().contains_key(header::AUTHORIZATION));
        let principal = request.extensions().get::<Arc<Principal>>().unwrap();
        let body = serde_json::to_vec(&**principal).unwrap();
        ready(Ok(Response::new(Full::from(body))))
    }
}

/// A token of the client credentials grant.
pub(crate) async fn machine_token(emulator: &Emulator, scope: &str) -> String {
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("grant_type", "client_credentials"),
            ("client_id", "m2m_bot"),
            ("client_secret", "bot-secret"),
            ("scope", scope),
        ])
        .finish();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client
        .post(format!("{}/oauth/token", emulator.url()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}
