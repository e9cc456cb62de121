//! `Args` takes the arguments that its type knows, and no others.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{call_through_server, input_schema, text};
use crate::handler::Args;
use crate::{Tool, tool};

#[derive(Deserialize, JsonSchema)]
struct Add {
    a: i64,
    #[serde(default, alias = "second")]
    b: i64,
}

#[derive(Deserialize, JsonSchema)]
struct Flattened {
    #[serde(flatten)]
    add: Add,
    times: i64,
}

#[derive(Deserialize, JsonSchema)]
struct CatchAll {
    a: i64,
    #[serde(flatten)]
    others: BTreeMap<String, i64>,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
struct Open {
    a: i64,
}

#[derive(Deserialize, JsonSchema)]
struct WithEnum {
    a: i64,
    #[serde(flatten)]
    by: By,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "lowercase")]
enum By {
    Factor { factor: i64 },
}

#[derive(Deserialize, JsonSchema)]
struct Times {
    times: i64,
}

fn sum() -> Tool {
    Tool::new("sum", |Args(all): Args<Add>| async move { all.a + all.b })
}

#[tokio::test]
async fn an_unknown_argument_is_refused_with_the_nearest_name() {
    assert_snapshot!(text(sum(), r#"{"a": "x", "secnod": 2, "z": 3}"#).await, @r#"
    Invalid arguments for tool `sum`:
    - `secnod`: no such argument; did you mean `second`?
    - `z`: no such argument
    - `a`: expected an integer, got the string "x"
    This tool takes: `a`, `b`, `second`.
    "#);
    let flattened = || {
        Tool::new("product", |Args(all): Args<Flattened>| async move {
            (all.add.a + all.add.b) * all.times
        })
    };
    let good = r#"{"a": 1, "b": 2, "times": 3}"#;
    assert_eq!(text(flattened(), good).await, "9");
    assert_snapshot!(text(flattened(), r#"{"a": 1, "times": 3, "time": 3}"#).await, @r"
    Invalid arguments for tool `product`:
    - `time`: no such argument; did you mean `times`?
    This tool takes: `a`, `b`, `times`.
    ");
    let many: Vec<String> = (0..1000).map(|index| format!(r#""x{index}": 1"#)).collect();
    let error = text(sum(), &format!(r#"{{"a": 1, {}}}"#, many.join(","))).await;
    assert!(
        error.len() < 1000 && error.contains("and 48 more"),
        "{error}"
    );
}

#[tokio::test]
async fn an_alias_is_known() {
    assert_eq!(text(sum(), r#"{"a": 1, "second": 2}"#).await, "3");
    assert_eq!(
        call_through_server(sum(), r#"{"a": 1, "second": 2}"#).await,
        "3"
    );
}

#[tokio::test]
async fn a_type_that_takes_others_gets_them() {
    let all = Tool::new("all", |Args(all): Args<CatchAll>| async move {
        all.a + all.others.values().sum::<i64>()
    });
    assert_eq!(text(all, r#"{"a": 1, "x": 2, "y": 3}"#).await, "6");
    let open = Tool::new("open", |Args(all): Args<Open>| async move { all.a });
    assert_eq!(text(open, r#"{"a": 1, "x": 2}"#).await, "1");
    let scaled = Tool::new("scaled", |Args(all): Args<WithEnum>| async move {
        let By::Factor { factor } = all.by;
        all.a * factor
    });
    let factor = r#"{"a": 2, "by": "factor", "factor": 3}"#;
    assert_eq!(text(scaled, factor).await, "6");
}

#[tokio::test]
async fn every_parameter_brings_its_names() {
    #[tool]
    async fn beside(Args(add): Args<Add>, extra: i64) -> i64 {
        add.a + add.b + extra
    }
    assert_eq!(text(beside, r#"{"a": 1, "b": 2, "extra": 3}"#).await, "6");
    let error = text(beside, r#"{"a": 1, "extra": 3, "x": 1}"#).await;
    assert!(error.contains("`x`: no such argument"), "{error}");

    let both = |Args(add): Args<Add>, Args(by): Args<Times>| async move { add.a * by.times };
    assert_eq!(
        text(Tool::new("both", both), r#"{"a": 2, "times": 3}"#).await,
        "6"
    );
}

#[test]
fn the_schema_says_so() {
    assert!(input_schema(sum()).contains(r#""additionalProperties": false"#));
}
