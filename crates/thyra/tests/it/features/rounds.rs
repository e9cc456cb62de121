//! Calls of several rounds (revision 2026-07-28): what is asked, and what comes of the answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{AskError, ClientCapability, IntoTool, Revision, TaskMode};

use super::tasks::{EXTENSION, begun, looked_for};
use super::{Talk, fails, tool_error};
use crate::support::{Answer, Ask, Running};

/// How often the effect happened.
#[derive(Clone, Default)]
struct Effects(Arc<AtomicUsize>);

/// Asks two things, one after the other, and does something before that.
#[tool]
async fn order(
    dish: String,
    ctx: Context,
    State(effects): State<Effects>,
) -> Result<String, ToolError> {
    let number = ctx
        .once("number", async {
            effects.0.fetch_add(1, Ordering::SeqCst) + 1
        })
        .await?;
    let name: String = ctx.ask("name", "What is your name?").await?;
    let count: i64 = ctx.ask("count", format!("How many, {name}?")).await?;
    Ok(format!("No. {number}: {count} {dish} for {name}"))
}

/// Asks two things at once.
#[tool]
async fn both(ctx: Context) -> Result<String, ToolError> {
    let (left, right) = tokio::join!(
        ctx.ask::<String>("left", "Left?"),
        ctx.ask::<String>("right", "Right?"),
    );
    Ok(format!("{} {}", left?, right?))
}

/// Does something slow while it asks.
#[tool]
async fn meanwhile(
    asks_first: bool,
    ctx: Context,
    State(effects): State<Effects>,
) -> Result<String, ToolError> {
    let work = ctx.once("work", async {
        let number = effects.0.fetch_add(1, Ordering::SeqCst) + 1;
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        number
    });
    let ask = ctx.ask::<String>("name", "What is your name?");
    let (number, name) = if asks_first {
        let (name, number) = tokio::join!(ask, work);
        (number, name)
    } else {
        tokio::join!(work, ask)
    };
    Ok(format!("{} {}", number?, name?))
}

/// Does something that fails, then asks.
#[tool]
async fn fail(ctx: Context, State(effects): State<Effects>) -> Result<String, ToolError> {
    let done: Result<u8, String> = ctx
        .once("work", async {
            let number = effects.0.fetch_add(1, Ordering::SeqCst) + 1;
            Err(format!("failure No. {number}"))
        })
        .await?;
    let name: String = ctx.ask("name", "What is your name?").await?;
    Ok(format!("{name}: {done:?}"))
}

/// Does the same thing twice, and as a task if that may be.
#[tool]
async fn twice(ctx: Context, State(effects): State<Effects>) -> Result<String, ToolError> {
    let work = || ctx.once("work", async { effects.0.fetch_add(1, Ordering::SeqCst) });
    let before = work().await?;
    ctx.continue_as_task().await;
    Ok(format!("{before} {} {}", work().await?, work().await?))
}

/// Tells what became of its question.
#[tool]
async fn tell(ctx: Context) -> String {
    match ctx.ask::<String>("name", "What is your name?").await {
        Ok(name) => name,
        Err(AskError::Declined) => "declined".to_owned(),
        Err(AskError::Cancelled) => "cancelled".to_owned(),
        Err(other) => format!("failed: {other}"),
    }
}

/// Needs the client's model.
#[tool]
async fn think(ctx: Context) -> Result<String, ToolError> {
    ctx.require(ClientCapability::Sampling)?;
    Ok("thought".to_owned())
}

#[prompt]
async fn letter(ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "To whom?").await?;
    Ok(format!("Write to {name}."))
}

#[resource("notes://mine")]
async fn mine(ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "Who are you?").await?;
    Ok(format!("The notes of {name}"))
}

async fn start() -> (Running, Effects) {
    let effects = Effects::default();
    let server = Server::new("Rounds")
        .tool(order)
        .tool(both)
        .tool(meanwhile)
        .tool(fail)
        .tool(twice.into_tool().task(TaskMode::Deferred))
        .tool(tell)
        .tool(think)
        .prompt(letter)
        .resource(mine)
        .state(effects.clone());
    (Running::start(server).await, effects)
}

pub(super) fn client(server: &Running) -> Talk<'_> {
    Talk::alone(server).with_capabilities(json!({ "elicitation": {} }))
}

