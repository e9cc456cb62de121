//! What the log says of a request. A program of its own: subscribers of tests that run at the same
//! time get into each other's way.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use serde_json::json;
use thyra::prelude::*;
use tower_service::Service;

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

/// What a subscriber has written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn what_a_handler_logs_names_its_request_and_the_trace_of_its_client() {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
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
        let bytes = std::mem::take(&mut *written.0.lock().unwrap());
        let log = String::from_utf8(bytes).unwrap();
        let line = log.lines().find(|line| line.contains("a note")).unwrap();
        let target = format!("mcp.target=\"{tool}\"");
        for part in [r#"mcp.method.name="tools/call""#, &target, PARENT] {
            assert!(line.contains(part), "{line}");
        }
    }
}
