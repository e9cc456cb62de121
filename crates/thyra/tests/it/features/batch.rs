//! Many changes in one step.

use serde_json::json;
use thyra::prelude::*;
use thyra::{CatalogError, Kind, Selector};

use super::{LISTS, Talk, fails};
use crate::support::Running;

const TOOLS: &str = "notifications/tools/list_changed";
const PROMPTS: &str = "notifications/prompts/list_changed";
const RESOURCES: &str = "notifications/resources/list_changed";

fn tool(name: &str) -> Tool {
    Tool::new(name, || async { "a tool" })
}

#[resource("pages://{id}")]
async fn page(id: String) -> String {
    id
}

struct Counter;

#[tools]
impl Counter {
    /// Count up.
    #[tool]
    async fn up(&self) -> i64 {
        1
    }

    /// How to count.
    #[prompt]
    async fn how(&self) -> &'static str {
        "One after the other."
    }
}

fn server() -> Server {
    ["a", "b", "c"]
        .into_iter()
        .fold(Server::new("Changing"), |server, name| {
            server.tool(tool(name))
        })
}

fn all() -> serde_json::Value {
    json!({ "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true })
}

#[tokio::test]
async fn a_batch_does_all_that_it_says_and_each_list_is_told_once() {
    let server = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let talks = Talk::each(&server).await;
    let mut stream = talks[0].listen(all()).await;
    stream.acknowledged().await;
    handle
        .batch(|batch| {
            batch
                .remove(&Selector::tool("a"))
                .replace_tool(tool("b").description("Better."))
                .disable(Selector::tool("c"))
                .add_tool(tool("d"))
                .add_prompt(Prompt::new("p", || async { "a prompt" }))
                .add_resource(Resource::text("notes://a", "a note"))
                .add_resource(page)
                .add_tools(Counter);
            for number in 0..10 {
                batch.add_tool(tool(&format!("t{number}")));
            }
        })
        .unwrap();
    for expected in [TOOLS, PROMPTS, RESOURCES] {
        assert_eq!(stream.told().await, expected);
    }
    // The next thing that is told is something else.
    handle.list_changed(Kind::Prompt);
    assert_eq!(stream.told().await, PROMPTS);
    let [tools, prompts, resources, templates] = LISTS;
    for talk in &talks {
        let listed = talk.listed(tools).await;
        assert_eq!(listed[..5], ["b", "d", "up", "t0", "t1"]);
        assert_eq!(listed.len(), 13);
        assert_eq!(talk.listed(prompts).await, ["p", "how"]);
        assert_eq!(talk.listed(resources).await, ["notes://a"]);
        assert_eq!(talk.listed(templates).await, ["pages://{id}"]);
        assert_eq!(talk.call("t9", json!({})).await.tool_text(), "a tool");
        for gone in ["a", "c"] {
            fails(&talk.call(gone, json!({})).await, -32602);
        }
    }
}

#[tokio::test]
async fn a_batch_with_one_mistake_changes_nothing_and_nobody_is_told() {
    let server = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = Talk::alone(&server);
    let mut stream = talk.listen(all()).await;
    stream.acknowledged().await;
    for bad in [
        tool("a"),
        tool("d"),
        tool("a").version("2"),
        tool("no name"),
        tool("scoped").scopes(["notes:read"]),
    ] {
        let name = bad.name().to_owned();
        let refused = handle.batch(|batch| {
            batch
                .add_tool(tool("d"))
                .add_prompt(Prompt::new("p", || async { "a prompt" }))
                .disable(Selector::tool("b"))
                .remove(&Selector::tool("c"))
                .add_tool(bad)
                .add_tool(tool("e"));
        });
        let error = refused.unwrap_err();
        let twin = matches!(&error, CatalogError::Duplicate { name: of, .. } if *of == name);
        assert_eq!(twin, ["a", "d"].contains(&&*name), "{error}");
        assert_eq!(talk.listed(LISTS[0]).await, ["a", "b", "c"]);
        assert_eq!(talk.listed(LISTS[1]).await, [""; 0]);
        assert!(handle.is_enabled(&Selector::tool("b")));
    }
    handle.list_changed(Kind::Resource);
    assert_eq!(stream.told().await, RESOURCES);
}

#[tokio::test]
async fn what_a_batch_takes_back_itself_was_never_there() {
    let server = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let talk = Talk::alone(&server);
    let mut stream = talk.listen(all()).await;
    stream.acknowledged().await;
    handle
        .batch(|batch| {
            batch
                .add_tool(tool("d"))
                .add_tool(tool("d"))
                .remove(&Selector::tool("d"))
                .disable(Selector::tool("a"))
                .enable(Selector::tool("a"))
                .replace_tool(tool("b"));
        })
        .unwrap();
    handle.batch(|_| {}).unwrap();
    assert_eq!(talk.listed(LISTS[0]).await, ["a", "b", "c"]);
    handle.list_changed(Kind::Resource);
    assert_eq!(stream.told().await, RESOURCES);
}

#[tokio::test]
async fn a_batch_before_the_server_runs_is_what_it_starts_with() {
    let server = server();
    let handle = server.handle();
    let write = |twice: bool| {
        handle.batch(|batch| {
            batch.remove(&Selector::tool("b")).add_tool(tool("d"));
            if twice {
                batch.add_tool(tool("d"));
            }
        })
    };
    // Nothing is wrong yet: what is there in the end counts.
    write(true).unwrap();
    handle.remove(&Selector::tool("d"));
    write(false).unwrap();
    let server = Running::start(server).await;
    let talk = Talk::alone(&server);
    assert_eq!(talk.listed(LISTS[0]).await, ["a", "c", "d"]);
}
