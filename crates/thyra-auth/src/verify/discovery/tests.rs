use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;
use thyra_oauth::ManualClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;
use crate::verify::{
    Audience, BearerToken, Issuers, Jwks, JwtVerifier, TokenVerifier, Verdict, testing,
};

const INSERTED: &str = "/.well-known/oauth-authorization-server/tenant";
const OPENID_INSERTED: &str = "/.well-known/openid-configuration/tenant";
const OPENID_APPENDED: &str = "/tenant/.well-known/openid-configuration";

/// An authorization server of fixed answers: a status and a body for each path.
struct Upstream {
    origin: String,
    answers: Arc<Mutex<HashMap<&'static str, (u16, String)>>>,
    asked: Arc<Mutex<Vec<String>>>,
    _server: JoinSet<()>,
}

impl Upstream {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let answers = Arc::<Mutex<HashMap<&'static str, (u16, String)>>>::default();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let (shelf, log) = (Arc::clone(&answers), Arc::clone(&asked));
        let mut server = JoinSet::new();
        server.spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(stream.read_u8().await.unwrap());
                }
                let request = String::from_utf8(request).unwrap();
                let path = request.split(' ').nth(1).unwrap();
                log.lock().unwrap().push(path.to_owned());
                let answer = shelf.lock().unwrap().get(path).cloned();
                let (status, body) = answer.unwrap_or((404, "{}".to_owned()));
                let head = format!("HTTP/1.1 {status} Status\r\ncontent-length: {}", body.len());
                let answer = format!("{head}\r\nconnection: close\r\n\r\n{body}");
                // The client may have seen enough and gone.
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self {
            origin,
            answers,
            asked,
            _server: server,
        }
    }

    fn issuer(&self) -> String {
        format!("{}/tenant", self.origin)
    }

    fn answer(&self, path: &'static str, status: u16, body: impl Into<String>) {
        self.answers
            .lock()
            .unwrap()
            .insert(path, (status, body.into()));
    }

    fn metadata(&self) -> String {
        let keys = format!("{}/keys", self.origin);
        json!({ "issuer": self.issuer(), "jwks_uri": keys }).to_string()
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn discovery(&self) -> Discovery {
        Discovery::new(&self.issuer(), Fetcher::new()).unwrap()
    }
}

#[tokio::test]
async fn the_key_set_is_found_at_every_location_and_remembered() {
    for path in [INSERTED, OPENID_INSERTED, OPENID_APPENDED] {
        let upstream = Upstream::start().await;
        upstream.answer(path, 200, upstream.metadata());
        let discovery = upstream.discovery();
        for _ in 0..2 {
            let place = discovery.locate().await.unwrap();
            assert_eq!(place.url.as_str(), format!("{}/keys", upstream.origin));
        }
        let asked = upstream.asked();
        assert_eq!(asked.last().map(String::as_str), Some(path));
        assert_eq!(asked.iter().filter(|asked| *asked == path).count(), 1);
        discovery.forget();
        discovery.locate().await.unwrap();
        assert!(!upstream.asked().is_empty());
    }
}

#[tokio::test]
async fn metadata_that_does_not_do() {
    let upstream = Upstream::start().await;
    let discovery = upstream.discovery();
    let issuer = upstream.issuer();
    for body in [
        json!({ "issuer": format!("{issuer}/"), "jwks_uri": "https://h/keys" }),
        json!({ "issuer": issuer.to_uppercase(), "jwks_uri": "https://h/keys" }),
        json!({ "issuer": issuer, "jwks_uri": "keys" }),
        json!({ "issuer": issuer }),
        json!({ "jwks_uri": "https://h/keys" }),
        json!([]),
    ] {
        for path in [INSERTED, OPENID_INSERTED, OPENID_APPENDED] {
            upstream.answer(path, 200, body.to_string());
        }
        assert!(discovery.locate().await.is_err(), "{body}");
    }
}

#[test]
fn issuers_that_have_no_metadata() {
    for issuer in ["", "acme", "urn:acme", "ftp://acme/"] {
        let error = Discovery::new(issuer, Fetcher::new()).unwrap_err();
        assert!(matches!(error, IssuerMetadataError::Issuer), "{issuer}");
    }
}

/// The whole way over a real connection: metadata, key set, token.
#[tokio::test]
async fn a_token_is_verified_with_discovered_keys() {
    let upstream = Upstream::start().await;
    let clock = ManualClock::new(Duration::ZERO);
    let jwks = Jwks::builder(upstream.discovery())
        .clock(Arc::new(clock.clone()))
        .build();
    let issuers = Issuers::any_of([upstream.issuer()]).unwrap();
    let audience = Audience::any_of(["res_1"]).unwrap();
    let verifier = JwtVerifier::builder(jwks, issuers, audience)
        .build()
        .unwrap();
    let claims =
        json!({ "iss": upstream.issuer(), "aud": "res_1", "sub": "u", "exp": 9_999_999_999_u64 });
    let token = testing::ec().token(&claims);
    let token = BearerToken::new(&token);
    let keys = testing::jwks(&[testing::ec()]);
    // Each of these is an outage, and the request after it succeeds or is the next outage.
    for (path, status, body) in [
        (INSERTED, 500, "{}".to_owned()),
        (INSERTED, 200, upstream.metadata()),
        ("/keys", 500, keys.clone()),
        ("/keys", 200, "{\"keys\":[]}".to_owned()),
        ("/keys", 200, "<html>".to_owned()),
        ("/keys", 302, keys.clone()),
        ("/keys", 200, "x".repeat(300_000)),
    ] {
        upstream.answer(path, status, body);
        clock.advance(Duration::from_secs(1));
        let verdict = verifier.verify(&token).await;
        assert!(
            matches!(verdict, Verdict::Unavailable(_)),
            "{path} {status} {verdict:?}"
        );
    }
    upstream.answer("/keys", 200, keys);
    clock.advance(Duration::from_secs(1));
    let verdict = verifier.verify(&token).await;
    assert!(matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
    // A failure at the key set makes the metadata be read again.
    assert!(
        upstream
            .asked()
            .iter()
            .filter(|path| *path == INSERTED)
            .count()
            > 2
    );
}
