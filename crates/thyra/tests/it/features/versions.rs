//! Several versions of one component.

use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{Error, Selector, schemars, serde};

use super::{LISTS, Talk, fails};
use crate::support::{Answer, Running};

fn tool(version: &'static str) -> Tool {
    Tool::new("greet", move || async move { version }).version(version)
}

fn prompt(version: &'static str) -> Prompt {
    Prompt::new("greet", move || async move { version }).version(version)
}

fn resource(version: &'static str) -> Resource {
    Resource::new("notes://today", "today", move || async move { version }).version(version)
}

fn template(version: &'static str) -> ResourceTemplate {
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Day {
        day: String,
    }

    let read = move |Args(Day { day }): Args<Day>| async move { format!("{version} of {day}") };
    ResourceTemplate::new("days://{day}", "day", read).version(version)
}

fn server() -> Server {
    ["1.9", "1.10", "1.2"]
        .into_iter()
        .fold(Server::new("Versions"), |server, version| {
            server
                .tool(tool(version))
                .prompt(prompt(version))
                .resource(resource(version))
                .resource(template(version))
        })
}

/// A method, its params, and where the text is in its result.
type Asked = (&'static str, Value, fn(&Value) -> &Value);

fn requests() -> [Asked; 3] {
    [
        ("tools/call", json!({ "name": "greet" }), |result| {
            &result["content"][0]["text"]
        }),
        ("prompts/get", json!({ "name": "greet" }), |result| {
            &result["messages"][0]["content"]["text"]
        }),
        (
            "resources/read",
            json!({ "uri": "notes://today" }),
            |result| &result["contents"][0]["text"],
        ),
    ]
}

async fn ask(talk: &Talk<'_>, method: &str, params: &Value, meta: Option<(&str, Value)>) -> Answer {
    let mut request = talk.request(method, params.clone());
    if let Some((key, value)) = meta {
        request = request.meta(key, value);
    }
    talk.server.ask(&request).await
}

#[tokio::test]
async fn a_list_has_the_highest_version_once() {
    let server = Running::start(server()).await;
    for talk in Talk::each(&server).await {
        for list in LISTS {
            assert_eq!(talk.listed(list).await.len(), 1, "{list:?}");
        }
        for (method, params, text) in requests() {
            let result = ask(&talk, method, &params, None).await.result();
            assert_eq!(text(&result), "1.10", "{method}");
        }
    }
}

#[tokio::test]
async fn a_list_says_which_versions_there_are() {
    let open = server()
        .tool(Tool::new("plain", || async { "plain" }))
        .visible(|component, _| component.version != Some("1.9"));
    let server = Running::start(open).await;
    for talk in Talk::each(&server).await {
        for list @ (method, member, _) in LISTS {
            let result = talk.ask(method, json!({})).await.result();
            let meta = &result[member][0]["_meta"];
            assert_eq!(meta["thyra/version"], "1.10", "{list:?}");
            assert_eq!(meta["thyra/versions"], json!(["1.10", "1.2"]), "{list:?}");
        }
        let tools = talk.ask("tools/list", json!({})).await.result();
        assert!(tools["tools"][1].get("_meta").is_none(), "{tools}");
    }
}

#[tokio::test]
async fn a_client_picks_a_version() {
    let server = Running::start(server()).await;
    for talk in Talk::each(&server).await {
        for (method, params, text) in requests() {
            for (wanted, found) in [("1.2", "1.2"), ("v1.9.0", "1.9"), ("1.10", "1.10")] {
                for meta in [
                    ("thyra/version", json!(wanted)),
                    ("fastmcp", json!({ "version": wanted })),
                ] {
                    let result = ask(&talk, method, &params, Some(meta)).await.result();
                    assert_eq!(text(&result), found, "{method} {wanted}");
                }
            }
            // FastMCP's clients may say other things there.
            let others = ("fastmcp", json!({ "tags": ["a"] }));
            let result = ask(&talk, method, &params, Some(others)).await.result();
            assert_eq!(text(&result), "1.10", "{method}");
        }
    }
}

#[tokio::test]
async fn a_client_picks_a_version_of_a_template() {
    let server = Running::start(server()).await;
    for talk in Talk::each(&server).await {
        let params = json!({ "uri": "days://monday" });
        for (meta, text) in [
            (None, "1.10 of monday"),
            (Some(("thyra/version", json!("1.2"))), "1.2 of monday"),
        ] {
            let result = ask(&talk, "resources/read", &params, meta).await.result();
            assert_eq!(result["contents"][0]["text"], text);
        }
    }
}

#[tokio::test]
async fn a_version_that_is_not_there_is_unknown_and_no_text_is_no_version() {
    let server = Running::start(server()).await;
    for talk in Talk::each(&server).await {
        for (method, params, _) in requests() {
            let unknown = match method {
                "resources/read" if !talk.is_alone() => -32002,
                _ => -32602,
            };
            for meta in [
                ("thyra/version", json!("3")),
                ("fastmcp", json!({ "version": "3" })),
            ] {
                fails(&ask(&talk, method, &params, Some(meta)).await, unknown);
            }
            for meta in [
                ("thyra/version", json!(1.9)),
                ("thyra/version", json!({})),
                ("thyra/version", json!([1])),
                ("fastmcp", json!({ "version": 1 })),
                ("fastmcp", json!({ "version": ["1.2"] })),
            ] {
                fails(&ask(&talk, method, &params, Some(meta)).await, -32602);
            }
        }
    }
}

#[tokio::test]
async fn the_next_version_takes_the_place_of_one_that_goes() {
    let server = server();
    let handle = server.handle();
    let server = Running::start(server).await;
    let talks = Talk::each(&server).await;
    handle.disable(Selector::all().version("1.10"));
    for talk in &talks {
        for (method, params, text) in requests() {
            let result = ask(talk, method, &params, None).await.result();
            assert_eq!(text(&result), "1.9", "{method}");
        }
    }
    handle.add_tool(tool("2.0-beta")).unwrap();
    for talk in &talks {
        assert_eq!(talk.listed(LISTS[0]).await, ["greet"]);
        assert_eq!(talk.call("greet", json!({})).await.tool_text(), "2.0-beta");
    }
}

#[test]
fn a_name_has_versions_or_none_and_each_once() {
    let bare = || Tool::new("greet", || async { "bare" });
    for server in [
        server().tool(bare()),
        Server::new("Versions").tool(bare()).tool(tool("1")),
        Server::new("Versions").tool(tool("1.0")).tool(tool("v1")),
        server().prompt(Prompt::new("greet", || async { "bare" })),
        server().resource(Resource::new("notes://today", "today", || async { "bare" })),
    ] {
        let error = server.into_service().unwrap_err();
        assert!(
            matches!(error, Error::Catalog(thyra::CatalogError::Duplicate { .. })),
            "{error}"
        );
    }
    // Another kind of thing may have the name without one.
    let other = Server::new("Versions").tool(tool("1"));
    let other = other.prompt(Prompt::new("greet", || async { "bare" }));
    assert!(other.into_service().is_ok());
}
