//! What a revoked token had begun.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use serde_json::json;
use thyra::Revision;
use thyra::prelude::*;
use thyra::{Body, Kind, Resource};
use tower_service::Service;

use super::Tokens;
use crate::fixture::{self, Sign};
use crate::sessions::{Conversation, Events};
use crate::support::{Ask, Running, soon};

const TOKEN: &str = "read-10";

fn bearing(ask: Ask) -> Ask {
    ask.header("authorization", &format!("Bearer {TOKEN}"))
}

fn holding() -> Ask {
    let params = json!({
        "name": "hold",
        "arguments": {},
        "_meta": { "progressToken": "p" },
    });
    bearing(Ask::alone("tools/call", params))
}

#[tokio::test]
async fn a_call_that_says_something_under_a_revoked_token_is_dropped() {
    let tokens = Tokens::default();
    let (server, mut watch) = fixture::server();
    let server = Running::start(server.auth(tokens.auth())).await;
    let mut stream = Events::of(server.open(&holding()).await);
    assert_eq!(stream.message().await["method"], "notifications/progress");
    assert_eq!(soon("entry", watch.signs.recv()).await, Some(Sign::Entered));
    tokens.revoke(TOKEN);
    watch.open.notify_one();
    assert_eq!(stream.next().await, None);
    assert_eq!(soon("the end", watch.signs.recv()).await, Some(Sign::Left));
    assert_eq!(server.ask(&holding()).await.status, 401);
}

#[tokio::test]
async fn a_call_in_a_session_is_dropped_too_and_a_fresh_token_finds_the_session() {
    let tokens = Tokens::default();
    let (server, mut watch) = fixture::server();
    let handle = server.handle();
    let server = Running::start(server.auth(tokens.auth())).await;
    let revision = Revision::V2025_11_25;
    let mut ada = Conversation::begin_with(&server, revision, &json!({}), Some(TOKEN)).await;
    let mut changes = ada.listen(None).await;
    let place = changes.primed().await;
    let params = json!({
        "name": "hold",
        "arguments": {},
        "_meta": { "progressToken": "p" },
    });
    let mut call = ada.stream(&ada.request("tools/call", params)).await;
    call.primed().await;
    assert_eq!(call.message().await["method"], "notifications/progress");
    assert_eq!(soon("entry", watch.signs.recv()).await, Some(Sign::Entered));

    tokens.revoke(TOKEN);
    handle.list_changed(Kind::Tool);
    // The stream of changes notices it, so the call ends although it has nothing to say.
    assert_eq!(changes.next().await, None);
    assert_eq!(soon("the end", watch.signs.recv()).await, Some(Sign::Left));
    assert_eq!(call.next().await, None);

    ada.token = Some("read-20");
    let mut changes = ada.listen(Some(&place)).await;
    changes.primed().await;
    let missed = changes.message().await;
    assert_eq!(missed["method"], "notifications/tools/list_changed");
}

fn listening() -> Ask {
    let wanted = json!({ "resourceSubscriptions": ["n://open"] });
    bearing(Ask::alone(
        "subscriptions/listen",
        json!({ "notifications": wanted }),
    ))
}

fn open() -> Server {
    Server::new("Listening").resource(Resource::text("n://open", "x"))
}

#[tokio::test]
async fn a_stream_of_changes_ends_with_the_change_that_must_not_be_told() {
    let tokens = Tokens::default();
    let server = open().auth(tokens.auth());
    let handle = server.handle();
    let server = Running::start(server).await;
    let mut stream = Events::of(server.open(&listening()).await);
    stream.message().await;
    handle.resource_updated("n://open");
    let told = stream.message().await;
    assert_eq!(told["params"]["uri"], "n://open");
    tokens.revoke(TOKEN);
    handle.resource_updated("n://open");
    assert_eq!(stream.next().await, None);
}

async fn next(body: &mut Body) -> Option<Bytes> {
    let frame = body.frame().await?.unwrap();
    Some(frame.into_data().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_of_changes_ends_at_its_next_sign_of_life() {
    let tokens = Tokens::default();
    let mut service = open().auth(tokens.auth()).into_service().unwrap();
    let request = listening().request("http://localhost:8000/mcp");
    let response = service.call(request.map(Full::new)).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut body = response.into_body();
    let acknowledged = next(&mut body).await.unwrap();
    assert!(acknowledged.starts_with(b"data: "), "{acknowledged:?}");
    assert_eq!(next(&mut body).await.unwrap(), ": keep-alive\n\n");
    tokens.revoke(TOKEN);
    // The paused time runs to the next sign of life.
    let revoked = tokio::time::Instant::now();
    assert_eq!(next(&mut body).await, None);
    assert!(revoked.elapsed() <= Duration::from_secs(15));
}

/// Does what only few may do, some of it after their token was revoked.
#[tool]
async fn pay(
    late: bool,
    ctx: Context,
    State(tokens): State<Tokens>,
) -> Result<&'static str, ToolError> {
    if late {
        tokens.revoke("pay-10");
    }
    ctx.require_scopes(["pay"])?;
    Ok("paid")
}

#[tokio::test]
async fn a_token_that_was_revoked_meanwhile_grants_a_handler_nothing() {
    let tokens = Tokens::default();
    let server = Server::new("Shop").tool(pay).state(tokens.clone());
    let server = Running::start(server.auth(tokens.auth())).await;
    for (late, status) in [(false, 200), (true, 403)] {
        let params = json!({ "name": "pay", "arguments": { "late": late } });
        let ask = Ask::alone("tools/call", params).header("authorization", "Bearer pay-10");
        assert_eq!(server.ask(&ask).await.status, status);
    }
}
