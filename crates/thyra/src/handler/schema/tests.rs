use std::collections::{BTreeMap, HashMap};

use jsonschema::validator_for;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;

/// What every kind of optional value is made of.
#[derive(Deserialize, Serialize, JsonSchema)]
struct Order {
    /// How many.
    count: Option<i64>,
    #[serde(default)]
    colour: Option<Colour>,
    only: Option<Only>,
    /// Where it goes.
    address: Option<Address>,
    target: Option<IdOrName>,
    again: Option<Box<Order>>,
    #[serde(default)]
    tags: Vec<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    by_day: BTreeMap<String, Option<bool>>,
    extra: Value,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
    Green,
}

#[derive(Deserialize, Serialize, JsonSchema)]
enum Only {
    One,
}

/// An address.
#[derive(Deserialize, Serialize, JsonSchema)]
struct Address {
    city: String,
    zip: Option<u32>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
enum IdOrName {
    Id(u64),
    Name(String),
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind")]
enum Shape {
    Circle { radius: f64 },
    Square { side: Option<f64> },
}

fn read(raw: &serde_json::value::RawValue) -> Value {
    serde_json::from_str(raw.get()).unwrap()
}

/// The schema of what a tool takes: plain, and literal.
fn input<T: JsonSchema>() -> (Value, Value) {
    both(document::<T>(input_generator()))
}

/// The schema of what a tool returns: plain, and literal.
fn output<T: JsonSchema>() -> (Value, Value) {
    both(document::<T>(output_generator()))
}

fn both(document: Schema) -> (Value, Value) {
    let forms = Forms::of(document).unwrap();
    let plain = read(&forms.plain);
    let literal = forms
        .literal
        .map_or_else(|| plain.clone(), |raw| read(&raw));
    (plain, literal)
}

/// Every schema within `schema`, itself included.
fn all(schema: &Value, found: &mut Vec<Value>) {
    found.push(schema.clone());
    let Ok(mut schema) = Schema::try_from(schema.clone()) else {
        return;
    };
    let mut visit = |part: &mut Schema| all(part.as_value(), found);
    transform_subschemas(&mut visit, &mut schema);
}

#[test]
fn what_may_be_left_out_is_written_without_null() {
    let (plain, _) = input::<Order>();
    let members = &plain["properties"];
    assert_eq!(
        members["count"],
        json!({ "description": "How many.", "type": "integer" })
    );
    assert_eq!(
        members["colour"],
        json!({ "type": "string", "enum": ["red", "green"] })
    );
    assert_eq!(
        members["only"],
        json!({ "type": "string", "enum": ["One"] })
    );
    // The field's own description wins over the one of its type.
    assert_eq!(members["address"]["description"], "Where it goes.");
    assert_eq!(members["address"]["type"], "object");
    assert_eq!(
        members["address"]["properties"]["zip"],
        json!({ "type": "integer", "minimum": 0 })
    );
    assert_eq!(
        members["target"],
        json!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string" }] })
    );
    assert_eq!(members["again"], json!({ "$ref": "#" }));
    assert_eq!(members["note"], json!({ "type": "string" }));
    assert_eq!(plain["required"], json!(["by_day", "extra"]));
}

#[test]
fn null_stays_where_nothing_else_says_that_there_is_no_value() {
    let (plain, literal) = input::<Order>();
    let text_or_null = json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] });
    assert_eq!(plain["properties"]["tags"]["items"], text_or_null);
    assert_eq!(
        plain["properties"]["by_day"]["additionalProperties"],
        json!({ "anyOf": [{ "type": "boolean" }, { "type": "null" }] })
    );
    assert_eq!(
        literal["properties"]["tags"]["items"],
        json!({ "type": ["string", "null"] })
    );
    assert_eq!(
        input::<Option<u8>>().0,
        json!({ "anyOf": [{ "type": "integer", "minimum": 0, "maximum": 255 }, { "type": "null" }] })
    );
    assert_eq!(input::<()>().0, json!({ "type": "null" }));
}

