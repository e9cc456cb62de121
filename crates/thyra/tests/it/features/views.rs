//! What a handler shows to its caller alone.

use std::time::Duration;

use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{CacheScope, Kind, Selector, TaskMode, schemars, serde};

use super::rounds::{self, accept, retry};
use super::tasks;
use super::{LISTS, Talk, ada_and_bob, fails, tool_error};
use crate::support::{Ask, Running};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Which {
    id: String,
}

async fn show(Args(which): Args<Which>, ctx: Context) -> Result<&'static str, ToolError> {
    ctx.enable(Selector::tag(which.id)).await?;
    Ok("shown")
}

async fn hide(Args(which): Args<Which>, ctx: Context) -> Result<&'static str, ToolError> {
    ctx.disable(Selector::tag(which.id)).await?;
    Ok("hidden")
}

async fn show_only(Args(which): Args<Which>, ctx: Context) -> Result<&'static str, ToolError> {
    ctx.enable_only([Selector::tool("reset"), Selector::tag(which.id)])
        .await?;
    Ok("shown")
}

async fn reset(ctx: Context) -> Result<&'static str, ToolError> {
    ctx.reset_view().await?;
    Ok("reset")
}

/// What is tagged `edit` is hidden from all who do not ask for it, and what is tagged `secret` from
/// all.
fn server() -> Server {
    let template = |Args(which): Args<Which>| async move { which.id };
    let server = Server::new("Views")
        .tool(Tool::new("show", show))
        .tool(Tool::new("hide", hide))
        .tool(Tool::new("reset", reset))
        .tool(Tool::new("show_only", show_only))
        .tool(Tool::new("edit", || async { "edited" }).tag("edit"))
        .tool(Tool::new("wipe", || async { "wiped" }).tag("secret"))
        .prompt(Prompt::new("edit", || async { "edit" }).tag("edit"))
        .resource(Resource::text("edit://page", "text").tag("edit"))
        .resource(ResourceTemplate::new("edit://of/{id}", "one", template).tag("edit"))
        .visible(|component, _| !component.tags.contains("secret"));
    let handle = server.handle();
    handle.disable(Selector::tag("edit"));
    server
}

