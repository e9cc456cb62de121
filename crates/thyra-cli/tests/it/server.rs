//! Servers for the program to use.

use thyra::prelude::*;
use thyra::{CallToolResult, Content};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// A server on loopback, until this is dropped.
pub(crate) struct Running {
    pub(crate) url: String,
    _server: JoinSet<()>,
}

/// Add two numbers.
#[tool]
async fn add(
    /// The first one
    a: i64,
    b: i64,
) -> i64 {
    a + b
}

/// Repeat a text.
#[tool]
async fn echo(text: String) -> String {
    text
}

/// Say what was given.
#[tool]
async fn tell(tags: Vec<String>, options: Option<Options>) -> String {
    format!("{tags:?} {options:?}")
}

#[derive(Debug, serde::Deserialize, schemars::JsonSchema)]
struct Options {
    #[expect(dead_code, reason = "it is shown")]
    loud: bool,
}

/// How a text is answered now.
#[tool(name = "answer", version = "2")]
async fn answer() -> &'static str {
    "new"
}

/// How a text was answered before.
#[tool(name = "answer", version = "1")]
async fn old_answer() -> &'static str {
    "old"
}

/// Always fails.
#[tool]
async fn fail() -> Result<String, ToolError> {
    Err(ToolError::new("the disk is full"))
}

/// The weather of a city.
#[resource("weather://{city}")]
async fn weather(city: String) -> String {
    format!("It rains in {city}.")
}

/// A picture of one dot.
#[resource("data://dot", mime_type = "image/png")]
async fn dot() -> Vec<u8> {
    b"\x89PNG\r\n\x1a\nnot really".to_vec()
}

/// A picture, and what is on it.
#[tool]
async fn picture() -> CallToolResult {
    CallToolResult::new(vec![
        Content::text("A dot:"),
        Content::image("AAEC", "image/png"),
    ])
}

/// Says which header came.
#[tool]
async fn header(headers: Headers) -> String {
    let value = headers.0.get("x-key").and_then(|value| value.to_str().ok());
    value.unwrap_or("none").to_owned()
}

/// The rules.
#[resource("data://rules")]
async fn rules() -> &'static str {
    "Be nice.\n"
}

/// Greet somebody.
#[prompt]
async fn greet(
    /// Whom to greet
    who: String,
    #[arg(complete = thyra::completion_values(["hello", "hi", "good morning"]))] how: Option<
        String,
    >,
) -> String {
    format!(
        "Say {} to {who}.",
        how.unwrap_or_else(|| "hello".to_owned())
    )
}

/// A server with two versions of its tool `answer`.
pub(crate) fn versions() -> Server {
    Server::new("versions").tool(answer).tool(old_answer)
}

pub(crate) fn calculator() -> Server {
    Server::new("calculator")
        .version("1.0")
        .instructions("Count on me.")
        .tool(add)
        .tool(echo)
        .tool(tell)
        .tool(fail)
        .resource(weather)
        .tool(picture)
        .tool(header)
        .resource(rules)
        .resource(dot)
        .prompt(greet)
}

/// Serves it over HTTP on a free port.
pub(crate) async fn serve(server: Server) -> Running {
    serve_on(TcpListener::bind("127.0.0.1:0").await.unwrap(), server)
}

pub(crate) fn serve_on(listener: TcpListener, server: Server) -> Running {
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let mut running = JoinSet::new();
    running.spawn(async move {
        server
            .serve_listener(listener, std::future::pending())
            .await
            .unwrap();
    });
    Running {
        url,
        _server: running,
    }
}

/// A server in shell, which answers `tools/list` and `tools/call` with these results. It prints
/// `started` on its error output.
pub(crate) fn shell(tools: &str, called: &str) -> Vec<String> {
    let script = format!(
        r#"echo started >&2
say() {{ printf '%s\n' "$1"; }}
answer() {{ say '{{"jsonrpc":"2.0","id":'"$id"',"result":'"$1"'}}'; }}
while read -r line; do
    id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
    case "$line" in
    *server/discover*) answer '{{"supportedVersions":["2026-07-28"],"capabilities":{{"tools":{{}}}},"ttlMs":0,"cacheScope":"private"}}' ;;
    *tools/list*) answer '{{"tools":{tools},"ttlMs":0,"cacheScope":"private"}}' ;;
    *tools/call*) answer '{called}' ;;
    esac
done"#
    );
    ["--", "sh", "-c", &script].map(str::to_owned).to_vec()
}
