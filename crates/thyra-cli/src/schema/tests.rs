//! Schemas as real servers write them.

use serde_json::{Value, json};

use super::*;

fn document(schema: &Value) -> SchemaDocument {
    SchemaDocument::new(&serde_json::value::to_raw_value(schema).unwrap())
}

fn words(schema: &Value) -> String {
    document(schema).schema().to_string()
}

fn read(schema: &Value, text: &str) -> Option<Value> {
    document(schema).schema().read(text)
}

#[test]
fn a_schema_is_told_in_few_words() {
    for (schema, wanted) in [
        (json!({ "type": "integer" }), "integer"),
        (
            json!({ "type": "string", "format": "date" }),
            "string (date)",
        ),
        (json!({ "type": ["string", "null"] }), "string | null"),
        (
            json!({ "anyOf": [{ "type": "number" }, { "type": "null" }] }),
            "number | null",
        ),
        (json!({ "enum": ["red", 5, null] }), "\"red\" | 5 | null"),
        (json!({ "const": "only" }), "\"only\""),
        (
            json!({ "type": "array", "items": { "type": "string" } }),
            "[string]",
        ),
        (json!({ "type": "array" }), "[any]"),
        (
            json!({
                "type": "object",
                "properties": { "a": { "type": "integer" }, "b": true },
                "required": ["a"],
            }),
            "{a: integer, b?: any}",
        ),
        (
            json!({ "type": "object", "additionalProperties": { "type": "integer" } }),
            "{...: integer}",
        ),
        (json!({ "type": "object" }), "object"),
        (json!({ "allOf": [{ "type": "boolean" }] }), "boolean"),
        (json!(true), "any"),
        (json!("no schema"), "any"),
        (json!({ "type": "madeup" }), "any"),
        (json!({ "$ref": "#/nowhere" }), "any"),
        (json!({ "const": "\u{1b}[31m" }), "\"\\u{1b}[31m\""),
    ] {
        assert_eq!(words(&schema), wanted, "{schema}");
    }
}

#[test]
fn a_schema_that_contains_itself_is_told_in_finite_words() {
    let tree = json!({
        "$defs": {
            "Node": {
                "type": "object",
                "properties": { "child": { "$ref": "#/$defs/Node" }, "name": { "type": "string" } },
            },
            "Loop": { "$ref": "#/$defs/Loop" },
            "Wide": { "anyOf": [{ "$ref": "#/$defs/Wide" }, { "$ref": "#/$defs/Wide" }] },
        },
        "$ref": "#/$defs/Node",
    });
    assert_eq!(
        words(&tree),
        "{child?: {child?: {...}, name?: string}, name?: string}"
    );
    let mut looping = tree.clone();
    looping["$ref"] = json!("#/$defs/Loop");
    assert_eq!(words(&looping), "any");
    assert_eq!(read(&looping, "x"), Some(json!("x")));
    let mut wide = tree;
    wide["$ref"] = json!("#/$defs/Wide");
    assert_eq!(words(&wide), "any");
    assert_eq!(read(&wide, "x"), None);
    let lists = json!({ "type": "array", "items": { "$ref": "#" } });
    assert_eq!(words(&lists), "[[[...]]]");
    assert_eq!(read(&lists, "[[]]"), Some(json!([[]])));
    assert_eq!(read(&lists, "x"), None);
}

#[test]
fn text_becomes_what_the_schema_wants() {
    let string = json!({ "type": "string" });
    let integer = json!({ "type": "integer" });
    let number = json!({ "type": "number" });
    let boolean = json!({ "type": "boolean" });
    let maybe_string = json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] });
    let maybe_integer = json!({ "type": ["integer", "null"] });
    let either = json!({ "type": ["integer", "string"] });
    let list = json!({ "type": "array", "items": { "type": "integer" } });
    let list_or_text = json!({ "anyOf": [list, { "type": "string" }] });
    let colour = json!({ "enum": ["red", 5, true] });
    let object = json!({ "type": "object" });
    for (schema, text, wanted) in [
        (&string, "5", Some(json!("5"))),
        (&string, "true", Some(json!("true"))),
        (&string, "null", Some(json!("null"))),
        (&string, "", Some(json!(""))),
        (&string, "{\"a\":1}", Some(json!("{\"a\":1}"))),
        (&integer, "-5", Some(json!(-5))),
        (&integer, " 5.0 ", Some(json!(5))),
        (&integer, "18446744073709551615", Some(json!(u64::MAX))),
        (&integer, "18446744073709551616", None),
        (&integer, "5.5", None),
        (&integer, "five", None),
        (&integer, "", None),
        (&number, "5", Some(json!(5))),
        (&number, ".5", Some(json!(0.5))),
        (&number, "1e3", Some(json!(1000.0))),
        (&number, "nan", None),
        (&number, "1e999", None),
        (&boolean, "true", Some(json!(true))),
        (&boolean, "Yes", Some(json!(true))),
        (&boolean, "0", Some(json!(false))),
        (&boolean, "maybe", None),
        (&maybe_string, "null", Some(json!("null"))),
        (&maybe_integer, "null", Some(Value::Null)),
        (&maybe_integer, "", Some(Value::Null)),
        (&maybe_integer, "7", Some(json!(7))),
        (&either, "7", Some(json!(7))),
        (&either, "seven", Some(json!("seven"))),
        (&list, "[1, 2]", Some(json!([1, 2]))),
        (&list, "1", Some(json!([1]))),
        (&list, "x", None),
        (&list, "[1", None),
        (&list_or_text, "[1]", Some(json!([1]))),
        (&list_or_text, "1", Some(json!("1"))),
        (&colour, "red", Some(json!("red"))),
        (&colour, "5", Some(json!(5))),
        (&colour, "true", Some(json!(true))),
        (&colour, "blue", None),
        (&object, "{\"a\": 1}", Some(json!({ "a": 1 }))),
        (&object, "a", None),
        (&json!(true), "5", Some(json!(5))),
        (&json!({}), "word", Some(json!("word"))),
    ] {
        assert_eq!(read(schema, text), wanted, "{schema} {text:?}");
    }
}

#[test]
fn properties_come_in_the_order_of_the_server_and_with_what_is_said_about_them() {
    let raw = RawValue::from_string(
        r##"{
            "$defs": { "Colour": { "enum": ["red"], "description": "A colour." } },
            "properties": {
                "zeta": { "type": "string", "description": "Last letter." },
                "alpha": { "$ref": "#/$defs/Colour", "default": "red" }
            },
            "required": ["zeta"],
            "type": "object"
        }"##
        .to_owned(),
    )
    .unwrap();
    let document = SchemaDocument::new(&raw);
    let [zeta, alpha] = document.properties()[..] else {
        panic!("two properties");
    };
    assert_eq!((zeta.name, zeta.is_required), ("zeta", true));
    assert_eq!((alpha.name, alpha.is_required), ("alpha", false));
    assert_eq!(zeta.schema.description(), Some("Last letter."));
    assert_eq!(alpha.schema.description(), Some("A colour."));
    assert_eq!(alpha.schema.default_value(), Some(&json!("red")));
    assert_eq!(alpha.schema.to_string(), "\"red\"");
}
