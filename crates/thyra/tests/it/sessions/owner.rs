//! A session is its owner's.

use serde_json::json;
use thyra::Revision;
use thyra::auth::{Principal, StaticAuth};

use super::Conversation;
use crate::fixture;
use crate::support::{Answer, Running};

fn somebody(subject: &str) -> Principal {
    Principal::builder("https://issuer.example", subject).build()
}

#[tokio::test]
async fn somebody_elses_session_is_like_one_that_never_was() {
    let auth = StaticAuth::new("http://localhost:8000")
        .token("ada", somebody("ada"))
        .token("ada-again", somebody("ada"))
        .token("bob", somebody("bob"));
    let server = Running::start(fixture::server().0.auth(auth)).await;
    let revision = Revision::V2025_11_25;
    let ada = Conversation::begin_with(&server, revision, &json!({}), Some("ada")).await;
    let nobody = server
        .ask(&ada.request("ping", json!({})).header("mcp-session-id", "x"))
        .await;
    let as_bob = |ask: crate::support::Ask| ask.header("authorization", "Bearer bob");
    let foreign = server.ask(&as_bob(ada.request("ping", json!({})))).await;
    assert_eq!(foreign.status, 404);
    assert_eq!(foreign.body, nobody.body);
    for method in ["GET", "DELETE"] {
        let mut request = ada.beside_post(method, None);
        request
            .headers_mut()
            .insert("authorization", "Bearer bob".parse().unwrap());
        let answer = Answer::read(ada.client.execute(request).await.unwrap()).await;
        assert_eq!(
            (answer.status, &answer.body),
            (404, &nobody.body),
            "{method}"
        );
    }
    // Another token of the same person is as good, and none is not.
    let fresh = ada
        .request("ping", json!({}))
        .header("authorization", "Bearer ada-again");
    server.ask(&fresh).await.json();
    let bare = ada.request("ping", json!({})).without("authorization");
    assert_eq!(server.ask(&bare).await.status, 401);
    assert_eq!(ada.end().await, 200);
}
