use serde_json::json;
use serde_json::value::to_raw_value;

use super::*;

fn read(schema: &Value) -> (Vec<HeaderParameter>, Vec<String>) {
    HeaderParameter::of_schema(&to_raw_value(schema).unwrap())
}

fn raw(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).unwrap()
}

#[test]
fn they_are_found_with_their_paths_and_kinds() {
    let (mut found, problems) = read(&json!({
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
    assert_eq!(problems, [""; 0]);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    let found: Vec<_> = found
        .iter()
        .map(|one| (one.path().join("."), one.header().as_str(), one.kind()))
        .collect();
    let wanted = [
        ("page.all", "mcp-param-all", HeaderKind::Boolean),
        ("page.size", "mcp-param-page-size", HeaderKind::Integer),
        ("region", "mcp-param-region", HeaderKind::String),
    ];
    assert_eq!(
        found,
        wanted.map(|(path, header, kind)| (path.to_owned(), header, kind))
    );
}

#[test]
fn a_value_is_found_by_its_path() {
    let (found, _) = read(&json!({
        "properties": { "a": { "properties": { "b": { "type": "integer", "x-mcp-header": "B" } } } },
    }));
    let [parameter] = &*found else {
        panic!("there is one: {found:?}");
    };
    let value = |arguments: &str| {
        let arguments = raw(arguments);
        let value = parameter.value(Some(&arguments));
        value.map(|value| value.map(|value| value.get().to_owned()))
    };
    let five = Ok(Some("5".to_owned()));
    assert_eq!(value(r#"{"a": {"b": 5, "c": 6}}"#), five);
    assert_eq!(value(r#"{"a": {"\u0062": 5}}"#), five);
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
fn what_is_not_allowed_is_a_problem() {
    let property = |property: Value| json!({ "properties": { "x": property } });
    let cases = [
        property(json!({ "type": "string", "x-mcp-header": "" })),
        property(json!({ "type": "string", "x-mcp-header": "a b" })),
        property(json!({ "type": "string", "x-mcp-header": "a\r\nb" })),
        property(json!({ "type": "string", "x-mcp-header": "R\u{e9}gion" })),
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
        let (_, problems) = read(&schema);
        assert_eq!(problems.len(), 1, "{schema}: {problems:?}");
    }
}

#[test]
fn the_name_of_the_keyword_may_be_data() {
    let (found, problems) = read(&json!({
        "properties": { "x": { "type": "string", "enum": ["x-mcp-header"], "default": { "x-mcp-header": 1 } } },
    }));
    assert_eq!(problems, [""; 0]);
    assert_eq!(found, []);
}

#[test]
fn an_integer_is_written_in_decimal_digits() {
    let of_kind = |kind: &str| {
        let (found, _) =
            read(&json!({ "properties": { "x": { "type": kind, "x-mcp-header": "X" } } }));
        found.into_iter().next().unwrap()
    };
    for (kind, json, text) in [
        ("integer", "42", Some("42")),
        ("integer", "-7", Some("-7")),
        ("integer", "42.0", Some("42")),
        ("integer", "1e3", Some("1000")),
        ("integer", "4.5", Some("4.5")),
        ("integer", "1e300", Some("1e300")),
        // Digits are passed on as they are, however many.
        (
            "integer",
            "123456789012345678901",
            Some("123456789012345678901"),
        ),
        ("integer", r#""42""#, Some("42")),
        ("boolean", "false", Some("false")),
        ("string", r#""a\n\u20ac""#, Some("a\n\u{20ac}")),
        ("string", r#""""#, Some("")),
        ("string", "42.0", Some("42.0")),
        ("string", "[1]", None),
        ("string", "{}", None),
    ] {
        assert_eq!(
            of_kind(kind).text(&raw(json)).as_deref(),
            text,
            "{kind} {json}"
        );
    }
}
