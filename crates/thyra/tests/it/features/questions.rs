//! How many questions a round has, and how they are named.

use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::{Value, json};
use thyra::prelude::*;

use super::rounds::{accept, asked, client, retry};
use super::{fails, tool_error};
use crate::support::Running;

/// Asks `count` things at once, and gives up with the first that fails.
#[tool]
async fn many(count: usize, ctx: Context) -> Result<String, ToolError> {
    let asked = (0..count).map(|number| ctx.ask::<String>(format!("q{number}"), "?"));
    let mut asked: FuturesUnordered<_> = asked.collect();
    while let Some(answer) = asked.next().await {
        answer?;
    }
    Ok(count.to_string())
}

/// Asks under a key of its caller's.
#[tool]
async fn under(key: String, ctx: Context) -> Result<String, ToolError> {
    Ok(ctx.ask(key, "?").await?)
}

async fn start() -> Running {
    Running::start(Server::new("Questions").tool(many).tool(under)).await
}

#[tokio::test]
async fn a_round_has_64_questions_and_64_answers() {
    let server = start().await;
    let talk = client(&server);
    let call = |count: usize| json!({ "name": "many", "arguments": { "count": count } });
    let said = tool_error(&talk.ask("tools/call", call(65)).await);
    assert!(said.contains("64"), "{said}");
    let (keys, state) = asked(&talk.ask("tools/call", call(64)).await);
    assert_eq!(keys.len(), 64);
    let answers = |keys: &[String]| -> Value {
        keys.iter()
            .map(|key| (key.clone(), accept("a")))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let done = retry(&talk, call(64), answers(&keys), &state).await;
    assert_eq!(done.tool_text(), "64");
    let too_many = [keys, vec!["another".to_owned()]].concat();
    fails(
        &retry(&talk, call(64), answers(&too_many), &state).await,
        -32602,
    );
}

#[tokio::test]
async fn a_key_has_1_to_128_bytes() {
    let server = start().await;
    let talk = client(&server);
    for key in ["k".repeat(129), "ä".repeat(65), String::new()] {
        let said = tool_error(&talk.call("under", json!({ "key": key })).await);
        assert!(said.contains("1 to 128 bytes"), "{said}");
    }
    for key in ["k".repeat(128), "ä".repeat(64)] {
        let (keys, _) = asked(&talk.call("under", json!({ "key": key })).await);
        assert_eq!(keys, [key]);
    }
}
