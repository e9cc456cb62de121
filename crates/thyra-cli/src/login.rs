//! `thyra login`, `logout` and `whoami`.

mod told;

use std::time::SystemTime;

use serde_json::json;
use thyra_client::login::{Need, Tokens};
use thyra_client::{Client, Printable};

use self::told::told;
use crate::failure::Failure;
use crate::identity::{Person, login, oauth};
use crate::interruption::unless_interrupted;
use crate::network::Network;
use crate::output;
use crate::target::refuse_credentials;

/// Logs in at a server, and keeps the login for the other commands.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  thyra login https://mcp.example.com/mcp")]
pub(crate) struct LoginArguments {
    /// Print the address of the login page, and open no browser
    #[arg(long)]
    no_browser: bool,

    /// Log in on another device, with a code, where the authorization server offers that
    #[arg(long, conflicts_with = "no_browser")]
    device: bool,

    #[command(flatten)]
    pub(crate) at: AtArguments,
}

/// Logs out at a server: forgets the tokens, and has them revoked where that is offered.
#[derive(Debug, clap::Args)]
pub(crate) struct LogoutArguments {
    #[command(flatten)]
    pub(crate) at: AtArguments,
}

/// Says as whom the program is logged in at a server. It never shows the token.
#[derive(Debug, clap::Args)]
pub(crate) struct WhoamiArguments {
    #[command(flatten)]
    pub(crate) at: AtArguments,
}

/// Where somebody is logged in.
#[derive(Debug, clap::Args)]
pub(crate) struct AtArguments {
    /// The URL of the server's MCP endpoint
    url: String,

    /// Print one JSON document, for programs
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    network: Network,
}

pub(crate) async fn log_in(arguments: LoginArguments) -> Result<(), Failure> {
    let person = if arguments.device {
        Person::Device
    } else if arguments.no_browser {
        Person::Link
    } else {
        Person::Browser
    };
    let url = arguments.at.url()?;
    let fetcher = arguments.at.network.fetcher()?;
    let work = async {
        // The server says best what it wants, when it refuses a request.
        let client = Client::builder(url)
            .fetcher(fetcher.clone())
            .oauth(oauth(person, &fetcher)?)
            .build()?;
        let discovered = client.discover().await;
        client.close().await;
        discovered?;
        let login = login(url, person, &fetcher)?;
        if let Some(tokens) = login.tokens().await? {
            return Ok(tokens);
        }
        // A server may answer this much to everybody, and want a login for the rest.
        login.obtain(Need::Token(None), None).await?;
        login.tokens().await?.ok_or_else(|| not_logged_in(url))
    };
    let tokens = unless_interrupted(work).await?;
    arguments.at.tell(&tokens)
}

pub(crate) async fn log_out(arguments: LogoutArguments) -> Result<(), Failure> {
    let url = arguments.at.url()?;
    let fetcher = arguments.at.network.fetcher()?;
    let work = async {
        let login = login(url, Person::Nobody, &fetcher)?;
        let had_some = login.tokens().await.is_ok_and(|tokens| tokens.is_some());
        login.log_out().await?;
        Ok(had_some)
    };
    let was_logged_in = unless_interrupted(work).await?;
    if arguments.at.json {
        return output::print_json(&json!({ "resource": url, "wasLoggedIn": was_logged_in }));
    }
    let what = if was_logged_in {
        "logged out at"
    } else {
        "there was no login at"
    };
    output::print(&format!("{what} {}\n", Printable(url)))
}

pub(crate) async fn who_am_i(arguments: WhoamiArguments) -> Result<(), Failure> {
    let url = arguments.at.url()?;
    let fetcher = arguments.at.network.fetcher()?;
    let work = async {
        let login = login(url, Person::Nobody, &fetcher)?;
        login.tokens().await?.ok_or_else(|| not_logged_in(url))
    };
    let tokens = unless_interrupted(work).await?;
    arguments.at.tell(&tokens)
}

impl AtArguments {
    fn url(&self) -> Result<&str, Failure> {
        refuse_credentials(&self.url)?;
        Ok(&self.url)
    }

    fn tell(&self, tokens: &Tokens) -> Result<(), Failure> {
        let told = told(tokens, SystemTime::now());
        if self.json {
            return output::print_json(&told);
        }
        output::print(&told.to_string())
    }
}

fn not_logged_in(url: &str) -> Failure {
    Failure::NoLogin(format!(
        "there is no login at {:.500}; use `thyra login`",
        Printable(url)
    ))
}
