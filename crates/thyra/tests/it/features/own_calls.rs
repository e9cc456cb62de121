//! Handlers that use the components of their own server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{
    CallError, ErrorObject, Kind, Middleware, OwnServerError, RequestInfo, Response, Selector,
    ToolCallInfo,
};

use super::rounds::{accept, asked, client, retry};
use super::{Talk, ada_and_bob, tool_error};
use crate::support::Running;

/// Calls a tool, and says what came of it.
#[tool]
async fn call_it(tool: String, arguments: Value, ctx: Context) -> Result<String, ToolError> {
    let result = ctx.call_tool(&tool, &arguments).await?;
    let text = result.content[0].as_text().unwrap_or_default();
    Ok(format!("{tool}: {text} {}", result.is_error))
}

/// Reads a page.
#[tool]
async fn look(uri: String, ctx: Context) -> Result<String, ToolError> {
    let page = ctx.read_resource(&uri).await?;
    Ok(page.contents[0].as_text().unwrap_or_default().to_owned())
}

/// Fills in a prompt.
#[tool]
async fn fill(prompt: String, name: String, ctx: Context) -> Result<String, ToolError> {
    let filled = ctx.get_prompt(&prompt, &json!({ "name": name })).await?;
    Ok(filled.messages[0]
        .content
        .as_text()
        .unwrap_or_default()
        .to_owned())
}

/// Names what the caller sees.
#[tool]
async fn list(ctx: Context) -> Result<Vec<String>, ToolError> {
    let mut names = Vec::new();
    names.extend(ctx.list_tools().await?.into_iter().map(|tool| tool.name));
    names.extend(
        ctx.list_prompts()
            .await?
            .into_iter()
            .map(|prompt| prompt.name),
    );
    names.extend(ctx.list_resources().await?.into_iter().map(|page| page.uri));
    let templates = ctx.list_resource_templates().await?;
    names.extend(templates.into_iter().map(|template| template.uri_template));
    Ok(names)
}

/// Greets.
#[prompt]
async fn greeting(name: String) -> String {
    format!("Greet {name}.")
}

#[resource("notes://{id}")]
async fn note(id: u32) -> Result<String, ResourceError> {
    match id {
        0 => Err(ResourceError::not_found()),
        1 => Err(ResourceError::new("The ink is gone.")),
        _ => Ok(format!("note {id}")),
    }
}

/// Fails.
#[tool]
async fn fail() -> Result<String, ToolError> {
    Err(ToolError::new("There is no paper left."))
}

/// Add two numbers.
#[tool]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn server() -> Server {
    Server::new("Office")
        .tool(call_it)
        .tool(look)
        .tool(fill)
        .tool(list)
        .tool(fail)
        .tool(add)
        .prompt(greeting)
        .resource(note)
        .resource(Resource::text("page://one", "the page"))
}

fn calling(tool: &str, arguments: impl Into<Value>) -> Value {
    json!({ "tool": tool, "arguments": arguments.into() })
}

#[tokio::test]
async fn a_handler_calls_reads_fills_in_and_lists() {
    let server = Running::start(server()).await;
    for talk in Talk::each(&server).await {
        for (tool, arguments, said) in [
            (
                "call_it",
                calling("add", json!({ "a": 2, "b": 40 })),
                "add: 42 false",
            ),
            (
                "call_it",
                calling("fail", Value::Null),
                "fail: There is no paper left. true",
            ),
            ("look", json!({ "uri": "notes://7" }), "note 7"),
            ("look", json!({ "uri": "page://one" }), "the page"),
            (
                "fill",
                json!({ "prompt": "greeting", "name": "Ada" }),
                "Greet Ada.",
            ),
        ] {
            assert_eq!(talk.call(tool, arguments).await.tool_text(), said);
        }
        let listed = talk.call("list", json!({})).await.result();
        // Before 2026-07-28, structured content is an object.
        let names = &listed["structuredContent"];
        assert_eq!(
            *names.get("result").unwrap_or(names),
            json!([
                "call_it",
                "look",
                "fill",
                "list",
                "fail",
                "add",
                "greeting",
                "page://one",
                "notes://{id}"
            ])
        );
    }
}

