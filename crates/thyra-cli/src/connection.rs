//! The clients of one command, from its first request to its end.

mod named;
mod servers;

use std::time::Duration;

use thyra::auth::Secret;
use thyra_client::{Client, ClientBuilder, ClientError, ClientGroup, McpServer, McpServers};

pub(crate) use self::named::server;
pub(crate) use self::servers::Servers;
use crate::failure::Failure;
use crate::identity::{Person, oauth};
use crate::interruption::{interrupted, unless_interrupted};
use crate::progress::Progress;
use crate::questions::{Pages, answer};
use crate::target::{Program, ServerArguments, Target};

/// How long the end of a conversation may take. A program has four seconds in all to end by itself.
const CLOSING: Duration = Duration::from_secs(5);

/// Connects to the server or to the servers, does `work`, and ends the conversation. When the
/// person who runs the program interrupts it, the request under way is cancelled at the server.
pub(crate) async fn with_servers<T>(
    server: &ServerArguments,
    target: Target,
    work: impl AsyncFnOnce(&Servers, &Progress) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let progress = Progress::new();
    let servers = connect(server, target, &progress)?;
    let outcome = unless_interrupted(Box::pin(work(&servers, &progress))).await;
    progress.end();
    // The second interruption ends the program at once.
    tokio::select! {
        _ = tokio::time::timeout(CLOSING, servers.group().close()) => {}
        _ = interrupted() => {}
    }
    outcome
}

fn connect(
    server: &ServerArguments,
    target: Target,
    progress: &Progress,
) -> Result<Servers, Failure> {
    let fetcher = server.network.fetcher()?;
    let login = || oauth(person(server), &server.registered, &fetcher);
    match target {
        Target::Named { files, name } => {
            let servers = named::servers(&files, name.as_deref())?;
            let login = login()?;
            let client = |entry: &McpServer| {
                let builder = || dressed(server, entry.client(), progress).fetcher(fetcher.clone());
                built(
                    || builder().oauth(login.clone()).build(),
                    || builder().build(),
                )
            };
            if name.is_some() || is_only(&servers) {
                let entry = named::entry(&servers, name.as_deref())?;
                return Servers::one(client(entry)?);
            }
            let group = ClientGroup::try_from_servers(&servers, client);
            Ok(Servers::several(group.map_err(Failure::Group)?))
        }
        Target::Program(program) => {
            Servers::one(dressed(server, started(program), progress).build())
        }
        Target::Url(endpoint) => {
            let builder = || {
                let builder = dressed(server, Client::builder(&endpoint.url), progress)
                    .fetcher(fetcher.clone());
                let headers = endpoint.headers.iter();
                headers.fold(builder, |builder, (name, value)| {
                    builder.header(name, value)
                })
            };
            let client = if let Some(token) = &endpoint.token {
                builder().bearer(Secret::new(token.clone())).build()
            } else {
                let login = login()?;
                built(
                    || builder().oauth(login.clone()).build(),
                    || builder().build(),
                )
            };
            Servers::one(client?)
        }
    }
}

/// Whether the file speaks of one server and no other. One that it describes badly comes back one
/// day, and the names of the others stay.
fn is_only(servers: &McpServers) -> bool {
    servers.servers().len() + servers.errors().len() <= 1
}

fn person(server: &ServerArguments) -> Person {
    if server.no_login {
        Person::Nobody
    } else if server.no_browser {
        Person::Link
    } else {
        Person::Browser
    }
}

/// The client that logs in when the server wants it. A server in the local network, without https,
/// gets no token, and may do without a login.
fn built(
    logging_in: impl FnOnce() -> Result<Client, ClientError>,
    without: impl FnOnce() -> Result<Client, ClientError>,
) -> Result<Client, ClientError> {
    match logging_in() {
        Err(ClientError::Url { .. }) => without(),
        built => built,
    }
}

fn started(program: Program) -> ClientBuilder<thyra_client::ServerCommand> {
    let mut builder = Client::command(program.name).args(program.arguments);
    for (name, value) in program.variables {
        builder = builder.env(name, value);
    }
    match program.directory {
        Some(directory) => builder.current_dir(directory),
        None => builder,
    }
}

/// What is set up whatever the server is.
fn dressed<T>(
    server: &ServerArguments,
    builder: ClientBuilder<T>,
    progress: &Progress,
) -> ClientBuilder<T> {
    let pages = if server.no_browser {
        Pages::Shown
    } else {
        Pages::Opened
    };
    let progress = progress.clone();
    let builder = builder.on_elicit(move |question| answer(question, pages, progress.clone()));
    let builder = match server.timeout {
        Some(timeout) => builder.call_time(timeout),
        None => builder,
    };
    let builder = match server.connect_timeout {
        Some(time) => builder.connect_time(time),
        None => builder,
    };
    match server.revision {
        Some(revision) => builder.revision(revision),
        None => builder,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::target::Endpoint;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        server: ServerArguments,
    }

    #[test]
    fn a_server_in_the_local_network_needs_no_https_as_long_as_it_gets_no_token() {
        let server = Line::parse_from(["thyra"]).server;
        let connected = |url: &str, token: Option<&str>| {
            let endpoint = Endpoint {
                url: url.to_owned(),
                token: token.map(str::to_owned),
                headers: Vec::new(),
            };
            connect(&server, Target::Url(endpoint), &Progress::new())
        };
        connected("http://192.0.2.1/mcp", None).unwrap();
        connected("https://192.0.2.1/mcp", Some("hush")).unwrap();
        for (url, token) in [
            ("http://192.0.2.1/mcp", Some("hush")),
            ("http://ada@192.0.2.1/mcp", None),
        ] {
            let failure = connected(url, token).unwrap_err();
            assert!(matches!(failure, Failure::Client(ClientError::Url { .. })));
        }
    }
}
