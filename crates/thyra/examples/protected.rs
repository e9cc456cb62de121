//! A server protected by any OAuth issuer: `cargo run -p thyra --example protected -- --http
//! 127.0.0.1:8000 --issuer https://login.example.com --required-scope mcp:use`.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Parser;
use thyra::auth::RemoteAuth;
use thyra::prelude::*;
use tracing_subscriber::EnvFilter;

/// Who is calling, as the verified token says.
#[tool(read_only)]
async fn whoami(caller: Principal) -> Json<Principal> {
    Json(caller)
}

/// Something that only administrators may do.
#[tool(scopes = ["mcp:admin"])]
async fn admin(caller: Principal) -> String {
    format!("{} is an administrator.", caller.subject())
}

/// Call a URL and say which headers that call carried. The caller's token is never among them.
#[tool(open_world)]
async fn echo_headers(
    /// The URL to call with GET
    url: String,
    client: State<reqwest::Client>,
) -> Result<Json<BTreeMap<String, String>>, ToolError> {
    let failed = |_| ToolError::new("The URL could not be called.");
    let request = client.get(url).timeout(Duration::from_secs(5));
    let request = request.header("accept", "*/*").build().map_err(failed)?;
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into();
    let headers = request.headers().iter();
    let carried = headers.map(|(name, value)| (name.to_string(), text(value)));
    let carried = carried.collect();
    client.execute(request).await.map_err(failed)?;
    Ok(Json(carried))
}

#[derive(Parser)]
struct Arguments {
    /// The address to listen on.
    #[arg(long, env = "THYRA_HTTP", default_value = "127.0.0.1:8000")]
    http: String,
    /// The authorization server, as its tokens spell it in `iss`.
    #[arg(long)]
    issuer: String,
    /// A scope that every caller needs; may be repeated.
    #[arg(long = "required-scope")]
    required_scopes: Vec<String>,
}

#[tokio::main]
async fn main() -> thyra::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or("info".into()))
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let base_url = std::env::var("THYRA_BASE_URL").unwrap_or(format!("http://{}", arguments.http));
    let auth = RemoteAuth::builder(arguments.issuer, base_url)
        .required_scopes(arguments.required_scopes)
        .build()?;
    Server::new("Protected")
        .version(env!("CARGO_PKG_VERSION"))
        .tool(whoami)
        .tool(admin)
        .tool(echo_headers)
        .state(reqwest::Client::new())
        .auth(auth)
        .serve_http(arguments.http)
        .await
}
