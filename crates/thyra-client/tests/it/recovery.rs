//! Clients that must not stay broken: the server is restarted, forgets its sessions, or is another
//! program than before.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use thyra_client::protocol::Revision;
use thyra_client::{ClientError, LoggingLevel, TransportError};
use tokio::sync::Notify;

use crate::scripted::{Answer, Asked, Scripted};

/// What a program answers.
type Program = fn(&Asked) -> Answer;

/// A server of 2026-07-28.
fn sessionless(asked: &Asked) -> Answer {
    if asked.header("mcp-protocol-version") != Some("2026-07-28") {
        let error = json!({
            "code": -32022, "message": "Unsupported protocol version",
            "data": { "supported": ["2026-07-28"] },
        });
        let body = json!({ "jsonrpc": "2.0", "id": asked.body["id"], "error": error });
        return Answer::json("400 Bad Request", &body);
    }
    match asked.method() {
        "server/discover" => asked.result(&json!({
            "supportedVersions": ["2026-07-28"], "capabilities": {},
            "ttlMs": 0, "cacheScope": "private",
        })),
        _ => called(asked),
    }
}

/// The same, which does not say what it speaks to those who speak something else.
fn reticent(asked: &Asked) -> Answer {
    match asked.method() {
        "initialize" => asked.error("404 Not Found", -32601),
        _ if asked.header("mcp-protocol-version") != Some("2026-07-28") => {
            Answer::empty("400 Bad Request")
        }
        _ => sessionless(asked),
    }
}

fn called(asked: &Asked) -> Answer {
    asked.result(&json!({ "content": [{ "type": "text", "text": "hello" }] }))
}

fn opened(asked: &Asked, version: &str) -> Answer {
    asked.result(&json!({
        "protocolVersion": version, "capabilities": { "logging": {} },
        "serverInfo": { "name": "old", "version": "1" },
    }))
}

/// An older server with a session for everybody; `refuse` answers who has none.
fn with_session(asked: &Asked, version: &str, id: &str, refuse: Program) -> Answer {
    match (asked.verb(), asked.method()) {
        ("post", "initialize") => opened(asked, version).header("Mcp-Session-Id", id),
        ("get", _) => Answer::empty("405 Method Not Allowed"),
        _ if asked.header("mcp-session-id") != Some(id) => refuse(asked),
        ("post", "tools/call") => called(asked),
        ("post", "logging/setLevel") => asked.result(&json!({})),
        _ => Answer::empty("202 Accepted"),
    }
}

fn typescript(asked: &Asked) -> Answer {
    with_session(asked, "2025-11-25", "ts", |_| {
        let error = json!({ "code": -32000, "message": "Bad Request: Server not initialized" });
        let body = json!({ "jsonrpc": "2.0", "id": null, "error": error });
        Answer::json("400 Bad Request", &body)
    })
}

fn python(asked: &Asked) -> Answer {
    with_session(asked, "2025-06-18", "py", |_| {
        let error = json!({ "code": -32600, "message": "Bad Request: Missing session ID" });
        let body = json!({ "jsonrpc": "2.0", "id": "server-error", "error": error });
        Answer::json("400 Bad Request", &body)
    })
}

fn rust(asked: &Asked) -> Answer {
    with_session(asked, "2025-03-26", "rs", |asked| {
        Answer::empty(match asked.header("mcp-session-id") {
            Some(_) => "404 Not Found",
            None => "422 Unprocessable Entity",
        })
    })
}

/// An older server without sessions.
fn without_sessions(asked: &Asked) -> Answer {
    match (asked.verb(), asked.method()) {
        ("post", "initialize") => opened(asked, "2025-06-18"),
        ("post", "tools/call") if asked.header("mcp-protocol-version") == Some("2025-06-18") => {
            called(asked)
        }
        ("post", "notifications/initialized") => Answer::empty("202 Accepted"),
        ("post", _) => Answer::empty("400 Bad Request"),
        _ => Answer::empty("405 Method Not Allowed"),
    }
}

