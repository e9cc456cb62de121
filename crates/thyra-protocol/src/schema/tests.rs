use super::*;

fn raw(text: &str) -> &RawValue {
    serde_json::from_str(text).unwrap()
}

#[test]
fn property_schemas_become_objects_and_all_else_stays() {
    let table = [
        (
            r#"{"type":"object","properties":{"b":true,"a":false,"c":{"x":true}},"additionalProperties":false}"#,
            r#"{"type":"object","properties":{"b":{},"a":{"not":{}},"c":{"x":true}},"additionalProperties":false}"#,
        ),
        (r#"{"properties":true}"#, r#"{"properties":true}"#),
        (
            r#"{"oneOf":[{"properties":{"a":true}}]}"#,
            r#"{"oneOf":[{"properties":{"a":true}}]}"#,
        ),
        ("{}", "{}"),
        ("true", "true"),
        ("[1, 2]", "[1, 2]"),
        (r#"{"a\n":1e400}"#, r#"{"a\n":1e400}"#),
    ];
    for (schema, written) in table {
        let json = serde_json::to_string(&ObjectProperties(raw(schema))).unwrap();
        assert_eq!(json, written);
    }
}

#[test]
fn only_a_plain_object_type_counts() {
    for (schema, expected) in [
        (r#"{"type":"object"}"#, true),
        (r#"{"x":1, "type" : "object"}"#, true),
        (r#"{"type":["object"]}"#, false),
        (r#"{"type":"array"}"#, false),
        (r##"{"$ref":"#/$defs/A"}"##, false),
        (r#"{"properties":{"type":"object"}}"#, false),
        ("true", false),
        ("{}", false),
    ] {
        assert_eq!(is_of_objects(raw(schema)), expected, "{schema}");
    }
}