/// The keys of what the server asks, and the state.
#[track_caller]
pub(super) fn asked(answer: &Answer) -> (Vec<String>, Value) {
    let result = answer.result();
    assert_eq!(result["resultType"], "input_required", "{result}");
    let requests = result["inputRequests"].as_object().unwrap();
    for request in requests.values() {
        assert_eq!(request["method"], "elicitation/create", "{request}");
    }
    assert!(result["requestState"].is_string(), "{result}");
    let keys = requests.keys().cloned().collect();
    (keys, result["requestState"].clone())
}

/// An answer to a question for one value.
pub(super) fn accept(value: impl Into<Value>) -> Value {
    json!({ "action": "accept", "content": { "value": value.into() } })
}

pub(super) async fn retry(
    talk: &Talk<'_>,
    mut call: Value,
    responses: Value,
    state: &Value,
) -> Answer {
    call["inputResponses"] = responses;
    call["requestState"] = state.clone();
    talk.ask("tools/call", call).await
}

#[tokio::test]
async fn each_round_asks_what_is_missing_and_the_last_one_answers() {
    let (server, effects) = start().await;
    let talk = client(&server);
    let call = json!({ "name": "order", "arguments": { "dish": "soup" } });
    let (keys, first) = asked(&talk.ask("tools/call", call.clone()).await);
    assert_eq!(keys, ["name"]);
    let answer = retry(
        &talk,
        call.clone(),
        json!({ "name": accept("Ada") }),
        &first,
    )
    .await;
    let (keys, second) = asked(&answer);
    assert_eq!(keys, ["count"]);
    let question = &answer.result()["inputRequests"]["count"]["params"];
    assert_eq!(question["message"], "How many, Ada?");
    let done = retry(&talk, call.clone(), json!({ "count": accept(3) }), &second).await;
    assert_eq!(done.result()["resultType"], "complete");
    assert_eq!(done.tool_text(), "No. 1: 3 soup for Ada");
    assert_eq!(effects.0.load(Ordering::SeqCst), 1);
    // Another conversation has effects of its own.
    asked(&talk.ask("tools/call", call).await);
    assert_eq!(effects.0.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_round_ends_after_what_is_done_once_in_it() {
    let (server, effects) = start().await;
    let talk = client(&server);
    for (number, asks_first) in [(1, false), (2, true)] {
        let arguments = json!({ "asks_first": asks_first });
        let call = json!({ "name": "meanwhile", "arguments": arguments });
        let (keys, state) = asked(&talk.ask("tools/call", call.clone()).await);
        assert_eq!(keys, ["name"]);
        assert_eq!(effects.0.load(Ordering::SeqCst), number);
        let done = retry(&talk, call, json!({ "name": accept("Ada") }), &state).await;
        assert_eq!(done.tool_text(), format!("{number} Ada"));
        assert_eq!(effects.0.load(Ordering::SeqCst), number);
    }
}

#[tokio::test]
async fn what_is_done_once_is_not_tried_again_when_it_fails() {
    let (server, effects) = start().await;
    let talk = client(&server);
    let call = json!({ "name": "fail", "arguments": {} });
    let (_, state) = asked(&talk.ask("tools/call", call.clone()).await);
    let done = retry(&talk, call, json!({ "name": accept("Ada") }), &state).await;
    assert_eq!(done.tool_text(), "Ada: Err(\"failure No. 1\")");
    assert_eq!(effects.0.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn one_call_does_once_what_it_does_twice_in_both_eras_and_in_tasks() {
    let (server, effects) = start().await;
    for (number, talk) in Talk::each(&server).await.into_iter().enumerate() {
        let done = talk.call("twice", json!({})).await;
        assert_eq!(done.tool_text(), format!("{number} {number} {number}"));
    }
    // Without a session there is nobody to ask, and a call is one call all the same.
    let ask = Ask::call(Revision::V2025_11_25, "twice", json!({}));
    assert_eq!(server.ask(&ask).await.tool_text(), "2 2 2");
    let talk = Talk::alone(&server).with_capabilities(json!({ "extensions": { EXTENSION: {} } }));
    let id = begun(&talk.call("twice", json!({})).await.result());
    let done = looked_for(&talk, &id).await;
    assert_eq!(done["result"]["content"][0]["text"], "3 3 3", "{done}");
    assert_eq!(effects.0.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn a_round_without_all_the_answers_asks_again_for_the_rest() {
    let (server, _effects) = start().await;
    let talk = client(&server);
    let call = json!({ "name": "both", "arguments": {} });
    let (keys, state) = asked(&talk.ask("tools/call", call.clone()).await);
    assert_eq!(keys, ["left", "right"]);
    let partly = json!({ "right": accept("r"), "nobody asked": accept("x") });
    let (keys, state) = asked(&retry(&talk, call.clone(), partly, &state).await);
    assert_eq!(keys, ["left"]);
    let done = retry(&talk, call, json!({ "left": accept("l") }), &state).await;
    assert_eq!(done.tool_text(), "l r");
}

#[tokio::test]
async fn prompts_and_resources_ask_too() {
    let (server, _effects) = start().await;
    let talk = client(&server);
    for (method, mut params, pointer, text) in [
        (
            "prompts/get",
            json!({ "name": "letter" }),
            "/messages/0/content/text",
            "Write to Ada.",
        ),
        (
            "resources/read",
            json!({ "uri": "notes://mine" }),
            "/contents/0/text",
            "The notes of Ada",
        ),
    ] {
        let (keys, state) = asked(&talk.ask(method, params.clone()).await);
        assert_eq!(keys, ["name"]);
        params["requestState"] = state;
        params["inputResponses"] = json!({ "name": accept("Ada") });
        let result = talk.ask(method, params).await.result();
        assert_eq!(result.pointer(pointer).unwrap(), text);
    }
}

#[tokio::test]
async fn a_no_reaches_the_tool() {
    let (server, _effects) = start().await;
    let talk = client(&server);
    let call = json!({ "name": "tell", "arguments": {} });
    for (action, told) in [("decline", "declined"), ("cancel", "cancelled")] {
        let (_, state) = asked(&talk.ask("tools/call", call.clone()).await);
        let no = json!({ "name": { "action": action } });
        assert_eq!(
            retry(&talk, call.clone(), no, &state).await.tool_text(),
            told
        );
    }
    // A tool that treats the case not at all fails, in words for the model.
    let call = json!({ "name": "both", "arguments": {} });
    let (_, state) = asked(&talk.ask("tools/call", call.clone()).await);
    let no = json!({ "left": { "action": "decline" }, "right": accept("r") });
    let said = tool_error(&retry(&talk, call, no, &state).await);
    assert!(said.contains("declined"), "{said}");
}

#[tokio::test]
async fn an_answer_that_does_not_fit_its_question_is_refused() {
    let (server, _effects) = start().await;
    let talk = client(&server);
    let call = json!({ "name": "both", "arguments": {} });
    for bad in [
        accept(json!({})),
        json!({ "action": "accept" }),
        json!({ "action": "maybe" }),
        json!(7),
    ] {
        let (_, state) = asked(&talk.ask("tools/call", call.clone()).await);
        let responses = json!({ "left": bad, "right": accept("r") });
        fails(&retry(&talk, call.clone(), responses, &state).await, -32602);
    }
}

#[tokio::test]
async fn a_client_that_cannot_be_asked_learns_what_it_lacks() {
    let (server, _effects) = start().await;
    let talk = Talk::alone(&server);
    let error = talk.call("both", json!({})).await.refused(400, -32021);
    assert!(
        error["data"]["requiredCapabilities"]["elicitation"].is_object(),
        "{error}"
    );
    let error = talk.call("think", json!({})).await.refused(400, -32021);
    assert_eq!(
        error["data"]["requiredCapabilities"],
        json!({ "sampling": {} })
    );
    let error = client(&server)
        .call("think", json!({}))
        .await
        .refused(400, -32021);
    assert_eq!(
        error["data"]["requiredCapabilities"],
        json!({ "sampling": {} })
    );
    let able = Talk::alone(&server).with_capabilities(json!({ "sampling": {} }));
    assert_eq!(able.call("think", json!({})).await.tool_text(), "thought");
    // A session knows no such error.
    let [_, session] = Talk::each(&server).await;
    tool_error(&session.call("both", json!({})).await);
}