#[test]
fn an_output_has_null_where_its_value_has() {
    let (plain, _) = output::<Order>();
    let members = &plain["properties"];
    // serde writes the member as null.
    assert_eq!(
        members["count"]["anyOf"],
        json!([{ "type": "integer" }, { "type": "null" }])
    );
    // serde leaves the member out.
    assert_eq!(members["note"], json!({ "type": "string" }));

    let order = Order {
        count: None,
        colour: None,
        only: None,
        address: Some(Address {
            city: "Chania".to_owned(),
            zip: None,
        }),
        target: None,
        again: None,
        tags: vec![None],
        note: None,
        by_day: BTreeMap::from([("monday".to_owned(), None)]),
        extra: Value::Null,
    };
    let validator = validator_for(&plain).unwrap();
    validator
        .validate(&serde_json::to_value(order).unwrap())
        .unwrap();
}

#[test]
fn a_plain_schema_refuses_nothing_but_null() {
    let (plain, literal) = input::<Order>();
    let (plain, literal) = (
        validator_for(&plain).unwrap(),
        validator_for(&literal).unwrap(),
    );
    let values = [
        json!({ "by_day": {}, "extra": 1 }),
        json!({ "by_day": { "monday": null, "friday": true }, "extra": null, "tags": ["a", null] }),
        json!({ "by_day": {}, "extra": [], "count": 5, "colour": "red", "only": "One" }),
        json!({ "by_day": {}, "extra": {}, "address": { "city": "x", "zip": 5 }, "target": "n" }),
        json!({ "by_day": {}, "extra": {}, "again": { "by_day": {}, "extra": 2, "target": 5 } }),
    ];
    for value in values {
        assert!(literal.is_valid(&value), "{value}");
        assert!(plain.is_valid(&value), "{value}");
        serde_json::from_value::<Order>(value).unwrap();
    }
    let wrong = [
        json!({ "by_day": {} }),
        json!({ "by_day": { "monday": 5 }, "extra": 1 }),
        json!({ "by_day": {}, "extra": 1, "count": "5" }),
        json!({ "by_day": {}, "extra": 1, "colour": "blue" }),
        json!({ "by_day": {}, "extra": 1, "address": { "zip": 5 } }),
        json!({ "by_day": {}, "extra": 1, "target": -1 }),
        json!({ "by_day": {}, "extra": 1, "again": { "by_day": {} } }),
    ];
    for value in wrong {
        assert!(!literal.is_valid(&value), "{value}");
        assert!(!plain.is_valid(&value), "{value}");
    }
}

#[test]
fn no_part_is_a_boolean_and_no_type_is_a_list() {
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema matters")]
    struct Loose {
        any: Value,
        many: Vec<Value>,
        lists: HashMap<String, Vec<Value>>,
        open: HashMap<String, Value>,
        pair: (Value, Option<u8>),
        order: Order,
        shape: Option<Shape>,
    }
    for (plain, literal) in [input::<Loose>(), output::<Loose>()] {
        assert_eq!(
            plain["properties"]["any"],
            json!({ "description": "Any JSON value." })
        );
        assert_eq!(plain["properties"]["many"]["items"], json!({}));
        assert_eq!(
            plain["properties"]["lists"]["additionalProperties"],
            json!({ "type": "array", "items": {} })
        );
        // What there may be besides is said by a boolean, which all clients know here.
        assert_eq!(
            plain["properties"]["open"]["additionalProperties"],
            json!(true)
        );
        assert_eq!(plain["properties"]["pair"]["prefixItems"][0], json!({}));
        for (schema, lists_are_fine) in [(plain, false), (literal, true)] {
            let mut parts = Vec::new();
            all(&schema, &mut parts);
            assert!(parts.len() > 20, "{schema}");
            let open = parts.iter().filter(|part| part.is_boolean()).count();
            assert_eq!(open, 1, "{schema}");
            for part in parts {
                assert!(lists_are_fine || !part["type"].is_array(), "{part}");
            }
        }
    }
}

