//! `null` for what may be left out.

use insta::assert_snapshot;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{call_through_server, text};
use crate::handler::Args;
use crate::{Tool, tool};

#[tool]
async fn add(a: i64, #[arg(default = 1)] b: i64) -> i64 {
    a + b
}

#[tool]
async fn of_types_with_null(
    #[arg(default = Some(5))] option: Option<i64>,
    #[arg(default = Value::from(5))] any: Value,
) -> String {
    format!("{option:?} {any}")
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only their `Debug` is looked at")]
struct Query {
    text: String,
    #[serde(default = "ten")]
    limit: u32,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    deeper: Deeper,
    #[serde(flatten)]
    page: Page,
    after: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default)]
struct Deeper {
    on: bool,
    any: Value,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Page {
    #[serde(default)]
    number: u8,
}

impl Default for Deeper {
    fn default() -> Self {
        Self {
            on: true,
            any: Value::from(5),
        }
    }
}

fn ten() -> u32 {
    10
}

#[tool]
async fn search(queries: Vec<Query>) -> String {
    format!("{queries:?}")
}

#[tokio::test]
async fn null_leaves_an_argument_with_a_default_out() {
    assert_eq!(text(add, r#"{"a": 1, "b": null}"#).await, "2");
    assert_eq!(text(add, r#"{"a": 1}"#).await, "2");
    assert_eq!(
        call_through_server(add, r#"{"a": 1, "b": null}"#).await,
        "2"
    );
    assert_snapshot!(text(add, r#"{"a": null}"#).await, @r"
    Invalid arguments for tool `add`:
    - `a`: expected an integer, got null
    ");
}

#[tokio::test]
async fn a_type_with_a_null_of_its_own_gets_it() {
    let both = r#"{"option": null, "any": null}"#;
    assert_eq!(text(of_types_with_null, both).await, "None null");
    assert_eq!(text(of_types_with_null, "{}").await, "Some(5) 5");
}

#[tokio::test]
async fn null_leaves_a_member_with_a_default_out_at_any_depth() {
    let queries = r#"{"queries": [{
        "text": "a", "limit": null, "tags": null, "number": null, "after": null,
        "deeper": {"on": null, "any": null}
    }, {"text": "b", "deeper": null}]}"#;
    assert_snapshot!(text(search, queries).await, @r#"[Query { text: "a", limit: 10, tags: [], deeper: Deeper { on: true, any: Null }, page: Page { number: 0 }, after: None }, Query { text: "b", limit: 10, tags: [], deeper: Deeper { on: true, any: Number(5) }, page: Page { number: 0 }, after: None }]"#);
    assert_snapshot!(text(search, r#"{"queries": [{"text": null}]}"#).await, @r"
    Invalid arguments for tool `search`:
    - `queries[0].text`: expected a string, got null
    ");
    assert_snapshot!(text(search, r#"{"queries": [{"text": "a", "tags": [null]}]}"#).await, @r"
    Invalid arguments for tool `search`:
    - `queries[0].tags[0]`: expected a string, got null
    ");
}

#[tokio::test]
async fn null_leaves_a_member_of_args_out() {
    let one = Tool::new("search", |Args(query): Args<Query>| async move {
        format!("{} {} {}", query.text, query.limit, query.page.number)
    });
    assert_eq!(
        text(one, r#"{"text": "a", "limit": null, "number": null}"#).await,
        "a 10 0"
    );
}
