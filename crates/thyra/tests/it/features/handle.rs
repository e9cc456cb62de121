//! Components that come and go while the server runs.

use serde_json::json;
use thyra::prelude::*;
use thyra::{Kind, Selector};

use super::{LISTS, Talk, fails};
use crate::support::Running;

const ALL: [&str; 3] = [
    "toolsListChanged",
    "promptsListChanged",
    "resourcesListChanged",
];
const TOOLS: &str = "notifications/tools/list_changed";
const PROMPTS: &str = "notifications/prompts/list_changed";
const RESOURCES: &str = "notifications/resources/list_changed";

fn tool(name: &str) -> Tool {
    Tool::new(name, || async { "a tool" })
}

fn prompt(name: &str) -> Prompt {
    Prompt::new(name, || async { "a prompt" })
}

fn resource(uri: &str) -> Resource {
    Resource::new(uri, "note", || async { "a resource" })
}

#[resource("pages://{id}")]
async fn page(id: String) -> String {
    id
}

/// Three of all but templates.
fn server() -> Server {
    ["a", "b", "c"]
        .into_iter()
        .fold(Server::new("Changing"), |server, name| {
            server
                .tool(tool(name))
                .prompt(prompt(name))
                .resource(resource(&format!("notes://{name}")))
        })
}

#[tokio::test]
async fn what_is_added_is_listed_and_answers_and_what_is_removed_is_gone() {
    let server = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let talks = Talk::each(&server).await;
    let [tools, prompts, resources, templates] = LISTS;
    handle.add_tool(tool("new")).unwrap();
    handle.add_prompt(prompt("new")).unwrap();
    handle.add_resource(resource("notes://new")).unwrap();
    handle.add_resource(page).unwrap();
    for talk in &talks {
        assert_eq!(talk.listed(tools).await, ["a", "b", "c", "new"]);
        assert_eq!(talk.listed(prompts).await, ["a", "b", "c", "new"]);
        assert_eq!(talk.listed(resources).await.pop().unwrap(), "notes://new");
        assert_eq!(talk.listed(templates).await, ["pages://{id}"]);
        assert_eq!(talk.call("new", json!({})).await.tool_text(), "a tool");
        talk.ask("prompts/get", json!({ "name": "new" }))
            .await
            .result();
        for uri in ["notes://new", "pages://1"] {
            talk.ask("resources/read", json!({ "uri": uri }))
                .await
                .result();
        }
    }
    for selector in [
        Selector::tool("new"),
        Selector::prompt("new"),
        Selector::resource("notes://new"),
        Selector::resource_template("pages://{id}"),
    ] {
        handle.remove(&selector);
        // It does not come back by showing it.
        handle.enable(selector);
    }
    for talk in &talks {
        assert_eq!(talk.listed(tools).await, ["a", "b", "c"]);
        assert_eq!(talk.listed(prompts).await, ["a", "b", "c"]);
        assert_eq!(
            talk.listed(resources).await,
            ["notes://a", "notes://b", "notes://c"]
        );
        assert_eq!(talk.listed(templates).await, [""; 0]);
        fails(&talk.call("new", json!({})).await, -32602);
        fails(
            &talk.ask("prompts/get", json!({ "name": "new" })).await,
            -32602,
        );
        let code = if talk.is_alone() { -32602 } else { -32002 };
        for uri in ["notes://new", "pages://1"] {
            fails(
                &talk.ask("resources/read", json!({ "uri": uri })).await,
                code,
            );
        }
    }
}

#[tokio::test]
async fn what_is_disabled_is_away_until_it_is_enabled() {
    let server = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let talks = Talk::each(&server).await;
    let selector = Selector::tool("b");
    assert!(handle.is_enabled(&selector));
    handle.disable(selector.clone());
    assert!(!handle.is_enabled(&selector));
    for talk in &talks {
        assert_eq!(talk.listed(LISTS[0]).await, ["a", "c"]);
        assert_eq!(
            fails(&talk.call("b", json!({})).await, -32602),
            "Unknown tool: b"
        );
        assert_eq!(talk.listed(LISTS[1]).await, ["a", "b", "c"]);
    }
    handle.enable(selector.clone());
    assert!(handle.is_enabled(&selector));
    for talk in &talks {
        assert_eq!(talk.listed(LISTS[0]).await, ["a", "b", "c"]);
        talk.call("b", json!({})).await.result();
    }
}

#[tokio::test]
async fn only_what_is_allowed_is_offered() {
    let server = server();
    let handle = server.handle();
    let running = Running::start(server).await;
    handle.enable(Selector::tool("c"));
    handle.enable_only([Selector::tool("a"), Selector::tag("new")]);
    handle
        .add_tool(Tool::new("d", || async { "d" }).tag("new"))
        .unwrap();
    handle.add_tool(Tool::new("e", || async { "e" })).unwrap();
    for talk in Talk::each(&running).await {
        assert_eq!(talk.listed(LISTS[0]).await, ["a", "d"]);
        assert_eq!(talk.listed(LISTS[1]).await, [""; 0]);
        fails(&talk.call("c", json!({})).await, -32602);
    }
    handle
        .batch(|batch| {
            batch.enable_only([Selector::tool("b"), Selector::prompt("b")]);
        })
        .unwrap();
    for talk in Talk::each(&running).await {
        assert_eq!(talk.listed(LISTS[0]).await, ["b"]);
        assert_eq!(talk.listed(LISTS[1]).await, ["b"]);
    }
}

