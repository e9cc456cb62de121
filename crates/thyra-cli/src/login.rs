//! `thyra login`, `logout` and `whoami`.

mod told;

use std::path::PathBuf;
use std::time::SystemTime;

use serde_json::json;
use thyra_client::login::{LoginError, Need, Tokens};
use thyra_client::{Client, Fetcher, McpServer, OAuth, Printable};

use self::told::told;
use crate::connection::server;
use crate::failure::Failure;
use crate::identity::{Person, login, oauth};
use crate::interruption::unless_interrupted;
use crate::network::Network;
use crate::output;
use crate::registered::Registered;
use crate::target::{is_url, named, refuse_credentials};

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
    /// The server: the URL of its MCP endpoint, or its name in a file
    server: String,

    /// Print one JSON document, for programs
    #[arg(long)]
    pub(crate) json: bool,

    /// Read this file of servers, as other programs have it (`mcpServers`)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    registered: Registered,

    #[command(flatten)]
    network: Network,
}

/// A server at which somebody logs in.
enum At {
    /// One that a file describes, with its URL.
    Entry(Box<McpServer>, String),
    Url(String),
}

pub(crate) async fn log_in(arguments: LoginArguments) -> Result<(), Failure> {
    let person = if arguments.device {
        Person::Device
    } else if arguments.no_browser {
        Person::Link
    } else {
        Person::Browser
    };
    let at = arguments.at.at()?;
    let url = at.url();
    let fetcher = arguments.at.network.fetcher()?;
    let oauth = oauth(person, &arguments.at.registered, &fetcher)?;
    let work = async {
        // The server says best what it wants, when it refuses a request.
        let client = at.client(oauth.clone(), &fetcher)?;
        let discovered = client.discover().await;
        client.close().await;
        discovered?;
        let login = login(url, oauth)?;
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

/// Logs out with what is kept: neither the server nor a renewal is needed for that.
pub(crate) async fn log_out(arguments: LogoutArguments) -> Result<(), Failure> {
    let at = arguments.at.at()?;
    let url = at.url();
    let fetcher = arguments.at.network.fetcher()?;
    let work = async {
        let oauth = oauth(Person::Nobody, &arguments.at.registered, &fetcher)?;
        match login(url, oauth)?.log_out().await {
            Ok(had_some) => Ok((had_some, None)),
            Err(error @ LoginError::Store(_)) => Err(error.into()),
            Err(error) => Ok((true, Some(Failure::from(error).told()))),
        }
    };
    let (was_logged_in, not_revoked) = unless_interrupted(work).await?;
    if arguments.at.json {
        let mut told = json!({ "resource": url, "wasLoggedIn": was_logged_in });
        if let Some(why) = not_revoked {
            told["notRevoked"] = why.into();
        }
        return output::print_json(&told);
    }
    if let Some(why) = not_revoked {
        eprintln!(
            "warning: the login is forgotten, and its tokens may be good until they expire: {why}"
        );
    }
    let what = if was_logged_in {
        "logged out at"
    } else {
        "there was no login at"
    };
    output::print(&format!("{what} {}\n", Printable(url)))
}

pub(crate) async fn who_am_i(arguments: WhoamiArguments) -> Result<(), Failure> {
    let at = arguments.at.at()?;
    let url = at.url();
    let fetcher = arguments.at.network.fetcher()?;
    let work = async {
        let oauth = oauth(Person::Nobody, &arguments.at.registered, &fetcher)?;
        let login = login(url, oauth)?;
        login.tokens().await?.ok_or_else(|| not_logged_in(url))
    };
    let tokens = unless_interrupted(work).await?;
    arguments.at.tell(&tokens)
}

impl At {
    fn url(&self) -> &str {
        match self {
            Self::Entry(_, url) | Self::Url(url) => url,
        }
    }

    fn client(&self, oauth: OAuth, fetcher: &Fetcher) -> Result<Client, Failure> {
        let fetcher = fetcher.clone();
        Ok(match self {
            Self::Entry(entry, _) => entry.client().fetcher(fetcher).oauth(oauth).build()?,
            Self::Url(url) => Client::builder(url).fetcher(fetcher).oauth(oauth).build()?,
        })
    }
}

impl AtArguments {
    fn at(&self) -> Result<At, Failure> {
        if is_url(&self.server) && self.config.is_none() {
            refuse_credentials(&self.server)?;
            return Ok(At::Url(self.server.clone()));
        }
        let (files, name) = named(self.config.as_deref(), &self.server)?;
        let entry = server(&files, name.as_deref())?;
        let Some(url) = entry.url().map(str::to_owned) else {
            return Err(Failure::Usage(format!(
                "`{:.200}` is a program; a login is for servers at a URL",
                Printable(entry.name())
            )));
        };
        refuse_credentials(&url)?;
        Ok(At::Entry(Box::new(entry), url))
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
