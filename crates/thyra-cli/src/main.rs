//! The `thyra` program: uses MCP servers from the command line, shows what Thyra does, and offers
//! identity providers for development.

mod address;
mod arguments;
mod call;
mod complete;
mod connection;
mod content;
mod delivery;
mod demo;
mod failure;
mod identity;
mod idp;
mod input;
mod inputs;
mod interruption;
mod list;
mod login;
mod network;
mod output;
mod progress;
mod prompt;
mod questions;
mod read;
mod registered;
mod report;
mod schema;
mod suggestion;
mod target;
mod task;
mod watch;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde_json::json;
use tokio::runtime::Runtime;
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// FastMCP for Rust: Model Context Protocol servers and clients, protected by real identity
/// providers.
#[derive(Debug, Parser)]
#[command(
    name = "thyra",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,

    /// What goes to the log on standard error: off, error, warn, info, debug, trace, or targets
    /// such as `thyra_client=debug` [default: the variable `RUST_LOG`, or warn]
    #[arg(long, global = true, value_name = "LEVEL")]
    log_level: Option<EnvFilter>,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Arguments),
    Call(call::Arguments),
    Read(read::Arguments),
    Prompt(prompt::Arguments),
    Complete(complete::Arguments),
    Watch(watch::Arguments),
    Task(task::Arguments),
    Login(login::LoginArguments),
    Logout(login::LogoutArguments),
    Whoami(login::WhoamiArguments),
    Demo(demo::Arguments),
    #[command(visible_alias = "scalekit")]
    Idp(idp::Arguments),
}

fn main() -> ExitCode {
    let Arguments { command, log_level } = Arguments::parse();
    let filter = log_level
        .or_else(|| EnvFilter::try_from_default_env().ok())
        .unwrap_or_else(|| EnvFilter::new("warn"));
    let wants_no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_coloured = std::io::stderr().is_terminal() && !wants_no_color;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_coloured)
        .init();
    let is_json = command.is_json();
    let outcome = match Runtime::new() {
        Ok(runtime) => {
            let outcome = runtime.block_on(command.run());
            // A thread may still wait for what somebody types, and the program does not.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Failure::Machine(format!(
            "no thread can be started: {error}"
        ))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&failure, is_json);
            failure.kind().into()
        }
    }
}

impl Command {
    async fn run(self) -> Result<(), Failure> {
        let machine = |error: String| Failure::Machine(error);
        match self {
            Self::List(arguments) => list::run(arguments).await,
            Self::Call(arguments) => call::run(arguments).await,
            Self::Read(arguments) => read::run(arguments).await,
            Self::Prompt(arguments) => prompt::run(arguments).await,
            Self::Complete(arguments) => complete::run(arguments).await,
            Self::Watch(arguments) => watch::run(arguments).await,
            Self::Task(arguments) => task::run(arguments).await,
            Self::Login(arguments) => login::log_in(arguments).await,
            Self::Logout(arguments) => login::log_out(arguments).await,
            Self::Whoami(arguments) => login::who_am_i(arguments).await,
            Self::Demo(arguments) => demo::run(arguments)
                .await
                .map_err(|error| machine(error.to_string())),
            Self::Idp(arguments) => idp::run(arguments)
                .await
                .map_err(|error| machine(error.to_string())),
        }
    }

    /// Whether standard output is for a program, which wants one JSON document in any case.
    fn is_json(&self) -> bool {
        match self {
            Self::List(arguments) => arguments.server.json,
            Self::Call(arguments) => arguments.server.json,
            Self::Read(arguments) => arguments.server.json,
            Self::Prompt(arguments) => arguments.server.json,
            Self::Complete(arguments) => arguments.server.json,
            Self::Watch(arguments) => arguments.server.json,
            Self::Task(arguments) => arguments.server.json,
            Self::Login(arguments) => arguments.at.json,
            Self::Logout(arguments) => arguments.at.json,
            Self::Whoami(arguments) => arguments.at.json,
            Self::Demo(_) | Self::Idp(_) => false,
        }
    }
}

/// Says what went wrong. The result of a tool that failed has been printed.
fn tell(failure: &Failure, is_json: bool) {
    let told = failure.told();
    match failure {
        Failure::Interrupted => eprintln!("{told}"),
        _ => eprintln!("error: {told}"),
    }
    if is_json && !matches!(failure, Failure::Tool(_) | Failure::Output(_)) {
        let kind = failure.kind();
        let error = json!({ "error": { "kind": kind.as_str(), "message": told } });
        // The reader is gone; the exit code still tells how it ended.
        let _ = output::print_json(&error);
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }
}
