//! What a request says about itself, and what it is told in turn.

use serde_json::json;
use thyra::TaskMode;
use thyra::prelude::*;

use super::{Talk, fails, tasks, tool_error};
use crate::support::Running;

/// Says for which tenant it is called.
#[tool]
async fn tenant(ctx: Context) -> Result<String, ToolError> {
    match ctx.meta("com.example/tenant") {
        Some(tenant) => Ok(serde_json::from_str(tenant.get())?),
        None => Ok("nobody".to_owned()),
    }
}

/// Says which session and which task it is called in.
async fn place(ctx: Context) -> String {
    let or_none = |id: Option<&str>| id.unwrap_or("none").to_owned();
    format!("{} {}", or_none(ctx.session_id()), or_none(ctx.task_id()))
}

/// Asks what only some clients can answer.
async fn ask(ctx: Context) -> Result<String, ToolError> {
    Ok(ctx.ask::<String>("name", "What is your name?").await?)
}

fn server() -> Server {
    Server::new("Requests")
        .tool(tenant)
        .tool(Tool::new("place", place).task(TaskMode::Optional))
        .tool(Tool::new("ask", ask))
        .tool(Tool::new("task", || async { "done" }).task(TaskMode::Required))
        .prompt(Prompt::new("ask", ask))
        .resource(Resource::new("notes://ask", "ask", ask))
}

#[tokio::test]
async fn a_handler_reads_what_the_request_says_beside_the_protocol() {
    let server = Running::start(server()).await;
    for talk in Talk::each(&server).await {
        assert_eq!(talk.call("tenant", json!({})).await.tool_text(), "nobody");
        let call = talk.request("tools/call", json!({ "name": "tenant" }));
        let call = call.meta("com.example/tenant", json!("acme"));
        assert_eq!(server.ask(&call).await.tool_text(), "acme");
    }
}

#[tokio::test]
async fn a_handler_knows_its_session_and_its_task() {
    let server = Running::start(server()).await;
    for talk in Talk::each(&server).await {
        let session = talk.session.as_deref().unwrap_or("none");
        let told = talk.call("place", json!({})).await.tool_text();
        assert_eq!(told, format!("{session} none"));
    }
    let talk =
        Talk::alone(&server).with_capabilities(json!({ "extensions": { tasks::EXTENSION: {} } }));
    let id = tasks::begun(&talk.call("place", json!({})).await.result());
    let done = tasks::looked_for(&talk, &id).await;
    assert_eq!(done["result"]["content"][0]["text"], format!("none {id}"));
}

#[tokio::test]
async fn a_log_level_that_is_none_is_refused() {
    let server = Running::start(server()).await;
    let talk = Talk::alone(&server);
    for method in ["tools/list", "server/discover"] {
        for (level, is_one) in [
            (json!("loud"), false),
            (json!(1), false),
            (json!("debug"), true),
        ] {
            let request = talk.request(method, json!({}));
            let request = request.meta("io.modelcontextprotocol/logLevel", level);
            let answer = server.ask(&request).await;
            if is_one {
                answer.result();
            } else {
                fails(&answer, -32602);
            }
        }
    }
}

#[tokio::test]
async fn a_log_level_matters_where_it_means_something() {
    const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";
    let server = Running::start(server()).await;
    let [alone, session] = Talk::each(&server).await;
    let unknown = alone
        .request("nonsense", json!({}))
        .meta(LOG_LEVEL, json!("loud"));
    fails(&server.ask(&unknown).await, -32601);
    let list = session
        .request("tools/list", json!({}))
        .meta(LOG_LEVEL, json!("loud"));
    server.ask(&list).await.result();
}

#[tokio::test]
async fn a_capability_that_is_missing_is_said_as_each_era_says_it() {
    let server = Running::start(server()).await;
    let others = [
        ("prompts/get", json!({ "name": "ask" })),
        ("resources/read", json!({ "uri": "notes://ask" })),
    ];
    for talk in Talk::each(&server).await {
        for tool in ["ask", "task"] {
            let answer = talk.call(tool, json!({})).await;
            if talk.is_alone() {
                fails(&answer, -32021);
            } else {
                assert!(!tool_error(&answer).is_empty());
            }
        }
        for (method, params) in &others {
            let answer = talk.ask(method, params.clone()).await;
            fails(&answer, if talk.is_alone() { -32021 } else { -32602 });
        }
    }
}
