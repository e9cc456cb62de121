//! What can be set for a whole server.

use http::Request;
use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{HttpSettings, LoggingLevel, PathSecurity, ResourceTemplate, Revision};

use super::{REVISION, Talk, hello};
use crate::support::{Ask, Running};

#[tokio::test]
async fn experiments_are_announced_on_both_eras() {
    let server = Server::new("Lab")
        .experimental("drafts", json!({ "autosave": true }))
        .experimental("echo", json!({ "old": true }))
        .experimental("echo", json!({}));
    let server = Running::start(server).await;
    let greeting = server.ask(&hello(json!({}))).await.result();
    let discovered = Talk::alone(&server).ask("server/discover", json!({})).await;
    for result in [greeting, discovered.result()] {
        assert_eq!(
            result["capabilities"]["experimental"],
            json!({ "drafts": { "autosave": true }, "echo": {} })
        );
    }
}

/// Says something at two levels.
#[tool]
async fn speak(ctx: Context) -> &'static str {
    ctx.info("info").await;
    ctx.warning("warning").await;
    "spoken"
}

/// The levels at which the call is heard.
async fn heard(server: &Running, ask: Ask) -> Vec<Value> {
    let events = server.ask(&ask).await.events();
    let levels = events.iter().map(|event| event["params"]["level"].clone());
    levels.filter(|level| !level.is_null()).collect()
}

#[tokio::test]
async fn a_client_begins_with_the_servers_log_level_and_sets_its_own() {
    let server = Server::new("Loud")
        .tool(speak)
        .client_log_level(LoggingLevel::Warning);
    let server = Running::start(server).await;
    let [_, session] = Talk::each(&server).await;
    let call = || session.request("tools/call", json!({ "name": "speak" }));
    assert_eq!(heard(&server, call()).await, ["warning"]);
    // A request without a session is as new.
    let lonely = Ask::call(Revision::V2025_11_25, "speak", json!({}));
    assert_eq!(heard(&server, lonely).await, ["warning"]);
    let set = session.ask("logging/setLevel", json!({ "level": "debug" }));
    set.await.result();
    assert_eq!(heard(&server, call()).await, ["info", "warning"]);
}

#[tokio::test]
async fn without_sessions_each_request_stands_alone() {
    let server = Server::new("Replica")
        .tool(Tool::new("who", |ctx: Context| async move {
            format!("{:?}", ctx.session_id())
        }))
        .http(HttpSettings::new().sessions(false));
    let server = Running::start(server).await;
    let greeting = server.ask(&hello(json!({}))).await;
    greeting.result();
    assert!(!greeting.headers.contains_key("mcp-session-id"));
    let ready = Ask::on(REVISION, "notifications/initialized", json!({}));
    assert_eq!(
        server.ask(&ready.member("id", Value::Null)).await.status,
        202
    );
    let call = Ask::call(REVISION, "who", json!({}));
    assert_eq!(server.ask(&call).await.tool_text(), "None");
    // The session of another server, or of an earlier life of this one, is no reason to refuse.
    let stale = call.header("mcp-session-id", "stale");
    assert_eq!(server.ask(&stale).await.tool_text(), "None");
    for request in [Request::get(server.url()), Request::delete(server.url())] {
        let request = request.header("accept", "text/event-stream");
        let answer = server.send(request.body("").unwrap()).await;
        assert_eq!(answer.status, 405, "{answer:?}");
    }
}

fn read(uri: &str) -> Value {
    json!({ "uri": uri })
}

#[tokio::test]
async fn path_security_of_the_server_is_that_of_templates_without_their_own() {
    #[derive(thyra::serde::Deserialize, thyra::schemars::JsonSchema)]
    #[serde(crate = "thyra::serde")]
    #[schemars(crate = "thyra::schemars")]
    struct Place {
        path: String,
    }
    let template = |uri: &str, name: &str| {
        ResourceTemplate::new(
            uri,
            name,
            |Args(place): Args<Place>| async move { place.path },
        )
    };
    let server = |server: Server| {
        let strict = template("strict://{path}", "strict").path_security(PathSecurity::default());
        server
            .resource(template("plain://{path}", "plain"))
            .resource(strict)
    };
    for (server, plain) in [
        (server(Server::new("Files")), false),
        (server(Server::new("Files").path_security(None)), true),
        (
            server(Server::new("Files")).path_security(PathSecurity::default().exempt("path")),
            true,
        ),
    ] {
        let server = Running::start(server).await;
        for talk in Talk::each(&server).await {
            let fine = talk.ask("resources/read", read("plain://notes")).await;
            assert_eq!(fine.result()["contents"][0]["text"], "notes");
            let up = talk
                .ask("resources/read", read("plain://..%2Fsecret"))
                .await;
            assert_eq!(up.json().get("result").is_some(), plain, "{up:?}");
            let strict = talk
                .ask("resources/read", read("strict://..%2Fsecret"))
                .await;
            assert!(strict.json().get("result").is_none(), "{strict:?}");
        }
    }
}

/// Asks for a review.
#[prompt]
async fn review(#[arg(title = "How strict")] tone: String, code: String) -> String {
    format!("{tone} {code}")
}

#[tokio::test]
async fn arguments_of_prompts_have_titles_for_people() {
    let by_hand = Prompt::from_handler("by_hand", vec![thyra::PromptArgument::new("x")], Nothing)
        .argument_title("x", "The x");
    let server = Running::start(Server::new("Titles").prompt(review).prompt(by_hand)).await;
    for talk in Talk::each(&server).await {
        let listed = talk.ask("prompts/list", json!({})).await.result();
        let arguments = &listed["prompts"][0]["arguments"];
        assert_eq!(arguments[0]["title"], "How strict");
        assert!(arguments[1].get("title").is_none(), "{arguments}");
        assert_eq!(listed["prompts"][1]["arguments"][0]["title"], "The x");
    }
    let unknown =
        Server::new("Titles").prompt(Prompt::new("x", || async { "x" }).argument_title("y", "Y"));
    let error = unknown.into_service().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("it has no argument `y` to give a title to"),
        "{error}"
    );
}

/// A prompt that is not asked.
struct Nothing;

impl thyra::Handler<thyra::GetPromptResult> for Nothing {
    fn call<'a>(
        &'a self,
        _: thyra::Call<'a>,
    ) -> futures_util::future::BoxFuture<'a, Result<thyra::GetPromptResult, thyra::CallError>> {
        Box::pin(std::future::pending())
    }
}
