//! The experimental tasks of 2025-11-25.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use thyra_client::protocol::TaskStatus;
use thyra_client::{ClientError, ElicitResult};

use crate::scripted::{Answer, Asked, Scripted};

const RELATED: &str = "io.modelcontextprotocol/related-task";

fn task(status: &str) -> Value {
    json!({
        "taskId": "t 1", "status": status, "statusMessage": "Month 3", "ttl": 60_000,
        "createdAt": "2025-12-01T00:00:00Z", "lastUpdatedAt": "2025-12-01T00:00:01Z",
        "pollInterval": 1,
    })
}

fn done() -> Value {
    json!({
        "content": [{ "type": "text", "text": "done" }],
        "structuredContent": { "n": "odd" },
        "_meta": { RELATED: { "taskId": "t 1" } },
    })
}

/// A server with the tools `plain`, `long` (may be a task) and `slow` (must be one). Its task has
/// these states, one after the other; the last one stays. `result` is asked for its result.
async fn server(
    states: &'static [&'static str],
    result: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> Scripted {
    let looks = AtomicUsize::new(0);
    Scripted::start(move |asked| match asked.method() {
        "server/discover" => asked.error("400 Bad Request", -32600),
        "initialize" => asked.result(&json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {
                "tools": {},
                "tasks": { "list": {}, "cancel": {}, "requests": { "tools": { "call": {} } } },
            },
            "serverInfo": { "name": "old", "version": "1" },
        })),
        "tools/list" => {
            let tool = |name, support| {
                json!({
                    "name": name, "inputSchema": { "type": "object" },
                    "execution": { "taskSupport": support },
                })
            };
            asked.result(&json!({ "tools": [
                { "name": "plain", "inputSchema": { "type": "object" } },
                tool("long", "optional"),
                tool("slow", "required"),
            ] }))
        }
        "tools/call" if asked.body["params"].get("task").is_some() => {
            asked.result(&json!({ "task": task("working") }))
        }
        "tools/call" => asked.result(&done()),
        "tasks/get" => {
            let look = looks.fetch_add(1, Ordering::SeqCst).min(states.len() - 1);
            asked.result(&task(states[look]))
        }
        "tasks/result" => result(asked),
        "tasks/cancel" => asked.result(&task("cancelled")),
        "tasks/list" => match asked.body["params"].get("cursor") {
            None => asked.result(&json!({ "tasks": [task("working")], "nextCursor": "2" })),
            Some(_) => asked.result(&json!({ "tasks": [task("failed")] })),
        },
        _ => Answer::empty("202 Accepted"),
    })
    .await
}

fn calls(server: &Scripted) -> Vec<bool> {
    let asked = server.asked();
    let calls = asked.iter().filter(|one| one.method() == "tools/call");
    calls
        .map(|one| one.body["params"].get("task").is_some())
        .collect()
}

#[tokio::test]
async fn a_call_becomes_a_task_if_its_tool_can_run_as_one() {
    let server = server(&["working", "completed"], |asked| asked.result(&done())).await;
    let client = server.builder().build().unwrap();
    let plain = client.call_task("plain", &()).await.unwrap();
    assert_eq!(plain.id(), None);
    let task = client.call_task("long", &()).await.unwrap();
    assert_eq!(task.id(), Some("t 1"));
    let report = task.status().await.unwrap();
    assert_eq!(report.status, TaskStatus::Working);
    assert_eq!(report.message.as_deref(), Some("Month 3"));
    assert_eq!(task.wait().await.unwrap(), TaskStatus::Completed);
    let result = task.result().await.unwrap();
    assert_eq!(result.content[0].as_text(), Some("done"));
    task.cancel().await.unwrap();
    server.heard(|asked| asked.method() == "tasks/cancel").await;
    let found = client.task("t 1").result().await.unwrap();
    assert_eq!(found.content[0].as_text(), Some("done"));

    // A call that is waited for is one only where it must be.
    client.call_tool("long", &()).await.unwrap();
    let result = client.call_tool("slow", &json!({ "a": 1 })).await.unwrap();
    assert_eq!(result.content[0].as_text(), Some("done"));
    assert_eq!(calls(&server), [false, true, false, true]);
    let asked = server.asked();
    let last = asked
        .iter()
        .rfind(|one| one.method() == "tools/call")
        .unwrap();
    assert_eq!(last.body["params"]["arguments"], json!({ "a": 1 }));

    let tasks = client.list_tasks().await.unwrap();
    let states: Vec<_> = tasks
        .iter()
        .map(|(id, report)| (id.as_str(), report.status))
        .collect();
    assert_eq!(
        states,
        [("t 1", TaskStatus::Working), ("t 1", TaskStatus::Failed)]
    );
}

