use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use super::*;
use crate::error::ErrorObject;
use crate::mrtr::{InputRequest, InputRequests};
use crate::revision::Revision;

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

fn task(state: TaskState) -> DetailedTask {
    Task {
        task_id: "t".to_owned(),
        status: state,
        status_message: None,
        created_at: "2026-08-01T00:00:00Z".to_owned(),
        last_updated_at: "2026-08-01T00:00:01Z".to_owned(),
        ttl_ms: None,
        poll_interval_ms: Some(500),
    }
}

/// The members that a task always has.
fn members(kind: &str, status: &str) -> Value {
    json!({
        "resultType": kind, "taskId": "t", "status": status,
        "createdAt": "2026-08-01T00:00:00Z", "lastUpdatedAt": "2026-08-01T00:00:01Z",
        "ttlMs": null, "pollIntervalMs": 500,
    })
}

/// Each state, its name, and the members that belong to it.
fn states() -> Vec<(TaskState, &'static str, Value)> {
    let result = json!({"content": [], "isError": true});
    let requests = InputRequests::from([("k".to_owned(), InputRequest::roots())]);
    vec![
        (TaskState::Working, "working", json!({})),
        (TaskState::Cancelled, "cancelled", json!({})),
        (
            TaskState::Completed(to_raw_value(&result).unwrap()),
            "completed",
            json!({"result": result}),
        ),
        (
            TaskState::Failed(ErrorObject::internal("x")),
            "failed",
            json!({"error": {"code": -32603, "message": "x"}}),
        ),
        (
            TaskState::InputRequired(requests),
            "input_required",
            json!({"inputRequests": {"k": {"method": "roots/list"}}}),
        ),
    ]
}

#[test]
fn a_task_has_what_belongs_to_its_state_and_reads_back() {
    for (state, status, detail) in states() {
        let result = GetTaskResult::new(task(state));
        let mut expected = members("complete", status);
        for (name, value) in detail.as_object().unwrap() {
            expected[name] = value.clone();
        }
        let written = serde_json::to_value(result.for_revision(Revision::LATEST)).unwrap();
        assert_eq!(written, expected);
        let text = written.to_string();
        let read: GetTaskResult = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), expected);
    }
}

#[test]
fn a_state_without_what_belongs_to_it_is_refused() {
    for status in ["completed", "failed", "input_required", "paused"] {
        let text = members("complete", status).to_string();
        assert!(
            serde_json::from_str::<GetTaskResult>(&text).is_err(),
            "{status}"
        );
    }
}

#[test]
fn a_request_goes_on_as_a_task() {
    let info = to_raw_value(&json!({"name": "s", "version": "1"})).unwrap();
    let result = CreateTaskResult::new(task(TaskState::Working).summary());
    let mut expected = members("task", "working");
    assert_eq!(serde_json::to_value(&result).unwrap(), expected);
    let read: CreateTaskResult = serde_json::from_str(&expected.to_string()).unwrap();
    assert_eq!(read, result);
    expected["_meta"] =
        json!({"io.modelcontextprotocol/serverInfo": {"name": "s", "version": "1"}});
    let named = result
        .for_revision(Revision::LATEST)
        .with_server_info(&info);
    assert_eq!(serde_json::to_value(named).unwrap(), expected);
}

#[test]
fn some_states_are_for_good() {
    for (state, name, _) in states() {
        let status = state.status();
        assert_eq!(serde_json::to_value(status).unwrap(), name);
        assert_eq!(
            status.is_terminal(),
            matches!(name, "cancelled" | "completed" | "failed")
        );
    }
}

#[test]
fn params_name_the_task() {
    let get = GetTaskParams::parse(Some(raw(r#"{"taskId":"t"}"#))).unwrap();
    assert_eq!(get.task_id, "t");
    let update =
        UpdateTaskParams::parse(Some(raw(r#"{"taskId":"t","inputResponses":{"k":{}}}"#))).unwrap();
    assert_eq!(update.task_id, "t");
    assert_eq!(update.input_responses.get(), r#"{"k":{}}"#);
    assert_eq!(
        serde_json::to_value(&update).unwrap(),
        json!({"taskId": "t", "inputResponses": {"k": {}}})
    );
    for bad in ["{}", r#"{"taskId":7}"#] {
        assert!(GetTaskParams::parse(Some(raw(bad))).is_err(), "{bad}");
    }
    for bad in [
        r#"{"taskId":"t"}"#,
        r#"{"inputResponses":{}}"#,
        r#"{"taskId":"t","inputResponses":[]}"#,
        r#"{"taskId":"t","inputResponses":null}"#,
    ] {
        assert!(UpdateTaskParams::parse(Some(raw(bad))).is_err(), "{bad}");
    }
}
