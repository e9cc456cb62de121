//! Scopes that a handler asks for in the middle of its work.

use serde_json::{Value, json};
use thyra::Revision;
use thyra::auth::{Principal as Caller, StaticAuth};
use thyra::prelude::*;

use super::tasks::EXTENSION;
use super::{Talk, ada_and_bob, tool_error};
use crate::support::{Answer, META_CAPABILITIES, Running, soon};

/// Reads a note, or all of everybody.
#[tool(scopes = ["notes:read"])]
async fn read_notes(everybody: bool, loud: bool, ctx: Context) -> Result<String, ToolError> {
    if loud {
        ctx.progress(1, 2).await;
    }
    if everybody {
        ctx.require_scopes(["notes:admin"])?;
    }
    ctx.require_scopes(["notes:read"])?;
    Ok("read".to_owned())
}

/// Refuses on its own.
#[tool(task)]
async fn closed() -> Result<String, ToolError> {
    Err(ToolError::insufficient_scope(["vault"]))
}

/// A page that needs a scope for some readers.
#[resource("notes://{id}")]
async fn note(id: String, ctx: Context) -> Result<String, ResourceError> {
    ctx.require_scopes([format!("notes:{id}")])?;
    Ok(id)
}

/// A prompt that needs one.
#[prompt]
async fn ask_admin(ctx: Context) -> Result<String, PromptError> {
    ctx.require_scopes(["notes:admin"])?;
    Ok("Please.".to_owned())
}

fn server() -> Server {
    Server::new("Notes")
        .tool(read_notes)
        .tool(closed)
        .resource(note)
        .prompt(ask_admin)
}

#[track_caller]
fn challenged(answer: &Answer, scopes: &str) {
    assert_eq!(answer.status, 403, "{answer:?}");
    let challenge = answer.header("www-authenticate");
    assert!(
        challenge.starts_with("Bearer error=\"insufficient_scope\", "),
        "{challenge}"
    );
    let scope = format!("scope=\"{scopes}\"");
    assert!(challenge.contains(&scope), "{challenge}");
}

#[tokio::test]
async fn a_scope_that_is_found_missing_is_a_challenge_for_all_that_the_call_needs() {
    let server = Running::start(server().auth(ada_and_bob())).await;
    for talk in Talk::each_as(&server, Some("ada")).await {
        let arguments = |everybody: bool| json!({ "everybody": everybody, "loud": false });
        assert_eq!(
            talk.call("read_notes", arguments(false)).await.tool_text(),
            "read"
        );
        challenged(
            &talk.call("read_notes", arguments(true)).await,
            "notes:admin notes:read",
        );
        challenged(&talk.call("closed", json!({})).await, "vault");
        let page = talk.ask("resources/read", json!({ "uri": "notes://read" }));
        assert_eq!(page.await.result()["contents"][0]["text"], "read");
        let page = talk.ask("resources/read", json!({ "uri": "notes://7" }));
        challenged(&page.await, "notes:7");
        let prompt = talk.ask("prompts/get", json!({ "name": "ask_admin" }));
        challenged(&prompt.await, "notes:admin");
    }
}

#[tokio::test]
async fn the_scopes_of_the_whole_server_are_in_the_challenge_too() {
    let caller = Caller::builder("https://issuer.example", "ada").scopes(["base", "notes:read"]);
    let auth = StaticAuth::new("http://localhost:8000")
        .required_scopes(["base"])
        .token("ada", caller.build());
    let server = Running::start(server().auth(auth)).await;
    let talk = Talk::alone(&server).with_token("ada");
    let answer = talk
        .call("read_notes", json!({ "everybody": true, "loud": false }))
        .await;
    challenged(&answer, "base notes:admin notes:read");
    challenged(&talk.call("closed", json!({})).await, "base vault");
}

/// What is said in place of a challenge.
const SAID: &str =
    "This needs the scopes notes:admin, and the caller's token does not have all of them.";

#[tokio::test]
async fn once_something_was_sent_it_is_a_failure_in_words() {
    let server = Running::start(server().auth(ada_and_bob())).await;
    for talk in Talk::each_as(&server, Some("ada")).await {
        let params =
            json!({ "name": "read_notes", "arguments": { "everybody": true, "loud": true } });
        let ask = talk
            .request("tools/call", params)
            .meta("progressToken", json!("p"));
        let answer = server.ask(&ask).await;
        assert_eq!(answer.status, 200);
        let events = answer.events();
        assert_eq!(events[0]["method"], "notifications/progress");
        let result = &events[1]["result"];
        assert_eq!(result["isError"], true, "{result}");
        assert_eq!(result["content"][0]["text"], SAID);
    }
}

#[tokio::test]
async fn a_task_fails_in_words() {
    let server = Running::start(server().auth(ada_and_bob())).await;
    let talk = Talk::alone(&server).with_token("bob");
    let ask = talk
        .request("tools/call", json!({ "name": "closed" }))
        .meta(
            META_CAPABILITIES,
            json!({ "extensions": { EXTENSION: {} } }),
        );
    let begun = server.ask(&ask).await.result();
    let id = begun["taskId"].as_str().unwrap().to_owned();
    let ended = async {
        loop {
            let look = talk.request("tasks/get", json!({ "taskId": id })).meta(
                META_CAPABILITIES,
                json!({ "extensions": { EXTENSION: {} } }),
            );
            let found = server.ask(&look).await.result();
            if found["status"] != "working" {
                return found;
            }
        }
    };
    let ended: Value = soon("the end of the task", ended).await;
    assert_eq!(ended["result"]["isError"], true, "{ended}");
    assert_eq!(
        ended["result"]["content"][0]["text"],
        "This needs the scopes vault, and the caller's token does not have all of them."
    );
}

#[tokio::test]
async fn the_user_of_the_process_needs_no_scopes_and_where_nobody_signs_in_nobody_has_any() {
    let client = server().connect().unwrap();
    let read: String = client
        .call_tool_as("read_notes", &json!({ "everybody": true, "loud": false }))
        .await
        .unwrap();
    assert_eq!(read, "read");

    let open = Server::new("Open").tool(Tool::new("admin", |ctx: Context| async move {
        ctx.require_scopes(["notes:admin"])?;
        Ok::<_, ToolError>("in")
    }));
    let server = Running::start(open).await;
    for revision in [Revision::V2026_07_28, Revision::V2025_11_25] {
        let ask = crate::support::Ask::call(revision, "admin", json!({}));
        assert_eq!(tool_error(&server.ask(&ask).await), SAID);
    }
}
