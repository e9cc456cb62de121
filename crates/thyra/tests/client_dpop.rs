//! The client and the server with tokens that are bound to a key (RFC 9449), and an authorization
//! server between them that binds them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use serde_json::{Value, json};
use thyra::Revision;
use thyra::auth::{
    BearerToken, Confirmation, DpopPolicy, ProofNonces, RemoteAuth, Secret, Thumbprint,
    TokenRejected, TokenVerifier, Verdict,
};
use thyra::client::{Client, OAuth, login};
use thyra::prelude::*;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Who is calling.
#[tool]
async fn whoami(caller: Principal) -> String {
    caller.subject().to_owned()
}

/// The tokens that the authorization server has issued, and the keys that they are bound to.
#[derive(Clone, Debug, Default)]
struct Issued(Arc<Mutex<HashMap<String, Option<Thumbprint>>>>);

impl TokenVerifier for Issued {
    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        let issued = self.0.lock().unwrap();
        let verdict = match issued.get(token.as_str()) {
            None => Verdict::Rejected(TokenRejected::UnknownToken),
            Some(key) => {
                let bot = Principal::builder("https://issuer.example", "bot");
                let bot = match key {
                    Some(key) => bot.confirmation(Confirmation::key(*key)),
                    None => bot,
                };
                Verdict::Accepted(Arc::new(bot.build()))
            }
        };
        ready(verdict).boxed()
    }
}

/// Binds the token to the key of the proof. Whether that is good is for others to test.
async fn token(
    State(issued): State<Issued>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Json<Value> {
    assert_eq!(form["grant_type"], "client_credentials");
    let key = headers.get("dpop").map(|proof| {
        let header = proof.to_str().unwrap().split('.').next().unwrap();
        let header = URL_SAFE_NO_PAD.decode(header).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        let jwk = &header["jwk"];
        let members = format!(
            r#"{{"crv":{},"kty":{},"x":{},"y":{}}}"#,
            jwk["crv"], jwk["kty"], jwk["x"], jwk["y"]
        );
        Thumbprint::of(members.as_bytes())
    });
    let mut issued = issued.0.lock().unwrap();
    let token = format!("access-{}", issued.len());
    issued.insert(token.clone(), key);
    let kind = if key.is_some() { "DPoP" } else { "Bearer" };
    Json(json!({ "access_token": token, "token_type": kind, "expires_in": 300 }))
}

struct World {
    issuer: String,
    url: String,
    issued: Issued,
    _tasks: JoinSet<()>,
}

impl World {
    async fn new(policy: DpopPolicy) -> Self {
        let [listener, issuer_listener] = [
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        ];
        let issuer = format!("http://{}", issuer_listener.local_addr().unwrap());
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let tokens = Issued::default();
        let metadata = json!({
            "issuer": issuer,
            "token_endpoint": format!("{issuer}/token"),
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "dpop_signing_alg_values_supported": ["ES256"],
        });
        let app = Router::new()
            .route(
                "/.well-known/oauth-authorization-server",
                get(async || Json(metadata)),
            )
            .route("/token", post(token))
            .with_state(tokens.clone());
        let provider = RemoteAuth::builder(&issuer, &url)
            .token_verifier(Arc::new(tokens.clone()))
            .dpop(policy)
            .build()
            .unwrap();
        let server = Server::new("bound").tool(whoami).auth(provider);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { axum::serve(issuer_listener, app).await.unwrap() });
        tasks.spawn(async move {
            let end = server.serve_listener(listener, std::future::pending());
            end.await.unwrap();
        });
        Self {
            issuer,
            url,
            issued: tokens,
            _tasks: tasks,
        }
    }

    fn client(&self, revision: Revision, when: login::Dpop) -> Client {
        let bot = login::Client::new(&self.issuer, "bot").secret(Secret::new("s".to_owned()));
        Client::builder(&self.url)
            .revision(revision)
            .oauth(OAuth::client_credentials(bot).dpop(when))
            .build()
            .unwrap()
    }

    /// The tokens that were issued, and whether they are bound.
    fn tokens(&self) -> Vec<(String, bool)> {
        let issued = self.issued.0.lock().unwrap();
        let tokens = issued.iter();
        tokens
            .map(|(token, key)| (token.clone(), key.is_some()))
            .collect()
    }
}

fn nonces() -> ProofNonces {
    ProofNonces::new().unwrap()
}

#[tokio::test]
async fn the_client_gets_a_bound_token_and_proves_each_request() {
    for policy in [
        DpopPolicy::accepted(),
        DpopPolicy::required(),
        DpopPolicy::accepted().nonces(nonces()),
        DpopPolicy::required().nonces(nonces()),
    ] {
        for revision in [Revision::V2025_11_25, Revision::LATEST] {
            let world = World::new(policy.clone()).await;
            let client = world.client(revision, login::Dpop::WhenAsked);
            for _ in 0..3 {
                let answer = client.call("whoami").send_as::<String>().await.unwrap();
                assert_eq!(answer, "bot");
            }
            let [(token, is_bound)] = &world.tokens()[..] else {
                panic!("{:?}", world.tokens());
            };
            assert!(is_bound);

            // Whoever has stolen the token has nothing.
            let stolen = reqwest::Client::new()
                .post(&world.url)
                .header("content-type", "application/json")
                .header("accept", "application/json, text/event-stream");
            for scheme in ["Bearer", "DPoP"] {
                let request = stolen.try_clone().unwrap();
                let request = request.header("authorization", format!("{scheme} {token}"));
                let answer = request.body("{}").send().await.unwrap();
                assert_eq!(answer.status(), 401, "{scheme}");
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_want_bound_tokens_comes_in_where_they_are_not_required() {
    let world = World::new(DpopPolicy::accepted()).await;
    let client = world.client(Revision::LATEST, login::Dpop::Never);
    let answer = client.call("whoami").send_as::<String>().await.unwrap();
    assert_eq!(answer, "bot");
    assert!(world.tokens().iter().all(|(_, is_bound)| !is_bound));

    let world = World::new(DpopPolicy::required()).await;
    let client = world.client(Revision::LATEST, login::Dpop::Never);
    assert!(client.call("whoami").send().await.is_err());
}

#[tokio::test]
async fn a_server_that_takes_no_bound_tokens_gets_none() {
    let world = World::new(DpopPolicy::off()).await;
    let client = world.client(Revision::LATEST, login::Dpop::WhenAsked);
    let answer = client.call("whoami").send_as::<String>().await.unwrap();
    assert_eq!(answer, "bot");
    assert!(world.tokens().iter().all(|(_, is_bound)| !is_bound));

    // A program that insists is told why it does not work.
    let client = world.client(Revision::LATEST, login::Dpop::Always);
    assert!(client.call("whoami").send().await.is_err());
}
