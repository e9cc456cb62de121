//! From `initialize` to DELETE.

use serde_json::json;
use thyra::{Limits, Revision};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{Conversation, hello};
use crate::fixture;
use crate::support::{Answer, Ask, Running, client, soon};

const SESSIONS: [Revision; 3] = [
    Revision::V2025_03_26,
    Revision::V2025_06_18,
    Revision::V2025_11_25,
];

#[tokio::test]
async fn a_session_begins_with_initialize_and_ends_with_delete() {
    let server = Running::start(fixture::server().0).await;
    for revision in SESSIONS {
        let talk = Conversation::begin_on(&server, revision).await;
        assert!(talk.id.len() >= 22, "{}", talk.id);
        assert!(talk.id.bytes().all(|byte| byte.is_ascii_graphic()));
        let listed = talk.ask("tools/list", json!({})).await;
        assert!(!listed.headers.contains_key("mcp-session-id"));
        assert_eq!(listed.status, 200);
        assert!(listed.json()["result"]["tools"].is_array());
        // The header may be left out: the session knows the revision.
        let bare = talk
            .call("add", &json!({ "a": 2, "b": 3 }))
            .without("mcp-protocol-version");
        let sum = server.ask(&bare).await.json();
        assert_eq!(sum["result"]["content"][0]["text"], "5");
        assert_eq!(
            sum["result"].get("structuredContent").is_some(),
            revision.has_structured_output(),
            "{revision}"
        );

        assert_eq!(talk.end().await, 200);
        let gone = talk.ask("tools/list", json!({})).await.refused(404, -32001);
        assert!(
            gone["message"]
                .as_str()
                .unwrap()
                .starts_with("Session not found")
        );
        assert_eq!(talk.get(None).await.status(), 404);
        assert_eq!(talk.end().await, 404);
        // So the client begins again.
        Conversation::begin_on(&server, revision).await;
    }
}

#[tokio::test]
async fn each_session_is_another() {
    let server = Running::start(fixture::server().0).await;
    let one = Conversation::begin(&server).await;
    let two = Conversation::begin(&server).await;
    assert_ne!(one.id, two.id);
    assert_eq!(one.end().await, 200);
    two.ask("ping", json!({})).await.json();
}

#[tokio::test]
async fn an_id_that_was_never_given_is_not_found() {
    let server = Running::start(fixture::server().0).await;
    for id in ["x", "0", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let ask = Ask::on(Revision::V2025_11_25, "ping", json!({})).header("mcp-session-id", id);
        server.ask(&ask).await.refused(404, -32001);
        let hello = hello(Revision::V2025_11_25, &json!({})).header("mcp-session-id", id);
        server.ask(&hello).await.refused(404, -32001);
    }
}

#[tokio::test]
async fn two_ids_are_refused() {
    let server = Running::start(fixture::server().0).await;
    let talk = Conversation::begin(&server).await;
    let twice = talk
        .request("ping", json!({}))
        .also("mcp-session-id", &talk.id);
    server.ask(&twice).await.refused(400, -32600);
}

#[tokio::test]
async fn a_session_is_not_initialized_twice() {
    let server = Running::start(fixture::server().0).await;
    let talk = Conversation::begin(&server).await;
    let again = talk.in_session(hello(Revision::V2025_11_25, &json!({})));
    server.ask(&again).await.refused(400, -32600);
    talk.ask("ping", json!({})).await.json();
}

#[tokio::test]
async fn another_revision_than_the_agreed_one_is_refused() {
    let server = Running::start(fixture::server().0).await;
    let talk = Conversation::begin(&server).await;
    for version in ["2025-06-18", "1999-01-01", "nonsense"] {
        let ask = talk
            .request("ping", json!({}))
            .header("mcp-protocol-version", version);
        server.ask(&ask).await.refused(400, -32020);
        let mut get = talk.beside_post("GET", None);
        get.headers_mut()
            .insert("mcp-protocol-version", version.parse().unwrap());
        let answer = soon("a refusal", client().execute(get)).await.unwrap();
        Answer::read(answer).await.refused(400, -32020);
    }
}

#[tokio::test]
async fn requests_that_stand_alone_know_no_sessions() {
    let server = Running::start(fixture::server().0).await;
    let talk = Conversation::begin(&server).await;
    for id in [talk.id.as_str(), "nobody"] {
        let ask = Ask::alone("tools/list", json!({}))
            .header("mcp-session-id", id)
            .header("last-event-id", "1-1");
        let answer = server.ask(&ask).await;
        assert!(!answer.headers.contains_key("mcp-session-id"));
        assert_eq!(answer.result()["resultType"], "complete");
    }
    for method in ["GET", "DELETE"] {
        let mut request = talk.beside_post(method, None);
        request
            .headers_mut()
            .insert("mcp-protocol-version", "2026-07-28".parse().unwrap());
        let answer = soon("an answer", client().execute(request)).await.unwrap();
        assert_eq!(answer.status(), 405);
        assert!(answer.headers().contains_key("allow"));
    }
    talk.ask("ping", json!({})).await.json();
}

#[tokio::test]
async fn without_a_session_there_is_nothing_to_get_and_calls_are_answered_all_the_same() {
    let server = Running::start(fixture::server().0).await;
    let talk = Conversation::begin(&server).await;
    for method in ["GET", "DELETE"] {
        let mut request = talk.beside_post(method, None);
        request.headers_mut().remove("mcp-session-id");
        let answer = soon("an answer", client().execute(request)).await.unwrap();
        assert_eq!(answer.status(), 405);
    }
    let sum = Ask::call(Revision::V2025_11_25, "add", json!({ "a": 2, "b": 3 }));
    assert_eq!(server.ask(&sum).await.tool_text(), "5");
}

#[tokio::test]
async fn a_server_whose_sessions_are_all_in_use_says_when_to_come_back() {
    let (server, _) = fixture::server();
    let server = Running::start(server.limits(Limits::default().sessions(1))).await;
    let talk = Conversation::begin(&server).await;
    let listening = talk.listen(None).await;
    let refused = server.ask(&hello(Revision::V2025_11_25, &json!({}))).await;
    assert_eq!(refused.status, 503);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    let told = "All sessions of this server are in use; try again later.\n";
    assert_eq!(refused.text(), told);
    talk.ask("ping", json!({})).await.json();
    talk.end().await;
    drop(listening);
    Conversation::begin(&server).await;
}

#[tokio::test]
async fn a_server_that_ends_does_not_wait_for_open_streams() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ending) = oneshot::channel::<()>();
    let (server, _) = fixture::server();
    let serving = tokio::spawn(server.serve_listener(listener, async {
        let _ = ending.await;
    }));
    let running = Running::at(address);
    let talk = Conversation::begin(&running).await;
    let mut changes = talk.listen(None).await;
    changes.primed().await;
    end.send(()).unwrap();
    assert_eq!(changes.next().await, None);
    drop(changes);
    soon("the end of the server", serving)
        .await
        .unwrap()
        .unwrap();
}
