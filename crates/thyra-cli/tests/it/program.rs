//! Runs the program.

use std::ffi::OsStr;
use std::process::{Command, Output};

use serde_json::Value;

/// What came of one run.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) errors: String,
}

impl Ran {
    /// Standard output as one JSON document.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

/// The program, which finds none of this process's settings.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_thyra"));
    command.env_remove("RUST_LOG");
    // Where nobody keeps logins.
    command.env("HOME", "/nonexistent");
    command.env_remove("XDG_DATA_HOME");
    // The keyring of whoever runs the tests is none of their business.
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    command
}

pub(crate) fn thyra<S: AsRef<OsStr>>(arguments: &[S]) -> Output {
    program().args(arguments).output().unwrap()
}

/// Runs the program while servers of this process answer.
pub(crate) async fn run<S: AsRef<OsStr>>(arguments: &[S]) -> Ran {
    let mut command = program();
    command.args(arguments);
    run_command(command).await
}

pub(crate) async fn run_command(command: Command) -> Ran {
    let output = tokio::process::Command::from(command).output().await;
    let output = output.unwrap();
    Ran {
        code: output.status.code(),
        out: text(output.stdout),
        errors: text(output.stderr),
    }
}

pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}
