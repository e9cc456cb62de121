//! What is optional on the wire is left out, and never sent as `null`.

use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{Revision, completion_values};

use super::{LISTS, Talk, hello};
use crate::support::{Ask, Running};

/// A tool that says nothing of itself but its name.
#[tool]
async fn bare(count: Option<i64>, by: Option<Value>) -> Vec<i64> {
    drop(by);
    count.into_iter().collect()
}

/// Two blocks of kinds that have optional members.
#[tool]
async fn blocks() -> (Image, File, Content) {
    (
        Image::new([0], "image/png"),
        File::new("a.bin", [0]),
        Content::resource_link("notes://1", "note"),
    )
}

#[tool]
async fn broken() -> Result<String, ToolError> {
    Err(ToolError::new("It is broken."))
}

#[resource("notes://today")]
async fn today() -> String {
    "milk".to_owned()
}

#[resource("notes://{id}")]
async fn note(id: String) -> Vec<u8> {
    id.into_bytes()
}

#[prompt]
async fn greet(#[arg(complete = completion_values(["Ada"]))] name: Option<String>) -> String {
    name.unwrap_or_default()
}

/// The places of the nulls in a message.
fn nulls(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Null => found.push(path.to_owned()),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                nulls(item, &format!("{path}[{index}]"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                nulls(member, &format!("{path}.{name}"), found);
            }
        }
        _ => {}
    }
}

fn without_nulls(message: &Value, subject: &str) {
    let mut found = Vec::new();
    nulls(message, subject, &mut found);
    assert_eq!(found, [""; 0], "{message}");
}

fn requests() -> Vec<(&'static str, Value)> {
    let mut requests: Vec<_> = LISTS.map(|(method, _, _)| (method, json!({}))).to_vec();
    requests.extend([
        (
            "tools/call",
            json!({ "name": "bare", "arguments": { "count": null } }),
        ),
        (
            "tools/call",
            json!({ "name": "bare", "arguments": { "count": 5 } }),
        ),
        (
            "tools/call",
            json!({ "name": "bare", "arguments": { "count": "x" } }),
        ),
        ("tools/call", json!({ "name": "blocks" })),
        ("tools/call", json!({ "name": "broken" })),
        ("tools/call", json!({ "name": "missing" })),
        ("resources/read", json!({ "uri": "notes://today" })),
        ("resources/read", json!({ "uri": "notes://5" })),
        ("resources/read", json!({ "uri": "other://5" })),
        ("prompts/get", json!({ "name": "greet" })),
        (
            "completion/complete",
            json!({
                "ref": { "type": "ref/prompt", "name": "greet" },
                "argument": { "name": "name", "value": "A" },
            }),
        ),
        ("nothing/such", json!({})),
    ]);
    requests
}

#[tokio::test]
async fn no_answer_has_a_null() {
    let server = Server::new("Bare")
        .tool(bare)
        .tool(blocks)
        .tool(broken)
        .resource(today)
        .resource(note)
        .prompt(greet);
    let server = Running::start(server).await;
    let greeting = server.ask(&hello(json!({}))).await;
    without_nulls(&greeting.json(), "initialize");
    for talk in Talk::each(&server).await {
        for (method, params) in requests() {
            without_nulls(&talk.ask(method, params).await.json(), method);
        }
    }
    let discovered = Talk::alone(&server).ask("server/discover", json!({})).await;
    without_nulls(&discovered.json(), "server/discover");
    for revision in [
        Revision::V2024_11_05,
        Revision::V2025_03_26,
        Revision::V2025_06_18,
    ] {
        for (method, params) in requests() {
            let answer = server.ask(&Ask::on(revision, method, params)).await;
            without_nulls(&answer.json(), method);
        }
    }
}
