//! The requests that attackers and the second caller send.

use std::fmt::Write as _;

use serde_json::{Value, json};

const SESSIONLESS: &str = "2026-07-28";
const HANDSHAKE: &str = "2025-11-25";

/// One HTTP request, whose parts a caller may send as it likes.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    method: &'static str,
    headers: String,
    body: String,
}

impl Ask {
    /// A call of a tool that stands alone.
    pub(crate) fn tool(name: &str, arguments: &Value) -> Self {
        Self::alone(name, arguments, &json!({}))
    }

    /// The same, by a client that takes a task for an answer.
    pub(crate) fn task(name: &str, arguments: &Value) -> Self {
        let tasks = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
        Self::alone(name, arguments, &tasks)
    }

    fn alone(name: &str, arguments: &Value, capabilities: &Value) -> Self {
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {
                "_meta": {
                    "io.modelcontextprotocol/protocolVersion": SESSIONLESS,
                    "io.modelcontextprotocol/clientInfo": { "name": "soak", "version": "1" },
                    "io.modelcontextprotocol/clientCapabilities": capabilities,
                },
                "name": name, "arguments": arguments,
            },
        });
        Self::post(&body)
            .header("mcp-protocol-version", SESSIONLESS)
            .header("mcp-method", "tools/call")
            .header("mcp-name", name)
    }

    /// The beginning of a session.
    pub(crate) fn initialize(capabilities: &Value) -> Self {
        Self::post(&json!({
            "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": {
                "protocolVersion": HANDSHAKE,
                "capabilities": capabilities,
                "clientInfo": { "name": "soak", "version": "1" },
            },
        }))
    }

    /// A call of a tool in a session.
    pub(crate) fn in_session(session: &str, name: &str, arguments: &Value) -> Self {
        let body = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": name, "arguments": arguments },
        });
        Self::post(&body)
            .header("mcp-protocol-version", HANDSHAKE)
            .header("mcp-session-id", session)
    }

    /// The end of a session.
    pub(crate) fn delete(session: &str) -> Self {
        let ask = Self {
            method: "DELETE",
            headers: String::new(),
            body: String::new(),
        };
        ask.header("mcp-session-id", session)
    }

    fn post(body: &Value) -> Self {
        let ask = Self {
            method: "POST",
            headers: String::new(),
            body: body.to_string(),
        };
        ask.header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        // Writing into a text cannot fail.
        let _ = write!(self.headers, "{name}: {value}\r\n");
        self
    }

    pub(crate) fn bearer(self, token: Option<&str>) -> Self {
        match token {
            Some(token) => self.header("authorization", &format!("Bearer {token}")),
            None => self,
        }
    }

    /// The head of a request that announces `length` bytes.
    pub(crate) fn head(&self, host: &str, length: usize) -> String {
        format!(
            "{} /mcp HTTP/1.1\r\nhost: {host}\r\n{}content-length: {length}\r\n\r\n",
            self.method, self.headers
        )
    }

    /// The whole request.
    pub(crate) fn bytes(&self, host: &str) -> Vec<u8> {
        let mut bytes = self.head(host, self.body.len()).into_bytes();
        bytes.extend_from_slice(self.body.as_bytes());
        bytes
    }
}
