//! Refusals arrive: whatever the client still sends, it reads why it was turned away, and the next
//! request of the connection works or was told that there is none.

mod kinds;
mod wire;

use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use serde_json::json;
use thyra::auth::{AuthProvider, Principal, StaticAuth};
use thyra::client::protocol::Revision;
use thyra::client::{Client, ClientError};
use thyra::prelude::*;
use thyra::{HttpSettings, Limits};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use self::wire::{Head, Wire};
use crate::support::{Running, soon};

/// Ada may come in.
const TOKEN: &str = "authorization: Bearer ada-token\r\n";
const TIMES: usize = 20;
const MIB: usize = 1024 * 1024;

fn provider() -> StaticAuth {
    let ada = Principal::builder("https://issuer.example", "ada").build();
    StaticAuth::new("http://localhost").token("ada-token", ada)
}

#[tool]
async fn length(text: String) -> usize {
    text.len()
}

fn protected() -> Server {
    Server::new("Closed").auth(provider()).tool(length)
}

/// The head of a POST to the endpoint, and how it spells the length of its body.
fn post_of(length: usize, more: &str) -> Head {
    Head::new("POST /mcp HTTP/1.1", more).header(&format!("content-length: {length}"))
}

/// Asks for a document on the same connection, to see that it still works.
async fn goes_on(wire: &mut Wire) {
    let document = "GET /.well-known/oauth-protected-resource/mcp HTTP/1.1";
    wire.send(&Head::new(document, "")).await;
    assert_eq!(wire.answer().await.status, 200);
}

#[tokio::test]
async fn a_client_that_writes_before_it_reads_sees_the_refusal_and_can_go_on() {
    let server = Running::start(protected()).await;
    for length in [0, 200_000, 4_000_000] {
        let mut wire = Wire::to(&server).await;
        for _ in 0..TIMES {
            wire.send(&post_of(length, "")).await;
            wire.fill(length).await.unwrap();
            let answer = wire.answer().await;
            assert_eq!((answer.status, answer.closes), (401, false), "{length}");
        }
        goes_on(&mut wire).await;
    }
}

#[tokio::test]
async fn a_body_that_comes_late_does_not_become_the_next_request() {
    let server = Running::start(protected()).await;
    let mut wire = Wire::to(&server).await;
    for _ in 0..TIMES {
        wire.send(&post_of(40, "")).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        wire.fill(40).await.unwrap();
        assert_eq!(wire.answer().await.status, 401);
    }
    goes_on(&mut wire).await;
}

#[tokio::test]
async fn a_body_that_is_too_large_to_read_on_is_answered_and_closed() {
    let server = Running::start(protected()).await;
    let length = 12 * MIB;
    for _ in 0..TIMES {
        let mut wire = Wire::to(&server).await;
        wire.send(&post_of(length, "")).await;
        wire.fill(length).await.unwrap();
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.closes), (413, true));
        wire.is_closed().await;
    }
}

#[tokio::test]
async fn a_body_in_chunks_is_read_to_its_end_too() {
    let server = Running::start(protected()).await;
    let chunked =
        |more: &str| Head::new("POST /mcp HTTP/1.1", more).header("transfer-encoding: chunked");
    let mut wire = Wire::to(&server).await;
    for _ in 0..TIMES {
        wire.send(&chunked("")).await;
        wire.chunks(200_000).await;
        assert_eq!(wire.answer().await.status, 401);
    }
    // The limit is only found while it is read.
    wire.send(&chunked(TOKEN).header("content-type: application/json"))
        .await;
    wire.chunks(5 * MIB).await;
    assert_eq!(wire.answer().await.status, 413);
    goes_on(&mut wire).await;
}

#[tokio::test]
async fn what_was_sent_behind_a_refused_request_is_answered() {
    let server = Running::start(protected()).await;
    let mut wire = Wire::to(&server).await;
    for _ in 0..TIMES {
        wire.send(&post_of(1000, "")).await;
        wire.fill(1000).await.unwrap();
    }
    for _ in 0..TIMES {
        assert_eq!(wire.answer().await.status, 401);
    }
    goes_on(&mut wire).await;
}

