//! What the log says of a request. A program of its own: subscribers of tests that run at the same
//! time get into each other's way.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::env;
use std::io;
use std::process::Command;
use std::sync::LazyLock;

use http_body_util::{BodyExt, Full};
use serde_json::json;
use thyra::prelude::*;
use tower_service::Service;

use self::captured::{LOG, logged};

#[path = "log/captured.rs"]
mod captured;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Says something in the log.
#[tool]
async fn note() -> &'static str {
    tracing::info!("a note");
    "noted"
}

/// Says something in the log, from a thread of its own.
#[tool]
fn blocking_note() -> &'static str {
    tracing::info!("a note");
    "noted"
}

#[derive(Debug, thiserror::Error, CallerError)]
enum StoreError {
    #[error("the store at db.internal failed")]
    Down(#[source] io::Error),
    #[error("somebody else holds the lock")]
    #[caller(shown)]
    Locked(#[source] io::Error),
    #[error("there is no such store")]
    #[caller(not_found)]
    Missing,
}

fn fails_as(kind: &str) -> Result<String, StoreError> {
    Err(match kind {
        "down" => StoreError::Down(io::Error::other("disk\u{1b}[31m 7")),
        "locked" => StoreError::Locked(io::Error::other("lock 7")),
        _ => StoreError::Missing,
    })
}

/// Fails.
#[tool]
async fn broken(kind: String) -> Result<String, StoreError> {
    fails_as(&kind)
}

/// Fails when it is read.
#[resource("broken://{kind}")]
async fn broken_resource(kind: String) -> Result<String, StoreError> {
    fails_as(&kind)
}

#[tokio::test]
async fn the_log_has_an_error_with_its_sources_once_and_under_its_component() {
    LazyLock::force(&LOG);
    let server = Server::new("Broken").tool(broken).resource(broken_resource);
    let client = server.connect().unwrap();
    for kind in ["down", "locked", "missing"] {
        let arguments = json!({ "kind": kind });
        let result = client.call_tool("broken", &arguments).await.unwrap();
        assert!(result.is_error, "{kind}");
        let uri = format!("broken://{kind}");
        assert!(client.read_resource(&uri).await.is_err(), "{kind}");
    }
    for component in [r#"component="broken""#, r#"component="broken://"#] {
        let lines = logged(component);
        let [down, locked] = &lines[..] else {
            panic!("not two lines: {lines:?}");
        };
        assert!(down.contains("ERROR"), "{down}");
        assert!(
            down.contains(r"the store at db.internal failed: disk\u{1b}[31m 7"),
            "{down}"
        );
        assert!(
            locked.contains("somebody else holds the lock: lock 7"),
            "{locked}"
        );
    }
}

#[cfg(feature = "client")]
#[tokio::test]
async fn the_log_has_the_reason_of_a_check_and_the_caller_has_not() {
    use thyra::client::Client;
    use thyra::{Check, Decision};

    LazyLock::force(&LOG);
    let check = Check::new("unpaid bills", |_| async {
        Decision::refuse("account 7\u{1b}[31m owes 12")
    });
    let server = Server::new("Shop").tool(
        Tool::new("order", || async { "in" })
            .description("Orders.")
            .check(check),
    );
    let ada = Principal::builder("https://issuer.example", "ada\n").build();
    let client = Client::over(server.in_process_as(ada).unwrap()).build();
    assert!(client.list_tools().await.unwrap().is_empty());
    let error = client.call_tool("order", &json!({})).await.unwrap_err();
    assert!(!error.to_string().contains("owes"), "{error}");
    let lines = logged("unpaid bills");
    let [line] = &lines[..] else {
        panic!("not one line: {lines:?}");
    };
    for part in [
        "a check refused",
        r#"component="order""#,
        "kind=tool",
        "operation=Call",
        r"caller=ada\n",
        r"unpaid bills: account 7\u{1b}[31m owes 12",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

/// The next test runs this one in a program that sets up no log.
#[tokio::test]
#[ignore = "it is half of a test"]
async fn fails_without_a_log() {
    let client = Server::new("Broken").tool(broken).connect().unwrap();
    let arguments = json!({ "kind": "down" });
    let result = client.call_tool("broken", &arguments).await.unwrap();
    assert!(result.is_error);
}

#[test]
fn without_a_log_standard_error_has_the_error() {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "fails_without_a_log", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let line = r#"thyra: "broken" failed: "the store at db.internal failed: disk\u{1b}[31m 7""#;
    assert!(output.status.success(), "{told}");
    assert_eq!(told.matches(line).count(), 1, "{told}");
}

#[tokio::test]
async fn what_a_handler_logs_names_its_request_and_the_trace_of_its_client() {
    LazyLock::force(&LOG);
    let server = Server::new("Log").tool(note).tool(blocking_note {});
    let mut service = server.into_service().unwrap();
    for tool in ["note", "blocking_note"] {
        let message = json!({
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {
                "name": tool,
                "_meta": {
                    "traceparent": PARENT,
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
                    "io.modelcontextprotocol/clientCapabilities": {},
                },
            },
        });
        let request = http::Request::post("http://localhost/mcp")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool)
            .body(Full::<bytes::Bytes>::from(message.to_string()))
            .unwrap();
        let response = service.call(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(answer["result"]["content"][0]["text"], "noted", "{answer}");
        let target = format!("mcp.target=\"{tool}\"");
        let lines = logged("a note");
        let line = lines.iter().find(|line| line.contains(&target)).unwrap();
        for part in [r#"mcp.method.name="tools/call""#, PARENT] {
            assert!(line.contains(part), "{line}");
        }
    }
}

async fn undescribed() -> &'static str {
    "done"
}

#[tokio::test]
async fn the_log_names_each_tool_without_a_description_once() {
    LazyLock::force(&LOG);
    let handler = || async { "done" };
    let server = Server::new("Undescribed")
        .tool(Tool::new("mute", undescribed))
        .tool(Tool::new("blank", undescribed).description(" "))
        .tool(Tool::new("told", handler).description("Does what is to be done."))
        .tool(note)
        .prompt(Prompt::new("mute_prompt", handler));
    let handle = server.handle();
    let client = server.connect().unwrap();
    client.list_tools().await.unwrap();
    let lines = logged("a tool has no description");
    let [blank, mute] = &lines[..] else {
        panic!("not two lines: {lines:?}");
    };
    assert!(blank.contains("WARN") && mute.contains("WARN"), "{lines:?}");
    let all = lines.concat();
    assert!(
        all.contains(r#"tool="mute""#) && all.contains(r#"tool="blank""#),
        "{all}"
    );
    assert!(mute.contains("write a doc comment"), "{mute}");

    handle.add_tool(Tool::new("late", undescribed)).unwrap();
    assert_eq!(logged(r#"tool="late""#).len(), 1);
    handle
        .add_tool(Tool::new("later", handler).description("Done."))
        .unwrap();
    assert_eq!(logged("a tool has no description").len(), 3);
}
