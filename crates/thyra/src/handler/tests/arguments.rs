use std::collections::BTreeMap;

use insta::assert_snapshot;
use schemars::JsonSchema;
use serde::Deserialize;

use super::text;
use crate::handler::Args;
use crate::{Tool, tool};

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only their `Debug` is looked at")]
struct Place {
    city: String,
    #[serde(default)]
    streets: Vec<Street>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only their `Debug` is looked at")]
struct Street {
    number: u8,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Celsius,
    Fahrenheit,
}

#[tool]
fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[tool]
fn integer(value: i64) -> String {
    format!("{value:?}")
}

#[tool]
fn byte(value: u8) -> String {
    format!("{value:?}")
}

#[tool]
fn number(value: f64) -> String {
    format!("{value:?}")
}

#[tool]
fn boolean(value: bool) -> String {
    format!("{value:?}")
}

#[tool]
fn string(value: String) -> String {
    format!("{value:?}")
}

#[tool]
fn list(value: Vec<i64>) -> String {
    format!("{value:?}")
}

#[tool]
fn flags(value: BTreeMap<String, bool>) -> String {
    format!("{value:?}")
}

#[tool]
fn optional(value: Option<i64>) -> String {
    format!("{value:?}")
}

#[tool]
fn optional_text(value: Option<String>) -> String {
    format!("{value:?}")
}

#[tool]
fn place(value: Place) -> String {
    format!("{value:?}")
}

#[tool]
fn unit(value: Unit) -> String {
    format!("{value:?}")
}

#[tool]
fn anything(value: serde_json::Value) -> String {
    format!("{value}")
}

#[tool]
fn defaults(#[arg(default = 3)] count: usize, #[arg(default = "en")] language: String) -> String {
    format!("{count} {language}")
}

#[tool]
fn renamed(#[arg(name = "type")] kind: String, r#match: bool) -> String {
    format!("{kind} {match}")
}

#[tool]
fn nothing() -> String {
    "nothing".to_owned()
}

/// Tool, arguments, what it makes of them: one line each.
#[tokio::test]
async fn a_string_is_decoded_where_the_schema_has_no_string_and_nowhere_else() {
    let cases = [
        (text(integer {}, r#"{"value": 5}"#).await, "5"),
        (text(integer {}, r#"{"value": "5"}"#).await, "5"),
        (text(integer {}, r#"{"value": " -7 "}"#).await, "-7"),
        (text(number {}, r#"{"value": "2.5"}"#).await, "2.5"),
        (text(number {}, r#"{"value": 2}"#).await, "2.0"),
        (text(boolean {}, r#"{"value": "true"}"#).await, "true"),
        (text(list {}, r#"{"value": "[1, 2]"}"#).await, "[1, 2]"),
        (
            text(flags {}, r#"{"value": "{\"x\": true}"}"#).await,
            r#"{"x": true}"#,
        ),
        (
            text(place {}, r#"{"value": "{\"city\": \"Athens\"}"}"#).await,
            r#"Place { city: "Athens", streets: [] }"#,
        ),
        (text(optional {}, r#"{"value": "5"}"#).await, "Some(5)"),
        (text(optional {}, r#"{"value": "null"}"#).await, "None"),
        // A string stays what it is where a string may be.
        (text(string {}, r#"{"value": "5"}"#).await, r#""5""#),
        (
            text(string {}, r#"{"value": "{\"a\":1}"}"#).await,
            r#""{\"a\":1}""#,
        ),
        (
            text(optional_text {}, r#"{"value": "null"}"#).await,
            r#"Some("null")"#,
        ),
        (text(anything {}, r#"{"value": "[1]"}"#).await, r#""[1]""#),
        (text(unit {}, r#"{"value": "celsius"}"#).await, "Celsius"),
    ];
    for (got, expected) in cases {
        assert_eq!(got, expected);
    }
}

#[tokio::test]
async fn what_may_be_left_out() {
    assert_eq!(text(optional {}, "{}").await, "None");
    assert_eq!(text(optional {}, "null").await, "None");
    assert_eq!(text(optional {}, r#"{"value": null}"#).await, "None");
    assert_eq!(text(defaults {}, "{}").await, "3 en");
    assert_eq!(
        text(defaults {}, r#"{"count": 4, "language": "el"}"#).await,
        "4 el"
    );
    assert_eq!(text(nothing {}, "{}").await, "nothing");
    assert_eq!(
        text(renamed {}, r#"{"match": true, "type": "x"}"#).await,
        "x true"
    );
}

#[tokio::test]
async fn no_other_value_is_bent_into_the_type() {
    let mut seen = String::new();
    for (tool, arguments) in [
        ("integer", r#"{"value": 5.0}"#),
        ("integer", r#"{"value": 1e400}"#),
        ("integer", r#"{"value": true}"#),
        ("integer", r#"{"value": null}"#),
        ("integer", r#"{"value": [1]}"#),
        ("integer", r#"{"value": {"x": 1}}"#),
        ("integer", r#"{"value": "five"}"#),
        ("integer", r#"{"value": "\"5\""}"#),
        ("integer", r#"{"value": ""}"#),
        ("integer", r#"{"value": 99999999999999999999}"#),
    ] {
        seen += &[
            tool,
            " ",
            arguments,
            "\n",
            &text(integer {}, arguments).await,
            "\n",
        ]
        .concat();
    }
    assert_snapshot!(seen);
}

#[tokio::test]
async fn errors_name_the_path_the_expectation_and_what_came() {
    let mut seen = String::new();
    let mut note = |text: String| seen += &(text + "\n\n");
    note(text(byte {}, r#"{"value": 300}"#).await);
    note(text(boolean {}, r#"{"value": 1}"#).await);
    note(text(string {}, r#"{"value": 5}"#).await);
    note(text(list {}, r#"{"value": [1, "x", 2]}"#).await);
    note(text(list {}, r#"{"value": "[1, \"x\"]"}"#).await);
    note(text(flags {}, r#"{"value": {"a": 1}}"#).await);
    note(
        text(
            place {},
            r#"{"value": {"city": "Athens", "streets": [{"number": 1}, {"number": -1}]}}"#,
        )
        .await,
    );
    note(text(place {}, r#"{"value": {"streets": []}}"#).await);
    note(text(unit {}, r#"{"value": "kelvin"}"#).await);
    assert_snapshot!(seen);
}

#[tokio::test]
async fn all_mistakes_are_told_at_once() {
    assert_snapshot!(text(add {}, r#"{"a": "x", "bb": 2, "colour": 3}"#).await, @r#"
    Invalid arguments for tool `add`:
    - `a`: expected an integer, got the string "x"
    - `b`: missing; expected an integer
    - `bb`: no such argument; did you mean `b`?
    - `colour`: no such argument
    This tool takes: `a`, `b`.
    "#);
    assert_snapshot!(text(add {}, r#"{"a": 1, "b": 2, "a": 3}"#).await, @r"
    Invalid arguments for tool `add`:
    - `a`: given twice; give it once
    ");
    assert_snapshot!(text(nothing {}, r#"{"x": 1}"#).await, @r"
    Invalid arguments for tool `nothing`:
    - `x`: no such argument
    This tool takes no arguments.
    ");
}

#[tokio::test]
async fn arguments_are_an_object() {
    assert_snapshot!(text(optional {}, "[1]").await, @r"
    Invalid arguments for tool `optional`:
    - expected an object with the arguments, got an array
    ");
    assert_snapshot!(text(optional {}, r#""{}""#).await, @r#"
    Invalid arguments for tool `optional`:
    - expected an object with the arguments, got the string "{}"
    "#);
}

#[tokio::test]
async fn a_lone_surrogate_in_a_name_is_refused() {
    assert_snapshot!(text(optional {}, r#"{"\ud800": 1}"#).await, @r"
    Invalid arguments for tool `optional`:
    - unexpected end of hex escape
    ");
}

#[tokio::test]
async fn errors_are_bounded_and_keep_to_their_lines() {
    let long = "y".repeat(100_000);
    let error = text(integer {}, &format!(r#"{{"value": "{long}"}}"#)).await;
    assert!(error.len() < 400, "{error}");
    let error = text(unit {}, &format!(r#"{{"value": "{long}"}}"#)).await;
    assert!(error.len() < 400, "{error}");
    let error = text(integer {}, &format!(r#"{{"value": 1, "{long}": 1}}"#)).await;
    assert!(error.len() < 400, "{error}");
    let error = text(flags {}, &format!(r#"{{"value": {{"{long}": 1}}}}"#)).await;
    assert!(error.len() < 600, "{error}");

    let many: Vec<String> = (0..1000).map(|index| format!(r#""x{index}": 1"#)).collect();
    let error = text(nothing {}, &format!("{{{}}}", many.join(","))).await;
    assert!(error.len() < 1000, "{error}");
    assert!(error.contains("and 48 more"), "{error}");

    let error = text(nothing {}, r#"{"a\nb\u001b[2J": 1}"#).await;
    assert!(
        !error.contains('\u{1b}') && !error.contains("a\nb"),
        "{error}"
    );
}

#[derive(Deserialize, JsonSchema)]
struct Add {
    a: i64,
    #[serde(default)]
    b: i64,
}

#[tokio::test]
async fn args_takes_all_arguments_as_one_value() {
    let sum = || Tool::new("sum", |Args(all): Args<Add>| async move { all.a + all.b });
    assert_eq!(text(sum(), r#"{"a": 1, "b": 2}"#).await, "3");
    assert_eq!(text(sum(), r#"{"a": 1}"#).await, "1");
    assert_snapshot!(text(sum(), r#"{"a": "1x"}"#).await, @r#"
    Invalid arguments for tool `sum`:
    - `a`: expected an integer, got the string "1x"
    "#);
    assert_snapshot!(text(sum(), r#"{"b": 1}"#).await, @r"
    Invalid arguments for tool `sum`:
    - `a`: missing; expected an integer
    ");
    assert_snapshot!(text(sum(), "null").await, @r"
    Invalid arguments for tool `sum`:
    - `a`: missing; expected an integer
    ");
}

#[tokio::test]
async fn args_works_under_the_macro_too() {
    #[tool]
    fn sum(Args(all): Args<Add>) -> i64 {
        all.a + all.b
    }
    assert_eq!(text(sum {}, r#"{"a": 1, "b": 2}"#).await, "3");
}
