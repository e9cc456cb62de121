//! The token and the revocation endpoint as clients see them.

mod assertions;
mod codes;
mod exchanges;
mod refreshes;
mod revocations;
mod troubles;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use serde_json::{Map, Value};
use thyra_auth::{
    AuthProvider, Cors, DebugVerifier, ManualClock, Principal, Protection, Refusal, Secret,
};
use thyra_oauth::{CodeVerifier, ScopeSet};
use thyra_store::Store;
use url::form_urlencoded;

use crate::client::IssuerClient;
use crate::digest::Digest;
use crate::provider::{OAuthProxy, OAuthProxyBuilder};
use crate::record::{SignedIn, Transaction};
use crate::server::Parts;

const NOW: u64 = 1_800_000_000;
const BASE: &str = "https://mcp.example";
const RESOURCE: &str = "https://mcp.example/mcp";
const CALLBACK: &str = "http://127.0.0.1/callback";
const SECRET: &str = "a secret of the service";

/// A server with two public clients, `one` and `two`, and one with a secret, `service`.
struct Rig {
    protection: Protection,
    parts: Arc<Parts>,
    clock: ManualClock,
}

/// What an endpoint answered.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

/// A code, and what it is redeemed with.
struct Begun {
    code: Secret,
    verifier: CodeVerifier,
}

impl Rig {
    fn new() -> Self {
        Self::with(Store::memory(), |proxy| proxy)
    }

    fn with(store: Store, set: impl FnOnce(OAuthProxyBuilder) -> OAuthProxyBuilder) -> Self {
        let clock = ManualClock::new(Duration::from_secs(NOW));
        let proxy = OAuthProxy::builder()
            .base_url(BASE)
            .upstream_authorization_endpoint("https://idp.example/authorize")
            .upstream_token_endpoint("https://idp.example/token")
            .client_id("proxy")
            .token_verifier(DebugVerifier::accepting(|_| false))
            .required_scopes(["read"])
            .valid_scopes(["write"])
            .client(IssuerClient::new("one", [CALLBACK]))
            .client(IssuerClient::new("two", [CALLBACK]))
            .client(IssuerClient::new("service", [CALLBACK]).secret(SECRET.to_owned()))
            .store(store)
            .clock(Arc::new(clock.clone()));
        let proxy = set(proxy).build().unwrap();
        Self {
            protection: proxy.protection("/mcp").unwrap(),
            parts: Arc::clone(&proxy.parts),
            clock,
        }
    }

    /// What comes of Ada's login at the client `one`.
    async fn begun(&self) -> Begun {
        let verifier = CodeVerifier::random().unwrap();
        let request = Transaction {
            client_id: "one".to_owned(),
            redirect_uri: CALLBACK.to_owned(),
            state: None,
            challenge: verifier.challenge(),
            scopes: ScopeSet::parse("read write"),
            resource: RESOURCE.to_owned(),
            binding: Digest::of("cookie"),
            approval: None,
            created_at: NOW,
        };
        let ada = SignedIn {
            subject: "ada".to_owned(),
            claims: Map::new(),
            scopes: None,
            tokens: None,
        };
        let scopes = request.scopes.clone();
        let code = self.parts.codes.issue(&request, ada, scopes).await.unwrap();
        Begun { code, verifier }
    }

    async fn redeem(&self, begun: &Begun) -> Answer {
        self.post("/token", &begun.form()).await
    }

    /// The tokens of a new login.
    async fn tokens(&self) -> (String, String) {
        let answer = self.redeem(&self.begun().await).await;
        (answer.text("access_token"), answer.text("refresh_token"))
    }

    async fn refresh(&self, token: &str, more: &[(&str, &str)]) -> Answer {
        let mut form = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", "one"),
        ];
        form.extend(more);
        self.post("/token", &form).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        self.send(path, "application/x-www-form-urlencoded", body)
            .await
    }

    async fn send(&self, path: &str, kind: &str, body: String) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::CONTENT_TYPE, kind)
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let routes = self.protection.public_routes();
        let response = routes.respond(request, &Cors::default()).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap_or_default(),
        }
    }

    /// Who calls with this access token.
    async fn admit(&self, token: &str) -> Result<Arc<Principal>, Refusal> {
        let request = Request::builder()
            .uri("/mcp")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(())
            .unwrap();
        let mut parts = request.into_parts().0;
        self.protection.admit(&mut parts).await
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

impl Begun {
    fn form(&self) -> [(&str, &str); 5] {
        [
            ("grant_type", "authorization_code"),
            ("code", self.code.expose()),
            ("code_verifier", self.verifier.expose()),
            ("redirect_uri", CALLBACK),
            ("client_id", "one"),
        ]
    }

    /// The form with another value.
    fn with<'a>(&'a self, name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut form: Vec<_> = self.form().into();
        form.retain(|(other, _)| *other != name);
        form.push((name, value));
        form
    }
}

impl Answer {
    fn text(&self, name: &str) -> String {
        let text = self.body[name].as_str();
        text.unwrap_or_else(|| panic!("no {name}: {self:?}"))
            .to_owned()
    }

    /// The status and the error.
    fn error(&self) -> (u16, &str) {
        let error = self.body["error"].as_str().unwrap_or_default();
        (self.status.as_u16(), error)
    }

    fn is_ok(&self) -> bool {
        self.status == StatusCode::OK
    }
}
