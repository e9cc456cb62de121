//! A server that is its own authorization server, for development: `cargo run -p thyra --example
//! oauth_server -- --http 127.0.0.1:8000`. It needs nothing else.
//!
//! A client registers itself and sends its user to the sign-in page, where Ada and Grace are known.
//! `cargo run -- call http://127.0.0.1:8000/mcp whoami` is such a client.

use clap::Parser;
use thyra::issuer::InMemoryAuth;
use thyra::prelude::*;
use tracing_subscriber::EnvFilter;

/// Who is calling, as the verified token says.
#[tool(read_only)]
async fn whoami(caller: Principal) -> Json<Principal> {
    Json(caller)
}

/// Add two numbers.
#[tool(read_only)]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Write a note.
#[tool(scopes = ["notes:write"])]
async fn write_note(
    /// What to remember
    text: String,
) -> String {
    format!("Noted. It has {} characters.", text.chars().count())
}

#[derive(Parser)]
struct Arguments {
    /// The address to listen on.
    #[arg(long, env = "THYRA_HTTP", default_value = "127.0.0.1:8000")]
    http: String,
}

#[tokio::main]
async fn main() -> thyra::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or("info".into()))
        .with_writer(std::io::stderr)
        .init();
    let Arguments { http } = Arguments::parse();
    let auth = InMemoryAuth::new(format!("http://{http}"))
        .resource_name("Notes")
        .required_scopes(["notes:read"])
        .valid_scopes(["notes:write"])
        .scope_description("notes:read", "Read your notes")
        .scope_description("notes:write", "Write notes for you");
    Server::new("Notes")
        .version(env!("CARGO_PKG_VERSION"))
        .tool(whoami)
        .tool(add)
        .tool(write_note)
        .auth(auth)
        .serve_http(http)
        .await
}
