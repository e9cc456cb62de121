//! A server in front of any `OpenID` provider that registers no MCP clients: `cargo run -p thyra
//! --example oauth_proxy -- --http 127.0.0.1:8000 --issuer https://login.example.com`.
//!
//! At the provider it is one application, with the redirect URI
//! `http://127.0.0.1:8000/auth/callback`: `UPSTREAM_CLIENT_ID` and `UPSTREAM_CLIENT_SECRET` say
//! which. Clients see only this server, and get its tokens. Their logins are kept where
//! `THYRA_STORE` says, encrypted with `THYRA_STORE_KEYS`; without them, in memory.

use clap::Parser;
use thyra::issuer::{OidcProxy, Store};
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

#[derive(Parser)]
struct Arguments {
    /// The address to listen on.
    #[arg(long, env = "THYRA_HTTP", default_value = "127.0.0.1:8000")]
    http: String,
    /// The identity provider.
    #[arg(long)]
    issuer: String,
    /// The application that this server is there.
    #[arg(long, env = "UPSTREAM_CLIENT_ID")]
    client_id: String,
    /// Its secret, if it has one.
    #[arg(long, env = "UPSTREAM_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or("info".into()))
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let base_url = std::env::var("THYRA_BASE_URL").unwrap_or(format!("http://{}", arguments.http));
    let mut auth = OidcProxy::builder()
        .upstream_issuer(arguments.issuer)
        .base_url(base_url)
        .resource_name("Calculator")
        .client_id(arguments.client_id)
        .store(Store::from_env()?);
    if let Some(secret) = arguments.client_secret {
        auth = auth.client_secret(secret);
    }
    Server::new("Calculator")
        .version(env!("CARGO_PKG_VERSION"))
        .tool(whoami)
        .tool(add)
        .auth(auth.build()?)
        .serve_http(arguments.http)
        .await?;
    Ok(())
}