/// How each of the hidden components is asked for.
fn asked() -> [(&'static str, Value); 4] {
    [
        ("tools/call", json!({ "name": "edit" })),
        ("prompts/get", json!({ "name": "edit" })),
        ("resources/read", json!({ "uri": "edit://page" })),
        ("resources/read", json!({ "uri": "edit://of/7" })),
    ]
}

async fn sees_all(talk: &Talk<'_>) -> bool {
    let mut answered = Vec::new();
    for (method, params) in asked() {
        let answer = talk.ask(method, params).await.json();
        answered.push(answer.get("result").is_some());
    }
    for list in LISTS {
        let listed = talk.listed(list).await;
        answered.push(listed.iter().any(|name| name.starts_with("edit")));
    }
    let all = answered[0];
    assert!(answered.iter().all(|each| *each == all), "{answered:?}");
    all
}

async fn call(talk: &Talk<'_>, tool: &str, tag: &str) -> Value {
    let answer = talk.call(tool, json!({ "id": tag })).await;
    let result = match answer.header("content-type") {
        "application/json" => answer.result(),
        _ => answer.events().pop().unwrap()["result"].clone(),
    };
    assert_ne!(result["isError"], true, "{result}");
    result
}

#[tokio::test]
async fn one_caller_sees_what_was_shown_to_it_and_no_other_does() {
    let server = Running::start(server().auth(ada_and_bob())).await;
    let adas = Talk::each_as(&server, Some("ada")).await;
    for ada in &adas {
        let others = [
            Talk::each_as(&server, Some("bob")).await,
            Talk::each_as(&server, Some("ada")).await,
        ];
        assert!(!sees_all(ada).await);
        call(ada, "show", "edit").await;
        assert!(sees_all(ada).await);
        for other in others.iter().flatten() {
            // A caller who stands alone has one view, whatever brings the calls.
            let same = ada.is_alone() && other.is_alone() && other.token == ada.token;
            assert_eq!(sees_all(other).await, same);
        }
        call(ada, "hide", "edit").await;
        assert!(!sees_all(ada).await);
        call(ada, "show", "edit").await;
        call(ada, "reset", "").await;
        assert!(!sees_all(ada).await);
    }
}

#[tokio::test]
async fn a_caller_can_be_shown_a_few_only() {
    let server = Running::start(server().auth(ada_and_bob())).await;
    for ada in Talk::each_as(&server, Some("ada")).await {
        let all = ada.listed(LISTS[0]).await;
        call(&ada, "show", "secret").await;
        call(&ada, "show_only", "edit").await;
        assert_eq!(ada.listed(LISTS[0]).await, ["reset", "edit"]);
        fails(&ada.call("show", json!({ "id": "x" })).await, -32602);
        call(&ada, "reset", "").await;
        assert_eq!(ada.listed(LISTS[0]).await, all);
    }
}

#[tokio::test]
async fn what_the_server_lets_nobody_see_stays_hidden() {
    let server = Running::start(server().auth(ada_and_bob())).await;
    for ada in Talk::each_as(&server, Some("ada")).await {
        call(&ada, "show", "secret").await;
        let answer = ada.call("wipe", json!({})).await;
        assert_eq!(fails(&answer, -32602), "Unknown tool: wipe");
        assert!(!ada.listed(LISTS[0]).await.contains(&"wipe".to_owned()));
    }
}

#[tokio::test]
async fn a_session_is_told_on_the_stream_of_the_call() {
    let server = Running::start(server()).await;
    let [_, session] = Talk::each(&server).await;
    let events = session.call("show", json!({ "id": "edit" })).await.events();
    let told: Vec<_> = events
        .iter()
        .filter_map(|event| event["method"].as_str())
        .collect();
    assert_eq!(
        told,
        [
            "notifications/tools/list_changed",
            "notifications/prompts/list_changed",
            "notifications/resources/list_changed",
        ]
    );
    assert_eq!(
        events.last().unwrap()["result"]["content"][0]["text"],
        "shown"
    );
    // What changes nothing is not told.
    let answer = session.call("show", json!({ "id": "edit" })).await;
    assert_eq!(answer.tool_text(), "shown");
}

#[tokio::test]
async fn a_caller_without_a_session_is_told_where_it_listens_and_nobody_else_is() {
    let server = server().auth(ada_and_bob());
    let handle = server.handle();
    let server = Running::start(server).await;
    let ada = Talk::alone(&server).with_token("ada");
    let bob = Talk::alone(&server).with_token("bob");
    let wanted = json!({ "toolsListChanged": true, "resourcesListChanged": true });
    let mut for_ada = ada.listen(wanted.clone()).await;
    let mut for_bob = bob.listen(wanted).await;
    for_ada.acknowledged().await;
    for_bob.acknowledged().await;
    call(&ada, "show", "edit").await;
    handle.list_changed(Kind::Resource);
    assert_eq!(for_ada.told().await, "notifications/tools/list_changed");
    // Of her own, and of everybody's.
    for _ in 0..2 {
        assert_eq!(for_ada.told().await, "notifications/resources/list_changed");
    }
    assert_eq!(for_bob.told().await, "notifications/resources/list_changed");
    call(&bob, "show", "edit").await;
    assert_eq!(for_bob.told().await, "notifications/tools/list_changed");
}

#[tokio::test]
async fn what_the_server_hides_later_is_hidden_and_what_changes_for_one_is_told() {
    let server = server().auth(ada_and_bob());
    let handle = server.handle();
    let server = Running::start(server).await;
    let ada = Talk::alone(&server).with_token("ada");
    call(&ada, "show", "edit").await;
    let mut stream = ada.listen(json!({ "toolsListChanged": true })).await;
    stream.acknowledged().await;
    // It is hidden from all others, and they see no change.
    handle.remove(&Selector::tool("edit"));
    assert_eq!(stream.told().await, "notifications/tools/list_changed");
    let edit = Tool::new("edit", || async { "edited again" }).tag("edit");
    handle.add_tool(edit).unwrap();
    assert_eq!(stream.told().await, "notifications/tools/list_changed");
    assert_eq!(
        ada.call("edit", json!({})).await.tool_text(),
        "edited again"
    );
    handle.disable(Selector::tool("edit"));
    assert_eq!(stream.told().await, "notifications/tools/list_changed");
    let answer = ada.call("edit", json!({})).await;
    assert_eq!(fails(&answer, -32602), "Unknown tool: edit");
    call(&ada, "show", "edit").await;
    assert_eq!(
        ada.call("edit", json!({})).await.tool_text(),
        "edited again"
    );
}

#[tokio::test]
async fn a_call_that_asks_can_be_finished_though_it_hid_itself() {
    async fn focus(ctx: Context) -> Result<String, ToolError> {
        ctx.disable(Selector::tool("focus")).await?;
        Ok(ctx.ask("on", "On what?").await?)
    }
    let server = server().tool(Tool::new("focus", focus)).auth(ada_and_bob());
    let server = Running::start(server).await;
    let ada = Talk::alone(&server)
        .with_token("ada")
        .with_capabilities(json!({ "elicitation": {} }));
    let call = json!({ "name": "focus", "arguments": {} });
    let (_, state) = rounds::asked(&ada.ask("tools/call", call.clone()).await);
    let responses = json!({ "on": accept("this") });
    let answer = retry(&ada, call.clone(), responses.clone(), &state).await;
    assert_eq!(answer.tool_text(), "this");
    // Nobody begins what is hidden, and no state finds what is hidden from all.
    let answer = ada.ask("tools/call", call).await;
    assert_eq!(fails(&answer, -32602), "Unknown tool: focus");
    let other = json!({ "name": "wipe", "arguments": {} });
    let answer = retry(&ada, other, responses, &state).await;
    assert_eq!(fails(&answer, -32602), "Unknown tool: wipe");
}

#[tokio::test]
async fn a_retry_goes_to_the_version_that_asked_though_it_hid_itself() {
    async fn focus(ctx: Context) -> Result<String, ToolError> {
        ctx.disable(Selector::tool("focus").version("2.0")).await?;
        Ok(ctx.ask("on", "On what?").await?)
    }
    let server = server()
        .tool(Tool::new("focus", focus).version("2.0"))
        .tool(Tool::new("focus", || async { "the old one" }).version("1.0"))
        .auth(ada_and_bob());
    let server = Running::start(server).await;
    let ada = Talk::alone(&server)
        .with_token("ada")
        .with_capabilities(json!({ "elicitation": {} }));
    let call = json!({ "name": "focus", "arguments": {} });
    let (_, state) = rounds::asked(&ada.ask("tools/call", call.clone()).await);
    let responses = json!({ "on": accept("this") });
    let answer = retry(&ada, call.clone(), responses, &state).await;
    assert_eq!(answer.tool_text(), "this");
    let answer = ada.ask("tools/call", call).await;
    assert_eq!(answer.tool_text(), "the old one");
}

#[tokio::test]
async fn what_is_hidden_is_not_found_with_a_state_that_is_none() {
    let task = Tool::new("task", || async { "done" }).tag("edit");
    let server = server().tool(task.task(TaskMode::Required));
    // Only Ada's own view hides it.
    server.handle().enable(Selector::tag("edit"));
    let server = Running::start(server.auth(ada_and_bob())).await;
    let mut requests = asked().to_vec();
    requests.push(("tools/call", json!({ "name": "task" })));
    for ada in Talk::each_as(&server, Some("ada")).await {
        let ada = ada.with_capabilities(json!({ "extensions": { tasks::EXTENSION: {} } }));
        call(&ada, "hide", "edit").await;
        for (method, params) in &requests {
            let unknown = ada.ask(method, params.clone()).await.json();
            assert!(unknown.get("error").is_some(), "{unknown}");
            for state in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
                let mut params = params.clone();
                params["requestState"] = json!(state);
                params["inputResponses"] = json!({});
                assert_eq!(ada.ask(method, params).await.json(), unknown);
            }
        }
    }
}

