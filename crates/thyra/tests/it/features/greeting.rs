//! What a session keeps of its client's greeting.

use serde_json::{Value, json};
use thyra::prelude::*;

use super::{Talk, fails, hello};
use crate::support::{Answer, Running};

fn server() -> Server {
    Server::new("Greeting").tool(Tool::new("hello", || async { "hello" }))
}

/// Capabilities that are `bytes` long as JSON.
fn capabilities(bytes: usize) -> Value {
    let around = json!({ "experimental": { "padding": { "x": "" } } });
    let padding = "x".repeat(bytes - around.to_string().len());
    let capabilities = json!({ "experimental": { "padding": { "x": padding } } });
    assert_eq!(capabilities.to_string().len(), bytes);
    capabilities
}

#[track_caller]
fn opened(answer: &Answer) {
    answer.result();
    assert!(!answer.header("mcp-session-id").is_empty());
}

#[tokio::test]
async fn capabilities_have_at_most_16_kib() {
    let server = Running::start(server()).await;
    opened(&server.ask(&hello(capabilities(16 * 1024))).await);
    for bytes in [16 * 1024 + 1, 100_000, 1_000_000] {
        let answer = server.ask(&hello(capabilities(bytes))).await;
        fails(&answer, -32602);
        assert!(!answer.headers.contains_key("mcp-session-id"), "{answer:?}");
    }
    // The next one is greeted as ever.
    let [_, session] = Talk::each(&server).await;
    assert_eq!(session.call("hello", json!({})).await.tool_text(), "hello");
}

#[tokio::test]
async fn what_a_client_says_of_itself_otherwise_may_be_long() {
    let server = Running::start(server()).await;
    let long = "x".repeat(100_000);
    let greeting = hello(json!({})).member(
        "params",
        json!({
            "protocolVersion": super::REVISION.as_str(),
            "capabilities": {},
            "clientInfo": { "name": "test", "title": long, "version": "1" },
            "_meta": { "com.example/padding": long },
        }),
    );
    opened(&server.ask(&greeting).await);
}
