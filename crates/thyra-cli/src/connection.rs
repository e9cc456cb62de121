//! The client of one command, from its first request to its end.

use std::path::PathBuf;
use std::time::Duration;

use thyra::auth::Secret;
use thyra::client::{
    Client, ClientBuilder, ClientError, ElicitParams, ElicitResult, FileStore, OAuth, PrintUrl,
    Printable, SystemBrowser,
};

use crate::failure::Failure;
use crate::target::{Program, ServerArguments, Target};

/// How long the end of a conversation may take. A program has four seconds in all to end by itself.
const CLOSING: Duration = Duration::from_secs(5);

/// Connects to the server, does `work`, and ends the conversation. When the person who runs the
/// program interrupts it, the request under way is cancelled at the server.
pub(crate) async fn with_client<T>(
    server: &ServerArguments,
    target: Target,
    work: impl AsyncFnOnce(&Client) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let client = connect(server, target)?;
    let outcome = tokio::select! {
        outcome = work(&client) => outcome,
        interrupted = interrupted() => Err(interrupted),
    };
    // The second interruption ends the program at once.
    tokio::select! {
        _ = tokio::time::timeout(CLOSING, client.close()) => {}
        _ = interrupted() => {}
    }
    outcome
}

async fn interrupted() -> Failure {
    match tokio::signal::ctrl_c().await {
        Ok(()) => Failure::Interrupted,
        Err(error) => Failure::Machine(format!("cannot wait for Ctrl-C: {error}")),
    }
}

fn connect(server: &ServerArguments, target: Target) -> Result<Client, Failure> {
    match target {
        Target::Program(program) => Ok(dressed(server, started(program)).build()),
        Target::Url { url, token } => {
            let builder = || dressed(server, Client::builder(&url));
            if let Some(token) = token {
                return Ok(builder().bearer(Secret::new(token)).build()?);
            }
            if !server.no_login {
                match builder().oauth(oauth(server)?).build() {
                    // A server in the local network may do without a login.
                    Err(ClientError::Url { .. }) if url.starts_with("http://") => {}
                    built => return Ok(built?),
                }
            }
            Ok(builder().build()?)
        }
    }
}

fn started(program: Program) -> ClientBuilder<thyra::client::ServerCommand> {
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
fn dressed<T>(server: &ServerArguments, builder: ClientBuilder<T>) -> ClientBuilder<T> {
    let builder = builder.call_time(server.timeout).on_elicit(decline);
    match server.revision {
        Some(revision) => builder.revision(revision),
        None => builder,
    }
}

/// A question that nobody is there to answer.
async fn decline(question: ElicitParams) -> ElicitResult {
    let message = match &question {
        ElicitParams::Form(form) => form.message.as_str(),
        ElicitParams::Url(page) => page.message.as_str(),
        _ => "something",
    };
    eprintln!(
        "the server asks, and is told that you decline: {:.500}",
        Printable(message)
    );
    ElicitResult::decline()
}

/// How the program logs in. Logins are kept, so that the next command needs none.
fn oauth(server: &ServerArguments) -> Result<OAuth, Failure> {
    let oauth = if server.no_browser {
        OAuth::new(PrintUrl)
    } else {
        OAuth::new(SystemBrowser::new())
    };
    Ok(oauth.store(FileStore::new(login_folder()?)))
}

/// Where logins are kept: the person's own folder for the data of programs.
fn login_folder() -> Result<PathBuf, Failure> {
    use etcetera::BaseStrategy as _;

    let folders = etcetera::choose_base_strategy().map_err(|_| {
        Failure::Machine(
            "your home directory is not known, so logins cannot be kept; set HOME".to_owned(),
        )
    })?;
    Ok(folders.data_dir().join("thyra").join("logins"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        server: ServerArguments,
    }

    #[test]
    fn a_server_in_the_local_network_needs_no_https_as_long_as_it_gets_no_token() {
        let server = Line::parse_from(["thyra"]).server;
        let connected = |url: &str, token: Option<&str>| {
            let (url, token) = (url.to_owned(), token.map(str::to_owned));
            connect(&server, Target::Url { url, token })
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
