//! Logs in at a protected resource, shows it the token, and prints what it got, but never the
//! token.
//!
//! ```text
//! cargo run -p thyra-login --example log_in -- https://mcp.example.com/mcp
//! ```
//!
//! With `--unattended` no browser is needed, at authorization servers that ask nothing. With
//! `--device` the browser may be on another device.

use std::error::Error;
use std::io::{self, Write};
use std::time::Duration;

use http::{HeaderMap, Method};
use thyra_login::{
    Challenge, FetchError, FollowRedirects, Login, LoginHop, Need, OAuth, PrintUrl, Tokens,
};
use thyra_oauth::{Fetched, Fetcher, Trust, configured_url};

/// Bounds of a request to the resource.
const MAX_BYTES: usize = 256 * 1024;
const TIMEOUT: Duration = Duration::from_secs(30);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (url, oauth) = match arguments.as_slice() {
        [url] => (url, OAuth::new(PrintUrl)),
        ["--device", url] => (url, OAuth::device(PrintUrl)),
        ["--unattended", url] => (url, OAuth::new(FollowRedirects::new())),
        _ => return Err("usage: log_in [--device | --unattended] URL".into()),
    };
    log_in(url, oauth, &mut io::stdout()).await
}

pub(crate) async fn log_in(
    url: &str,
    oauth: OAuth,
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    // The resource says in a challenge what it wants.
    let answer = get(url, HeaderMap::new()).await?;
    if answer.status != 401 {
        writeln!(
            out,
            "{url} answers with {} and wants no token",
            answer.status
        )?;
        return Ok(());
    }
    let challenge = Challenge::from_headers(&answer.headers);

    let login = Login::new(url, oauth)?
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
    let bound = if tokens.is_bound() { "yes" } else { "no" };
    writeln!(out, "bound to a key: {bound}")?;
    let status = visit(&login, &tokens, url).await?.status;
    writeln!(out, "the resource answers: {status}")?;
    Ok(())
}

/// Shows the token to the resource; once more if that wants a nonce in the proof.
async fn visit(login: &Login, tokens: &Tokens, url: &str) -> Result<Fetched, Box<dyn Error>> {
    let shown = login.present(tokens, &Method::GET, url)?;
    let answer = get(url, shown.headers().clone()).await?;
    if !shown.answered(&answer.headers) {
        return Ok(answer);
    }
    let again = login.present(tokens, &Method::GET, url)?;
    get(url, again.headers().clone()).await
}

async fn get(url: &str, headers: HeaderMap) -> Result<Fetched, Box<dyn Error>> {
    let url = configured_url(url)?;
    let fetcher = Fetcher::new();
    let got = async {
        let sent = fetcher.send_streamed(Method::GET, &url, headers, Trust::Configured);
        sent.await?.read(MAX_BYTES).await
    };
    let got: Result<Fetched, FetchError> = tokio::time::timeout(TIMEOUT, got).await?;
    Ok(got?)
}