const PROGRAMS: [(Program, Revision); 6] = [
    (sessionless, Revision::V2026_07_28),
    (reticent, Revision::V2026_07_28),
    (typescript, Revision::V2025_11_25),
    (python, Revision::V2025_06_18),
    (rust, Revision::V2025_03_26),
    (without_sessions, Revision::V2025_06_18),
];

/// A server is upgraded, or rolled back, while a client lives.
#[tokio::test]
async fn another_program_in_the_place_of_the_server_is_spoken_with_in_its_revision() {
    for (before, old) in PROGRAMS {
        for (after, new) in PROGRAMS {
            let is_replaced = Arc::new(AtomicBool::new(false));
            let replaced = Arc::clone(&is_replaced);
            let server = Scripted::start(move |asked| {
                let program = if replaced.load(Ordering::SeqCst) {
                    after
                } else {
                    before
                };
                program(asked)
            })
            .await;
            let client = server.builder().build().unwrap();
            client.call_tool("act", &()).await.unwrap();
            assert_eq!(client.revision().await.unwrap(), old);
            is_replaced.store(true, Ordering::SeqCst);
            for _ in 0..2 {
                let called = client.call_tool("act", &()).await;
                assert!(called.is_ok(), "{old:?}, then {new:?}: {called:?}");
            }
            assert_eq!(client.revision().await.unwrap(), new);
        }
    }
}

/// Whoever is refused twice in a row is told why.
#[tokio::test]
async fn a_refusal_of_the_same_program_is_the_error_that_it_is() {
    let server = Scripted::start(|asked| match asked.method() {
        "tools/call" => asked.error("200 OK", -32600),
        _ => sessionless(asked),
    })
    .await;
    let client = server.builder().build().unwrap();
    let error = client.call_tool("act", &()).await.unwrap_err();
    assert!(matches!(error, ClientError::Rpc { .. }), "{error}");
    assert_eq!(
        server.methods(),
        ["server/discover", "tools/call", "server/discover"]
    );
}

/// Servers have the codes of those that do not know the client for errors of their own, too.
#[tokio::test]
async fn an_error_of_a_server_that_knows_the_client_costs_no_session() {
    for code in [-32000, -32600] {
        let server = Scripted::start(move |asked| match asked.method() {
            "server/discover" => Answer::empty("400 Bad Request"),
            "tools/call" => asked.error("200 OK", code),
            "ping" => asked.result(&json!({})),
            _ => with_session(asked, "2025-11-25", "one", python),
        })
        .await;
        let client = server.builder().build().unwrap();
        for _ in 0..2 {
            let error = client.call_tool("act", &()).await.unwrap_err();
            assert!(matches!(error, ClientError::Rpc { .. }), "{error}");
        }
        let methods = server.methods();
        let opened = methods.iter().filter(|method| *method == "initialize");
        assert_eq!(opened.count(), 1, "{methods:?}");
        let called = methods.iter().filter(|method| *method == "tools/call");
        assert_eq!(called.count(), 2, "{methods:?}");
    }
}

fn is_down(error: &ClientError) -> bool {
    let ClientError::Transport { source, .. } = error else {
        return false;
    };
    matches!(source, TransportError::Http(_))
}

#[tokio::test]
async fn a_server_that_was_down_is_used_again() {
    for program in [sessionless as Program, typescript] {
        let kept = move |asked: &Asked| program(asked).kept();
        let mut server = Scripted::start(kept).await;
        let client = server.builder().build().unwrap();
        for _ in 0..3 {
            client.call_tool("act", &()).await.unwrap();
        }
        for _ in 0..3 {
            // The connections that the client has kept are dead now.
            let address = server.stop().await;
            let error = client.call_tool("act", &()).await.unwrap_err();
            assert!(is_down(&error), "{error}");
            server = Scripted::start_at(address, kept).await;
            client.call_tool("act", &()).await.unwrap();
        }
    }
}

