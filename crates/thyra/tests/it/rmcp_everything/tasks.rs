//! Calls that go on as tasks. The client knows them as the extension of the newest revision, not as
//! the part of the core that they were in 2025-11-25; it cannot listen to them, so it looks for
//! them.

use rmcp::ServiceError;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CancelTaskParams, ErrorCode, GetTaskParams,
    InputResponses, TASKS_EXTENSION_ID, TaskPayload, TaskStatus, UpdateTaskParams,
};
use serde_json::{Value, json};

use super::visitor::{Visitor, able, code, everyone, params, sessionless, with_handshake, written};
use crate::support::soon;

fn able_to_wait() -> Value {
    let mut able = able();
    able["extensions"] = json!({ TASKS_EXTENSION_ID: {} });
    able
}

#[tokio::test]
async fn goes_on_as_a_task_until_it_is_done_or_has_failed() {
    sessionless(able_to_wait(), async |visitor: &mut Visitor| {
        let label = json!({ "seconds": 0, "label": "This" });
        let id = begin(visitor, params("slow_compute", label)).await;
        let TaskPayload::Completed { result } = look_for(visitor, &id).await else {
            panic!("the task did not complete");
        };
        assert_eq!(result["content"][0]["text"], "This took 0 seconds");

        let id = begin(visitor, params("failing_job", json!({}))).await;
        let TaskPayload::Completed { result } = look_for(visitor, &id).await else {
            panic!("the task did not complete");
        };
        assert_eq!(result["isError"], true);
        let said = &result["content"][0]["text"];
        assert_eq!(said, "The job failed, as it always does.");

        let id = begin(visitor, params("protocol_error_job", json!({}))).await;
        let TaskPayload::Failed { error } = look_for(visitor, &id).await else {
            panic!("the task did not fail");
        };
        assert_eq!(error["code"], ErrorCode::INTERNAL_ERROR.0);
        assert_eq!(error["message"], "The job broke");
    })
    .await;
}

#[tokio::test]
async fn asks_within_a_task() {
    sessionless(able_to_wait(), async |visitor: &mut Visitor| {
        let file = json!({ "filename": "notes.txt" });
        let id = begin(visitor, params("confirm_delete", file)).await;
        let TaskPayload::InputRequired { input_requests } = look_for(visitor, &id).await else {
            panic!("the task did not ask");
        };
        let asked = written(&input_requests["confirm"]);
        assert_eq!(asked["method"], "elicitation/create");
        assert_eq!(asked["params"]["message"], "Delete notes.txt?");
        let answer = json!({ "action": "accept", "content": { "confirm": false } });
        let answers = InputResponses::from([("confirm".to_owned(), answer)]);
        let update = UpdateTaskParams::new(id.clone(), answers);
        let update = visitor.client.update_task(update);
        soon("the update", update).await.unwrap();
        let TaskPayload::Completed { result } = look_for(visitor, &id).await else {
            panic!("the task did not complete");
        };
        assert_eq!(result["content"][0]["text"], "Kept notes.txt");
    })
    .await;
}

#[tokio::test]
async fn ends_a_task_that_is_cancelled() {
    sessionless(able_to_wait(), async |visitor: &mut Visitor| {
        let id = begin(visitor, params("slow_compute", json!({ "seconds": 60 }))).await;
        let cancel = CancelTaskParams::new(id.clone());
        let cancel = visitor.client.cancel_task(cancel);
        soon("the cancellation", cancel).await.unwrap();
        assert_eq!(look_for(visitor, &id).await, TaskPayload::Cancelled);

        let nobody = visitor.client.get_task(GetTaskParams::new("nobody"));
        let nobody = soon("the task", nobody).await;
        assert_eq!(code(nobody), ErrorCode::INVALID_PARAMS);
    })
    .await;
}

#[tokio::test]
async fn asks_before_it_goes_on_as_a_task() {
    sessionless(able_to_wait(), async |visitor: &mut Visitor| {
        let call = params("test_tool_with_task", json!({}));
        let asking = visitor.client.call_tool_once(call.clone());
        let asking = match soon("the question", asking).await.unwrap() {
            CallToolResponse::InputRequired(asking) => asking,
            other => panic!("{other:?}"),
        };
        let asked = written(&asking.input_requests.unwrap()["user_name"]);
        assert_eq!(asked["params"]["message"], "What is your name?");
        let answer = json!({ "action": "accept", "content": { "name": "Ada" } });
        let answers = InputResponses::from([("user_name".to_owned(), answer)]);
        let call = call
            .with_input_responses(answers)
            .with_request_state(asking.request_state.unwrap());
        let id = begin(visitor, call).await;
        let TaskPayload::Completed { result } = look_for(visitor, &id).await else {
            panic!("the task did not complete");
        };
        assert_eq!(result["content"][0]["text"], "Hello from the task, Ada!");
    })
    .await;
}

#[tokio::test]
async fn begins_no_task_for_a_client_that_knows_of_none() {
    everyone(able(), without_tasks).await;
    // The revisions with a handshake have no extensions.
    with_handshake(able_to_wait(), without_tasks).await;
}

async fn without_tasks(visitor: &mut Visitor) {
    let told = visitor.text("slow_compute", json!({ "seconds": 0 })).await;
    assert_eq!(told, "It took 0 seconds");
    let halves = visitor.text("multi_input", json!({})).await;
    assert_eq!(halves, "Alice Alice");
    let asked = visitor.text("test_tool_with_task", json!({})).await;
    assert_eq!(asked, "Hello from the task, Alice!");
    let needs = format!("This needs a client that declares the extension {TASKS_EXTENSION_ID}");
    match visitor.call("failing_job", json!({})).await {
        // The error has its code since revision 2026-07-28.
        Err(ServiceError::McpError(error)) if visitor.kind.is_sessionless() => {
            assert_eq!(error.code, ErrorCode::MISSING_REQUIRED_CLIENT_CAPABILITY);
            assert_eq!(error.message, needs);
            let missing = &error.data.unwrap()["requiredCapabilities"];
            assert_eq!(
                missing,
                &json!({ "extensions": { TASKS_EXTENSION_ID: {} } })
            );
        }
        Ok(refused) if !visitor.kind.is_sessionless() => {
            assert_eq!(refused.is_error, Some(true));
            let told = &refused.content[0].as_text().unwrap().text;
            assert!(
                told.contains("need a client of protocol revision"),
                "{told}"
            );
        }
        other => panic!("{other:?}"),
    }
}

/// Calls a tool that goes on as a task, whose name this returns.
async fn begin(visitor: &Visitor, call: CallToolRequestParams) -> String {
    let call = visitor.client.call_tool_once(call);
    let begun = match soon("the task", call).await.unwrap() {
        CallToolResponse::Task(begun) => begun,
        other => panic!("{other:?}"),
    };
    begun.task.task_id
}

/// Looks for a task until it is no longer at work.
async fn look_for(visitor: &Visitor, id: &str) -> TaskPayload {
    let looking = async {
        loop {
            let task = visitor.client.get_task(GetTaskParams::new(id)).await;
            let task = task.unwrap().task;
            if task.status() != TaskStatus::Working {
                return task.payload;
            }
        }
    };
    soon("the end of a task", looking).await
}
