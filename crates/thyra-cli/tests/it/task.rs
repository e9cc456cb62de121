//! `thyra call --task` and `thyra task`.

use std::sync::Arc;

use serde_json::json;
use thyra::prelude::*;
use tokio::sync::Notify;

use crate::program::run;
use crate::server::{Running, serve};

/// Make a report.
#[tool(task)]
async fn report(year: i64, go_on: State<Arc<Notify>>) -> Result<String, ToolError> {
    go_on.notified().await;
    if year < 0 {
        return Err(ToolError::new("there was no such year"));
    }
    Ok(format!("The report of {year}."))
}

/// Say hello.
#[tool]
async fn hello() -> &'static str {
    "Hello!"
}

async fn start() -> (Running, Arc<Notify>) {
    let go_on = Arc::new(Notify::new());
    let server = Server::new("reports")
        .tool(report)
        .tool(hello)
        .state(Arc::clone(&go_on));
    (serve(server).await, go_on)
}

/// Begins a task, and says its id.
async fn begun(server: &Running, year: &str) -> String {
    let ran = run(&["call", "--task", &server.url, "report", year]).await;
    assert_eq!((ran.code, &*ran.errors), (Some(0), ""));
    ran.out.trim_end().to_owned()
}

#[tokio::test]
async fn a_task_goes_on_between_the_commands() {
    let (server, go_on) = start().await;
    let id = begun(&server, "year=2026").await;
    let ran = run(&["task", "status", &server.url, &id]).await;
    assert!(ran.out.starts_with("working"), "{ran:?}");
    go_on.notify_one();
    let ran = run(&["task", "result", &server.url, &id]).await;
    assert_eq!((ran.code, &*ran.out), (Some(0), "The report of 2026.\n"));
    let ran = run(&["task", "status", "--json", &server.url, &id]).await;
    assert_eq!(ran.json()["status"], "completed");
    assert_eq!(ran.json()["taskId"], json!(id));
}

#[tokio::test]
async fn a_call_waits_for_its_task_like_for_any_answer() {
    let (server, go_on) = start().await;
    go_on.notify_one();
    let ran = run(&["call", &server.url, "report", "year=7"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(0), "The report of 7.\n"));
    go_on.notify_one();
    let ran = run(&["call", &server.url, "report", "year=-7"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(5), "there was no such year\n"));
}

#[tokio::test]
async fn a_task_is_stopped_and_its_result_is_then_an_error() {
    let (server, _) = start().await;
    let id = begun(&server, "year=1").await;
    let ran = run(&["task", "cancel", "--json", &server.url, &id]).await;
    assert_eq!(ran.json(), json!({ "taskId": id, "cancelRequested": true }));
    let ran = run(&["task", "result", &server.url, &id]).await;
    assert_eq!((ran.code, &*ran.out), (Some(1), ""), "{ran:?}");
    let ran = run(&["task", "status", &server.url, &id]).await;
    assert!(ran.out.starts_with("cancelled"), "{ran:?}");
}

#[tokio::test]
async fn a_server_that_makes_no_task_of_it_answers_at_once() {
    let (server, _) = start().await;
    let ran = run(&["call", "--task", &server.url, "hello"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(0), "Hello!\n"));
    let ran = run(&["task", "status", &server.url, "no-such-task"]).await;
    assert_eq!((ran.code, &*ran.out), (Some(1), ""));
    let ran = run(&["task", "status", &server.url]).await;
    assert_eq!(ran.code, Some(2));
    assert!(ran.errors.contains("which task?"), "{ran:?}");
}
