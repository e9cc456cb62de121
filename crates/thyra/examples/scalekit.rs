//! A server protected by Scalekit: `cargo run -p thyra --example scalekit -- --http
//! 127.0.0.1:8000`.
//!
//! It reads `SCALEKIT_ENVIRONMENT_URL`, `SCALEKIT_RESOURCE_ID` and, optionally,
//! `SCALEKIT_REQUIRED_SCOPES`. Clients reach it at `THYRA_BASE_URL`; where that is not set, at the
//! address given to `--http`.

use std::sync::Mutex;

use clap::Parser;
use thyra::auth::ScalekitProviderSettings;
use thyra::prelude::*;

#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

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

/// Write a note and say how many there are.
#[tool(scopes = ["notes:write"])]
async fn write_note(
    /// What to remember
    text: String,
    State(notes): State<Notes>,
) -> Result<String, ToolError> {
    let mut notes = notes
        .0
        .lock()
        .map_err(|_| ToolError::new("The notebook is broken."))?;
    if notes.len() >= 1000 {
        return Err(ToolError::new("The notebook is full."));
    }
    notes.push(text);
    Ok(format!("Noted. There are {} notes.", notes.len()))
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
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or("info".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let Arguments { http } = Arguments::parse();
    let mut settings = ScalekitProviderSettings::from_env()?;
    settings
        .base_url
        .get_or_insert_with(|| format!("http://{http}"));
    Server::new("Notes")
        .version(env!("CARGO_PKG_VERSION"))
        .tool(whoami)
        .tool(add)
        .tool(write_note)
        .state(Notes::default())
        .auth(settings.provider()?)
        .serve_http(http)
        .await
}
