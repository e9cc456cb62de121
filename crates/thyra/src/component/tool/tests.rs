use std::time::Duration;

use serde_json::json;
use serde_json::value::RawValue;

use super::{HeaderKind, Obscured, TaskMode, Tool};
use crate::handler::{Argument, Signature, parameter};

fn with_schema(schema: serde_json::Value) -> Tool {
    Tool::new("look", || async { "seen" }).input_schema(schema)
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).expect("the test's JSON is JSON")
}

#[test]
fn header_parameters_are_found_with_their_paths_and_kinds() {
    let tool = with_schema(json!({
        "type": "object",
        "properties": {
            "region": { "type": "string", "x-mcp-header": "Region" },
            "page": {
                "type": "object",
                "properties": {
                    "size": { "type": "integer", "x-mcp-header": "Page-Size" },
                    "all": { "type": "boolean", "x-mcp-header": "All" },
                },
            },
            "plain": { "type": "string" },
        },
    }));
    assert_eq!(tool.problems(), [""; 0]);
    let mut found: Vec<(String, &str, HeaderKind)> = tool
        .header_parameters()
        .iter()
        .map(|parameter| {
            (
                parameter.path().join("."),
                parameter.header().as_str(),
                parameter.kind(),
            )
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        found,
        [
            ("page.all".to_owned(), "mcp-param-all", HeaderKind::Boolean),
            (
                "page.size".to_owned(),
                "mcp-param-page-size",
                HeaderKind::Integer
            ),
            ("region".to_owned(), "mcp-param-region", HeaderKind::String),
        ]
    );
}

#[test]
fn the_value_of_a_header_parameter_is_found_by_its_path() {
    let tool = with_schema(json!({
        "properties": { "a": { "properties": { "b": { "type": "integer", "x-mcp-header": "B" } } } },
    }));
    let [parameter] = tool.header_parameters() else {
        panic!("there is one: {:?}", tool.header_parameters());
    };
    let value = |arguments: &str| {
        let arguments = raw(arguments);
        parameter
            .value(Some(&arguments))
            .map(|value| value.map(|value| value.get().to_owned()))
    };
    assert_eq!(
        value(r#"{"a": {"b": 5, "c": 6}}"#),
        Ok(Some("5".to_owned()))
    );
    let escaped = value(r#"{"a": {"\u0062": 5}}"#);
    assert_eq!(escaped, Ok(Some("5".to_owned())));
    for absent in [
        r#"{"a": {"b": null}}"#,
        r#"{"a": {}}"#,
        r#"{"a": null}"#,
        "{}",
    ] {
        assert_eq!(value(absent), Ok(None), "{absent}");
    }
    assert_eq!(value(r#"{"a": 1}"#), Err(Obscured));
    assert!(matches!(parameter.value(None), Ok(None)));
}

#[test]
fn headers_that_are_not_allowed_are_problems() {
    let property = |property: serde_json::Value| json!({ "properties": { "x": property } });
    let cases = [
        property(json!({ "type": "string", "x-mcp-header": "" })),
        property(json!({ "type": "string", "x-mcp-header": "a b" })),
        property(json!({ "type": "string", "x-mcp-header": "a\r\nb" })),
        property(json!({ "type": "string", "x-mcp-header": 5 })),
        property(json!({ "type": "number", "x-mcp-header": "X" })),
        property(json!({ "type": ["integer", "null"], "x-mcp-header": "X" })),
        property(json!({ "type": "object", "x-mcp-header": "X" })),
        property(json!({ "x-mcp-header": "X" })),
        property(json!({ "type": "array", "items": { "type": "string", "x-mcp-header": "X" } })),
        property(json!({ "oneOf": [{ "type": "string", "x-mcp-header": "X" }] })),
        json!({ "$defs": { "x": { "type": "string", "x-mcp-header": "X" } } }),
        json!({ "if": { "properties": { "x": { "type": "string", "x-mcp-header": "X" } } } }),
        json!({ "type": "object", "x-mcp-header": "X" }),
        json!({ "properties": {
            "a": { "type": "string", "x-mcp-header": "Same" },
            "b": { "type": "string", "x-mcp-header": "sAME" },
        } }),
    ];
    for schema in cases {
        let tool = with_schema(schema.clone());
        assert_eq!(tool.problems().len(), 1, "{schema}: {:?}", tool.problems());
    }
}

#[test]
fn the_name_of_the_keyword_may_be_data() {
    let tool = with_schema(json!({
        "properties": { "x": { "type": "string", "enum": ["x-mcp-header"], "default": { "x-mcp-header": 1 } } },
    }));
    assert_eq!(tool.problems(), [""; 0]);
    assert_eq!(tool.header_parameters(), []);
}

#[test]
fn an_optional_argument_in_a_header_has_one_type() {
    let mut signature = Signature::new();
    let argument = Argument {
        name: "limit",
        header: Some("Limit"),
        ..Argument::default()
    };
    signature.parameter(&parameter::<Option<i64>, _>(), argument);
    let signed = signature.finish();
    let schema = signed.input_schema.get();
    assert!(
        schema.contains(r#""limit":{"type":"integer","x-mcp-header":"Limit"}"#),
        "{schema}"
    );
    assert!(!signed.arguments[0].required);
}

#[test]
fn another_input_schema_takes_the_place_of_the_problems_of_the_first() {
    let bad = json!({ "properties": { "x": { "type": "number", "x-mcp-header": "X" } } });
    let tool = with_schema(bad).input_schema(json!({ "type": "object" }));
    assert_eq!(tool.problems(), [""; 0]);
    assert_eq!(tool.definition().input_schema.get(), r#"{"type":"object"}"#);
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
