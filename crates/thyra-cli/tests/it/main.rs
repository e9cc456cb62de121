//! The program as a person or a script runs it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod call;
mod complete;
mod demo;
mod help;
mod list;
mod login;
mod program;
mod prompt;
mod read;
mod server;
mod several;
mod target;
mod task;
#[cfg(unix)]
mod terminal;
mod watch;
