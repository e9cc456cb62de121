//! `thyra watch`.

use std::process::Stdio;

use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{Kind, ServerHandle};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout};

use crate::program::program;
use crate::server::{Running, calculator, serve};

/// Say nothing.
#[tool]
async fn silent() {}

/// A program that watches, and has begun.
struct Watching {
    child: Child,
    changes: Lines<BufReader<ChildStdout>>,
    errors: Lines<BufReader<ChildStderr>>,
}

impl Watching {
    async fn start(arguments: &[&str]) -> Self {
        let mut command = program();
        command
            .arg("watch")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = tokio::process::Command::from(command)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let changes = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
        let begun = errors.next_line().await.unwrap();
        assert_eq!(begun.as_deref(), Some("watching; Ctrl-C ends it"));
        Self {
            child,
            changes,
            errors,
        }
    }

    async fn change(&mut self) -> Option<String> {
        self.changes.next_line().await.unwrap()
    }

    async fn code(&mut self) -> Option<i32> {
        self.child.wait().await.unwrap().code()
    }
}

async fn start() -> (Running, ServerHandle) {
    let server = calculator();
    let handle = server.handle();
    (serve(server).await, handle)
}

#[tokio::test]
async fn changes_are_lines_as_they_happen_in_every_era() {
    for revision in ["2025-11-25", "2026-07-28"] {
        let (server, handle) = start().await;
        let mut watching =
            Watching::start(&["--revision", revision, "--count", "2", &server.url]).await;
        handle.add_tool(silent).unwrap();
        assert_eq!(
            watching.change().await.as_deref(),
            Some("tools"),
            "{revision}"
        );
        handle.list_changed(Kind::Prompt);
        assert_eq!(watching.change().await.as_deref(), Some("prompts"));
        assert_eq!(watching.code().await, Some(0));
    }
}

#[tokio::test]
async fn a_resource_is_watched_alone_and_programs_read_a_document_for_each_change() {
    let (server, handle) = start().await;
    let mut watching = Watching::start(&["--json", "-n1", &server.url, "data://rules"]).await;
    // Nobody watches the lists.
    handle.add_tool(silent).unwrap();
    handle.resource_updated("data://rules");
    let change: Value = serde_json::from_str(&watching.change().await.unwrap()).unwrap();
    assert_eq!(
        change,
        json!({ "change": "resource", "uri": "data://rules" })
    );
    assert_eq!(watching.code().await, Some(0));
    assert_eq!(watching.errors.next_line().await.unwrap(), None);
}

/// Nobody reads on, as with `thyra watch ... | head -1`.
#[tokio::test]
async fn a_reader_who_goes_ends_it() {
    let (server, handle) = start().await;
    let Watching {
        mut child, changes, ..
    } = Watching::start(&[&server.url]).await;
    drop(changes);
    handle.add_tool(silent).unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(0));
}
