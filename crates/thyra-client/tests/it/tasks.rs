//! Calls that a server goes on with as tasks.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use thyra_client::protocol::TaskStatus;
use thyra_client::{CallToolResult, ClientError, ElicitResult};

use crate::scripted::{Answer, Asked, Scripted};

/// What a server says about its task, which is asked about often.
fn task(kind: &str, status: &str, more: &Value) -> Value {
    let mut said = json!({
        "resultType": kind, "taskId": "t 1", "status": status, "statusMessage": "Month 3",
        "createdAt": "2026-08-01T00:00:00Z", "lastUpdatedAt": "2026-08-01T00:00:01Z",
        "ttlMs": null, "pollIntervalMs": 1,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        said[name] = value.clone();
    }
    said
}

fn question() -> Value {
    json!({ "inputRequests": { "name": {
        "method": "elicitation/create",
        "params": { "mode": "form", "message": "?", "requestedSchema": {
            "type": "object", "properties": { "value": { "type": "string" } },
        }},
    }}})
}

fn done() -> Value {
    json!({ "result": { "content": [{ "type": "text", "text": "done" }] } })
}

/// A server that makes a task of each call. The task is what `look(n, asked)` says at look `n`.
async fn server(look: impl Fn(usize, &Asked) -> Answer + Send + Sync + 'static) -> Scripted {
    let looks = AtomicUsize::new(0);
    Scripted::start(move |asked| match asked.method() {
        "server/discover" => asked.result(&json!({
            "resultType": "complete", "supportedVersions": ["2026-07-28"],
            "capabilities": {}, "ttlMs": 0, "cacheScope": "private",
        })),
        "tools/list" => asked.result(&json!({ "resultType": "complete", "tools": [] })),
        "tools/call" => asked.result(&task("task", "working", &json!({}))),
        "tasks/get" => look(looks.fetch_add(1, Ordering::SeqCst), asked),
        _ => asked.result(&json!({ "resultType": "complete" })),
    })
    .await
}

/// A server whose task has these states, one after the other; the last one stays.
async fn states(states: Vec<(&'static str, Value)>) -> Scripted {
    server(move |number, asked| {
        let (name, more) = &states[number.min(states.len() - 1)];
        asked.result(&task("complete", name, more))
    })
    .await
}

fn text(result: &CallToolResult) -> &str {
    result.content[0].as_text().unwrap()
}

#[tokio::test]
async fn a_call_that_goes_on_as_a_task_is_polled_and_its_questions_are_answered_once() {
    let server = states(vec![
        ("working", json!({})),
        ("input_required", question()),
        // The answer is not read yet.
        ("input_required", question()),
        ("working", json!({})),
        ("completed", done()),
    ])
    .await;
    let client = server
        .builder()
        .on_elicit(async |_| ElicitResult::accept([("value", "Ada")]))
        .build()
        .unwrap();
    let result = client.call_tool("report", &json!({})).await.unwrap();
    assert_eq!(text(&result), "done");
    let asked = server.asked();
    let about = |method: &str| {
        let about = asked.iter().filter(|one| one.method() == method);
        about.collect::<Vec<_>>()
    };
    let extensions =
        &asked[1].body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"];
    assert_eq!(
        extensions["extensions"],
        json!({ "io.modelcontextprotocol/tasks": {} })
    );
    assert_eq!(about("tasks/get").len(), 5);
    for one in about("tasks/get") {
        assert_eq!(one.body["params"]["taskId"], "t 1");
        assert_eq!(one.header("mcp-name"), Some("t 1"));
    }
    let [update] = about("tasks/update")[..] else {
        panic!("{:?}", about("tasks/update"));
    };
    assert_eq!(
        update.body["params"]["inputResponses"],
        json!({ "name": { "action": "accept", "content": { "value": "Ada" } } })
    );
    assert!(about("tasks/cancel").is_empty());
}

#[tokio::test]
async fn a_task_that_fails_or_is_cancelled_is_an_error() {
    let failed = json!({ "error": { "code": -32603, "message": "out of paper" } });
    let server = states(vec![("failed", failed)]).await;
    let client = server.builder().build().unwrap();
    let error = client.call_tool("report", &()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tools/call failed: out of paper (error -32603)"
    );

    let server = states(vec![("cancelled", json!({}))]).await;
    let client = server.builder().build().unwrap();
    let error = client.call_tool("report", &()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the task of `report` was cancelled at the server"
    );
    // A task without what belongs to its state.
    let server = states(vec![("completed", json!({}))]).await;
    let client = server.builder().build().unwrap();
    let error = client.call_tool("report", &()).await.unwrap_err();
    assert!(error.to_string().ends_with("it holds no result"), "{error}");
}

#[tokio::test]
async fn a_poll_that_does_not_reach_the_server_is_repeated_and_a_refusal_is_not() {
    let server = server(|number, asked| match number {
        0 => Answer::empty("503 Service Unavailable"),
        1 => asked.result(&task("complete", "completed", &done())),
        _ => asked.error("400 Bad Request", -32602),
    })
    .await;
    let client = server.builder().build().unwrap();
    let result = client.call_tool("report", &()).await.unwrap();
    assert_eq!(text(&result), "done");
    let error = client.call_tool("report", &()).await.unwrap_err();
    assert_eq!(error.to_string(), "tasks/get failed: no (error -32602)");
}

#[tokio::test]
async fn a_task_for_which_nobody_waits_is_cancelled() {
    let server = states(vec![("working", json!({}))]).await;
    let client = server.builder().build().unwrap();
    let call = client.call_tool("report", &());
    tokio::select! {
        ended = call => panic!("{ended:?}"),
        _ = server.heard(|asked| asked.method() == "tasks/get") => {}
    }
    let cancelled = server.heard(|asked| asked.method() == "tasks/cancel").await;
    assert_eq!(cancelled.header("mcp-name"), Some("t 1"));
    assert_eq!(cancelled.body["params"]["taskId"], "t 1");

    // A question that the client cannot answer leaves nobody waiting, too.
    let server = states(vec![("input_required", question())]).await;
    let client = server.builder().build().unwrap();
    let error = client.call_tool("report", &()).await.unwrap_err();
    assert!(matches!(error, ClientError::Asked { .. }), "{error:?}");
    server.heard(|asked| asked.method() == "tasks/cancel").await;
}

#[tokio::test]
async fn a_task_is_followed_by_hand() {
    let server = states(vec![("working", json!({})), ("completed", done())]).await;
    let client = server.builder().build().unwrap();
    let task = client.call_task("report", &()).await.unwrap();
    assert_eq!(task.id(), Some("t 1"));
    let report = task.status().await.unwrap();
    assert_eq!(report.status, TaskStatus::Working);
    assert_eq!(report.message.as_deref(), Some("Month 3"));
    assert_eq!(task.wait().await.unwrap(), TaskStatus::Completed);
    task.cancel().await.unwrap();
    server.heard(|asked| asked.method() == "tasks/cancel").await;
    // Another program knows only the id.
    let found = client.task("t 1").result().await.unwrap();
    assert_eq!(text(&found), "done");
}

#[tokio::test]
async fn a_call_that_does_not_become_a_task_is_done() {
    let server = Scripted::start(|asked| match asked.method() {
        "server/discover" => asked.error("400 Bad Request", -32600),
        "initialize" => asked.result(&json!({
            "protocolVersion": "2025-11-25", "capabilities": {},
            "serverInfo": { "name": "old", "version": "1" },
        })),
        "tools/call" => asked.result(&done()["result"]),
        method if method.starts_with("notifications/") => Answer::empty("202 Accepted"),
        _ => asked.result(&json!({ "tools": [] })),
    })
    .await;
    let client = server.builder().build().unwrap();
    let task = client.call_task("report", &()).await.unwrap();
    assert_eq!(task.id(), None);
    assert_eq!(task.status().await.unwrap().status, TaskStatus::Completed);
    assert_eq!(task.wait().await.unwrap(), TaskStatus::Completed);
    task.cancel().await.unwrap();
    assert_eq!(text(&task.result().await.unwrap()), "done");
    let error = client.task("t").status().await.unwrap_err();
    assert!(error.to_string().contains("before 2026-07-28"), "{error}");
    assert!(!server.methods().iter().any(|one| one.starts_with("tasks/")));
}

#[tokio::test]
async fn a_client_without_tasks_declares_none() {
    let server = states(vec![("completed", done())]).await;
    let client = server.builder().without_tasks().build().unwrap();
    let error = client.call_tool("report", &()).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("as a task, which this client did not offer"),
        "{error}"
    );
    let asked = server.asked();
    let capabilities =
        &asked[1].body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"];
    assert_eq!(*capabilities, json!({}));
}