#[tokio::test]
async fn a_client_of_http_1_0_sees_the_refusal() {
    let server = Running::start(protected()).await;
    for length in [0, 40, 200_000, 4_000_000] {
        let mut wire = Wire::to(&server).await;
        let head = Head::new("POST /mcp HTTP/1.0", "");
        wire.send(&head.header(&format!("content-length: {length}")))
            .await;
        wire.fill(length).await.unwrap();
        assert_eq!(wire.answer().await.status, 401);
        wire.is_closed().await;
    }
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_no_without_its_body() {
    let server = Running::start(protected()).await;
    let expecting = |more: &str| post_of(200_000, more).header("expect: 100-continue");
    let mut wire = Wire::to(&server).await;
    wire.send(&expecting("")).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.closes), (401, true));

    // It may send the body all the same.
    let mut wire = Wire::to(&server).await;
    wire.send(&expecting("")).await;
    wire.fill(200_000).await.unwrap();
    assert_eq!(wire.answer().await.status, 401);
    wire.is_closed().await;

    let mut wire = Wire::to(&server).await;
    wire.send(&expecting(TOKEN).header("content-type: application/json"))
        .await;
    assert_eq!(wire.line().await, "HTTP/1.1 100 Continue");
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_closes_the_connection() {
    let limits = Limits::default().body_time(Duration::from_millis(50));
    let server = Running::start(protected().limits(limits)).await;
    let mut wire = Wire::to(&server).await;
    wire.send(&post_of(9, TOKEN).header("content-type: application/json"))
        .await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.closes), (408, true));
    wire.is_closed().await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_answered_although_more_comes() {
    let server = Running::start(protected()).await;
    for _ in 0..TIMES {
        let mut wire = Wire::to(&server).await;
        let filler = "a".repeat(MIB);
        wire.send(&Head::new("GET /mcp HTTP/1.1", "").header(&format!("x-filler: {filler}")))
            .await;
        assert_eq!(wire.answer().await.status, 431);
        wire.is_closed().await;
    }
}

#[tokio::test]
async fn the_same_holds_in_an_application_of_axum() {
    let protection = provider().protection("/notes").unwrap();
    let app = Router::new()
        .route("/notes", post(async || "noted").layer(protection.layer()))
        .route(
            "/more",
            post(async || "more").layer(protection.require_scopes(["more"])),
        )
        .route("/alive", get(async || "yes"))
        .merge(protected().into_router().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Running::at(listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, app).await.unwrap() });

    for (path, token, status) in [
        ("/mcp", "", 401),
        ("/notes", "", 401),
        ("/notes", "authorization: Bearer no one's\r\n", 401),
        ("/more", TOKEN, 403),
        ("/.well-known/oauth-protected-resource/mcp", "", 405),
    ] {
        let mut wire = Wire::to(&server).await;
        for _ in 0..TIMES {
            for length in [0, 200_000, 4_000_000] {
                let head = Head::new(&format!("POST {path} HTTP/1.1"), token);
                wire.send(&head.header(&format!("content-length: {length}")))
                    .await;
                wire.fill(length).await.unwrap();
                assert_eq!(wire.answer().await.status, status, "{path} {length}");
            }
        }
        wire.send(&Head::new("GET /alive HTTP/1.1", "")).await;
        assert_eq!(wire.answer().await.status, 200);
    }
}

#[tokio::test]
async fn our_own_client_hears_that_it_needs_a_token() {
    let server = Running::start(protected()).await;
    for length in [0, 200_000, 4_000_000, 12_000_000] {
        let text = "a".repeat(length);
        for _ in 0..TIMES {
            // Nothing is agreed on first, so that the long body is what is refused.
            let client = Client::builder(server.url())
                .revision(Revision::V2026_07_28)
                .build()
                .unwrap();
            let arguments = json!({ "text": text });
            let call = client.call_tool("length", &arguments);
            let refused = soon("the refusal", call).await.unwrap_err();
            if length < 5_000_000 {
                assert!(
                    matches!(refused, ClientError::Unauthorized { .. }),
                    "{length}: {refused:?}"
                );
            } else {
                assert!(refused.to_string().contains("413"), "{length}: {refused:?}");
            }
        }
    }
}
