//! Calls that go on as tasks, over HTTP.

use std::future::pending;

use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{IntoTool, TaskMode};

use super::rounds::{accept, asked, retry};
use super::{Talk, ada_and_bob, fails};
use crate::support::{Running, soon};

pub(super) const EXTENSION: &str = "io.modelcontextprotocol/tasks";

/// Goes on as a task, and tells a header of its request.
#[tool]
async fn tenant(Headers(headers): Headers, ctx: Context) -> String {
    ctx.continue_as_task().await;
    tenant_of(&headers).to_owned()
}

/// Asks before it goes on as a task, and once more within it.
#[tool]
async fn greet(Headers(headers): Headers, ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "What is your name?").await?;
    ctx.continue_as_task().await;
    let mood: String = ctx.ask("mood", format!("How are you, {name}?")).await?;
    Ok(format!("{name} is {mood} at {}", tenant_of(&headers)))
}

fn tenant_of(headers: &http::HeaderMap) -> &str {
    let value = headers.get("x-tenant");
    value.map_or("nobody", |value| value.to_str().unwrap())
}

/// Goes on without end.
#[tool(task)]
async fn wait() -> String {
    pending().await
}

/// Is done at once.
#[tool(task = "required")]
async fn at_once() -> &'static str {
    "done"
}

/// Asks, as a task or not.
#[tool(task)]
async fn ask_name(ctx: Context) -> Result<String, ToolError> {
    Ok(ctx.ask("name", "What is your name?").await?)
}

fn server() -> Server {
    Server::new("Tasks")
        .tool(ask_name)
        .tool(tenant.into_tool().task(TaskMode::Deferred))
        .tool(greet.into_tool().task(TaskMode::Deferred))
        .tool(wait)
        .tool(at_once)
}

fn client(server: &Running) -> Talk<'_> {
    Talk::alone(server)
        .with_capabilities(json!({ "elicitation": {}, "extensions": { EXTENSION: {} } }))
}

#[track_caller]
pub(super) fn begun(result: &Value) -> String {
    assert_eq!(result["resultType"], "task", "{result}");
    result["taskId"].as_str().unwrap().to_owned()
}

async fn get(talk: &Talk<'_>, id: &str) -> Value {
    talk.ask("tasks/get", json!({ "taskId": id }))
        .await
        .result()
}

/// Looks for the task until it is no longer at work.
pub(super) async fn looked_for(talk: &Talk<'_>, id: &str) -> Value {
    let looking = async {
        loop {
            let found = get(talk, id).await;
            if found["status"] != "working" {
                return found;
            }
        }
    };
    soon("the end of a task", looking).await
}

#[tokio::test]
async fn a_task_knows_the_headers_of_its_call() {
    let server = Running::start(server()).await;
    let talk = client(&server);
    let call = talk
        .request("tools/call", json!({ "name": "tenant" }))
        .header("x-tenant", "acme");
    let id = begun(&server.ask(&call).await.result());
    let done = looked_for(&talk, &id).await;
    assert_eq!(done["status"], "completed", "{done}");
    assert_eq!(done["result"]["content"][0]["text"], "acme");
    // Where the client knows no tasks, the call just goes on.
    let plain = Talk::alone(&server).request("tools/call", json!({ "name": "tenant" }));
    assert_eq!(
        server
            .ask(&plain.header("x-tenant", "acme"))
            .await
            .tool_text(),
        "acme"
    );
}

