//! A whole server, asked over HTTP without a network.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thyra::McpService;
use thyra::prelude::*;
use thyra::schemars::JsonSchema;
use tokio::runtime::{Builder, Runtime};
use tower_service::Service as _;

/// The most bytes of a reply that are read.
const MAX_REPLY: usize = 1024 * 1024;

/// What the tool `all` takes: a value of each kind that a schema can ask for.
#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[schemars(crate = "thyra::schemars")]
struct All {
    flag: bool,
    small: u8,
    whole: i64,
    real: f64,
    text: String,
    letter: char,
    many: Vec<i32>,
    pair: (u8, String),
    maybe: Option<Box<All>>,
    named: BTreeMap<String, u16>,
    either: Either,
    tagged: Tagged,
}

#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[schemars(crate = "thyra::schemars")]
#[serde(untagged)]
enum Either {
    Number(i64),
    Text(String),
    List(Vec<bool>),
}

#[derive(Debug, Deserialize, JsonSchema, Serialize)]
#[schemars(crate = "thyra::schemars")]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Tagged {
    Empty,
    Full { size: u32 },
}

/// Gives back what it took.
#[tool]
async fn all(value: All) -> Json<All> {
    Json(value)
}

/// Adds.
#[tool]
async fn add(a: i64, b: Option<f64>) -> String {
    format!("{a} {b:?}")
}

/// Asks before it does anything.
#[tool]
async fn order(dish: String, ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "For whom?").await?;
    Ok(format!("{dish} for {name}"))
}

/// A note.
#[resource("notes://{folder}/{name}")]
async fn note(folder: String, name: String) -> String {
    format!("{folder}/{name}")
}

/// A greeting.
#[prompt]
async fn greet(name: String) -> String {
    format!("Greet {name}.")
}

thread_local! {
    static WORLD: RefCell<(Runtime, McpService)> = RefCell::new(world());
}

fn world() -> (Runtime, McpService) {
    let mut runtime = Builder::new_current_thread();
    // Nobody waits for a stream that stays open: time passes at once when nothing else happens.
    let runtime = runtime.enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime needs nothing");
    let server = Server::new("Fuzz")
        .tool(all)
        .tool(add)
        .tool(order)
        .resource(note)
        .prompt(greet);
    let service = runtime.block_on(async { server.into_service() });
    (runtime, service.expect("the server can be built"))
}

/// The status of the reply and its body, or `None` when it is a stream that does not end by itself.
pub(crate) fn answer(request: Request<Full<Bytes>>) -> Option<(u16, Bytes)> {
    WORLD.with_borrow_mut(|(runtime, service)| {
        runtime.block_on(async {
            let Ok(response) = service.call(request).await;
            let (head, body) = Response::into_parts(response);
            let whole = Limited::new(body, MAX_REPLY).collect();
            match tokio::time::timeout(Duration::from_secs(30), whole).await {
                Err(_) => None,
                Ok(Ok(body)) => Some((head.status.as_u16(), body.to_bytes())),
                Ok(Err(error)) => {
                    assert!(!error.is::<LengthLimitError>(), "the reply is too large");
                    None
                }
            }
        })
    })
}

/// Calls a tool in the revision 2026-07-28, and gives the reply.
pub(crate) fn call(tool: &str, params: &str) -> Value {
    let head = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": { "name": "fuzz", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} },
    });
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","_meta":{head}{params}}}}}"#
    );
    let request = Request::post("http://localhost/mcp")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", tool)
        .body(Full::from(body))
        .expect("the request is well formed");
    let (_, body) = answer(request).expect("a call ends");
    serde_json::from_slice(&body).expect("the reply is JSON")
}
