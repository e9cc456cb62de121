//! Logs in at a protected resource and prints what it got, but never the token.
//!
//! ```text
//! cargo run -p thyra-login --example log_in -- https://mcp.example.com/mcp
//! ```
//!
//! With `--unattended` no browser is needed, at authorization servers that ask nothing.

use std::error::Error;
use std::io::{self, Write};
use std::time::Duration;

use thyra_login::{Browser, Challenge, FollowRedirects, Login, LoginHop, Need, OAuth, PrintUrl};
use thyra_oauth::{FetchLimits, Fetcher, Trust, configured_url};

/// Bounds of the one request to the resource.
const LIMITS: FetchLimits = FetchLimits {
    max_bytes: 256 * 1024,
    timeout: Duration::from_secs(30),
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let before = arguments.len();
    arguments.retain(|argument| argument != "--unattended");
    let is_unattended = arguments.len() < before;
    let [url] = arguments.as_slice() else {
        return Err("usage: log_in [--unattended] URL".into());
    };
    if is_unattended {
        log_in(url, FollowRedirects::new(), &mut io::stdout()).await
    } else {
        log_in(url, PrintUrl, &mut io::stdout()).await
    }
}

pub(crate) async fn log_in(
    url: &str,
    browser: impl Browser + 'static,
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    // The resource says in a challenge what it wants.
    let resource = configured_url(url)?;
    let answer = Fetcher::new()
        .get(&resource, LIMITS, Trust::Configured)
        .await?;
    if answer.status != 401 {
        writeln!(
            out,
            "{url} answers with {} and wants no token",
            answer.status
        )?;
        return Ok(());
    }
    let challenge = Challenge::from_headers(&answer.headers);

    let login = Login::new(url, OAuth::new(browser))?
        .client_name("log_in")
        .observer(|hop: &LoginHop<'_>| eprintln!("{hop}"));
    login.obtain(Need::Token(challenge.as_ref()), None).await?;

    let tokens = login.tokens().await?.ok_or("the login gave no token")?;
    match tokens.scopes() {
        Some(scopes) => writeln!(out, "scopes: {scopes}")?,
        None => writeln!(out, "scopes: not named")?,
    }
    match tokens.expires_in() {
        Some(life) => writeln!(out, "expires in: {} s", life.as_secs())?,
        None => writeln!(out, "expires in: not named")?,
    }
    let renewable = if tokens.is_renewable() { "yes" } else { "no" };
    writeln!(out, "renewable: {renewable}")?;
    Ok(())
}
