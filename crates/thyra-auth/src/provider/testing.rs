//! What the tests of all vendors share: keys that a vendor publishes, and tokens signed with them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use http::request::Parts;
use http::{Request, Response, header};
use serde_json::{Value, json};
use thyra_oauth::{Fetcher, HttpBody, HttpClient, HttpRequest, ManualClock};

use super::{AuthProvider, ProviderBuilder, Vendor};
use crate::layer::Protection;
use crate::principal::Principal;
use crate::refusal::Refusal;
use crate::verify::testing::{self, Signer};
use crate::verify::{ClaimName, TokenRejected};

pub(super) const NOW: u64 = 1_800_000_000;
/// Where the server is, and the resource that follows from it.
pub(super) const BASE_URL: &str = "https://mcp.example.com";
pub(super) const RESOURCE: &str = "https://mcp.example.com/mcp";

/// A vendor's provider, and claims that it accepts.
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) door: Door,
    pub(super) claims: Value,
}

impl Sample {
    pub(super) fn new<V: Vendor>(builder: ProviderBuilder<V>, claims: Value) -> Self {
        Self {
            name: V::NAME,
            door: Door::of(builder),
            claims,
        }
    }
}

/// A protected resource whose vendor publishes [`testing::rsa`] and [`testing::ec`] everywhere.
pub(super) struct Door {
    pub(super) protection: Protection,
    fetched: Arc<Mutex<Vec<String>>>,
}

impl Door {
    pub(super) fn of<V: Vendor>(builder: ProviderBuilder<V>) -> Self {
        let fetched = Arc::default();
        let keys = Keys(Arc::clone(&fetched));
        let provider = builder
            .base_url(BASE_URL)
            .fetcher(Fetcher::over(keys))
            .clock(Arc::new(ManualClock::new(Duration::from_secs(NOW))))
            .build()
            .unwrap();
        Self {
            protection: provider.protection("/mcp").unwrap(),
            fetched,
        }
    }

    /// What becomes of a token with these claims, signed with RS256.
    pub(super) async fn judge(&self, claims: &Value) -> Result<Arc<Principal>, TokenRejected> {
        self.judge_token(&testing::rsa().token(claims)).await
    }

    pub(super) async fn judge_token(&self, token: &str) -> Result<Arc<Principal>, TokenRejected> {
        match self.protection.admit(&mut request(token)).await {
            Ok(principal) => Ok(principal),
            Err(Refusal::InvalidToken(reason)) => Err(reason),
            Err(refusal) => panic!("{refusal:?}"),
        }
    }

    /// The URLs that were fetched.
    pub(super) fn fetched(&self) -> Vec<String> {
        let fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        fetched.clone()
    }
}

/// A request with this token.
pub(super) fn request(token: &str) -> Parts {
    let request = Request::post("/mcp").header(header::AUTHORIZATION, format!("Bearer {token}"));
    request.body(()).unwrap().into_parts().0
}

/// Claims with some of them changed; `null` takes one away.
pub(super) fn with(claims: &Value, changes: &Value) -> Value {
    let mut claims = claims.clone();
    let members = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.clone(), value.clone());
        }
    }
    claims
}

/// What no vendor may accept, whatever is special about it.
pub(super) async fn refuses_hostile_tokens(Sample { name, door, claims }: &Sample) {
    use TokenRejected::{AlgorithmNotAllowed, Expired, IssuerMismatch, MissingClaim, NotYetValid};

    let issuer = claims["iss"].as_str().unwrap();
    let slash = match issuer.strip_suffix('/') {
        Some(bare) => bare.to_owned(),
        None => format!("{issuer}/"),
    };
    for (changes, expected) in [
        (json!({ "exp": null }), MissingClaim(ClaimName::Exp)),
        (json!({ "iss": null }), MissingClaim(ClaimName::Iss)),
        (json!({ "sub": null }), MissingClaim(ClaimName::Sub)),
        (json!({ "exp": NOW - 60 }), Expired),
        (json!({ "nbf": NOW + 60 }), NotYetValid),
        (json!({ "iss": slash }), IssuerMismatch),
        (json!({ "iss": issuer.to_uppercase() }), IssuerMismatch),
        (
            json!({ "iss": format!("{issuer}/evil/example") }),
            IssuerMismatch,
        ),
        (
            json!({ "iss": issuer.replacen("://", "://evil.example/", 1) }),
            IssuerMismatch,
        ),
        (json!({ "iss": "https://evil.example" }), IssuerMismatch),
    ] {
        let outcome = door.judge(&with(claims, &changes)).await.map(drop);
        assert_eq!(outcome, Err(expected), "{name}: {changes}");
    }
    let payload = claims.to_string();
    let unsigned = testing::signing_input(r#"{"alg":"none","typ":"JWT"}"#, &payload);
    let unsigned = door.judge_token(&format!("{unsigned}.")).await.map(drop);
    assert!(unsigned.is_err(), "{name} accepted an unsigned token");
    for algorithm in ["HS256", "RS1", "none", "RS512"] {
        let header = json!({ "alg": algorithm, "kid": "rsa", "typ": "JWT" }).to_string();
        let token = testing::rsa().token_with(&header, &payload);
        let outcome = door.judge_token(&token).await.map(drop);
        assert_eq!(outcome, Err(AlgorithmNotAllowed), "{name}: {algorithm}");
    }
    let header = json!({ "alg": "RS256", "kid": "rsa", "typ": "JWT" }).to_string();
    let token = Signer::ec("rsa").token_with(&header, &payload);
    let outcome = door.judge_token(&token).await.map(drop);
    assert_eq!(outcome, Err(TokenRejected::SignatureInvalid), "{name}");
}

/// The values of a URL that no vendor may take; `problem` is what the builder says to one.
pub(super) fn refuses_bad_urls(problem: impl Fn(&str) -> String) {
    for (url, part) in [
        ("", "it is blank"),
        (" \n", "it is blank"),
        ("http://acme.example", "must begin with `https://`"),
        ("ftp://acme.example", "not an absolute URL"),
        ("https://ada:hunter2@acme.example", "user name or password"),
        ("https://acme.example?x=hunter2", "query or a fragment"),
        ("https://acme.example#hunter2", "query or a fragment"),
        ("https://ACME.example", "write it as `https://acme.example"),
    ] {
        let problem = problem(url);
        assert!(problem.contains(part), "{url}: {problem}");
        assert!(!problem.contains("hunter2"), "{url}: {problem}");
    }
}

/// Answers every request with the keys, and remembers where it went.
struct Keys(Arc<Mutex<Vec<String>>>);

impl HttpClient for Keys {
    fn send(
        &self,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<Response<HttpBody>, Box<dyn std::error::Error + Send + Sync>>>
    {
        let mut fetched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        fetched.push(request.url.to_string());
        let keys = testing::jwks(&[testing::rsa(), testing::ec()]);
        let body = stream::iter([Ok(Bytes::from(keys))]).boxed();
        async { Ok(Response::new(body)) }.boxed()
    }
}
