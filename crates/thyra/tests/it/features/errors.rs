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

#[tokio::test]
async fn a_build_for_others_masks_and_one_for_its_author_does_not() {
    let server = Running::start(server()).await;
    let told = told(&Talk::alone(&server)).await;
    let details = told.iter().any(|told| told.contains(SECRET));
    assert_eq!(details, cfg!(debug_assertions));
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
