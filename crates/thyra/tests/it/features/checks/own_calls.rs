//! Handlers call as their callers, so their callers are checked.

use serde_json::json;
use thyra::prelude::*;
use thyra::{Check, OwnServerError};

use super::{CHECKED, OPEN, Talk, challenged, each_with};
use crate::support::Running;

/// Uses all that is checked, and says what there is.
#[tool]
async fn relay(ctx: Context) -> Result<String, ToolError> {
    let mut said = Vec::new();
    for (name, ended) in [
        ("tool", ctx.call_tool("checked", &()).await.map(drop)),
        (
            "prompt",
            ctx.get_prompt("checked", &json!({ "id": "1" }))
                .await
                .map(drop),
        ),
        ("page", ctx.read_resource("note://checked").await.map(drop)),
        ("pages", ctx.read_resource("checked://1").await.map(drop)),
    ] {
        match ended {
            Ok(()) => said.push(name.to_owned()),
            Err(OwnServerError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let tools = ctx.list_tools().await?.into_iter().map(|tool| tool.name);
    said.extend(tools.filter(|name| name != "relay"));
    let prompts = ctx.list_prompts().await?.into_iter();
    said.extend(prompts.map(|prompt| prompt.name));
    let pages = ctx.list_resources().await?.into_iter();
    said.extend(pages.map(|page| page.uri));
    let templates = ctx.list_resource_templates().await?.into_iter();
    said.extend(templates.map(|template| template.uri_template));
    Ok(said.join(" "))
}

#[tokio::test]
async fn a_handler_finds_what_its_caller_may_use() {
    let server = each_with(&Check::role("editor")).tool(relay);
    let server = Running::start(server).await;
    let mut all = vec!["tool", "prompt", "page", "pages"];
    for (open, checked) in OPEN.into_iter().zip(CHECKED) {
        all.extend([open, checked]);
    }
    for (token, expected) in [("ada", all.as_slice()), ("bob", &OPEN)] {
        for talk in Talk::each_as(&server, Some(token)).await {
            let said = talk.call("relay", json!({})).await.tool_text();
            assert_eq!(said, expected.join(" "), "{token}");
        }
    }
}

#[tokio::test]
async fn what_the_caller_lacks_is_a_challenge_for_the_caller() {
    let server = each_with(&Check::scopes_all(["notes:read"])).tool(relay);
    let server = Running::start(server).await;
    for talk in Talk::each_as(&server, Some("bob")).await {
        challenged(&talk.call("relay", json!({})).await, "notes:read");
    }
}
