use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use thyra_protocol::{CallToolResult, Content, RequestId, Revision};

use super::{TaskMode, Tool};
use crate::context::RequestScope;
use crate::handler::{Argument, Call, CallError, Handler, Image, Json, Parameters, parameter};

/// A tool with a schema of objects, which need not say that it is one.
fn with_schema(mut schema: Value) -> Tool {
    schema["type"] = "object".into();
    Tool::new("look", || async { "seen" }).input_schema(schema)
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).expect("the test's JSON is JSON")
}

#[test]
fn a_header_that_is_not_allowed_is_a_problem() {
    let tool = with_schema(json!({
        "properties": { "x": { "type": "number", "x-mcp-header": "X" } },
    }));
    assert_eq!(tool.problems().len(), 1, "{:?}", tool.problems());
    assert_eq!(tool.header_parameters(), []);
}

#[test]
fn an_optional_argument_in_a_header_has_one_type() {
    let mut parameters = Parameters::new();
    let argument = Argument {
        name: "limit",
        header: Some("Limit"),
        ..Argument::default()
    };
    parameter::<Option<i64>, _>().declare(&mut parameters, argument);
    let input = parameters.finish();
    let schema = input.schema.plain.get();
    assert!(
        schema.contains(r#""limit":{"type":"integer","x-mcp-header":"Limit"}"#),
        "{schema}"
    );
    assert!(!input.arguments[0].required);
}

#[test]
fn another_input_schema_takes_the_place_of_the_problems_of_the_first() {
    let bad = json!({ "properties": { "x": { "type": "number", "x-mcp-header": "X" } } });
    let tool = with_schema(bad).input_schema(json!({ "type": "object" }));
    assert_eq!(tool.problems(), [""; 0]);
    assert_eq!(tool.definition().input_schema.get(), r#"{"type":"object"}"#);
}

/// What no input schema may be.
const NO_OBJECTS: [&str; 9] = [
    "true",
    "null",
    "[]",
    "{}",
    r#""object""#,
    r#"{"type":"string"}"#,
    r#"{"type":["object"]}"#,
    r#"{"properties":{}}"#,
    r##"{"$ref":"#/$defs/x","$defs":{"x":{"type":"object"}}}"##,
];

struct Silent;

impl Handler<CallToolResult> for Silent {
    fn call<'a>(&'a self, _: Call<'a>) -> BoxFuture<'a, Result<CallToolResult, CallError>> {
        Box::pin(async { Ok(CallToolResult::default()) })
    }
}

#[test]
fn an_input_schema_is_one_of_objects() {
    let look = || Tool::new("look", || async { "seen" });
    for schema in NO_OBJECTS {
        let value: Value = serde_json::from_str(schema).expect("the test's JSON is JSON");
        let tools = [
            look().input_schema(value),
            Tool::from_handler("look", raw(schema), Silent),
        ];
        for tool in tools {
            let [problem] = tool.problems() else {
                panic!("{schema}: {:?}", tool.problems());
            };
            assert!(problem.contains(r#""type": "object""#), "{problem}");
            // A better one makes up for it.
            let mended = tool.input_schema(json!({ "type": "object" }));
            assert_eq!(mended.problems(), [""; 0]);
        }
    }
    let forwarded = Tool::from_handler("look", raw(r#"{"type":"object"}"#), Silent);
    assert_eq!(forwarded.problems(), [""; 0]);
}

#[test]
fn a_handler_without_structured_content_can_promise_none() {
    let schema = || json!({ "type": "object" });
    for tool in [
        Tool::new("x", || async { "text" }),
        Tool::new("x", || async { String::new() }),
        Tool::new("x", || async {}),
        Tool::new("x", || async { Content::text("x") }),
        Tool::new("x", || async { vec![Content::text("x")] }),
        Tool::new("x", || async { Image::new([0], "image/png") }),
        Tool::new("x", || async { Vec::<Image>::new() }),
        Tool::new("x", || async { bytes::Bytes::new() }),
        Tool::new("x", || async { ("a", Content::text("b")) }),
        Tool::new("x", || async { Ok::<_, std::fmt::Error>("text") }),
    ] {
        assert_eq!(tool.problems(), [""; 0]);
        let tool = tool.output_schema(schema());
        let [problem] = tool.problems() else {
            panic!("{:?}", tool.problems());
        };
        assert!(problem.contains("its handler returns none"), "{problem}");
    }
    for tool in [
        Tool::new("x", || async { 5 }),
        Tool::new("x", || async { Json(vec![1]) }),
        Tool::new("x", || async { json!({}) }),
        Tool::new("x", || async { CallToolResult::default() }),
        Tool::new("x", || async {
            Ok::<_, std::fmt::Error>(CallToolResult::default())
        }),
        Tool::from_handler("x", raw(r#"{"type":"object"}"#), Silent),
    ] {
        let tool = tool.output_schema(schema());
        assert_eq!(tool.problems(), [""; 0]);
        let schema = tool.definition().output_schema.as_ref();
        assert_eq!(
            schema.map(|schema| schema.get()),
            Some(r#"{"type":"object"}"#)
        );
    }
}

#[test]
fn an_output_schema_fits_what_the_handler_makes() {
    let list = || json!({ "type": "array" });
    let count = || Tool::new("x", || async { 5 });
    let own = || Tool::new("x", || async { CallToolResult::default() });
    // From 2026-07-28 on, structured content that is made by hand may be anything.
    assert_eq!(own().output_schema(list()).problems(), [""; 0]);
    assert_eq!(own().output_schema(json!({})).problems(), [""; 0]);
    let point = || Tool::new("x", || async { Json(BTreeMap::from([("x", 1)])) });
    let maybe = || Tool::new("x", || async { Some(5) });
    let open = || Tool::new("x", || async { json!({}) });
    let one_of = || json!({ "oneOf": [{ "type": "object" }] });
    let allows_null = [
        json!({ "type": ["object", "null"] }),
        json!({}),
        json!({ "required": ["result"] }),
    ];
    for make in [&count as &dyn Fn() -> Tool, &open] {
        assert_eq!(make().output_schema(list()).problems(), [""; 0]);
        assert_eq!(make().output_schema(one_of()).problems(), [""; 0]);
    }
    for make in [&point as &dyn Fn() -> Tool, &maybe] {
        for schema in [list(), one_of()] {
            let wrong = make().output_schema(schema);
            assert_eq!(wrong.problems().len(), 1, "{:?}", wrong.problems());
        }
    }
    for make in [&count as &dyn Fn() -> Tool, &point, &maybe, &open] {
        for schema in &allows_null {
            let wrong = make().output_schema(schema.clone());
            let [problem] = wrong.problems() else {
                panic!("{:?}", wrong.problems());
            };
            assert!(problem.contains("the member `result`"), "{problem}");
            // A better one makes up for it, and so does none.
            let mended = wrong.clone().output_schema(json!({ "type": "object" }));
            assert_eq!(mended.problems(), [""; 0]);
            assert_eq!(wrong.no_output_schema().problems(), [""; 0]);
        }
    }
    for tool in [count(), own()] {
        let no_schema = tool.output_schema(true);
        assert_eq!(no_schema.problems().len(), 1, "{:?}", no_schema.problems());
    }
}

/// The structured content of a call, and the output schema, for clients of `revision`.
async fn seen(tool: &Tool, revision: Revision) -> (Value, Value) {
    let request = RequestScope::new(revision, RequestId::Number(1));
    let result = tool.try_call(None, &request).await.expect("an answer");
    let result = serde_json::to_value(result.for_revision(revision)).expect("JSON");
    let listed = tool.listed(revision, false);
    let listed = serde_json::to_value(listed.for_revision(revision)).expect("JSON");
    (
        result["structuredContent"].clone(),
        listed["outputSchema"].clone(),
    )
}

#[tokio::test]
async fn a_value_that_is_no_object_is_wrapped_where_the_revision_wants_an_object() {
    let list = Tool::new("x", || async { vec![1_i64, 2] });
    let items = json!({ "type": "array", "items": { "type": "integer" } });
    let wrapper = |value: &Value| {
        json!({
            "type": "object",
            "properties": { "result": value },
            "required": ["result"],
            "x-fastmcp-wrap-result": true,
        })
    };
    let nothing = (Value::Null, Value::Null);
    assert_eq!(
        seen(&list, Revision::V2026_07_28).await,
        (json!([1, 2]), items.clone())
    );
    for revision in [Revision::V2025_06_18, Revision::V2025_11_25] {
        assert_eq!(
            seen(&list, revision).await,
            (json!({ "result": [1, 2] }), wrapper(&items))
        );
    }
    assert_eq!(seen(&list, Revision::V2025_03_26).await, nothing);

    // A null would be taken for no structured content, so it never stands alone.
    let maybe = Tool::new("x", || async { None::<bool> });
    let bool_or_null = json!({ "anyOf": [{ "type": "boolean" }, { "type": "null" }] });
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        assert_eq!(
            seen(&maybe, revision).await,
            (json!({ "result": null }), wrapper(&bool_or_null))
        );
    }

    let by_hand = json!({ "type": "integer", "minimum": 1 });
    let count = Tool::new("x", || async { 5 }).output_schema(by_hand.clone());
    assert_eq!(
        seen(&count, Revision::V2026_07_28).await,
        (json!(5), by_hand.clone())
    );
    assert_eq!(
        seen(&count, Revision::V2025_11_25).await,
        (json!({ "result": 5 }), wrapper(&by_hand))
    );
    let object = json!({ "type": "object", "properties": { "result": by_hand } });
    let count = count.output_schema(object.clone());
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        assert_eq!(
            seen(&count, revision).await,
            (json!({ "result": 5 }), object.clone())
        );
    }
}

#[tokio::test]
async fn without_an_output_schema_there_is_only_what_needs_none() {
    let (old, new) = (Revision::V2025_11_25, Revision::V2026_07_28);
    let point = Tool::new("x", || async { Json(BTreeMap::from([("x", 1)])) }).no_output_schema();
    let list = Tool::new("x", || async { vec![1] }).no_output_schema();
    let maybe = Tool::new("x", || async { None::<i64> }).no_output_schema();
    for revision in [old, new] {
        assert_eq!(
            seen(&point, revision).await,
            (json!({ "x": 1 }), Value::Null)
        );
        assert_eq!(seen(&maybe, revision).await, (Value::Null, Value::Null));
    }
    assert_eq!(seen(&list, old).await, (Value::Null, Value::Null));
    assert_eq!(seen(&list, new).await, (json!([1]), Value::Null));
}

#[tokio::test]
async fn a_result_that_breaks_the_promise_of_its_schema_is_an_error() {
    let request = RequestScope::new(Revision::LATEST, RequestId::Number(1));
    let promising = |tool: Tool| tool.output_schema(json!({ "type": "object" }));
    for tool in [
        Tool::new("x", || async { json!(5) }),
        Tool::new("x", || async { CallToolResult::text("x") }),
    ] {
        assert!(tool.try_call(None, &request).await.is_ok());
        let broken = promising(tool).try_call(None, &request).await;
        assert!(matches!(broken, Err(CallError::Failed(_))), "{broken:?}");
    }
    let kept = promising(Tool::new("x", || async { json!({ "a": 5 }) }));
    assert!(kept.try_call(None, &request).await.is_ok());
    // What failed promises nothing.
    let failed = promising(Tool::new("x", || async { CallToolResult::error("No.") }));
    assert!(failed.try_call(None, &request).await.is_ok());
}

#[test]
fn the_builder_says_what_is_asked_of_it() {
    let tool = Tool::new("look", || async { "seen" })
        .title("Look")
        .description("Looks.")
        .icon(thyra_protocol::Icon::new("https://example.com/i.png"))
        .tag("a")
        .tags(["b", "a"])
        .meta("com.example/owner", "me")
        .scopes(["see"])
        .version("1.2")
        .timeout(Duration::from_secs(3))
        .task(TaskMode::Required);
    assert_eq!(tool.definition().title.as_deref(), Some("Look"));
    assert_eq!(tool.definition().description.as_deref(), Some("Looks."));
    assert_eq!(tool.definition().icons.len(), 1);
    assert_eq!(tool.component_tags().iter().collect::<Vec<_>>(), ["a", "b"]);
    let meta = tool.definition().meta.as_ref().expect("there is some");
    assert_eq!(meta["com.example/owner"], "me");
    assert!(tool.required_scopes().contains("see"));
    assert_eq!(tool.component_version(), Some("1.2"));
    assert_eq!(tool.call_timeout(), Some(Duration::from_secs(3)));
    assert_eq!(tool.task_mode(), TaskMode::Required);
    assert_eq!(Tool::new("x", || async {}).task_mode(), TaskMode::Forbidden);
    assert_eq!(Tool::new("x", || async {}).call_timeout(), None);
}
