//! How many questions a round has, and how they are named.

use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{AskError, Question};

use super::rounds::{accept, asked, client, retry};
use super::{Talk, fails, tool_error};
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

/// Lets the user choose, first one, then some.
#[tool(repeatable)]
async fn choose(options: Vec<String>, ctx: Context) -> Result<String, ToolError> {
    let one = ctx.choose("one", "Which?", &options).await?;
    let rest = options.iter().filter(|option| **option != one);
    let titled = rest.map(|option| (option, option.to_uppercase()));
    let some = ctx.choose_many("some", "Which else?", titled).await?;
    Ok(format!("{one}, then {}", some.join(" ")))
}

/// Sends the user somewhere.
#[tool]
async fn visit(url: String, ctx: Context) -> Result<&'static str, ToolError> {
    ctx.ask_url("page", "Go there.", url).await?;
    Ok("gone")
}

/// Needs a yes.
#[tool(repeatable)]
async fn confirm(ctx: Context) -> Result<&'static str, ToolError> {
    match ctx.ask::<()>("sure", "Delete it?").await {
        Ok(()) => Ok("deleted"),
        Err(AskError::Declined) => Ok("declined"),
        Err(AskError::Cancelled) => Ok("cancelled"),
        Err(other) => Err(other.into()),
    }
}

/// How a note is kept.
#[derive(Elicit)]
#[elicit(rename_all = "lowercase")]
enum Keep {
    #[elicit(title = "For good")]
    Always,
    Today,
}

/// Asks for values of several kinds, with titles and descriptions at their fields.
#[tool]
async fn labelled(ctx: Context) -> Result<String, ToolError> {
    let titled = |title: &str| Question::new("?").title(title);
    let folder = titled("Folder").description("Where it goes");
    let (count, text, keep, folder, tags) = tokio::try_join!(
        ctx.ask_value::<u8>("count", titled("Count").description("How many")),
        ctx.ask_value::<Option<String>>("text", Question::new("?").description("A word")),
        ctx.ask_value::<Keep>("keep", titled("Keep it")),
        ctx.choose("folder", folder, ["f1", "f2"]),
        ctx.choose_many("tags", titled("Tags"), ["new"]),
    )?;
    let keep = matches!(keep, Keep::Always);
    Ok(format!("{count} {text:?} {keep} {folder} {tags:?}"))
}

