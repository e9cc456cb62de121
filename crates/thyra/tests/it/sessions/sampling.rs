//! A model that uses tools, and one that makes a value, in a session: all rounds are in one run of
//! the handler.

use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{CreateMessageParams, Revision};

use super::{Conversation, Events};
use crate::support::Running;

/// Doubles a number, once for each call.
#[tool]
async fn double(number: u32, ctx: Context) -> Result<u32, ToolError> {
    Ok(ctx.once("doubled", async { number * 2 }).await?)
}

/// Lets the model count.
#[tool]
async fn count(ctx: Context) -> Result<String, ToolError> {
    let question = CreateMessageParams::text("How many?", 100);
    let message = ctx.sampling("many", question).tool(double).message();
    Ok(message.await?.text())
}

/// Lets the model make a list.
#[tool]
async fn list(ctx: Context) -> Result<Vec<u8>, ToolError> {
    let question = CreateMessageParams::text("Which?", 100);
    Ok(ctx.sampling("which", question).value().await?)
}

async fn start() -> Running {
    Running::start(Server::new("Sampling").tool(count).tool(list)).await
}

async fn begin_on(server: &Running, revision: Revision) -> Conversation<'_> {
    let capabilities = json!({ "sampling": { "tools": {} } });
    Conversation::begin_with(server, revision, &capabilities, None).await
}

fn says(content: &Value) -> Value {
    json!({ "role": "assistant", "content": content, "model": "test" })
}

/// Answers the next question of the server, which is returned.
async fn answer(talk: &Conversation<'_>, events: &mut Events, content: &Value) -> Value {
    let question = events.message().await;
    assert_eq!(question["method"], "sampling/createMessage", "{question}");
    talk.answer(&question["id"], says(content)).await;
    question["params"].clone()
}

#[tokio::test]
async fn each_round_is_a_question_on_the_stream_of_the_call() {
    let server = start().await;
    let talk = begin_on(&server, Revision::V2025_11_25).await;
    let mut events = talk.stream(&talk.call("count", &json!({}))).await;
    events.primed().await;
    let wants = |id: &str, number: u32| json!({ "type": "tool_use", "id": id, "name": "double", "input": { "number": number } });
    let asked = answer(&talk, &mut events, &json!([wants("a", 4), wants("b", 5)])).await;
    assert_eq!(asked["tools"][0]["name"], "double");
    let asked = answer(&talk, &mut events, &wants("c", 6)).await;
    let results = asked["messages"][2]["content"].as_array().unwrap();
    let results: Vec<_> = results
        .iter()
        .map(|result| (&result["toolUseId"], &result["content"][0]["text"]))
        .collect();
    assert_eq!(
        results,
        [(&json!("a"), &json!("8")), (&json!("b"), &json!("10"))]
    );
    let enough = json!({ "type": "text", "text": "Enough." });
    let asked = answer(&talk, &mut events, &enough).await;
    let result = &asked["messages"][4]["content"];
    let result = result.get(0).unwrap_or(result);
    assert_eq!(result["content"][0]["text"], "12", "{asked}");
    let said = events.message().await;
    assert_eq!(said["result"]["content"][0]["text"], "Enough.");
}

#[tokio::test]
async fn a_revision_whose_models_have_no_tools_gives_values_and_says_why_not_the_rest() {
    let server = start().await;
    let talk = begin_on(&server, Revision::V2025_06_18).await;
    let mut events = talk.stream(&talk.call("list", &json!({}))).await;
    let json = json!({ "type": "text", "text": r#"{"result": [1, 2]}"# });
    let asked = answer(&talk, &mut events, &json).await;
    assert_eq!(asked.get("tools"), None);
    let said = events.message().await;
    assert_eq!(said["result"]["structuredContent"]["result"], json!([1, 2]));

    let failed = talk.ask("tools/call", json!({ "name": "count", "arguments": {} }));
    let failed = failed.await.json();
    assert_eq!(failed["result"]["isError"], true, "{failed}");
    let said = failed["result"]["content"][0]["text"].as_str().unwrap();
    assert!(said.contains("2025-11-25"), "{said}");
}