#[tokio::test]
async fn a_task_knows_what_was_answered_before_it_and_asks_for_the_rest() {
    let server = Running::start(server()).await;
    let talk = client(&server);
    let mut call = json!({ "name": "greet", "arguments": {} });
    let (keys, state) = asked(&talk.ask("tools/call", call.clone()).await);
    assert_eq!(keys, ["name"]);
    call["requestState"] = state;
    call["inputResponses"] = json!({ "name": accept("Ada") });
    let call = talk.request("tools/call", call).header("x-tenant", "acme");
    let id = begun(&server.ask(&call).await.result());
    let asking = looked_for(&talk, &id).await;
    assert_eq!(asking["status"], "input_required", "{asking}");
    assert_eq!(
        asking["inputRequests"]["mood"]["params"]["message"],
        "How are you, Ada?"
    );
    let answers = json!({ "taskId": id, "inputResponses": { "mood": accept("well") } });
    talk.ask("tasks/update", answers).await.result();
    let done = looked_for(&talk, &id).await;
    assert_eq!(
        done["result"]["content"][0]["text"], "Ada is well at acme",
        "{done}"
    );
}

#[tokio::test]
async fn a_task_of_somebody_else_is_one_that_never_was() {
    let server = Running::start(server().auth(ada_and_bob())).await;
    let (ada, bob) = (
        client(&server).with_token("ada"),
        client(&server).with_token("bob"),
    );
    let id = begun(&ada.call("wait", json!({})).await.result());
    for (id, who) in [(id.as_str(), &bob), ("nobody", &bob), ("nobody", &ada)] {
        let update = json!({ "taskId": id, "inputResponses": { "a": accept("b") } });
        for (method, params) in [
            ("tasks/get", json!({ "taskId": id })),
            ("tasks/update", update),
            ("tasks/cancel", json!({ "taskId": id })),
        ] {
            let said = fails(&who.ask(method, params).await, -32602);
            assert_eq!(said, "Unknown task", "{method}");
        }
    }
    assert_eq!(get(&ada, &id).await["status"], "working");
    ada.ask("tasks/cancel", json!({ "taskId": id }))
        .await
        .result();
    assert_eq!(get(&ada, &id).await["status"], "cancelled");
}

#[tokio::test]
async fn a_call_that_began_in_rounds_ends_in_them() {
    let server = Running::start(server()).await;
    let without_tasks = Talk::alone(&server).with_capabilities(json!({ "elicitation": {} }));
    let call = json!({ "name": "ask_name", "arguments": {} });
    let (_, state) = asked(&without_tasks.ask("tools/call", call.clone()).await);
    // Its client has heard of tasks in the meantime.
    let talk = client(&server);
    let responses = json!({ "name": accept("Ada") });
    let answer = retry(&talk, call.clone(), responses.clone(), &state).await;
    assert_eq!(answer.tool_text(), "Ada");
    let answer = retry(&talk, call.clone(), responses, &json!("none of ours")).await;
    fails(&answer, -32602);
    begun(&talk.ask("tools/call", call).await.result());
}

#[tokio::test]
async fn tasks_that_ended_lock_nobody_out() {
    let server = Running::start(server()).await;
    let talk = client(&server);
    for number in 0..105 {
        let answer = talk.call("at_once", json!({})).await;
        assert!(
            answer.json().get("error").is_none(),
            "no. {number}: {}",
            answer.text()
        );
        let id = begun(&answer.result());
        let done = looked_for(&talk, &id).await;
        assert_eq!(done["status"], "completed", "{done}");
    }
}

#[tokio::test]
async fn tasks_are_for_clients_that_declare_them() {
    let server = Running::start(server()).await;
    let id = begun(&client(&server).call("wait", json!({})).await.result());
    let talk = Talk::alone(&server);
    let error = talk.call("at_once", json!({})).await.refused(400, -32021);
    assert!(
        error["data"]["requiredCapabilities"]["extensions"][EXTENSION].is_object(),
        "{error}"
    );
    for method in ["tasks/get", "tasks/cancel"] {
        talk.ask(method, json!({ "taskId": id }))
            .await
            .refused(400, -32021);
    }
    let [_, session] = Talk::each(&server).await;
    fails(
        &session.ask("tasks/get", json!({ "taskId": id })).await,
        -32601,
    );
    let discovered = talk.ask("server/discover", json!({})).await.result();
    assert!(
        discovered["capabilities"]["extensions"][EXTENSION].is_object(),
        "{discovered}"
    );
}
