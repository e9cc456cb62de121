//! A server whose users sign in with GitHub, and a tool that asks GitHub's API for them: `cargo run
//! -p thyra --example github -- --http 127.0.0.1:8000`.
//!
//! At GitHub the server is an OAuth app with the callback URL
//! `http://127.0.0.1:8000/auth/callback`: `GITHUB_CLIENT_ID` and `GITHUB_CLIENT_SECRET` say which.
//! `GITHUB_URL` is for an Enterprise Server, or for `thyra idp --vendor github`, which emulates it.
//! `THYRA_STORE` says where logins are kept, encrypted with `THYRA_STORE_KEYS`; without them, in
//! memory.

use anyhow::Context as _;
use clap::Parser;
use serde_json::Value;
use thyra::issuer::{GitHubProxyBuilder, Store, UpstreamAccess, UpstreamAccessError};
use thyra::prelude::*;
use tracing_subscriber::EnvFilter;

/// Who is calling, as the verified token says.
#[tool(read_only)]
async fn whoami(caller: Principal) -> Json<Principal> {
    Json(caller)
}

/// What GitHub's API answers about the caller.
#[tool(read_only, open_world)]
async fn profile(
    caller: Principal,
    State(github): State<GitHub>,
) -> Result<Json<Value>, ToolError> {
    // The token of GitHub goes to GitHub, and nowhere else.
    let token = github
        .tokens
        .token(&caller)
        .await
        .map_err(|error| said(&error))?;
    let url = format!("{}/user", github.api);
    let request = github.client.get(url).bearer_auth(token.expose());
    let failed = |_| ToolError::new("GitHub cannot be asked at the moment.");
    let answer = request.send().await.map_err(failed)?;
    let answer = answer.error_for_status().map_err(failed)?;
    Ok(Json(answer.json().await.map_err(failed)?))
}

/// GitHub's API, and the tokens of those who may call it.
struct GitHub {
    api: String,
    client: reqwest::Client,
    tokens: UpstreamAccess,
}

impl GitHub {
    fn new(tokens: UpstreamAccess) -> anyhow::Result<Self> {
        let api = match std::env::var("GITHUB_URL") {
            Ok(url) => format!("{}/api/v3", url.trim_end_matches('/')),
            Err(_) => "https://api.github.com".to_owned(),
        };
        let client = reqwest::Client::builder().user_agent("thyra-example");
        let client = client.timeout(std::time::Duration::from_secs(10));
        Ok(Self {
            api,
            client: client.build()?,
            tokens,
        })
    }
}

fn said(error: &UpstreamAccessError) -> ToolError {
    ToolError::new(error.to_string())
}

#[derive(Parser)]
struct Arguments {
    /// The address to listen on.
    #[arg(long, env = "THYRA_HTTP", default_value = "127.0.0.1:8000")]
    http: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or("info".into()))
        .with_writer(std::io::stderr)
        .init();
    let Arguments { http } = Arguments::parse();
    let mut auth = GitHubProxyBuilder::from_vars(std::env::vars_os())?
        .resource_name("Profile")
        .store(Store::from_env()?);
    if std::env::var_os("THYRA_BASE_URL").is_none() {
        auth = auth.base_url(format!("http://{http}"));
    }
    let auth = auth
        .build()
        .context("set GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET")?;
    let github = GitHub::new(auth.upstream())?;
    Server::new("Profile")
        .version(env!("CARGO_PKG_VERSION"))
        .tool(whoami)
        .tool(profile)
        .state(github)
        .auth(auth)
        .serve_http(http)
        .await?;
    Ok(())
}
