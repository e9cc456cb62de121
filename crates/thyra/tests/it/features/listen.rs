//! `subscriptions/listen` (revision 2026-07-28): how a stream begins, what it takes, and how it
//! ends.

use serde_json::{Value, json};
use thyra::prelude::*;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{REVISION, Talk, fails};
use crate::support::{Answer, Ask, Running, soon};

const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

#[resource("notes://{id}")]
async fn note(id: String) -> String {
    id
}

fn server() -> Server {
    Server::new("Listening").resource(note)
}

fn uris(count: usize, length: usize) -> Vec<String> {
    let padding = "x".repeat(length);
    let uri = |number| format!("notes://{number:03}{padding}");
    (0..count).map(uri).collect()
}

/// Checks that nothing is listened to, without waiting for the end of a stream that has none.
async fn refused(talk: &Talk<'_>, notifications: Value) -> Answer {
    let ask = talk.request(
        "subscriptions/listen",
        json!({ "notifications": notifications }),
    );
    let response = talk.server.open(&ask).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    Answer::read(response).await
}

#[tokio::test]
async fn a_stream_begins_with_what_will_be_told_and_names_its_subscription() {
    let server = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = Talk::alone(&server);
    let wanted = json!({ "promptsListChanged": true, "resourceSubscriptions": ["notes://1"] });
    let ask = talk
        .request("subscriptions/listen", json!({ "notifications": wanted }))
        .member("id", json!("my stream"));
    let mut stream = super::Stream::of(server.open(&ask).await);
    let first = stream.next().await.unwrap();
    assert_eq!(
        first,
        json!({
            "jsonrpc": "2.0",
            "method": "notifications/subscriptions/acknowledged",
            "params": { "_meta": { SUBSCRIPTION: "my stream" }, "notifications": wanted },
        })
    );
    handle.resource_updated("notes://1");
    handle.list_changed(thyra::Kind::Prompt);
    for method in [
        "notifications/resources/updated",
        "notifications/prompts/list_changed",
    ] {
        let told = stream.next().await.unwrap();
        assert_eq!(told["method"], method);
        assert_eq!(told["params"]["_meta"][SUBSCRIPTION], "my stream", "{told}");
        assert!(told.get("id").is_none(), "{told}");
    }
}

#[tokio::test]
async fn each_stream_is_told_of_its_own() {
    let server = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = Talk::alone(&server);
    let mut one = talk
        .listen(json!({ "resourceSubscriptions": ["notes://1"] }))
        .await;
    let mut two = talk
        .listen(json!({ "resourceSubscriptions": ["notes://2", "notes://3"] }))
        .await;
    let mut none = talk.listen(json!({})).await;
    assert_eq!(none.acknowledged().await, json!({}));
    one.acknowledged().await;
    two.acknowledged().await;
    for uri in ["notes://2", "notes://1", "notes://3", "notes://1"] {
        handle.resource_updated(uri);
    }
    for uri in ["notes://1", "notes://1"] {
        one.tells_of(uri).await;
    }
    for uri in ["notes://2", "notes://3"] {
        two.tells_of(uri).await;
    }
}

#[tokio::test]
async fn a_stream_listens_to_256_resources() {
    let server = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = Talk::alone(&server);
    let answer = refused(&talk, json!({ "resourceSubscriptions": uris(257, 0) })).await;
    assert!(fails(&answer, -32602).contains("256"), "{answer:?}");
    let all = uris(256, 0);
    let mut stream = talk.listen(json!({ "resourceSubscriptions": all })).await;
    assert_eq!(
        stream.acknowledged().await["resourceSubscriptions"],
        json!(all)
    );
    handle.resource_updated(all[255].clone());
    stream.tells_of(&all[255]).await;
}

#[tokio::test]
async fn a_request_that_would_be_kept_has_at_most_64_kib() {
    let server = Running::start(server()).await;
    let talk = Talk::alone(&server);
    for uris in [uris(256, 300), uris(1, 64 * 1024)] {
        let answer = refused(&talk, json!({ "resourceSubscriptions": uris })).await;
        fails(&answer, -32602);
    }
    // What is said around it is kept as well.
    let padded = talk
        .request("subscriptions/listen", json!({ "notifications": {} }))
        .meta("com.example/padding", json!("x".repeat(64 * 1024)));
    let response = server.open(&padded).await;
    assert_eq!(response.headers()["content-type"], "application/json");
    fails(&Answer::read(response).await, -32602);
    let mut stream = talk
        .listen(json!({ "resourceSubscriptions": uris(200, 200) }))
        .await;
    stream.acknowledged().await;
}

#[tokio::test]
async fn what_cannot_be_listened_to_is_refused() {
    let server = Running::start(server()).await;
    let talk = Talk::alone(&server);
    for bad in [
        json!(null),
        json!({ "toolsListChanged": "yes" }),
        json!({ "resourceSubscriptions": "notes://1" }),
        json!({ "resourceSubscriptions": [1] }),
    ] {
        fails(&refused(&talk, bad).await, -32602);
    }
    let [_, session] = Talk::each(&server).await;
    let params = json!({ "notifications": { "toolsListChanged": true } });
    fails(
        &session.ask("subscriptions/listen", params.clone()).await,
        -32601,
    );
    let answer = server
        .ask(&Ask::on(REVISION, "subscriptions/listen", params))
        .await;
    fails(&answer, -32601);
}

#[tokio::test]
async fn a_stream_ends_with_its_result_when_the_server_does() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ending) = oneshot::channel::<()>();
    let serving = tokio::spawn(server().serve_listener(listener, async {
        let _ = ending.await;
    }));
    let running = Running::at(address);
    let talk = Talk::alone(&running);
    let mut stream = talk.listen(json!({ "toolsListChanged": true })).await;
    stream.acknowledged().await;
    end.send(()).unwrap();
    let last = stream.next().await.unwrap();
    assert_eq!(last["id"], 1, "{last}");
    assert_eq!(last["result"]["resultType"], "complete", "{last}");
    assert_eq!(last["result"]["_meta"][SUBSCRIPTION], 1, "{last}");
    assert_eq!(stream.next().await, None);
    drop(stream);
    soon("the end of the server", serving)
        .await
        .unwrap()
        .unwrap();
}
