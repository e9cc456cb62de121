//! The server asks the client, on the stream of the call that needs to know.

use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{CreateMessageParams, Question, Revision, Server};

use super::Conversation;
use crate::support::{Ask, Running};

/// Greets whoever the client says is there.
#[tool]
async fn welcome(ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "What is your name?").await?;
    Ok(format!("Hello, {name}!"))
}

/// Sends the user to a page.
#[tool]
async fn pay(url: String, ctx: Context) -> Result<&'static str, ToolError> {
    ctx.ask_url("pay", "Please pay.", url).await?;
    Ok("agreed")
}

/// Asks the client's model.
#[tool]
async fn think(ctx: Context) -> Result<String, ToolError> {
    let thought = ctx.sample("thought", CreateMessageParams::text("Why?", 10));
    Ok(thought.await?.text())
}

/// Asks for the roots.
#[tool]
async fn look(ctx: Context) -> Result<String, ToolError> {
    let roots = ctx.roots("roots").await?;
    let uris: Vec<_> = roots.into_iter().map(|root| root.uri).collect();
    Ok(uris.join(" "))
}

/// Lets the user choose a note.
#[tool]
async fn open(ctx: Context) -> Result<String, ToolError> {
    let notes = [("n1", "Shopping"), ("n2", "Holidays")];
    let question = Question::new("Which note?")
        .title("Note")
        .description("One of yours");
    Ok(ctx.choose("note", question, notes).await?)
}

/// Lets the user choose some notes.
#[tool]
async fn burn(ctx: Context) -> Result<String, ToolError> {
    let notes = ["n1", "n2", "n3"];
    let chosen = ctx.choose_many("notes", "Which notes?", notes).await?;
    Ok(chosen.join(" "))
}

/// Needs a yes.
#[tool]
async fn confirm(ctx: Context) -> Result<&'static str, ToolError> {
    ctx.ask::<()>("sure", "Delete it?").await?;
    Ok("deleted")
}

async fn start() -> Running {
    let server = Server::new("Asking")
        .tool(welcome)
        .tool(pay)
        .tool(think)
        .tool(look)
        .tool(open)
        .tool(burn)
        .tool(confirm);
    Running::start(server).await
}

async fn begin(server: &Running) -> Conversation<'_> {
    begin_on(server, Revision::V2025_11_25).await
}

async fn begin_on(server: &Running, revision: Revision) -> Conversation<'_> {
    let capabilities =
        json!({ "elicitation": { "form": {}, "url": {} }, "sampling": {}, "roots": {} });
    Conversation::begin_with(server, revision, &capabilities, None).await
}

