//! The project's own commands: `cargo xtask COMMAND`. Each has its own file here.

mod arrows;
mod bench;
mod check;
mod chromium;
mod ci;
mod comments;
mod conformance;
mod docs;
mod features;
mod fuzz;
mod imports;
mod interop;
mod machine;
mod node;
mod package;
mod python;
mod redis;
mod repository;
mod soak;
mod source;
mod stamp;
mod steps;
mod test;
mod unused;
mod workspace;

use std::process::ExitCode;

use crate::steps::Steps;

const USAGE: &str = "\
The project's own commands

Usage: cargo xtask COMMAND

Commands:
  test         Every test; installs what it needs, or says what is missing
  check        The quick checks of our own: links of the documentation, arrows between crates and rooms
  ci           What CI runs: formatting, `check`, clippy and rustdoc, then `test`, `conformance` and the demonstration
  bench        A protected call beside raw axum, CPU time a request (Linux only); the start of `thyra`
  soak         Attacks on two servers, and what a second caller feels: `--scale 0.1` for a minute, `--minutes 60` for
               all of them at once, `--only NAME`; Linux only
  interop      The tests with other people's clients and servers only
  fuzz         Looks for bytes that the parsers of what comes from outside do not stand:
               [TARGET] [--runs N | --seconds N], for each target; by default all, in two minutes
  conformance  The official conformance suite against the examples: a server, a client, an authorization server";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next();
    if command.as_deref() == Some("fuzz") {
        return match fuzz::Wanted::read(arguments) {
            Ok(wanted) => conclude(|steps| fuzz::run(steps, &wanted)),
            Err(problem) => {
                eprintln!("error: {problem}\n\n{USAGE}");
                ExitCode::FAILURE
            }
        };
    }
    // The attacker reads its own.
    let takes_arguments = command.as_deref() == Some("soak");
    if let Some(surplus) = arguments.next().filter(|_| !takes_arguments) {
        eprintln!("error: `{surplus}` is one argument too many\n\n{USAGE}");
        return ExitCode::FAILURE;
    }
    let run: fn(&mut Steps) -> steps::Outcome = match command.as_deref() {
        Some("bench") => bench::run,
        Some("soak") => soak::run,
        Some("test") => test::run,
        Some("check") => check::run,
        Some("ci") => ci::run,
        Some("interop") => interop::run,
        Some("conformance") => conformance::run,
        Some("help" | "-h" | "--help") => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Some(unknown) => {
            eprintln!("error: there is no command `{unknown}`\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
        None => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    conclude(run)
}

/// Runs a command, and says how it went.
fn conclude(run: impl FnOnce(&mut Steps) -> steps::Outcome) -> ExitCode {
    let mut steps = Steps::start();
    let outcome = run(&mut steps);
    steps.conclude(&outcome);
    if outcome.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
