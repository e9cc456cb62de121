//! `thyra demo`: a Scalekit environment, a server that it protects, and a client that logs in and
//! calls tools.

mod notes;
mod rig;
mod tour;

use std::io::{IsTerminal as _, stdout};
use std::net::SocketAddr;
use std::sync::Arc;

use thyra::serde_json::{self, json};
use thyra_client::{ClientError, Stage};

use self::rig::{Addresses, Rig};
use crate::address;
use crate::report::Report;

/// Shows a whole login, hop by hop: a protected server, a Scalekit stand-in and a client.
///
/// The client registers, logs in, calls tools, and asks for more when a tool needs more. Afterwards
/// the server stays up until Ctrl-C, for clients of your own.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Run the demonstration on free ports, and exit.
    #[arg(long)]
    once: bool,

    /// Where the server listens, on loopback [default: 127.0.0.1:8000, or a free port]
    #[arg(long, value_name = "ADDRESS", value_parser = address::parse)]
    addr: Option<SocketAddr>,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), DemoError> {
    let addresses = match arguments.addr {
        Some(address) if !address.ip().is_loopback() => {
            return Err(DemoError::NotLoopback(address));
        }
        Some(address) => Addresses::Server(address),
        None if arguments.once => Addresses::Free,
        None => Addresses::Usual,
    };
    let is_coloured =
        stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let report = Arc::new(Report::new(stdout(), is_coloured));
    let mut rig = Rig::start(addresses, true).await?;
    let url = rig.url.clone();
    tokio::select! {
        toured = tour::tour(&url, Arc::clone(&report)) => toured?,
        stopped = rig.stopped() => return Err(stopped),
    }
    if arguments.once {
        return Ok(());
    }
    for line in invitation(&rig) {
        report.line(&line);
    }
    tokio::select! {
        stopped = rig.stopped() => Err(stopped),
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(DemoError::Signal),
    }
}

/// Why the demonstration failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    #[error("the hop \"{}\" failed: {error}", name(step, error))]
    Hop {
        step: &'static str,
        error: ClientError,
    },
    #[error(
        "the demo gives tokens to everybody, so it listens on loopback only, not on {0}; use 127.0.0.1"
    )]
    NotLoopback(SocketAddr),
    #[error("cannot listen on {address}: {source}; choose another port with --addr")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error(transparent)]
    Scalekit(#[from] idp_emulator::StartError),
    #[error(transparent)]
    Server(#[from] thyra::Error),
    #[error("cannot wait for Ctrl-C: {0}")]
    Signal(std::io::Error),
    #[error("the server stopped by itself")]
    Stopped,
    #[error("the hop \"{step}\" failed: the tool said {answer}")]
    Tool { step: &'static str, answer: String },
    #[error("the hop \"{step}\" did not go as it should: after it came {found:?}, not {wanted:?}")]
    Way {
        step: &'static str,
        wanted: Vec<String>,
        found: Vec<String>,
    },
}

/// The hop within the step, if it is a hop of the login.
fn name(step: &&'static str, error: &ClientError) -> String {
    match error.stage() {
        Stage::Call => (*step).to_owned(),
        stage => stage.to_string(),
    }
}

fn invitation(rig: &Rig) -> Vec<String> {
    let configuration = json!({ "mcpServers": { "notes": { "type": "http", "url": rig.url } } });
    let configuration = serde_json::to_string_pretty(&configuration).unwrap_or_default();
    let mut lines = vec![
        String::new(),
        format!(
            "The server stays up at {} until Ctrl-C. To connect your own client:",
            rig.url
        ),
        String::new(),
    ];
    lines.extend(configuration.lines().map(str::to_owned));
    lines.push(String::new());
    lines.push("A server of your own can use the same Scalekit environment, with THYRA_BASE_URL set to its URL and:".to_owned());
    lines.push(String::new());
    lines.extend(crate::idp::variables(&rig.emulator));
    lines
}

#[cfg(test)]
mod tests;