#[tokio::test]
async fn what_a_task_asks_is_answered_while_its_result_is_waited_for() {
    let asks = AtomicUsize::new(0);
    let server = server(&["input_required", "completed"], move |asked| {
        if asks.fetch_add(1, Ordering::SeqCst) > 0 {
            return asked.result(&done());
        }
        let question = json!({
            "jsonrpc": "2.0", "id": 99, "method": "elicitation/create",
            "params": {
                "mode": "form", "message": "?", "_meta": { RELATED: { "taskId": "t 1" } },
                "requestedSchema": {
                    "type": "object", "properties": { "value": { "type": "string" } },
                },
            },
        });
        Answer::stream(format!("data: {question}\n\n")).open()
    })
    .await;
    let client = server
        .builder()
        .on_elicit(async |_| ElicitResult::accept([("value", "Ada")]))
        .build()
        .unwrap();
    let task = client.call_task("long", &()).await.unwrap();
    // The answer says to which task it belongs.
    let answer = tokio::select! {
        ended = task.result() => panic!("{ended:?}"),
        answer = server.heard(|asked| {
            asked.method().is_empty() && asked.body["id"] == 99
        }) => answer,
    };
    task.result().await.unwrap();
    let result = &answer.body["result"];
    assert_eq!(result["content"], json!({ "value": "Ada" }));
    assert_eq!(result["_meta"][RELATED], json!({ "taskId": "t 1" }));
}

#[tokio::test]
async fn a_task_that_fails_or_is_cancelled_says_so() {
    let failed = server(&["failed"], |asked| asked.error("200 OK", -32603)).await;
    let client = failed.builder().build().unwrap();
    let task = client.call_task("slow", &()).await.unwrap();
    assert_eq!(task.wait().await.unwrap(), TaskStatus::Failed);
    let error = task.result().await.unwrap_err();
    assert_eq!(error.to_string(), "tools/call failed: no (error -32603)");
    // The tool itself failed.
    let result = json!({ "content": [], "isError": true });
    let failed = server(&["failed"], move |asked| asked.result(&result)).await;
    let client = failed.builder().build().unwrap();
    let task = client.call_task("slow", &()).await.unwrap();
    assert_eq!(task.wait().await.unwrap(), TaskStatus::Failed);
    assert!(task.result().await.unwrap().is_error);

    let cancelled = server(&["cancelled"], |asked| asked.result(&done())).await;
    let client = cancelled.builder().build().unwrap();
    let task = client.call_task("slow", &()).await.unwrap();
    let error = task.result().await.unwrap_err();
    assert!(matches!(error, ClientError::Cancelled { .. }), "{error:?}");
}

#[tokio::test]
async fn a_client_without_tasks_asks_for_none() {
    let server = server(&["completed"], |asked| asked.result(&done())).await;
    let client = server.builder().without_tasks().build().unwrap();
    client.list_tools().await.unwrap();
    let task = client.call_task("slow", &()).await.unwrap();
    assert_eq!(task.id(), None);
    assert!(client.list_tasks().await.unwrap().is_empty());
    let error = client.task("t 1").status().await.unwrap_err();
    assert!(error.to_string().contains("has no such tasks"), "{error}");
    assert_eq!(calls(&server), [false]);
}

#[cfg(feature = "output-validation")]
#[tokio::test]
async fn the_result_of_a_task_is_held_against_its_schema() {
    use std::sync::Arc;

    use thyra_client::Hop;
    use thyra_client::protocol::Revision;

    let misfits = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&misfits);
    let server = Scripted::start(|asked| match asked.method() {
        "tools/list" => asked.result(&json!({ "tools": [{
            "name": "long", "inputSchema": { "type": "object" },
            "outputSchema": { "type": "object", "properties": { "n": { "type": "integer" } } },
        }] })),
        "tools/call" => asked.result(&json!({ "resultType": "task", "taskId": "t 1" })),
        _ => asked.result(&json!({ "status": "completed", "result": done() })),
    })
    .await;
    let builder = server.builder().revision(Revision::V2026_07_28);
    let builder = builder.observer(move |hop: &Hop<'_>| {
        if let Hop::Misfit { .. } = hop {
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    let client = builder.build().unwrap();
    client.list_tools().await.unwrap();
    let task = client.call_task("long", &()).await.unwrap();
    task.result().await.unwrap();
    assert_eq!(misfits.load(Ordering::SeqCst), 1);
    // Of a task that another program has begun, nobody knows which tool it is.
    client.task("t 1").result().await.unwrap();
    assert_eq!(misfits.load(Ordering::SeqCst), 1);
}