#[tokio::test]
async fn the_list_of_one_caller_is_for_no_shared_cache() {
    // Without a rule of visibility, which is reason enough by itself.
    let server = Server::new("Views")
        .tool(Tool::new("hide", hide))
        .tool(Tool::new("edit", || async { "edited" }).tag("edit"))
        .cache_lists(Duration::from_mins(1), CacheScope::Public)
        .auth(ada_and_bob());
    let server = Running::start(server).await;
    let ada = Talk::alone(&server).with_token("ada");
    let list = ada.ask("tools/list", json!({})).await.result();
    assert_eq!(list["cacheScope"], "public");
    call(&ada, "hide", "edit").await;
    let list = ada.ask("tools/list", json!({})).await.result();
    assert_eq!(list["cacheScope"], "private");
}

#[tokio::test]
async fn nobody_has_no_view() {
    let server = Running::start(server()).await;
    let told = "There is neither a session nor a signed-in caller whose view could be changed; sign callers in with .auth(..), or let the \
                client begin with initialize.";
    let nobody = Talk::alone(&server);
    let answer = nobody.call("show", json!({ "id": "edit" })).await;
    assert_eq!(tool_error(&answer), told);
    let params = json!({ "name": "hide", "arguments": { "id": "edit" } });
    let answer = server
        .ask(&Ask::on(super::REVISION, "tools/call", params))
        .await;
    assert_eq!(tool_error(&answer), told);
}

#[tokio::test]
async fn a_view_has_an_end() {
    let server = Running::start(server().auth(ada_and_bob())).await;
    for ada in Talk::each_as(&server, Some("ada")).await {
        for number in 0..64 {
            call(&ada, "hide", &format!("tag {number}")).await;
        }
        let answer = ada.call("hide", json!({ "id": "one more" })).await;
        assert!(tool_error(&answer).contains("at most 64"), "{answer:?}");
        call(&ada, "reset", "").await;
        call(&ada, "hide", "one more").await;
    }
}
