//! The program at a terminal: questions, progress, Ctrl-C.

use std::process::Command;
use std::sync::Arc;

use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};
use thyra::prelude::*;
use thyra::{Context, Elicit};
use tokio::sync::Notify;

use crate::program::{program, run};
use crate::server::{Running, calculator, serve};

/// How long the terminal is watched for one text, in milliseconds. It only bounds a failure.
const PATIENCE: u64 = 60_000;

/// Somebody.
#[derive(Debug, Elicit)]
struct Somebody {
    /// Your first name
    name: String,
    #[elicit(default = 30)]
    years: i64,
}

/// Asks who somebody is.
#[tool]
async fn ask(ctx: Context) -> Result<String, ToolError> {
    let who = ctx.ask::<Somebody>("who", "Who are you?").await?;
    Ok(format!("Hello, {} ({})!", who.name, who.years))
}

/// Sends the user to a page.
#[tool]
async fn visit(ctx: Context) -> Result<&'static str, ToolError> {
    ctx.ask_url("pay", "Pay here", "https://pay.example.com/x")
        .await?;
    Ok("Paid.")
}

/// What a test and the tool `work` tell each other.
#[derive(Default)]
struct Signals {
    go_on: Notify,
    dropped: Notify,
}

/// Says that the call is over, however it ends.
struct OnDrop(Arc<Signals>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

/// Works until the test lets it go on.
#[tool]
async fn work(ctx: Context, signals: State<Arc<Signals>>) -> &'static str {
    let _over = OnDrop(Arc::clone(&signals));
    ctx.progress(1, 2).await;
    signals.go_on.notified().await;
    "done"
}

async fn start() -> (Running, Arc<Signals>) {
    let signals = Arc::new(Signals::default());
    let server = Server::new("terminal")
        .tool(ask)
        .tool(visit)
        .tool(work)
        .state(Arc::clone(&signals));
    (serve(server).await, signals)
}

/// The program at a terminal.
fn at_terminal(arguments: &[&str]) -> PtySession {
    let mut command: Command = program();
    command.args(arguments).env("TERM", "xterm");
    spawn_command(command, Some(PATIENCE)).unwrap()
}

/// Runs what blocks while the servers of this process answer.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

fn exit_code(session: &PtySession) -> Option<i32> {
    match session.process().wait().unwrap() {
        WaitStatus::Exited(_, code) => Some(code),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_at_the_terminal_in_every_era() {
    let (server, _) = start().await;
    for revision in ["2025-11-25", "2026-07-28"] {
        let url = server.url.clone();
        beside(move || {
            let mut session = at_terminal(&["call", "--revision", revision, &url, "ask"]);
            session.exp_string("The server asks: Who are you?").unwrap();
            session.exp_string("Your first name").unwrap();
            session.send_line("Ada").unwrap();
            session.exp_string("[30]: ").unwrap();
            session.send_line("36").unwrap();
            session.exp_string("(yes or no): ").unwrap();
            session.send_line("yes").unwrap();
            session.exp_string("Hello, Ada (36)!").unwrap();
            session.exp_eof().unwrap();
            assert_eq!(exit_code(&session), Some(0));
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_visited_only_when_the_person_agrees() {
    let (server, _) = start().await;
    beside(move || {
        let mut session = at_terminal(&["call", "--no-browser", &server.url, "visit"]);
        session.exp_string("https://pay.example.com/x").unwrap();
        session.exp_string("(yes or no): ").unwrap();
        session.send_line("y").unwrap();
        session.exp_string("Paid.").unwrap();
        session.exp_eof().unwrap();

        let mut session = at_terminal(&["call", "--no-browser", &server.url, "visit"]);
        session.exp_string("(yes or no): ").unwrap();
        session.send_line("n").unwrap();
        session.exp_string("says that it failed").unwrap();
        session.exp_eof().unwrap();
        assert_eq!(exit_code(&session), Some(5));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_shown_and_gone_when_the_answer_comes() {
    let (server, signals) = start().await;
    beside(move || {
        let mut session = at_terminal(&["call", &server.url, "work"]);
        session.exp_string("50%").unwrap();
        signals.go_on.notify_one();
        session.exp_string("done").unwrap();
        session.exp_eof().unwrap();
        assert_eq!(exit_code(&session), Some(0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_the_program_and_cancels_the_call_at_the_server() {
    let (server, signals) = start().await;
    for revision in ["2025-11-25", "2026-07-28"] {
        let url = server.url.clone();
        let session = beside(move || {
            let mut session = at_terminal(&["call", "--revision", revision, &url, "work"]);
            session.exp_string("50%").unwrap();
            session.send_control('c').unwrap();
            session.exp_string("interrupted").unwrap();
            session.exp_eof().unwrap();
            exit_code(&session)
        })
        .await;
        assert_eq!(session, Some(130), "{revision}");
        signals.dropped.notified().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_works_while_a_question_waits_and_ctrl_d_cancels_it() {
    let (server, _) = start().await;
    beside(move || {
        let mut session = at_terminal(&["call", &server.url, "ask"]);
        session.exp_string("Your first name").unwrap();
        session.send_control('c').unwrap();
        session.exp_string("interrupted").unwrap();
        session.exp_eof().unwrap();
        assert_eq!(exit_code(&session), Some(130));

        let mut session = at_terminal(&["call", &server.url, "ask"]);
        session.exp_string("Your first name").unwrap();
        session.send_control('d').unwrap();
        session.exp_string("says that it failed").unwrap();
        session.exp_eof().unwrap();
        assert_eq!(exit_code(&session), Some(5));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_file_leaves_to_the_person_is_asked_for_once_and_a_secret_is_not_shown() {
    let server = serve(calculator()).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mcp.json");
    let file = r#"{
        // As VS Code writes it.
        "inputs": [
            { "id": "key", "type": "promptString", "description": "The key", "password": true },
            { "id": "other", "type": "promptString", "description": "Not needed" },
        ],
        "servers": {
            "math": { "type": "http", "url": "URL", "headers": { "X-Key": "${input:key} ${input:key}" } },
            "other": { "command": "${input:other}" },
        },
    }"#;
    std::fs::write(&path, file.replace("URL", &server.url)).unwrap();
    let path = path.to_str().unwrap().to_owned();
    let alone = run(&["call", "--config", &path, "math", "header"]).await;
    assert_eq!((alone.code, &*alone.out), (Some(2), ""), "{alone:?}");
    assert!(alone.errors.contains("needs the input `key`"), "{alone:?}");
    beside(move || {
        let mut session = at_terminal(&["call", "--config", &path, "math", "header"]);
        session.exp_string("The key (for `math`): ").unwrap();
        session.send_line("hush").unwrap();
        let shown = session.exp_string("hush hush").unwrap();
        assert!(!shown.contains("hush"), "{shown:?}");
        session.exp_eof().unwrap();
        assert_eq!(exit_code(&session), Some(0));
    })
    .await;
}
