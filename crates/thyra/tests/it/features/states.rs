//! What a request state is good for: its own call, and no other.

use serde_json::{Value, json};
use thyra::RequestState;
use thyra::prelude::*;

use super::rounds::{accept, asked};
use super::{Talk, ada_and_bob, fails};
use crate::support::{Answer, Running};

/// Asks for two words.
async fn words(ctx: Context) -> Result<String, ToolError> {
    let first: String = ctx.ask("first", "The first word?").await?;
    let second: String = ctx.ask("second", "The second word?").await?;
    Ok(format!("{first} {second}"))
}

#[tool]
async fn sign(paper: String, ctx: Context) -> Result<String, ToolError> {
    Ok(format!("{paper}: {}", words(ctx).await?))
}

#[tool]
async fn shred(paper: String, ctx: Context) -> Result<String, ToolError> {
    Ok(format!("{paper}: {}", words(ctx).await?))
}

fn versioned(version: &str) -> Tool {
    Tool::new("versioned", words).version(version)
}

fn server() -> Server {
    Server::new("States")
        .tool(sign)
        .tool(shred)
        .tool(versioned("1"))
        .tool(versioned("2"))
}

fn client(server: &Running) -> Talk<'_> {
    Talk::alone(server).with_capabilities(json!({ "elicitation": {} }))
}

fn call(tool: &str, paper: &str) -> Value {
    json!({ "name": tool, "arguments": { "paper": paper } })
}

async fn state_of(talk: &Talk<'_>, call: &Value) -> Value {
    asked(&talk.ask("tools/call", call.clone()).await).1
}

/// The second round of `call`.
async fn retry(talk: &Talk<'_>, call: &Value, state: Option<&Value>) -> Answer {
    let mut call = call.clone();
    call["inputResponses"] = json!({ "first": accept("one") });
    if let Some(state) = state {
        call["requestState"] = state.clone();
    }
    talk.ask("tools/call", call).await
}

#[tokio::test]
async fn a_state_is_good_for_the_same_tool_with_the_same_arguments() {
    let server = Running::start(server()).await;
    let talk = client(&server);
    let state = state_of(&talk, &call("sign", "will")).await;
    for other in [
        call("shred", "will"),
        call("sign", "bill"),
        json!({ "name": "sign", "arguments": { "paper": "will", "more": 1 } }),
        json!({ "name": "sign" }),
        json!({ "name": "versioned", "arguments": {} }),
    ] {
        fails(&retry(&talk, &other, Some(&state)).await, -32602);
    }
    let (keys, next) = asked(&retry(&talk, &call("sign", "will"), Some(&state)).await);
    assert_eq!(keys, ["second"]);
    // A later state is bound to the call as the first one is.
    fails(
        &retry(&talk, &call("shred", "will"), Some(&next)).await,
        -32602,
    );
}

#[tokio::test]
async fn a_state_is_good_for_its_own_caller() {
    let server = Running::start(server().auth(ada_and_bob())).await;
    let (ada, bob) = (
        client(&server).with_token("ada"),
        client(&server).with_token("bob"),
    );
    let state = state_of(&ada, &call("sign", "will")).await;
    fails(
        &retry(&bob, &call("sign", "will"), Some(&state)).await,
        -32602,
    );
    asked(&retry(&ada, &call("sign", "will"), Some(&state)).await);
}

#[tokio::test]
async fn a_state_is_good_for_its_own_version_of_a_tool() {
    let server = Running::start(server()).await;
    let talk = client(&server);
    let of_version = |version: &str| json!({ "name": "versioned", "arguments": {}, "_meta": { "thyra/version": version } });
    let state = state_of(&talk, &of_version("1")).await;
    fails(&retry(&talk, &of_version("2"), Some(&state)).await, -32602);
    // Without a version, the highest one is called.
    let highest = json!({ "name": "versioned", "arguments": {} });
    fails(&retry(&talk, &highest, Some(&state)).await, -32602);
    asked(&retry(&talk, &of_version("1"), Some(&state)).await);
}

#[tokio::test]
async fn a_state_is_good_for_its_own_server() {
    let (one, other) = (
        Running::start(server()).await,
        Running::start(server()).await,
    );
    let state = state_of(&client(&one), &call("sign", "will")).await;
    fails(
        &retry(&client(&other), &call("sign", "will"), Some(&state)).await,
        -32602,
    );
}

#[tokio::test]
async fn a_state_that_was_altered_is_refused() {
    let server = Running::start(server()).await;
    let talk = client(&server);
    let call = call("sign", "will");
    let state = state_of(&talk, &call).await;
    let text = state.as_str().unwrap();
    for place in [0, 1, 6, 20, text.len() / 2, text.len() - 2] {
        let other = if &text[place..=place] == "A" {
            "B"
        } else {
            "A"
        };
        let altered = format!("{}{other}{}", &text[..place], &text[place + 1..]);
        fails(&retry(&talk, &call, Some(&json!(altered))).await, -32602);
    }
    for nonsense in [
        json!(""),
        json!("nonsense"),
        json!("%%%"),
        json!(text[..text.len() - 4]),
        json!(format!("{text}AAAA")),
        json!(7),
    ] {
        fails(&retry(&talk, &call, Some(&nonsense)).await, -32602);
    }
    asked(&retry(&talk, &call, Some(&state)).await);
}

#[tokio::test]
async fn a_state_has_at_most_64_kib() {
    let server = Running::start(server()).await;
    let talk = client(&server);
    let call = call("sign", "will");
    let long = json!("A".repeat(64 * 1024 + 1));
    let said = fails(&retry(&talk, &call, Some(&long)).await, -32602);
    assert!(said.contains("65536 bytes"), "{said}");
    // What the client answered would not fit into the next one.
    let mut long = call.clone();
    long["inputResponses"] = json!({ "first": accept("x".repeat(64 * 1024)) });
    fails(&talk.ask("tools/call", long.clone()).await, -32602);
    long["requestState"] = state_of(&talk, &call).await;
    fails(&talk.ask("tools/call", long).await, -32602);
}

#[tokio::test]
async fn a_state_for_a_single_use_is_used_once() {
    let once = RequestState::default().single_use();
    let server = Running::start(server().request_state(once)).await;
    let talk = client(&server);
    let call = call("sign", "will");
    let state = state_of(&talk, &call).await;
    // What is refused is not used up.
    fails(
        &retry(&talk, &json!({ "name": "sign" }), Some(&state)).await,
        -32602,
    );
    let (_, next) = asked(&retry(&talk, &call, Some(&state)).await);
    fails(&retry(&talk, &call, Some(&state)).await, -32602);
    let mut last = call.clone();
    last["requestState"] = next;
    last["inputResponses"] = json!({ "second": accept("two") });
    let done = talk.ask("tools/call", last.clone()).await;
    assert_eq!(done.tool_text(), "will: one two");
    fails(&talk.ask("tools/call", last).await, -32602);
    // Answers without a state would be a way around it.
    fails(&retry(&talk, &call, None).await, -32602);
    let mut all = call.clone();
    all["inputResponses"] = json!({ "first": accept("one"), "second": accept("two") });
    fails(&talk.ask("tools/call", all).await, -32602);
}