#[tokio::test]
async fn what_is_not_there_or_fails_is_told_in_words() {
    let server = Running::start(server()).await;
    for talk in Talk::each(&server).await {
        for (tool, arguments, said) in [
            (
                "call_it",
                calling("nothing", json!({})),
                "There is no tool `nothing`.",
            ),
            (
                "call_it",
                calling("add", json!([1, 2])),
                "The arguments of `add` are no JSON object: write a struct, a map, json!({..}), or () for none.",
            ),
            (
                "fill",
                json!({ "prompt": "x", "name": "" }),
                "There is no prompt `x`.",
            ),
            (
                "look",
                json!({ "uri": "x://y" }),
                "There is no resource `x://y`.",
            ),
            (
                "look",
                json!({ "uri": "notes://0" }),
                "There is no resource `notes://0`.",
            ),
            (
                "look",
                json!({ "uri": "notes://1" }),
                "`notes://1` failed: The ink is gone.",
            ),
        ] {
            assert_eq!(tool_error(&talk.call(tool, arguments).await), said);
        }
        let wrong = talk
            .call("call_it", calling("add", json!({ "a": "x" })))
            .await;
        let said = wrong.tool_text();
        assert!(
            said.starts_with("add: ") && said.ends_with(" true"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_handler_sees_what_its_caller_sees_and_needs_the_callers_scopes() {
    let server = server()
        .tool(Tool::new("notes", || async { "notes" }).scopes(["notes:read", "notes:all"]))
        .tool(Tool::new("staff", || async { "staff" }).tag("staff"))
        .resource(Resource::text("page://read", "for readers").scopes(["notes:read"]))
        .visible(|component, viewer| {
            !component.tags.contains("staff")
                || viewer
                    .principal
                    .is_some_and(|caller| caller.subject() == "ada")
        })
        .auth(ada_and_bob());
    server.handle().disable(Selector::tool("add"));
    let server = Running::start(server).await;
    for (name, sees, reads) in [("ada", true, true), ("bob", false, false)] {
        for talk in Talk::each_as(&server, Some(name)).await {
            let sum = talk
                .call("call_it", calling("add", json!({ "a": 1, "b": 1 })))
                .await;
            assert_eq!(tool_error(&sum), "There is no tool `add`.");
            let staff = talk.call("call_it", calling("staff", json!({}))).await;
            assert_eq!(staff.result()["isError"] != true, sees, "{name}");
            let listed = talk.call("list", json!({})).await.tool_text();
            assert_eq!(listed.contains("staff"), sees, "{name}: {listed}");
            assert!(!listed.contains("add"), "{listed}");
            // A missing scope of what is called is the client's to step up for.
            let notes = talk.call("call_it", calling("notes", json!({}))).await;
            assert_eq!(notes.status, 403, "{notes:?}");
            let challenge = notes.header("www-authenticate");
            assert!(
                challenge.contains("scope=\"notes:read notes:all\""),
                "{challenge}"
            );
            let page = talk.call("look", json!({ "uri": "page://read" })).await;
            assert_eq!(page.status, if reads { 200 } else { 403 }, "{name}");
        }
    }
}

/// Asks for a name, and counts how often it was begun in earnest.
#[tool]
async fn order(
    dish: String,
    ctx: Context,
    State(orders): State<AtomicUsize>,
) -> Result<String, ToolError> {
    let number = ctx
        .once("number", async {
            orders.fetch_add(1, Ordering::SeqCst) + 1
        })
        .await?;
    let name: String = ctx.ask("name", format!("Who eats {dish}?")).await?;
    Ok(format!("{number} {dish} {name}"))
}

/// Orders the same twice and something else once, and asks a question of its own.
#[tool]
async fn menu(ctx: Context) -> Result<String, ToolError> {
    let mut ordered = Vec::new();
    for dish in ["soup", "soup", "rice"] {
        let result = ctx.call_tool("order", &json!({ "dish": dish })).await?;
        ordered.push(result.content[0].as_text().unwrap_or_default().to_owned());
    }
    ordered.push(ctx.ask("name", "Who pays?").await?);
    Ok(ordered.join(", "))
}

#[tokio::test]
async fn what_is_called_asks_in_the_rounds_of_its_caller_each_call_for_itself() {
    let restaurant = Server::new("Restaurant")
        .tool(order)
        .tool(menu)
        .state(AtomicUsize::new(0));
    let server = Running::start(restaurant).await;
    let talk = client(&server);
    let asking = json!({ "name": "menu", "arguments": {} });
    let mut answer = talk.ask("tools/call", asking.clone()).await;
    let mut questions = Vec::new();
    for name in ["Ada", "Bob", "Cyd", "Dan"] {
        let (keys, state) = asked(&answer);
        let [key] = &*keys else { panic!("{keys:?}") };
        let question = answer.result()["inputRequests"][key]["params"]["message"].clone();
        questions.push(question.as_str().unwrap().to_owned());
        answer = retry(
            &talk,
            asking.clone(),
            json!({ key.as_str(): accept(name) }),
            &state,
        )
        .await;
    }
    assert_eq!(
        questions,
        [
            "Who eats soup?",
            "Who eats soup?",
            "Who eats rice?",
            "Who pays?"
        ]
    );
    assert_eq!(
        answer.tool_text(),
        "1 soup Ada, 2 soup Bob, 3 rice Cyd, Dan"
    );
}

/// Calls itself until it may not.
#[tool]
async fn down(depth: u32, ctx: Context) -> Result<String, ToolError> {
    match ctx.call_tool("down", &json!({ "depth": depth + 1 })).await {
        Ok(result) => Ok(result.content[0].as_text().unwrap_or_default().to_owned()),
        Err(OwnServerError::TooDeep { most }) => Ok(format!("{depth} of {most}")),
        Err(other) => Err(other.into()),
    }
}

/// Calls more than anybody needs.
#[tool]
async fn many(ctx: Context) -> Result<usize, ToolError> {
    for done in 0.. {
        match ctx.read_resource("page://one").await {
            Ok(_) => {}
            Err(OwnServerError::TooMany { most }) => {
                assert_eq!(most, done);
                return Ok(done);
            }
            Err(other) => return Err(other.into()),
        }
    }
    Ok(0)
}

/// Never ends.
async fn sleep() -> &'static str {
    std::future::pending().await
}

/// Calls what takes too long.
#[tool]
async fn wait(ctx: Context) -> Result<String, ToolError> {
    match ctx.call_tool("sleep", &()).await {
        Err(OwnServerError::TimedOut {
            kind: Kind::Tool,
            name,
            ..
        }) => Ok(format!("{name} slept")),
        other => Ok(format!("{other:?}")),
    }
}

#[tokio::test]
async fn calls_within_calls_are_bounded_in_depth_number_and_time() {
    let server = Server::new("Deep")
        .tool(down)
        .tool(many)
        .tool(wait)
        .tool(Tool::new("sleep", sleep).timeout(Duration::from_millis(1)))
        .resource(Resource::text("page://one", "the page"));
    let server = Running::start(server).await;
    for talk in Talk::each(&server).await {
        let deep = talk.call("down", json!({ "depth": 0 })).await;
        assert_eq!(deep.tool_text(), "8 of 8");
        assert_eq!(talk.call("many", json!({})).await.tool_text(), "10000");
        assert_eq!(
            talk.call("wait", json!({})).await.tool_text(),
            "sleep slept"
        );
    }
}

/// Reports progress of its own.
#[tool]
async fn work(ctx: Context) -> &'static str {
    ctx.progress(1, 2).await;
    "worked"
}

#[tokio::test]
async fn what_is_called_speaks_on_the_stream_of_its_caller() {
    let server = Running::start(server().tool(work)).await;
    for talk in Talk::each(&server).await {
        let params = json!({ "name": "call_it", "arguments": calling("work", json!({})) });
        let ask = talk
            .request("tools/call", params)
            .meta("progressToken", json!("p"));
        let events = server.ask(&ask).await.events();
        assert_eq!(events[0]["params"]["progressToken"], "p", "{events:?}");
        assert_eq!(
            events[1]["result"]["content"][0]["text"],
            "work: worked false"
        );
    }
}

/// Notes what passes, closes one tool, and marks results.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Vec<String>>>);

impl Middleware for Watch {
    fn on_request<'a>(
        &'a self,
        request: RequestInfo<'a>,
        next: BoxFuture<'a, Response>,
    ) -> BoxFuture<'a, Response> {
        Box::pin(async move {
            let line = format!("{} {}", request.method, request.name.unwrap_or("-"));
            self.0.lock().unwrap().push(line);
            match request.name {
                Some("fail") => request.error(&ErrorObject::invalid_params("Closed")),
                Some("add") => {
                    let response = next.await;
                    let text = CallToolResult::text("changed");
                    response.with_result(request, &text)
                }
                _ => next.await,
            }
        })
    }

    fn on_call_tool<'a>(
        &'a self,
        call: ToolCallInfo<'a>,
        next: BoxFuture<'a, Result<CallToolResult, CallError>>,
    ) -> BoxFuture<'a, Result<CallToolResult, CallError>> {
        self.0
            .lock()
            .unwrap()
            .push(format!("run {}", call.tool.name()));
        next
    }
}