#[test]
fn a_type_is_said_where_all_alternatives_have_it() {
    let (plain, _) = input::<Shape>();
    assert_eq!(plain["type"], "object");
    assert_eq!(plain["oneOf"][1]["properties"]["side"]["type"], "number");

    let table = [
        (json!({ "enum": ["a", "b"] }), Some("string")),
        (json!({ "enum": ["a", 1] }), None),
        (json!({ "const": 1.5 }), Some("number")),
        (json!({ "const": 1 }), Some("integer")),
        (
            json!({ "anyOf": [{ "const": true }, { "type": "boolean" }] }),
            Some("boolean"),
        ),
        (
            json!({ "anyOf": [{ "type": "boolean" }, { "type": "null" }] }),
            None,
        ),
        (
            json!({ "anyOf": [{ "type": "boolean" }, { "$ref": "#" }] }),
            None,
        ),
        (json!({ "anyOf": [] }), None),
        (json!({ "description": "x" }), None),
    ];
    for (schema, expected) in table {
        let mut written = Schema::try_from(schema.clone()).unwrap();
        plain::say_type(&mut written);
        let kind = written.get("type").and_then(Value::as_str);
        assert_eq!(kind, expected, "{schema}");
    }
}

#[test]
fn null_is_taken_out_of_schemas_that_were_written_by_hand() {
    let table = [
        (
            json!({ "type": ["string", "null"], "default": null }),
            json!({ "type": "string" }),
        ),
        (
            json!({ "type": ["string", "integer", "null"] }),
            json!({ "type": ["string", "integer"] }),
        ),
        (
            json!({ "oneOf": [{ "const": null }, { "type": "integer", "minimum": 1 }], "title": "N" }),
            json!({ "title": "N", "type": "integer", "minimum": 1 }),
        ),
        (
            json!({ "anyOf": [{ "$ref": "#/$defs/A" }, { "type": "null" }], "description": "d" }),
            json!({ "$ref": "#/$defs/A", "description": "d" }),
        ),
        (
            json!({ "anyOf": [{ "anyOf": [{ "type": "null" }, { "type": "string" }] }, { "type": "integer" }] }),
            json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }] }),
        ),
        // The choice says more than there is room for beside what else is said.
        (
            json!({ "anyOf": [{ "minLength": 2 }, { "type": "null" }], "maxLength": 5 }),
            json!({ "anyOf": [{ "minLength": 2 }], "maxLength": 5 }),
        ),
        // Nothing else would be left.
        (json!({ "type": "null" }), json!({ "type": "null" })),
        (json!({ "enum": [null] }), json!({ "enum": [null] })),
        (
            json!({ "anyOf": [{ "type": "null" }] }),
            json!({ "anyOf": [{ "type": "null" }] }),
        ),
        (json!({}), json!({})),
    ];
    for (schema, expected) in table {
        let mut written = Schema::try_from(schema).unwrap();
        without_null(&mut written);
        assert_eq!(written.as_value(), &expected);
    }
}

#[test]
fn a_list_of_types_becomes_alternatives() {
    let table = [
        (json!({ "type": ["string"] }), json!({ "type": "string" })),
        (
            json!({ "type": ["string", "integer"], "minLength": 1 }),
            json!({ "anyOf": [{ "type": "string" }, { "type": "integer" }], "minLength": 1 }),
        ),
        (
            json!({ "type": ["string", "null"], "enum": ["a", null], "description": "d", "x-y": 1 }),
            json!({
                "anyOf": [{ "type": "string", "enum": ["a"] }, { "type": "null" }],
                "description": "d",
                "x-y": 1,
            }),
        ),
    ];
    for (schema, expected) in table {
        let mut written = Schema::try_from(schema).unwrap();
        plain::simplify(&mut written);
        assert_eq!(written.as_value(), &expected);
    }
}

#[test]
fn references_still_lead_to_their_schema_when_it_is_wrapped() {
    let document = json!({
        "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "$ref": "#" } },
            { "$ref": "#/anyOf/0" },
            { "$ref": "#/$defs/Id" },
        ],
        "$defs": { "Id": { "type": "integer" } },
    });
    let wrapped = wrapped(Schema::try_from(document).unwrap());
    let validator = validator_for(wrapped.as_value()).unwrap();
    for value in [json!("a"), json!(["a", ["b", 5]]), json!(5), json!([])] {
        assert!(validator.is_valid(&json!({ "result": value })), "{value}");
    }
    for value in [json!([[true]]), json!(1.5), json!({})] {
        assert!(!validator.is_valid(&json!({ "result": value })), "{value}");
    }
    assert!(!validator.is_valid(&json!("a")));
}
