//! The server asks the client, on the stream of the call that needs to know.

use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{Revision, Server};

use super::Conversation;
use crate::support::{Ask, Running};

/// Greets whoever the client says is there.
#[tool]
async fn welcome(ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "What is your name?").await?;
    Ok(format!("Hello, {name}!"))
}

async fn start() -> Running {
    Running::start(Server::new("Asking").tool(welcome)).await
}

async fn begin(server: &Running) -> Conversation<'_> {
    let capabilities = json!({ "elicitation": {} });
    Conversation::begin_with(server, Revision::V2025_11_25, &capabilities, None).await
}

fn text(message: &Value) -> &str {
    message["result"]["content"][0]["text"].as_str().unwrap()
}

/// What the user answers to a form with one question.
fn accept(question: &Value, answer: &str) -> Value {
    let properties = question["params"]["requestedSchema"]["properties"]
        .as_object()
        .unwrap();
    let name = properties.keys().next().unwrap().clone();
    json!({ "action": "accept", "content": { name: answer } })
}

#[tokio::test]
async fn a_question_goes_out_on_the_stream_of_the_call_and_the_answer_comes_by_post() {
    let server = start().await;
    let talk = begin(&server).await;
    let mut events = talk.stream(&talk.call("welcome", &json!({}))).await;
    events.primed().await;
    let question = events.message().await;
    assert_eq!(question["method"], "elicitation/create");
    assert_eq!(question["params"]["message"], "What is your name?");
    // An answer to something else is taken, and changes nothing; so is one in another session.
    let answer = accept(&question, "Ada");
    let other = begin(&server).await;
    assert_eq!(talk.answer(&json!("x"), answer.clone()).await.status, 202);
    assert_eq!(
        other
            .answer(&question["id"], accept(&question, "Eve"))
            .await
            .status,
        202
    );
    let taken = talk.answer(&question["id"], answer).await;
    assert_eq!((taken.status, taken.text().as_str()), (202, ""));
    assert_eq!(text(&events.message().await), "Hello, Ada!");
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_question_outlives_the_connection() {
    let server = start().await;
    let talk = begin(&server).await;
    let mut events = talk.stream(&talk.call("welcome", &json!({}))).await;
    let place = events.primed().await;
    drop(events);
    let mut rest = talk.listen(Some(&place)).await;
    rest.primed().await;
    let question = rest.message().await;
    talk.answer(&question["id"], accept(&question, "Ada")).await;
    assert_eq!(text(&rest.message().await), "Hello, Ada!");
}

#[tokio::test]
async fn an_error_of_the_client_and_a_no_of_its_user_reach_the_tool() {
    let server = start().await;
    let talk = begin(&server).await;
    for answer in [
        json!({ "action": "decline" }),
        json!({ "action": "cancel" }),
    ] {
        let mut events = talk.stream(&talk.call("welcome", &json!({}))).await;
        events.primed().await;
        let question = events.message().await;
        talk.answer(&question["id"], answer).await;
        assert_eq!(events.message().await["result"]["isError"], true);
    }
    let mut events = talk.stream(&talk.call("welcome", &json!({}))).await;
    events.primed().await;
    let question = events.message().await;
    let error = talk
        .in_session(Ask::on(talk.revision, "", json!({})))
        .member("method", Value::Null)
        .member("params", Value::Null)
        .member("id", question["id"].clone())
        .member("error", json!({ "code": -1, "message": "no window" }));
    assert_eq!(server.ask(&error).await.status, 202);
    let failed = events.message().await;
    assert_eq!(failed["result"]["isError"], true);
    assert!(text(&failed).contains("no window"), "{failed}");
}

#[tokio::test]
async fn without_a_session_there_is_nobody_to_ask() {
    let server = start().await;
    let ask = Ask::call(Revision::V2025_11_25, "welcome", json!({}));
    let failed = server.ask(&ask).await;
    assert_eq!(failed.result()["isError"], true);
}
