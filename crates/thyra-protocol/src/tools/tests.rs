use std::borrow::Cow;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::*;
use crate::cache_scope::CacheScope;
use crate::content::Content;
use crate::error::ErrorCode;
use crate::params::ParamsError;
use crate::result::ResultType;
use crate::revision::{Era, Revision};

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

fn boxed(text: &str) -> Box<RawValue> {
    raw(text).to_owned()
}

#[test]
fn call_params_are_borrowed() {
    let text = r#"{"name":"add","arguments":{"a": 1},"_meta":{"progressToken":7},"task":{}}"#;
    let params = CallToolParams::parse(Some(raw(text))).unwrap();
    assert!(matches!(params.name, Cow::Borrowed("add")));
    assert_eq!(params.arguments.unwrap().get(), r#"{"a": 1}"#);
    assert_eq!(params.meta.progress_token, Some(7.into()));
    assert_eq!(
        serde_json::to_value(&params).unwrap(),
        json!({"name": "add", "arguments": {"a": 1}, "_meta": {"progressToken": 7}})
    );
}

#[test]
fn call_params_need_only_a_name() {
    let params = CallToolParams::parse(Some(raw(r#"{"name":"a\u0064d"}"#))).unwrap();
    assert_eq!(params.name, "add");
    assert!(params.arguments.is_none());
    assert!(params.meta.is_empty());
    assert_eq!(serde_json::to_string(&params).unwrap(), r#"{"name":"add"}"#);
}

#[test]
fn wrong_call_params_say_whether_the_request_or_the_call_is_refused() {
    let table = [
        (r"{}", 200, "name"),
        (r#"{"name":5}"#, 200, "string"),
        (r#"{"name":null}"#, 200, "string"),
        (r#"{"name":"a","name":"a"}"#, 200, "duplicate field `name`"),
        (
            r#"{"name":"a","arguments":[]}"#,
            200,
            "\"arguments\" must be an object",
        ),
        (
            r#"{"name":"a","arguments":null}"#,
            200,
            "\"arguments\" must be an object",
        ),
        (
            r#"{"name":"a","arguments":"{}"}"#,
            200,
            "\"arguments\" must be an object",
        ),
        (
            r#"{"name":"a","arguments":{},"arguments":{}}"#,
            200,
            "duplicate field `arguments`",
        ),
        (r#"{"name":"a","_meta":[]}"#, 400, "_meta"),
        (
            r#"{"name":"a","_meta":{},"_meta":{}}"#,
            400,
            "duplicate field `_meta`",
        ),
        (
            r#"{"name":"a","_meta":{"progressToken":{}}}"#,
            400,
            "progress token",
        ),
    ];
    for (params, status, says) in table {
        let error = CallToolParams::parse(Some(raw(params)))
            .unwrap_err()
            .error_object();
        assert_eq!(error.code, ErrorCode::INVALID_PARAMS, "{params}");
        assert_eq!(error.http_status(Era::Sessionless), status, "{params}");
        assert!(error.message.contains(says), "{params}: {}", error.message);
    }
    assert!(matches!(
        CallToolParams::parse(None),
        Err(ParamsError::Missing)
    ));
}

#[test]
fn list_params() {
    assert!(ListToolsParams::parse(None).unwrap().cursor.is_none());
    assert!(
        ListToolsParams::parse(Some(raw("{}")))
            .unwrap()
            .cursor
            .is_none()
    );
    let params = raw(r#"{"cursor":"abc","_meta":{"progressToken":"t"},"x":1}"#);
    let params = ListToolsParams::parse(Some(params)).unwrap();
    assert!(matches!(params.cursor, Some(Cow::Borrowed("abc"))));
    assert_eq!(params.meta.progress_token, Some("t".into()));
    for bad in [r#"{"cursor":1}"#, r#"{"cursor":"a","cursor":"a"}"#] {
        assert!(ListToolsParams::parse(Some(raw(bad))).is_err(), "{bad}");
    }
}

#[test]
fn plain_results_hold_only_what_was_set() {
    assert_eq!(
        serde_json::to_value(CallToolResult::text("hi")).unwrap(),
        json!({"content": [{"type": "text", "text": "hi"}]})
    );
    assert_eq!(
        serde_json::to_value(CallToolResult::error("no")).unwrap(),
        json!({"content": [{"type": "text", "text": "no"}], "isError": true})
    );
    assert_eq!(
        serde_json::to_value(CallToolResult::structured(boxed(r#"{"a":1}"#))).unwrap(),
        json!({"content": [{"type": "text", "text": "{\"a\":1}"}], "structuredContent": {"a": 1}})
    );
}

#[test]
fn results_per_revision() {
    for value in ["[1]", "null", "3", r#"{"a":1}"#] {
        let result = CallToolResult {
            result_type: Some(ResultType::Complete),
            ..CallToolResult::structured(boxed(value))
        };
        for revision in Revision::ALL {
            let written = serde_json::to_value(result.for_revision(revision)).unwrap();
            let structured = match revision {
                Revision::V2024_11_05 | Revision::V2025_03_26 => false,
                Revision::V2025_06_18 | Revision::V2025_11_25 => value.starts_with('{'),
                Revision::V2026_07_28 => true,
            };
            assert_eq!(
                written.get("structuredContent"),
                structured
                    .then(|| serde_json::from_str(value).unwrap())
                    .as_ref(),
                "{value} {revision}"
            );
            assert_eq!(
                written.get("resultType").is_some(),
                revision == Revision::V2026_07_28,
                "{revision}"
            );
        }
    }
}

#[test]
fn a_null_answer_is_an_answer() {
    let text = r#"{"content":[],"structuredContent":null}"#;
    let result: CallToolResult = serde_json::from_str(text).unwrap();
    assert_eq!(serde_json::to_string(&result).unwrap(), text);
    let absent: CallToolResult = serde_json::from_str(r#"{"content":[]}"#).unwrap();
    assert!(absent.structured_content.is_none());
}

#[test]
fn wrong_results_are_refused() {
    for text in [
        r"{}",
        r#"{"content":null}"#,
        r#"{"content":[{"type":"text"}]}"#,
        r#"{"content":[],"isError":"yes"}"#,
        r#"{"content":[],"resultType":"other"}"#,
        r#"{"content":[],"content":[]}"#,
    ] {
        assert!(
            serde_json::from_str::<CallToolResult>(text).is_err(),
            "{text}"
        );
    }
}

#[test]
fn the_server_is_named_where_the_revision_has_it() {
    let info = boxed(r#"{"name":"s","version":"1"}"#);
    let mut result = CallToolResult::new(vec![Content::text("x")]);
    result.meta = Some(
        json!({"a": 1, "io.modelcontextprotocol/serverInfo": {"name": "other"}})
            .as_object()
            .unwrap()
            .clone(),
    );
    let meta = |revision| -> Value {
        let written = result.for_revision(revision).with_server_info(&info);
        serde_json::to_value(written).unwrap()["_meta"].clone()
    };
    assert_eq!(
        meta(Revision::V2026_07_28),
        json!({"a": 1, "io.modelcontextprotocol/serverInfo": {"name": "s", "version": "1"}})
    );
    assert_eq!(
        meta(Revision::V2025_11_25),
        json!({"a": 1, "io.modelcontextprotocol/serverInfo": {"name": "other"}})
    );
}

#[test]
fn a_page_can_be_made_of_shared_tools() {
    let tool = Tool::new("add", boxed(r#"{"type":"object"}"#));
    let owned = serde_json::to_string(&ListToolsResult::new(vec![tool.clone()])).unwrap();
    let borrowed = serde_json::to_string(&ListToolsResult::new(vec![&tool])).unwrap();
    let shared = serde_json::to_string(&ListToolsResult::new(vec![Arc::new(tool)])).unwrap();
    assert_eq!(
        owned,
        r#"{"tools":[{"name":"add","inputSchema":{"type":"object"}}]}"#
    );
    assert_eq!(owned, borrowed);
    assert_eq!(owned, shared);
}

#[test]
fn pages_get_the_hints_that_the_latest_revision_requires() {
    let mut page: ListToolsResult = ListToolsResult::new(Vec::new());
    let written = |page: &ListToolsResult, revision| {
        serde_json::to_value(page.for_revision(revision)).unwrap()
    };
    assert_eq!(
        written(&page, Revision::V2026_07_28),
        json!({"resultType": "complete", "tools": [], "ttlMs": 0, "cacheScope": "private"})
    );
    page.ttl_ms = Some(5000);
    page.cache_scope = Some(CacheScope::Public);
    page.next_cursor = Some("n".to_owned());
    assert_eq!(
        written(&page, Revision::V2026_07_28),
        json!({
            "resultType": "complete", "tools": [], "nextCursor": "n",
            "ttlMs": 5000, "cacheScope": "public",
        })
    );
    assert_eq!(
        written(&page, Revision::V2025_11_25),
        json!({"tools": [], "nextCursor": "n"})
    );
}

#[test]
fn tools_per_revision() {
    let mut tool = Tool::new("t", boxed(r#"{"type":"object","properties":{"a":true}}"#));
    tool.title = Some("T".to_owned());
    tool.output_schema = Some(boxed(r#"{"type":"array"}"#));
    tool.annotations = Some(ToolAnnotations {
        read_only_hint: Some(true),
        ..ToolAnnotations::default()
    });
    tool.execution = Some(ToolExecution {
        task_support: Some(TaskSupport::Optional),
    });
    let any_schema = json!({"type": "object", "properties": {"a": true}});
    let old_schema = json!({"type": "object", "properties": {"a": {}}});
    let hints = json!({"readOnlyHint": true});
    let expected = [
        json!({"name": "t", "inputSchema": old_schema}),
        json!({"name": "t", "inputSchema": old_schema, "annotations": hints}),
        json!({"name": "t", "title": "T", "inputSchema": old_schema, "annotations": hints}),
        json!({
            "name": "t", "title": "T", "inputSchema": old_schema, "annotations": hints,
            "execution": {"taskSupport": "optional"},
        }),
        json!({
            "name": "t", "title": "T", "inputSchema": any_schema,
            "outputSchema": {"type": "array"}, "annotations": hints,
        }),
    ];
    for (revision, expected) in Revision::ALL.into_iter().zip(expected) {
        let written = serde_json::to_value(tool.for_revision(revision)).unwrap();
        assert_eq!(written, expected, "{revision}");
    }
    let verbatim = serde_json::to_string(&tool).unwrap();
    let read: Tool = serde_json::from_str(&verbatim).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), verbatim);
    assert!(verbatim.contains("execution") && verbatim.contains("outputSchema"));
}

#[test]
fn call_params_of_a_later_round_bring_answers_and_state() {
    let text = r#"{"name":"add","inputResponses":{"k":{"action": "accept"}},"requestState":"s"}"#;
    let params = CallToolParams::parse(Some(raw(text))).unwrap();
    assert_eq!(
        params.input_responses.unwrap().get(),
        r#"{"k":{"action": "accept"}}"#
    );
    assert!(matches!(params.request_state, Some(Cow::Borrowed("s"))));
    assert_eq!(
        serde_json::to_value(&params).unwrap(),
        json!({
            "name": "add", "inputResponses": {"k": {"action": "accept"}}, "requestState": "s",
        })
    );
    for bad in [
        r#"{"name":"a","inputResponses":[]}"#,
        r#"{"name":"a","inputResponses":null}"#,
        r#"{"name":"a","inputResponses":{},"inputResponses":{}}"#,
        r#"{"name":"a","requestState":null}"#,
        r#"{"name":"a","requestState":{}}"#,
    ] {
        let error = CallToolParams::parse(Some(raw(bad))).unwrap_err();
        assert!(matches!(error, ParamsError::Decode(_)), "{bad}");
    }
}