/// A server may close a connection that it has kept at the moment when the client uses it.
#[tokio::test]
async fn a_connection_that_dies_under_a_call_fails_that_call_only() {
    let calls = AtomicUsize::new(0);
    let server = Scripted::start(move |asked| match asked.method() {
        "tools/call" if calls.fetch_add(1, Ordering::SeqCst) % 2 == 1 => Answer::none(),
        _ => sessionless(asked).kept(),
    })
    .await;
    let client = server.builder().build().unwrap();
    for _ in 0..3 {
        client.call_tool("act", &()).await.unwrap();
        let error = client.call_tool("act", &()).await.unwrap_err();
        assert!(is_down(&error), "{error}");
    }
    // Nobody knows whether it was carried out, so it is not made again.
    let methods = server.methods();
    let calls = methods.iter().filter(|one| *one == "tools/call");
    assert_eq!(calls.count(), 6);
}

#[tokio::test]
async fn calls_at_the_same_time_open_a_forgotten_session_once() {
    let sessions = AtomicUsize::new(0);
    let server = Scripted::start(move |asked| {
        // The first session is forgotten after its first call.
        let current = sessions.load(Ordering::SeqCst).to_string();
        match asked.method() {
            "initialize" => {
                let id = sessions.fetch_add(1, Ordering::SeqCst) + 1;
                opened(asked, "2025-11-25").header("Mcp-Session-Id", &id.to_string())
            }
            "tools/call" if asked.body["params"]["name"] == "last" => {
                sessions.store(7, Ordering::SeqCst);
                called(asked)
            }
            "tools/call" if asked.header("mcp-session-id") == Some(&current) => called(asked),
            "tools/call" | "server/discover" => Answer::empty("404 Not Found"),
            _ if asked.verb() == "get" => Answer::empty("405 Method Not Allowed"),
            _ => Answer::empty("202 Accepted"),
        }
    })
    .await;
    let client = server.builder().build().unwrap();
    client.call_tool("last", &()).await.unwrap();
    let calls = (0..20).map(|_| client.call_tool("act", &()));
    for called in join_all(calls).await {
        called.unwrap();
    }
    let methods = server.methods();
    let opened = methods.iter().filter(|one| *one == "initialize");
    assert_eq!(opened.count(), 2);
}

/// What the server says of its own accord is heard again after a restart.
#[tokio::test]
async fn the_stream_of_a_new_session_is_read() {
    let log = |text: &str| {
        let params = json!({ "level": "info", "data": text });
        let message =
            json!({ "jsonrpc": "2.0", "method": "notifications/message", "params": params });
        format!("data: {message}\n\n")
    };
    let restarted = Arc::new(AtomicBool::new(false));
    let is_restarted = Arc::clone(&restarted);
    let server = Scripted::start(move |asked| {
        let id = if is_restarted.load(Ordering::SeqCst) {
            "new"
        } else {
            "old"
        };
        match asked.verb() {
            "get" if asked.header("mcp-session-id") == Some(id) => Answer::stream(log(id)).open(),
            "get" => Answer::empty("404 Not Found"),
            _ => with_session(asked, "2025-11-25", id, |_| Answer::empty("404 Not Found")),
        }
    })
    .await;
    let heard = Arc::new((Mutex::new(Vec::new()), Notify::new()));
    let hear = Arc::clone(&heard);
    let client = server
        .builder()
        .on_log(LoggingLevel::Info, move |message| {
            hear.0.lock().unwrap().push(message.data.get().to_owned());
            hear.1.notify_one();
        })
        .build()
        .unwrap();
    for expected in [r#""old""#, r#""new""#] {
        client.call_tool("act", &()).await.unwrap();
        let minute = Duration::from_mins(1);
        tokio::time::timeout(minute, heard.1.notified())
            .await
            .unwrap();
        assert_eq!(heard.0.lock().unwrap().pop().as_deref(), Some(expected));
        restarted.store(true, Ordering::SeqCst);
    }
}
