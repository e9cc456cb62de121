//! Tasks, and who looks after them.

use std::future::pending;

use serde_json::{Map, Value, json};
use thyra::auth::{Principal as Caller, StaticAuth};
use thyra::prelude::*;
use thyra::{Check, IntoTool, Selector, ServerHandle};

use super::super::tasks::{EXTENSION, begun};
use super::{Talk, challenged, fails};
use crate::support::Running;

/// Goes on without end.
#[tool(task = "required")]
async fn work() -> String {
    pending().await
}

/// Ada's tokens: with the role and the scope, without the role, and without the scope.
fn tokens() -> StaticAuth {
    let ada = |role: &str, scopes: Vec<&str>| {
        let mut claims = Map::new();
        claims.insert("roles".to_owned(), json!([role]));
        let ada = Caller::builder("https://issuer.example", "ada");
        ada.claims(claims).scopes(scopes).build()
    };
    StaticAuth::new("http://localhost:8000")
        .token("both", ada("editor", vec!["work"]))
        .token("no-role", ada("guest", vec!["work"]))
        .token("no-scope", ada("editor", vec![]))
}

async fn start() -> (Running, ServerHandle) {
    let check = Check::role("editor").and(Check::scopes_all(["work"]));
    let server = Server::new("Tasks")
        .tool(work.into_tool().check(check))
        .auth(tokens());
    let handle = server.handle();
    (Running::start(server).await, handle)
}

fn with<'s>(server: &'s Running, token: &str) -> Talk<'s> {
    Talk::alone(server)
        .with_capabilities(json!({ "extensions": { EXTENSION: {} } }))
        .with_token(token)
}

async fn begin(server: &Running) -> String {
    let call = json!({ "name": "work", "arguments": {} });
    let both = with(server, "both");
    begun(&both.ask("tools/call", call).await.result())
}

/// Every way to look after the task.
fn uses(id: &str) -> [(&'static str, Value); 3] {
    [
        ("tasks/get", json!({ "taskId": id })),
        (
            "tasks/update",
            json!({ "taskId": id, "inputResponses": {} }),
        ),
        ("tasks/cancel", json!({ "taskId": id })),
    ]
}

#[tokio::test]
async fn a_task_is_begun_by_those_who_may_call() {
    let (server, _) = start().await;
    begin(&server).await;
    let call = json!({ "name": "work", "arguments": {} });
    let refused = with(&server, "no-role")
        .ask("tools/call", call.clone())
        .await;
    assert_eq!(fails(&refused, -32602), "Unknown tool: work");
    let lacking = with(&server, "no-scope").ask("tools/call", call).await;
    challenged(&lacking, "work");
}

#[tokio::test]
async fn a_lesser_token_does_not_reach_the_task_of_a_better_one() {
    let (server, _) = start().await;
    let id = begin(&server).await;
    for (method, params) in uses(&id) {
        let refused = with(&server, "no-role").ask(method, params.clone()).await;
        assert_eq!(fails(&refused, -32602), "Unknown task");
        let lacking = with(&server, "no-scope").ask(method, params).await;
        challenged(&lacking, "work");
    }
    let both = with(&server, "both");
    let looked = both.ask("tasks/get", json!({ "taskId": id }));
    assert_eq!(looked.await.result()["status"], "working");
    for (method, params) in uses(&id) {
        with(&server, "both").ask(method, params).await.result();
    }
}

#[tokio::test]
async fn scopes_alone_guard_a_task_too() {
    let server = Server::new("Tasks")
        .tool(work.into_tool().scopes(["work"]))
        .auth(tokens());
    let server = Running::start(server).await;
    let id = begin(&server).await;
    for (method, params) in uses(&id) {
        let lacking = with(&server, "no-scope").ask(method, params).await;
        challenged(&lacking, "work");
    }
}

#[tokio::test]
async fn the_version_that_runs_is_the_one_that_is_checked() {
    let (one, two) = (work.into_tool().version("1"), work.into_tool().version("2"));
    let server = Server::new("Tasks")
        .tool(one)
        .tool(two.check(Check::role("editor")))
        .auth(tokens());
    let server = Running::start(server).await;
    let id = begin(&server).await;
    let no_role = with(&server, "no-role");
    let refused = no_role.ask("tasks/get", json!({ "taskId": id }));
    fails(&refused.await, -32602);
}

#[tokio::test]
async fn nobody_reaches_the_task_of_a_guarded_tool_that_is_gone() {
    let (server, handle) = start().await;
    let id = begin(&server).await;
    handle.disable(Selector::tool("work"));
    let both = with(&server, "both");
    let looked = both.ask("tasks/get", json!({ "taskId": id }));
    assert_eq!(
        looked.await.result()["status"],
        "working",
        "hidden is not gone"
    );
    handle.remove(&Selector::tool("work"));
    for (method, params) in uses(&id) {
        fails(&with(&server, "both").ask(method, params).await, -32602);
    }
}
