//! An identity provider without a network.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, StreamExt};
use http::{HeaderMap, Response, header};
use serde_json::{Value, json};
use thyra_auth::{BearerToken, Principal, TokenRejected, TokenVerifier, Unavailable, Verdict};
use thyra_oauth::{HttpBody, HttpClient, HttpRequest};
use url::form_urlencoded;

/// Answers what it is told, and remembers what it was asked. Clones share everything.
#[derive(Clone, Default)]
pub(in crate::upstream) struct FakeVendor(Arc<Mutex<Talk>>);

#[derive(Default)]
struct Talk {
    /// The next answers, the last of them first.
    answers: Vec<Response<Bytes>>,
    asked: Vec<Asked>,
}

/// A request.
#[derive(Clone, Debug)]
pub(in crate::upstream) struct Asked {
    pub(in crate::upstream) url: String,
    pub(in crate::upstream) headers: HeaderMap,
    pub(in crate::upstream) form: HashMap<String, String>,
}

impl FakeVendor {
    /// One that gives these tokens.
    pub(in crate::upstream) fn giving(answer: &Value) -> Self {
        Self::answering(200, "application/json", &answer.to_string())
    }

    pub(in crate::upstream) fn answering(status: u16, kind: &str, body: &str) -> Self {
        let vendor = Self::default();
        vendor.then(status, kind, body);
        vendor
    }

    /// This comes after the other answers.
    pub(in crate::upstream) fn then(&self, status: u16, kind: &str, body: &str) {
        let answer = Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, kind)
            .header(header::RETRY_AFTER, "90000")
            .body(Bytes::copy_from_slice(body.as_bytes()))
            .unwrap();
        self.0.lock().unwrap().answers.insert(0, answer);
    }

    pub(in crate::upstream) fn asked(&self) -> Vec<Asked> {
        self.0.lock().unwrap().asked.clone()
    }

    pub(in crate::upstream) fn last(&self) -> Asked {
        self.asked().pop().unwrap()
    }
}

impl HttpClient for FakeVendor {
    fn send(
        &self,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<Response<HttpBody>, Box<dyn Error + Send + Sync>>> {
        let mut talk = self.0.lock().unwrap();
        talk.asked.push(Asked {
            url: request.url.to_string(),
            headers: request.headers,
            form: form_urlencoded::parse(&request.body).into_owned().collect(),
        });
        let answer = talk.answers.pop();
        async move {
            // As a network does, it lets others go first.
            tokio::task::yield_now().await;
            let answer = answer.ok_or("the connection broke off")?;
            Ok(answer.map(|body| stream::iter([Ok(body)]).boxed()))
        }
        .boxed()
    }
}

/// Accepts `NAME-NUMBER` as the token of that person.
#[derive(Debug)]
pub(in crate::upstream) struct Names;

impl TokenVerifier for Names {
    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        let name = token.as_str().split('-').next().unwrap_or_default();
        let verdict = match name {
            "outage" => Verdict::Unavailable(Unavailable {
                retry_after: std::time::Duration::from_secs(3),
            }),
            "hs256" => Verdict::Rejected(TokenRejected::AlgorithmNotAllowed),
            "mallory" => Verdict::Rejected(TokenRejected::AudienceMismatch),
            name => {
                let Value::Object(claims) = json!({
                    "iss": "https://idp.example", "aud": "app", "email": format!("{name}@x.example"),
                    "cnf": { "jkt": "x" }, "scp": "all", "exp": 1,
                }) else {
                    unreachable!("it is an object");
                };
                let principal = Principal::builder("https://idp.example", name);
                Verdict::Accepted(Arc::new(principal.claims(claims).build()))
            }
        };
        std::future::ready(verdict).boxed()
    }
}
