//! Messages for which the client has no operation of its own.

use serde_json::{Value, json};
use thyra_client::protocol::Revision;
use thyra_client::{Client, ClientError};

use crate::scripted::{Answer, Scripted};

/// A server of both eras that answers every request with what it was asked.
async fn echo() -> Scripted {
    Scripted::start(|asked| match asked.method() {
        "initialize" => asked.result(&json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "serverInfo": { "name": "old", "version": "1" },
        })),
        _ if asked.body["id"].is_null() => Answer::empty("202 Accepted"),
        _ => asked.result(&json!({ "echo": asked.body["params"] })),
    })
    .await
}

fn client(server: &Scripted, revision: Revision) -> Client {
    server.builder().revision(revision).build().unwrap()
}

#[tokio::test]
async fn a_server_of_each_era_is_asked_whether_it_answers() {
    for (revision, wanted) in [
        (Revision::V2025_11_25, "ping"),
        (Revision::V2026_07_28, "server/discover"),
    ] {
        let server = echo().await;
        client(&server, revision).ping().await.unwrap();
        assert_eq!(server.methods().last().unwrap(), wanted, "{revision}");
    }
    let server = Scripted::start(|asked| asked.error("200 OK", -32603)).await;
    let client = client(&server, Revision::V2026_07_28);
    let error = client.ping().await.unwrap_err();
    assert!(matches!(error, ClientError::Rpc { .. }), "{error}");
}

#[tokio::test]
async fn a_request_of_any_method_has_what_it_is_given_and_what_all_have() {
    let params = json!({ "since": 5, "_meta": { "com.example/room": "blue" } });
    for (revision, own) in [
        (Revision::V2025_11_25, None),
        (Revision::V2026_07_28, Some("2026-07-28")),
    ] {
        let server = echo().await;
        let client = client(&server, revision);
        let result = client.request_raw("com.example/list", &params).await;
        let echo = &result.unwrap()["echo"];
        assert_eq!(echo["since"], 5);
        let meta = &echo["_meta"];
        assert_eq!(meta["com.example/room"], "blue");
        let version = meta["io.modelcontextprotocol/protocolVersion"].as_str();
        assert_eq!(version, own, "{revision}");
        client.request_raw("com.example/list", &()).await.unwrap();
    }
}

#[tokio::test]
async fn a_result_of_any_kind_is_returned_as_it_came() {
    let odd = json!({ "resultType": "input_required", "requestState": "s" });
    let said = odd.clone();
    let server = Scripted::start(move |asked| asked.result(&said)).await;
    let client = client(&server, Revision::V2026_07_28);
    let params = json!({ "name": "look", "arguments": {} });
    let result = client.request_raw("tools/call", &params).await.unwrap();
    assert_eq!(result, odd);
    assert_eq!(server.asked()[0].header("mcp-name"), Some("look"));
    assert_eq!(server.methods(), ["tools/call"]);
}

#[tokio::test]
async fn a_notification_of_any_method_is_sent() {
    let params = json!({ "seen": 3, "_meta": { "com.example/room": "blue" } });
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let server = echo().await;
        let client = client(&server, revision);
        let method = "notifications/com.example/seen";
        client.notify_raw(method, &params).await.unwrap();
        let asked = server.asked().pop().unwrap();
        assert_eq!(asked.body["params"], params, "{revision}");
        assert_eq!(asked.body.get("id"), None);
        client.notify_raw(method, &()).await.unwrap();
        assert_eq!(server.asked().pop().unwrap().body["params"], json!({}));
    }
}

#[tokio::test]
async fn what_belongs_to_others_is_refused_before_anything_is_sent() {
    let server = echo().await;
    let client = client(&server, Revision::V2026_07_28);
    for (method, wanted) in [
        (
            "",
            "`` was not sent: the name of a method is made of letters, digits and signs of ASCII",
        ),
        (
            "a b\r\n",
            r"`a b\r\n` was not sent: the name of a method is made of letters, digits and signs of ASCII",
        ),
        (
            "rpc.discover",
            "`rpc.discover` was not sent: JSON-RPC reserves names that begin with `rpc.`",
        ),
        (
            "initialize",
            "`initialize` was not sent: the client opens its sessions itself",
        ),
        (
            "subscriptions/listen",
            "`subscriptions/listen` was not sent: use `subscribe`",
        ),
        (
            "notifications/x",
            "`notifications/x` was not sent: a notification has no result; use `notify_raw`",
        ),
    ] {
        let error = client.request_raw(method, &()).await.unwrap_err();
        assert_eq!(error.to_string(), wanted);
    }
    for method in [
        "notifications/initialized",
        "notifications/cancelled",
        "rpc.x",
    ] {
        let error = client.notify_raw(method, &()).await.unwrap_err();
        assert!(matches!(error, ClientError::Raw { .. }), "{error}");
    }
    let refused = |params: Value| {
        let client = client.clone();
        async move { client.request_raw("a/b", &params).await.unwrap_err() }
    };
    let error = refused(json!([1])).await;
    assert!(matches!(error, ClientError::Arguments { .. }), "{error}");
    let error = refused(json!({ "_meta": { "progressToken": 1 } })).await;
    assert!(matches!(error, ClientError::Meta { .. }), "{error}");
    let error = refused(json!({ "_meta": 5 })).await;
    assert!(matches!(error, ClientError::Raw { .. }), "{error}");
    assert_eq!(server.methods(), [""; 0]);
}

#[tokio::test]
async fn a_notification_opens_a_forgotten_session_again() {
    let sessions = std::sync::atomic::AtomicUsize::new(0);
    let server = Scripted::start(move |asked| match asked.method() {
        "initialize" => {
            let number = sessions.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            asked
                .result(&json!({
                    "protocolVersion": "2025-11-25",
                    "capabilities": {},
                    "serverInfo": { "name": "old", "version": "1" },
                }))
                .header("Mcp-Session-Id", &number.to_string())
        }
        "notifications/x" if asked.header("mcp-session-id") == Some("0") => {
            Answer::empty("404 Not Found")
        }
        "" => Answer::empty("405 Method Not Allowed"),
        _ => Answer::empty("202 Accepted"),
    })
    .await;
    let client = client(&server, Revision::V2025_11_25);
    client.notify_raw("notifications/x", &()).await.unwrap();
    let methods = server.methods();
    let count = |wanted: &str| methods.iter().filter(|method| *method == wanted).count();
    assert_eq!((count("initialize"), count("notifications/x")), (2, 2));
}

#[tokio::test]
async fn extensions_are_announced() {
    let server = echo().await;
    let builder = server.builder().revision(Revision::V2026_07_28);
    let builder = builder.extension("com.example/audit", [("level".to_owned(), json!(2))]);
    let client = builder.unwrap().build().unwrap();
    let result = client.request_raw("a/b", &()).await.unwrap();
    let capabilities = &result["echo"]["_meta"]["io.modelcontextprotocol/clientCapabilities"];
    assert_eq!(
        capabilities["extensions"],
        json!({ "com.example/audit": { "level": 2 }, "io.modelcontextprotocol/tasks": {} })
    );
    for id in [
        "audit",
        "/audit",
        "com.example/",
        "com.example/a b",
        "io.modelcontextprotocol/tasks",
    ] {
        let error = server.builder().extension(id, []).unwrap_err();
        assert!(matches!(error, ClientError::Extension { .. }), "{error}");
    }
}