#[tokio::test]
async fn middleware_stands_around_what_a_handler_asks() {
    let watch = Watch::default();
    let server = Running::start(server().middleware(watch.clone())).await;
    let talk = Talk::alone(&server);
    let sum = talk
        .call("call_it", calling("add", json!({ "a": 1, "b": 1 })))
        .await;
    assert_eq!(sum.tool_text(), "add: changed false");
    let failed = talk.call("call_it", calling("fail", json!({}))).await;
    assert_eq!(tool_error(&failed), "`fail` failed: Closed.");
    let page = talk.call("look", json!({ "uri": "page://one" })).await;
    assert_eq!(page.tool_text(), "the page");
    let missing = talk.call("look", json!({ "uri": "x://y" })).await;
    assert_eq!(tool_error(&missing), "There is no resource `x://y`.");
    talk.call("list", json!({})).await.result();
    let seen = std::mem::take(&mut *watch.0.lock().unwrap());
    assert_eq!(
        seen,
        [
            "tools/call call_it",
            "run call_it",
            "tools/call add",
            "run add",
            "tools/call call_it",
            "run call_it",
            "tools/call fail",
            "tools/call look",
            "run look",
            "resources/read page://one",
            "tools/call look",
            "run look",
            "resources/read x://y",
            "tools/call list",
            "run list",
            "tools/list -",
            "prompts/list -",
            "resources/list -",
            "resources/templates/list -",
        ]
    );
}
