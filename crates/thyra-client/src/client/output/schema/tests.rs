use serde_json::json;

use super::*;

fn schema(schema: &Value) -> Result<OutputSchema, String> {
    OutputSchema::try_read(&serde_json::value::to_raw_value(schema).unwrap())
}

fn problem(of: &Value, content: &Value) -> Option<String> {
    let content = serde_json::value::to_raw_value(content).unwrap();
    schema(of).unwrap().problem(&content)
}

#[test]
fn what_does_not_fit_is_said_without_what_it_is() {
    let of = json!({
        "type": "object",
        "properties": { "items": { "type": "array", "items": { "$ref": "#/$defs/Price" } } },
        "required": ["items"],
        "$defs": { "Price": { "type": "object", "properties": { "net": { "type": "number" } } } },
    });
    for (content, wanted) in [
        (json!({ "items": [{ "net": 1.5 }] }), None),
        (
            json!({ "items": [{ "net": 1 }, { "net": "secret" }] }),
            Some("`/items/1/net` breaks the rule `/$defs/Price/properties/net/type`"),
        ),
        (json!({}), Some("it lacks \"items\"")),
        (json!("secret"), Some("it breaks the rule `/type`")),
        (json!(null), Some("it breaks the rule `/type`")),
    ] {
        assert_eq!(problem(&of, &content).as_deref(), wanted, "{content}");
    }
    // Any object is a schema, and most say nothing.
    assert_eq!(problem(&json!({}), &json!(null)), None);
}

#[test]
fn what_is_no_schema_or_leads_away_is_passed_over() {
    for (of, wanted) in [
        (
            json!({ "$ref": "https://example.com/schema.json" }),
            "it refers to what it does not hold",
        ),
        (
            json!({ "$ref": "file:///etc/passwd" }),
            "it refers to what it does not hold",
        ),
        (
            json!({ "$ref": "#/$defs/none" }),
            "it refers to what it does not hold",
        ),
        (
            json!({ "$ref": "#/%24defs/a", "$defs": { "a": {} } }),
            "it refers to what it does not hold",
        ),
        (json!({ "$ref": "#" }), "it refers to itself"),
        (
            json!({ "properties": { "next": { "$ref": "#" } } }),
            "it refers to itself",
        ),
        (json!({ "$dynamicRef": "#a" }), "it holds `$dynamicRef`"),
        (
            json!({ "properties": { "a": { "$id": "https://example.com/a" } } }),
            "a part of it has a `$id` of its own",
        ),
        (
            json!({ "$schema": "http://json-schema.org/draft-04/schema#" }),
            "it is of the dialect `http://json-schema.org/draft-04/schema`",
        ),
    ] {
        assert_eq!(schema(&of).unwrap_err(), wanted, "{of}");
    }
    for of in [
        json!({ "type": "text" }),
        json!({ "properties": [] }),
        json!({ "pattern": "(" }),
        json!({ "pattern": "((a{100}){100}){100}" }),
    ] {
        assert!(schema(&of).is_err(), "{of}");
    }
}

/// Definitions of which each refers to the next one `times` times under `word`.
fn tower(floors: usize, word: &str, times: usize) -> Value {
    let mut defs = serde_json::Map::new();
    for floor in 0..floors {
        let next = json!({ "$ref": format!("#/$defs/{}", floor + 1) });
        defs.insert(floor.to_string(), json!({ word: vec![next; times] }));
    }
    defs.insert(floors.to_string(), json!({ "type": "object" }));
    json!({ "$ref": "#/$defs/0", "$defs": defs })
}

#[test]
fn a_schema_has_bounds() {
    assert!(schema(&tower(5, "allOf", 2)).is_ok());
    assert_eq!(
        schema(&tower(30, "allOf", 2)).unwrap_err(),
        "it takes too many steps"
    );
    assert_eq!(
        schema(&tower(30, "anyOf", 1)).unwrap_err(),
        "it takes too many steps"
    );
    assert_eq!(schema(&tower(500, "allOf", 1)).unwrap_err(), TOO_DEEP);
    let long = json!({ "description": "a".repeat(LONGEST) });
    assert_eq!(
        schema(&long).unwrap_err(),
        "the schema has more than 64 KiB"
    );
    // Content that would take too long is not judged.
    let of = tower(8, "allOf", 2);
    let size = usize::try_from(MOST_WORK / schema(&of).unwrap().steps).unwrap();
    assert!(problem(&of, &json!("a".repeat(size / 2))).is_some());
    assert_eq!(problem(&of, &json!("a".repeat(size + 1))), None);
}