#[tokio::test]
async fn a_second_one_of_a_name_is_an_error_and_changes_nothing() {
    let server = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = Talk::alone(&server);
    handle.add_resource(page).unwrap();
    let mut stream = talk.listen(all()).await;
    stream.acknowledged().await;
    let twins = [
        handle.add_tool(tool("a")),
        handle.add_prompt(prompt("a")),
        handle.add_resource(resource("notes://a")),
        handle.add_resource(page),
        handle.add_tool(tool("a").version("2")),
    ];
    for twin in twins {
        let error = twin.unwrap_err();
        assert!(
            matches!(error, thyra::CatalogError::Duplicate { .. }),
            "{error}"
        );
    }
    assert!(handle.add_tool(tool("no name")).is_err());
    assert!(handle.add_resource(resource("not a uri")).is_err());
    assert!(
        handle
            .add_tool(tool("scoped").scopes(["notes:read"]))
            .is_err()
    );
    assert_eq!(talk.listed(LISTS[0]).await, ["a", "b", "c"]);
    assert_eq!(talk.listed(LISTS[1]).await, ["a", "b", "c"]);
    assert_eq!(talk.listed(LISTS[2]).await.len(), 3);
    assert_eq!(talk.listed(LISTS[3]).await.len(), 1);
    // Nor was anybody told of a change: the first one that is heard of is this.
    handle.add_prompt(prompt("new")).unwrap();
    assert_eq!(stream.told().await, PROMPTS);
    // What was refused is not in the way of what comes later.
    handle.add_tool(tool("new")).unwrap();
    assert_eq!(stream.told().await, TOOLS);
}

#[tokio::test]
async fn who_listens_is_told_of_the_list_that_changed_and_of_no_other() {
    for (kind, server) in [
        ("plain", server()),
        ("in pages", server().page_size(2)),
        ("visible to some", server().visible(|_, _| true)),
    ] {
        let handle = server.handle();
        let server = Running::start(server).await;
        let talk = Talk::alone(&server);
        let mut stream = talk.listen(all()).await;
        assert_eq!(stream.acknowledged().await, all());
        handle.add_tool(tool("new")).unwrap();
        assert_eq!(stream.told().await, TOOLS, "{kind}");
        handle.add_prompt(prompt("new")).unwrap();
        assert_eq!(stream.told().await, PROMPTS, "{kind}");
        handle.add_resource(resource("notes://new")).unwrap();
        assert_eq!(stream.told().await, RESOURCES, "{kind}");
        handle.add_resource(page).unwrap();
        assert_eq!(stream.told().await, RESOURCES, "{kind}");
        handle.disable(Selector::tool("new"));
        assert_eq!(stream.told().await, TOOLS, "{kind}");
        // Already so.
        handle.disable(Selector::tool("new").name("new"));
        handle.disable(Selector::tool("nobody"));
        handle.enable(Selector::prompt("new"));
        handle.remove(&Selector::resource("notes://nothing"));
        handle.remove(&Selector::prompt("new"));
        assert_eq!(stream.told().await, PROMPTS, "{kind}");
        handle.enable(Selector::tool("new"));
        assert_eq!(stream.told().await, TOOLS, "{kind}");
        handle.remove(&Selector::resource_template("pages://{id}"));
        assert_eq!(stream.told().await, RESOURCES, "{kind}");
        handle.list_changed(Kind::Prompt);
        assert_eq!(stream.told().await, PROMPTS, "{kind}");
    }
}

#[tokio::test]
async fn who_listens_is_told_of_nothing_that_it_did_not_ask_for() {
    for (wanted, expected) in ALL.into_iter().zip([TOOLS, PROMPTS, RESOURCES]) {
        let server = server();
        let handle = server.handle();
        let server = Running::start(server).await;
        let mut stream = Talk::alone(&server).listen(json!({ wanted: true })).await;
        assert_eq!(stream.acknowledged().await, json!({ wanted: true }));
        for round in 0..2 {
            handle.add_tool(tool(&format!("new{round}"))).unwrap();
            handle.add_prompt(prompt(&format!("new{round}"))).unwrap();
            handle
                .add_resource(resource(&format!("notes://new{round}")))
                .unwrap();
            handle.resource_updated("notes://a");
        }
        for _ in 0..2 {
            assert_eq!(stream.told().await, expected);
        }
        handle.remove(&Selector::all());
        assert_eq!(stream.told().await, expected);
    }
}

fn all() -> serde_json::Value {
    json!({ ALL[0]: true, ALL[1]: true, ALL[2]: true })
}

#[tokio::test]
async fn what_is_replaced_keeps_its_place_and_is_told_once() {
    let server = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = Talk::alone(&server);
    let mut stream = talk
        .listen(json!({ "toolsListChanged": true, "promptsListChanged": true }))
        .await;
    stream.acknowledged().await;
    let better = Tool::new("b", || async { "a better tool" }).description("Better.");
    handle.replace_tool(better).unwrap();
    assert_eq!(stream.told().await, TOOLS);
    assert_eq!(talk.listed(LISTS[0]).await, ["a", "b", "c"]);
    assert_eq!(talk.call("b", json!({})).await.tool_text(), "a better tool");
    // What is listed is the same, and nobody is told.
    handle.replace_tool(tool("a")).unwrap();
    handle
        .replace_resource(Resource::text("notes://a", "other"))
        .unwrap();
    let read = talk
        .ask("resources/read", json!({ "uri": "notes://a" }))
        .await;
    assert_eq!(read.result()["contents"][0]["text"], "other");
    // What is not there yet is added.
    handle.replace_resource(page).unwrap();
    handle.replace_prompt(prompt("d")).unwrap();
    assert_eq!(stream.told().await, PROMPTS);
    assert_eq!(talk.listed(LISTS[1]).await, ["a", "b", "c", "d"]);
    assert_eq!(talk.listed(LISTS[3]).await, ["pages://{id}"]);
}
