//! The `thyra` program: shows what Thyra does, and offers a Scalekit environment for development.

mod address;
mod demo;
mod report;
mod scalekit;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use thyra::client::Printable;
use tracing_subscriber::EnvFilter;

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
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Arguments),
    Scalekit(scalekit::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn")),
        )
        .with_writer(std::io::stderr)
        .init();
    let outcome = match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(arguments)
            .await
            .map_err(|error| error.to_string()),
        Command::Scalekit(arguments) => scalekit::run(arguments)
            .await
            .map_err(|error| error.to_string()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", Printable(error));
            ExitCode::FAILURE
        }
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
