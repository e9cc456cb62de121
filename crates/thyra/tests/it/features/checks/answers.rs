//! How checks are asked, and what becomes of their answers.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use thyra::prelude::*;
use thyra::{Check, CheckedCall, IntoTool, Kind, Limits, Operation};

use super::super::rounds::{accept, asked};
use super::{CHECKED, LISTS, OPEN, Talk, ada_and_bob, each_with, uses};
use crate::support::Running;

/// A check that counts how often it is asked.
fn counted() -> (Check, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&count);
    let check = Check::caller("counts", move |_| {
        asked.fetch_add(1, Ordering::Relaxed);
        async { true }
    });
    (check, count)
}

#[tokio::test]
async fn a_check_of_the_caller_is_asked_once_in_a_request() {
    let (check, count) = counted();
    let mut server = Server::new("Office").auth(ada_and_bob());
    for number in 0..50 {
        let tool = Tool::new(format!("tool{number}"), || async { "in" });
        server = server.tool(tool.check(check.clone()));
    }
    let server = Running::start(server.check(!!check)).await;
    let talk = Talk::alone(&server).with_token("ada");
    for requests in 1..4 {
        let listed = talk.listed(("tools/list", "tools", "name")).await;
        assert_eq!(listed.len(), 50);
        assert_eq!(count.load(Ordering::Relaxed), requests);
    }
    // A check of what is not asked for is not asked.
    assert!(talk.listed(LISTS[1]).await.is_empty());
    assert_eq!(count.load(Ordering::Relaxed), 3);
    talk.call("tool7", json!({})).await.result();
    assert_eq!(count.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn what_takes_too_long_is_refused_and_does_not_hold_up_the_rest() {
    let slow = Check::new("slow", |call: CheckedCall| async move {
        if call.component().tags.contains("slow") {
            pending::<()>().await;
        }
        true
    });
    let server = Server::new("Office")
        .tool(Tool::new("slow", || async { "in" }).tag("slow"))
        .tool(Tool::new("fast", || async { "in" }))
        .check(slow)
        .limits(Limits::default().check_time(Duration::from_millis(1)))
        .auth(ada_and_bob());
    let server = Running::start(server).await;
    for talk in Talk::each_as(&server, Some("ada")).await {
        assert_eq!(talk.listed(LISTS[0]).await, ["fast"]);
        super::fails(&talk.call("slow", json!({})).await, -32602);
    }
}

#[tokio::test]
async fn a_check_knows_what_is_done_with_what() {
    let server = Server::new("Office")
        .tool(
            Tool::new("report", || async { "in" })
                .tag("staff")
                .version("2")
                .meta("example.com/owner", "ada"),
        )
        .check(Check::new("owner", |call: CheckedCall| async move {
            let component = call.component();
            let owner = component.meta?.get("example.com/owner")?.as_str()?;
            let is_known = component.kind == Kind::Tool
                && component.name == "report"
                && component.version == Some("2")
                && component.tags.contains("staff");
            let is_owner = call.caller().principal()?.subject() == owner;
            Some(is_known && (call.operation() == Operation::List || is_owner))
        }))
        .auth(ada_and_bob());
    let server = Running::start(server).await;
    for talk in Talk::each_as(&server, Some("ada")).await {
        assert_eq!(talk.call("report", json!({})).await.tool_text(), "in");
    }
    for talk in Talk::each_as(&server, Some("bob")).await {
        assert_eq!(talk.listed(LISTS[0]).await, ["report"]);
        super::fails(&talk.call("report", json!({})).await, -32602);
    }
}

#[tokio::test]
async fn each_use_has_its_operation() {
    for operation in [
        Operation::Call,
        Operation::Get,
        Operation::Read,
        Operation::Complete,
        Operation::Subscribe,
        Operation::List,
    ] {
        let only = Check::new("only one", move |call: CheckedCall| async move {
            call.operation() == operation
        });
        let server = Running::start(each_with(&only)).await;
        for talk in Talk::each_as(&server, Some("ada")).await {
            for (list, n) in LISTS.into_iter().zip(0..) {
                let listed = talk.listed(list).await;
                assert_eq!(
                    listed.contains(&CHECKED[n].to_owned()),
                    operation == Operation::List
                );
                assert!(listed.contains(&OPEN[n].to_owned()));
            }
            for (method, params) in uses(&talk) {
                let expected = match operation {
                    Operation::Call => "tools/call",
                    Operation::Get => "prompts/get",
                    Operation::Read => "resources/read",
                    Operation::Complete => "completion/complete",
                    Operation::Subscribe => "resources/subscribe",
                    _ => "",
                };
                let answer = talk.ask(method, params).await;
                let is_allowed = answer.json()["error"].is_null();
                assert_eq!(is_allowed, method == expected, "{operation:?} {method}");
            }
        }
    }
}

#[tokio::test]
async fn lists_with_checks_are_for_one_caller() {
    let server = Server::new("Office")
        .tool(Tool::new("open", || async { "in" }))
        .tool(Tool::new("odd", || async { "in" }).check(Check::new("any", |_| async { true })));
    let server = Running::start(server).await;
    let talk = Talk::alone(&server);
    let scope =
        async |method: &str| talk.ask(method, json!({})).await.result()["cacheScope"].clone();
    assert_eq!(scope("tools/list").await, "private");
    assert_eq!(scope("prompts/list").await, "public");
}

#[tokio::test]
async fn pages_of_a_list_leave_out_what_is_refused() {
    let mut server = Server::new("Office").page_size(2).auth(ada_and_bob());
    for number in 0..6 {
        let tool = Tool::new(format!("t{number}"), || async { "in" });
        server = server.tool(match number % 2 {
            0 => tool,
            _ => tool.check(Check::role("editor")),
        });
    }
    let server = Running::start(server).await;
    for talk in Talk::each_as(&server, Some("bob")).await {
        let first = talk.ask("tools/list", json!({})).await.result();
        assert_eq!(super::super::entries(&first, LISTS[0]), ["t0", "t2"]);
        let rest = json!({ "cursor": first["nextCursor"] });
        let rest = talk.ask("tools/list", rest).await.result();
        assert_eq!(super::super::entries(&rest, LISTS[0]), ["t4"]);
        assert!(rest["nextCursor"].is_null());
    }
}

/// Asks its caller.
#[tool]
async fn greet(ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "What is your name?").await?;
    Ok(name)
}

#[tokio::test]
async fn each_round_of_a_call_is_checked() {
    let open = Arc::new(AtomicBool::new(true));
    let asked_now = Arc::clone(&open);
    let hours = Check::new("opening hours", move |_| {
        let open = asked_now.load(Ordering::Relaxed);
        async move { open }
    });
    let server = Server::new("Office").tool(greet.into_tool().check(hours));
    let server = Running::start(server.auth(ada_and_bob())).await;
    let talk = Talk::alone(&server)
        .with_capabilities(json!({ "elicitation": {} }))
        .with_token("ada");
    let mut call = json!({ "name": "greet", "arguments": {} });
    let (_, state) = asked(&talk.ask("tools/call", call.clone()).await);
    call["requestState"] = state;
    call["inputResponses"] = json!({ "name": accept("Ada") });
    open.store(false, Ordering::Relaxed);
    super::fails(&talk.ask("tools/call", call.clone()).await, -32602);
    open.store(true, Ordering::Relaxed);
    assert_eq!(talk.ask("tools/call", call).await.tool_text(), "Ada");
}
