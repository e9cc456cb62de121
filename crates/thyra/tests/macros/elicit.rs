//! What `#[derive(Elicit)]` writes: structs as forms, enums as choices.

use serde_json::{Map, Value, json};
use thyra::Elicit;

use crate::Outcome;

/// Where a user is in the queue.
#[derive(Clone, Copy, Debug, Elicit, PartialEq, Eq)]
#[elicit(rename_all = "kebab-case")]
enum Status {
    Active,
    OnHold,
    #[elicit(rename = "done")]
    Finished,
}

#[derive(Debug, Elicit, PartialEq)]
enum Unit {
    #[elicit(rename = "c", title = "Celsius (°C)")]
    Celsius,
    #[elicit(rename = "f", title = "Fahrenheit (°F)")]
    Fahrenheit,
}

/// All that a form can hold.
#[derive(Debug, Elicit, PartialEq)]
#[elicit(rename_all = "camelCase")]
struct Everything {
    /// How to call you
    #[elicit(
        title = "Your name",
        default = "John Doe",
        min_length = 2,
        max_length = 20
    )]
    full_name: String,
    #[elicit(min = 18, max = 120, default = 30)]
    age: u8,
    #[elicit(min = -0.5, max = 99.5)]
    score: f64,
    #[elicit(default = Status::Active)]
    status: Status,
    #[elicit(default = true)]
    verified: bool,
    #[elicit(format = "email", description = "Where to write to")]
    contact: Option<String>,
    #[elicit(min_items = 1, max_items = 2)]
    units: Vec<Unit>,
    r#type: Option<i64>,
}

fn content(content: &Value) -> Result<Map<String, Value>, &'static str> {
    content.as_object().cloned().ok_or("an object")
}

#[test]
fn the_schema_says_all_that_the_attributes_say() {
    assert_eq!(
        Everything::elicit_schema(),
        json!({
            "type": "object",
            "properties": {
                "fullName": {
                    "type": "string",
                    "title": "Your name",
                    "description": "How to call you",
                    "minLength": 2,
                    "maxLength": 20,
                    "default": "John Doe",
                },
                "age": { "type": "integer", "minimum": 18, "maximum": 120, "default": 30 },
                "score": { "type": "number", "minimum": -0.5, "maximum": 99.5 },
                "status": { "type": "string", "enum": ["active", "on-hold", "done"], "default": "active" },
                "verified": { "type": "boolean", "default": true },
                "contact": { "type": "string", "format": "email", "description": "Where to write to" },
                "units": {
                    "type": "array",
                    "items": { "anyOf": [
                        { "const": "c", "title": "Celsius (°C)" },
                        { "const": "f", "title": "Fahrenheit (°F)" },
                    ] },
                    "minItems": 1,
                    "maxItems": 2,
                },
                "type": { "type": "integer" },
            },
            "required": ["score", "units"],
        })
    );
}

#[test]
fn an_answer_is_decoded_and_defaults_fill_in() -> Outcome {
    let answer = content(&json!({ "score": 95.5, "units": ["f"], "more": 1 }))?;
    assert_eq!(
        Everything::from_content(&answer)?,
        Everything {
            full_name: "John Doe".to_owned(),
            age: 30,
            score: 95.5,
            status: Status::Active,
            verified: true,
            contact: None,
            units: vec![Unit::Fahrenheit],
            r#type: None,
        }
    );
    let answer = content(&json!({
        "fullName": "Jane", "age": 44, "score": 1, "status": "on-hold", "verified": false, "contact": "j@example.com",
        "units": ["c", "f"], "type": 5,
    }))?;
    let answer = Everything::from_content(&answer)?;
    assert_eq!(answer.status, Status::OnHold);
    assert_eq!(answer.contact.as_deref(), Some("j@example.com"));
    assert_eq!(answer.r#type, Some(5));
    Ok(())
}

#[test]
fn an_answer_outside_of_the_rules_is_refused() -> Outcome {
    let cases = [
        (json!({ "units": ["c"] }), "`score` is missing"),
        (json!({ "score": 1 }), "`units` is missing"),
        (
            json!({ "score": 100, "units": ["c"] }),
            "`score` has to be at most 99.5",
        ),
        (
            json!({ "score": -0.75, "units": ["c"] }),
            "`score` has to be at least -0.5",
        ),
        (
            json!({ "score": 1, "units": [] }),
            "`units` has to be at least 1 choices",
        ),
        (
            json!({ "score": 1, "units": ["c"], "age": 17 }),
            "`age` has to be at least 18",
        ),
        (
            json!({ "score": 1, "units": ["c"], "age": 300 }),
            "`age` has to be a whole number from 0 to 255",
        ),
        (
            json!({ "score": 1, "units": ["c"], "fullName": "J" }),
            "`fullName` has to be at least 2 characters",
        ),
        (
            json!({ "score": 1, "units": ["c"], "contact": "j" }),
            "`contact` has to be an email address",
        ),
        (
            json!({ "score": 1, "units": ["c"], "status": "gone" }),
            "`status` has to be one of `active`, `on-hold`, `done`",
        ),
    ];
    for (answer, expected) in cases {
        let answer = Everything::from_content(&content(&answer)?);
        assert_eq!(
            answer.map_err(|error| error.to_string()),
            Err(expected.to_owned())
        );
    }
    Ok(())
}

#[test]
fn an_enum_is_asked_for_alone() -> Outcome {
    assert_eq!(
        Status::elicit_schema(),
        json!({
            "type": "object",
            "properties": { "value": { "type": "string", "enum": ["active", "on-hold", "done"] } },
            "required": ["value"],
        })
    );
    let answer = content(&json!({ "value": "done" }))?;
    assert_eq!(Status::from_content(&answer)?, Status::Finished);
    Ok(())
}