async fn start() -> Running {
    let server = Server::new("Questions")
        .tool(many)
        .tool(under)
        .tool(choose)
        .tool(visit)
        .tool(confirm)
        .tool(labelled);
    Running::start(server).await
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

#[tokio::test]
async fn options_come_from_the_call_and_the_choice_is_one_of_them() {
    let server = start().await;
    let talk = client(&server);
    let call = json!({ "name": "choose", "arguments": { "options": ["a", "b", "c"] } });
    let first = talk.ask("tools/call", call.clone()).await;
    let (keys, state) = asked(&first);
    assert_eq!(keys, ["one"]);
    let field = "/inputRequests/one/params/requestedSchema/properties/value";
    assert_eq!(
        first.result().pointer(field).unwrap(),
        &json!({ "type": "string", "enum": ["a", "b", "c"] })
    );
    for bad in [
        accept("d"),
        accept(json!(["a"])),
        json!({ "action": "accept" }),
    ] {
        fails(
            &retry(&talk, call.clone(), json!({ "one": bad }), &state).await,
            -32602,
        );
    }
    let second = retry(&talk, call.clone(), json!({ "one": accept("b") }), &state).await;
    let (keys, state) = asked(&second);
    assert_eq!(keys, ["some"]);
    let field = "/inputRequests/some/params/requestedSchema/properties/value";
    let titles = json!([{ "const": "a", "title": "A" }, { "const": "c", "title": "C" }]);
    assert_eq!(
        second.result().pointer(field).unwrap(),
        &json!({ "type": "array", "items": { "anyOf": titles } })
    );
    for bad in [json!(["b"]), json!(["a", "a"]), json!("a")] {
        let responses = json!({ "some": accept(bad) });
        fails(&retry(&talk, call.clone(), responses, &state).await, -32602);
    }
    for (chosen, told) in [(json!(["c", "a"]), "b, then c a"), (json!([]), "b, then ")] {
        let responses = json!({ "some": accept(chosen) });
        let done = retry(&talk, call.clone(), responses, &state).await;
        assert_eq!(done.tool_text(), told);
    }
}

#[tokio::test]
async fn a_choice_has_1_to_256_options() {
    let server = start().await;
    let talk = client(&server);
    let options = |count: usize| -> Vec<String> { (0..count).map(|at| at.to_string()).collect() };
    for bad in [
        options(0),
        options(257),
        vec![String::new()],
        vec!["x".repeat(1025)],
        vec!["a".to_owned(), "a".to_owned()],
    ] {
        let said = tool_error(&talk.call("choose", json!({ "options": bad })).await);
        assert!(said.contains("question `one` cannot be asked"), "{said}");
    }
    let (keys, _) = asked(
        &talk
            .call("choose", json!({ "options": options(256) }))
            .await,
    );
    assert_eq!(keys, ["one"]);
}

#[tokio::test]
async fn nobody_is_sent_to_what_is_no_page() {
    let server = start().await;
    let talk = Talk::alone(&server).with_capabilities(json!({ "elicitation": { "url": {} } }));
    let said = tool_error(
        &talk
            .call("visit", json!({ "url": "javascript:alert(1)" }))
            .await,
    );
    assert!(said.contains("absolute http or https URL"), "{said}");
    let answer = talk
        .call("visit", json!({ "url": "https://a.example/b" }))
        .await;
    asked(&answer);
    let params = &answer.result()["inputRequests"]["page"]["params"];
    assert_eq!(params["url"], "https://a.example/b");
}

#[tokio::test]
async fn a_confirmation_is_a_form_without_fields() {
    let server = start().await;
    let talk = client(&server);
    let call = json!({ "name": "confirm", "arguments": {} });
    let first = talk.ask("tools/call", call.clone()).await;
    let (_, state) = asked(&first);
    assert_eq!(
        first.result()["inputRequests"]["sure"]["params"],
        json!({
            "mode": "form",
            "message": "Delete it?",
            "requestedSchema": { "type": "object", "properties": {} },
        })
    );
    for (answer, told) in [
        (json!({ "action": "accept" }), "deleted"),
        (json!({ "action": "accept", "content": null }), "deleted"),
        (json!({ "action": "accept", "content": {} }), "deleted"),
        (accept(false), "deleted"),
        (json!({ "action": "decline" }), "declined"),
        (json!({ "action": "cancel" }), "cancelled"),
    ] {
        let done = retry(&talk, call.clone(), json!({ "sure": answer }), &state).await;
        assert_eq!(done.tool_text(), told);
    }
    let vague = json!({ "sure": { "action": "perhaps" } });
    fails(&retry(&talk, call, vague, &state).await, -32602);
}

#[tokio::test]
async fn one_value_has_a_title_and_a_description_at_its_field() {
    let server = start().await;
    let talk = client(&server);
    let call = json!({ "name": "labelled", "arguments": {} });
    let first = talk.ask("tools/call", call.clone()).await;
    let (_, state) = asked(&first);
    let kept = json!([
        { "const": "always", "title": "For good" },
        { "const": "today", "title": "today" },
    ]);
    let folders = json!(["f1", "f2"]);
    let tags = json!({ "type": "string", "enum": ["new"] });
    for (key, field) in [
        (
            "count",
            json!({
                "type": "integer", "minimum": 0, "maximum": 255,
                "title": "Count", "description": "How many",
            }),
        ),
        ("text", json!({ "type": "string", "description": "A word" })),
        (
            "keep",
            json!({ "type": "string", "oneOf": kept, "title": "Keep it" }),
        ),
        (
            "folder",
            json!({
                "type": "string", "enum": folders,
                "title": "Folder", "description": "Where it goes",
            }),
        ),
        (
            "tags",
            json!({ "type": "array", "items": tags, "title": "Tags" }),
        ),
    ] {
        let params = &first.result()["inputRequests"][key]["params"];
        assert_eq!(params["message"], "?");
        assert_eq!(
            params["requestedSchema"]["properties"],
            json!({ "value": field })
        );
    }
    let answers = json!({
        "count": accept(2), "text": { "action": "accept" }, "keep": accept("always"),
        "folder": accept("f2"), "tags": accept(json!(["new"])),
    });
    let done = retry(&talk, call, answers, &state).await;
    assert_eq!(done.tool_text(), r#"2 None true f2 ["new"]"#);
}
