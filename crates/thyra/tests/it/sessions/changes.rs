//! The stream that a client opens with GET: what changes.

use serde_json::json;
use thyra::Revision;
use thyra::prelude::*;

use super::Conversation;
use crate::fixture;
use crate::support::{Answer, Running};

#[tool]
async fn another() -> &'static str {
    "another"
}

#[tokio::test]
async fn a_client_that_listens_is_told_what_changes() {
    let (server, _) = fixture::server();
    let handle = server.handle();
    let server = Running::start(server).await;
    for revision in [Revision::V2025_03_26, Revision::V2025_11_25] {
        let talk = Conversation::begin_on(&server, revision).await;
        let mut changes = talk.listen(None).await;
        if revision >= Revision::V2025_11_25 {
            changes.primed().await;
        }
        handle.list_changed(thyra::Kind::Tool);
        let event = changes.next().await.unwrap();
        assert_eq!(
            event.message()["method"],
            "notifications/tools/list_changed"
        );
        assert!(event.message().get("id").is_none());
        drop(changes);

        // What is said meanwhile is not lost, and what was read is not said again.
        handle.list_changed(thyra::Kind::Prompt);
        let mut changes = talk.listen(Some(event.id())).await;
        if revision >= Revision::V2025_11_25 {
            changes.primed().await;
        }
        let next = changes.next().await.unwrap();
        assert_eq!(
            next.message()["method"],
            "notifications/prompts/list_changed"
        );
    }
}

#[tokio::test]
async fn each_client_that_listens_is_told() {
    let (server, _) = fixture::server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let (one, two) = (
        Conversation::begin(&server).await,
        Conversation::begin(&server).await,
    );
    let (mut first, mut second) = (one.listen(None).await, two.listen(None).await);
    first.primed().await;
    second.primed().await;
    handle.add_tool(another).unwrap();
    for changes in [&mut first, &mut second] {
        let message = changes.message().await;
        assert_eq!(message["method"], "notifications/tools/list_changed");
    }
}

#[tokio::test]
async fn one_connection_listens_at_a_time() {
    let server = Running::start(fixture::server().0).await;
    let talk = Conversation::begin(&server).await;
    let mut first = talk.listen(None).await;
    let place = first.primed().await;
    let answer = Answer::read(talk.get(None).await).await;
    answer.refused(409, -32600);
    // Its own client may come back before the server knows that the connection is dead.
    let mut second = talk.listen(Some(&place)).await;
    second.primed().await;
    assert_eq!(first.next().await, None);
}

#[tokio::test]
async fn a_client_that_takes_no_events_gets_none() {
    let server = Running::start(fixture::server().0).await;
    let talk = Conversation::begin(&server).await;
    let mut request = talk.beside_post("GET", None);
    request
        .headers_mut()
        .insert("accept", "application/json".parse().unwrap());
    let answer = talk.client.execute(request).await.unwrap();
    assert_eq!(answer.status(), 406);
    talk.ask("ping", json!({})).await.json();
}