/// What the server asks during `call`, and what becomes of it with `answer`.
async fn exchange(talk: &Conversation<'_>, call: &Ask, answer: Value) -> (Value, Value) {
    let mut events = talk.stream(call).await;
    if talk.revision >= Revision::V2025_11_25 {
        events.primed().await;
    }
    let question = events.message().await;
    talk.answer(&question["id"], answer).await;
    let result = events.message().await;
    assert_eq!(events.next().await, None);
    (question, result)
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
async fn pages_models_and_roots_are_asked_for_on_the_stream_too() {
    let server = start().await;
    let talk = begin(&server).await;
    let call = talk.call("pay", &json!({ "url": "https://pay.example/?order=7" }));
    let (question, result) = exchange(&talk, &call, json!({ "action": "accept" })).await;
    assert_eq!(question["method"], "elicitation/create");
    let params = &question["params"];
    assert_eq!(params["mode"], "url");
    assert_eq!(params["message"], "Please pay.");
    assert_eq!(params["url"], "https://pay.example/?order=7");
    assert!(params["elicitationId"].is_string(), "{question}");
    assert_eq!(params.get("_meta"), None);
    assert_eq!(text(&result), "agreed");
    let (_, result) = exchange(&talk, &call, json!({ "action": "decline" })).await;
    assert_eq!(result["result"]["isError"], true);

    let thought = json!({
        "role": "assistant",
        "content": { "type": "text", "text": "Because." },
        "model": "test",
    });
    let call = talk.call("think", &json!({}));
    let (question, result) = exchange(&talk, &call, thought).await;
    assert_eq!(question["method"], "sampling/createMessage");
    assert_eq!(question["params"]["maxTokens"], 10);
    let message = &question["params"]["messages"][0];
    assert_eq!(message["content"]["text"], "Why?");
    assert_eq!(text(&result), "Because.");

    let roots = json!({ "roots": [{ "uri": "file:///a" }, { "uri": "file:///b", "name": "B" }] });
    let call = talk.call("look", &json!({}));
    let (question, result) = exchange(&talk, &call, roots).await;
    assert_eq!(question["method"], "roots/list");
    assert_eq!(text(&result), "file:///a file:///b");
    let (_, result) = exchange(&talk, &call, json!({ "roots": 7 })).await;
    assert_eq!(result["error"]["code"], -32602, "{result}");
}

#[tokio::test]
async fn nobody_is_sent_to_what_is_no_page() {
    let server = start().await;
    let talk = begin(&server).await;
    for url in ["", "pay", "javascript:alert(1)", "https://", "file:///etc"] {
        let failed = talk.ask(
            "tools/call",
            json!({ "name": "pay", "arguments": { "url": url } }),
        );
        let failed = failed.await.json();
        assert_eq!(failed["result"]["isError"], true, "{failed}");
        assert!(
            text(&failed).contains("absolute http or https URL"),
            "{failed}"
        );
    }
}

#[tokio::test]
async fn a_question_stands_in_the_trace_of_its_call() {
    let server = start().await;
    let talk = begin(&server).await;
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let traced = |tool: &str| {
        talk.call(tool, &json!({}))
            .meta("traceparent", json!(parent))
            .meta("tracestate", json!("a=1"))
            .meta("baggage", json!("user=ada"))
    };
    let whole = json!({ "traceparent": parent, "tracestate": "a=1", "baggage": "user=ada" });
    let accepted = json!({ "action": "accept", "content": { "value": "Ada" } });
    let (question, result) = exchange(&talk, &traced("welcome"), accepted.clone()).await;
    assert_eq!(question["params"]["_meta"], whole);
    assert_eq!(question["params"]["message"], "What is your name?");
    assert_eq!(text(&result), "Hello, Ada!");
    let (question, _) = exchange(&talk, &traced("look"), json!({ "roots": [] })).await;
    assert_eq!(question["params"], json!({ "_meta": whole }));
    // What is no trace is none for the client either.
    let call = talk.call("welcome", &json!({}));
    let call = call
        .meta("traceparent", json!("x"))
        .meta("baggage", json!("user=ada"));
    let (question, _) = exchange(&talk, &call, accepted).await;
    assert_eq!(question["params"].get("_meta"), None);
}

#[tokio::test]
async fn options_are_offered_as_the_revision_spells_them() {
    let server = start().await;
    let field =
        |question: &Value| question["params"]["requestedSchema"]["properties"]["value"].clone();
    let chosen = |value: Value| json!({ "action": "accept", "content": { "value": value } });

    let talk = begin(&server).await;
    let (question, result) =
        exchange(&talk, &talk.call("open", &json!({})), chosen(json!("n2"))).await;
    let titles =
        json!([{ "const": "n1", "title": "Shopping" }, { "const": "n2", "title": "Holidays" }]);
    assert_eq!(
        field(&question),
        json!({
            "type": "string", "oneOf": titles,
            "title": "Note", "description": "One of yours",
        })
    );
    assert_eq!(
        question["params"]["requestedSchema"]["required"],
        json!(["value"])
    );
    assert_eq!(text(&result), "n2");
    let call = talk.call("burn", &json!({}));
    let (question, result) = exchange(&talk, &call, chosen(json!(["n3", "n1"]))).await;
    let items = json!({ "type": "string", "enum": ["n1", "n2", "n3"] });
    assert_eq!(field(&question), json!({ "type": "array", "items": items }));
    assert_eq!(text(&result), "n3 n1");
    for bad in [json!("Shopping"), json!(["n1"]), Value::Null] {
        let (_, result) = exchange(&talk, &talk.call("open", &json!({})), chosen(bad)).await;
        assert_eq!(result["error"]["code"], -32602, "{result}");
    }

    let talk = begin_on(&server, Revision::V2025_06_18).await;
    let (question, result) =
        exchange(&talk, &talk.call("open", &json!({})), chosen(json!("n1"))).await;
    assert_eq!(
        field(&question),
        json!({
            "type": "string", "enum": ["n1", "n2"], "enumNames": ["Shopping", "Holidays"],
            "title": "Note", "description": "One of yours",
        })
    );
    assert_eq!(text(&result), "n1");
    // Forms had no choice of several then, so nobody is asked.
    let failed = talk
        .ask("tools/call", json!({ "name": "burn", "arguments": {} }))
        .await
        .json();
    assert_eq!(failed["result"]["isError"], true, "{failed}");
    assert!(
        text(&failed).contains("needs revision 2025-11-25"),
        "{failed}"
    );
}

#[tokio::test]
async fn a_confirmation_is_a_form_without_fields() {
    let server = start().await;
    for revision in [Revision::V2025_06_18, Revision::V2025_11_25] {
        let talk = begin_on(&server, revision).await;
        let call = talk.call("confirm", &json!({}));
        for yes in [
            json!({ "action": "accept" }),
            json!({ "action": "accept", "content": {} }),
        ] {
            let (question, result) = exchange(&talk, &call, yes).await;
            let schema = &question["params"]["requestedSchema"];
            assert_eq!(schema, &json!({ "type": "object", "properties": {} }));
            assert_eq!(text(&result), "deleted");
        }
        for (no, told) in [("decline", "declined"), ("cancel", "dismissed")] {
            let (_, result) = exchange(&talk, &call, json!({ "action": no })).await;
            assert_eq!(result["result"]["isError"], true, "{result}");
            assert!(text(&result).contains(told), "{result}");
        }
    }
}

#[tokio::test]
async fn without_a_session_there_is_nobody_to_ask() {
    let server = start().await;
    let ask = Ask::call(Revision::V2025_11_25, "welcome", json!({}));
    let failed = server.ask(&ask).await;
    assert_eq!(failed.result()["isError"], true);
}
