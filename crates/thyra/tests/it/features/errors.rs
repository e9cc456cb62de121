//! How much a caller is told of an error that was not written for it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{TaskMode, schemars, serde};

use super::tasks::{EXTENSION, begun, looked_for};
use super::{Talk, fails, tool_error};
use crate::support::Running;

const SECRET: &str = "swordfish";

#[derive(Debug, thiserror::Error)]
#[error("the login at db.internal failed")]
struct Foreign(#[source] std::io::Error);

fn foreign() -> Foreign {
    Foreign(std::io::Error::other(SECRET))
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Which {
    id: String,
}

/// What a notes store fails with.
#[derive(Debug, thiserror::Error, CallerError)]
enum NoteError {
    #[error("there is no note {0}")]
    #[caller(not_found)]
    Missing(u64),
    #[error("a note has at most 1000 characters")]
    #[caller(shown)]
    TooLong,
    #[error("the store failed")]
    Store(#[from] Foreign),
}

fn store(id: u64) -> Result<String, NoteError> {
    match id {
        1 => Ok("Buy milk.".to_owned()),
        2 => Err(NoteError::TooLong),
        3 => Err(foreign())?,
        id => Err(NoteError::Missing(id)),
    }
}

#[tool]
async fn note(id: u64) -> Result<String, NoteError> {
    store(id)
}

#[tool]
async fn note_of_a_helper(id: u64) -> Result<String, ToolError> {
    Ok(store(id)?)
}

#[resource("notes://{id}")]
async fn note_to_read(id: u64) -> Result<String, NoteError> {
    store(id)
}

#[prompt]
async fn note_to_discuss(id: u64) -> Result<String, NoteError> {
    store(id)
}

async fn fail() -> Result<String, ToolError> {
    Err(foreign())?
}

async fn panics() -> String {
    panic!("{SECRET}")
}

fn server() -> Server {
    let prompt =
        |Args(which): Args<Which>| async move { Err::<String, _>(ToolError::internal(which.id)) };
    let complete = |_: String, _: BTreeMap<String, String>| async {
        assert!(SECRET.is_empty(), "{SECRET}");
        vec!["never"]
    };
    Server::new("Failing")
        .tool(Tool::new("fail", fail))
        .tool(Tool::new("panics", panics))
        .tool(Tool::new("later", fail).task(TaskMode::Required))
        .tool(Tool::new(
            "counts",
            |Args(count): Args<BTreeMap<String, u8>>| async move { count.len() },
        ))
        .resource(Resource::new("notes://fails", "fails", fail))
        .prompt(Prompt::new("fails", prompt).completion("id", complete))
}

/// What a caller is told by everything that can fail.
async fn told(talk: &Talk<'_>) -> Vec<String> {
    let mut told = vec![
        tool_error(&talk.call("fail", json!({})).await),
        tool_error(&talk.call("panics", json!({})).await),
    ];
    let reference = json!({ "type": "ref/prompt", "name": "fails" });
    for (method, params) in [
        ("resources/read", json!({ "uri": "notes://fails" })),
        (
            "prompts/get",
            json!({ "name": "fails", "arguments": { "id": SECRET } }),
        ),
        (
            "completion/complete",
            json!({ "ref": reference, "argument": { "name": "id", "value": "" } }),
        ),
    ] {
        told.push(fails(&talk.ask(method, params).await, -32603));
    }
    told
}

async fn told_of_a_task(server: &Running) -> Value {
    let talk = Talk::alone(server).with_capabilities(json!({ "extensions": { EXTENSION: {} } }));
    let id = begun(&talk.call("later", json!({})).await.result());
    let found = looked_for(&talk, &id).await;
    found["result"]["content"][0]["text"].clone()
}

#[tokio::test]
async fn masked_details_reach_nobody() {
    let server = Running::start(server().mask_error_details(true)).await;
    for talk in Talk::each(&server).await {
        for told in told(&talk).await {
            assert!(
                told.ends_with("failed. The reason is in the server's log."),
                "{told}"
            );
        }
    }
    assert_eq!(
        told_of_a_task(&server).await,
        "The tool failed. The reason is in the server's log."
    );
}

#[tokio::test]
async fn details_that_are_not_masked_come_with_their_causes() {
    let server = Running::start(server().mask_error_details(false)).await;
    let whole = format!("the login at db.internal failed: {SECRET}");
    for talk in Talk::each(&server).await {
        let panicked = format!("the handler panicked: {SECRET}");
        assert_eq!(
            told(&talk).await,
            [&whole, &panicked, &whole, SECRET, &panicked]
        );
    }
    assert_eq!(told_of_a_task(&server).await, whole);
}

/// The same assertion holds with and without debug assertions.
#[tokio::test]
async fn details_are_masked_unless_asked_otherwise() {
    let server = Running::start(server()).await;
    for told in told(&Talk::alone(&server)).await {
        assert!(!told.contains(SECRET), "{told}");
    }
}

#[tokio::test]
async fn an_error_of_ones_own_says_what_its_author_wrote_for_callers() {
    let server = Server::new("Notes")
        .tool(note)
        .tool(note_of_a_helper)
        .resource(note_to_read)
        .prompt(note_to_discuss);
    let server = Running::start(server).await;
    for talk in Talk::each(&server).await {
        for tool in ["note", "note_of_a_helper"] {
            let told = async |id| tool_error(&talk.call(tool, json!({ "id": id })).await);
            assert_eq!(told(7).await, "there is no note 7");
            assert_eq!(told(2).await, "a note has at most 1000 characters");
            assert_eq!(
                told(3).await,
                "The tool failed. The reason is in the server's log."
            );
        }
        let masked = "The request failed. The reason is in the server's log.";
        let not_found = if talk.is_alone() { -32602 } else { -32002 };
        let read = async |id, code| {
            let params = json!({ "uri": format!("notes://{id}") });
            fails(&talk.ask("resources/read", params).await, code)
        };
        assert_eq!(read(7, not_found).await, "there is no note 7");
        assert_eq!(read(2, -32603).await, "a note has at most 1000 characters");
        assert_eq!(read(3, -32603).await, masked);
        let discussed = async |id: u64, code| {
            let params =
                json!({ "name": "note_to_discuss", "arguments": { "id": id.to_string() } });
            fails(&talk.ask("prompts/get", params).await, code)
        };
        assert_eq!(discussed(7, -32602).await, "there is no note 7");
        assert_eq!(
            discussed(2, -32603).await,
            "a note has at most 1000 characters"
        );
        assert_eq!(discussed(3, -32603).await, masked);
    }
}

#[tokio::test]
async fn what_is_wrong_with_arguments_is_never_masked() {
    for mask in [true, false] {
        let server = Running::start(server().mask_error_details(mask)).await;
        for talk in Talk::each(&server).await {
            let told = tool_error(&talk.call("counts", json!({ "sheep": -1 })).await);
            assert!(told.contains("`sheep`"), "{told}");
        }
    }
}
