//! Every operation, and the bounds of lists.

use std::error::Error as _;

use serde_json::{Value, json};
use thyra::client::{Client, ClientError, CompletionReference};
use thyra::prelude::*;
use thyra::{schemars, serde};

use super::mock::Mock;
use super::{read, said};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Which {
    id: String,
}

/// Two of everything, on pages of one.
fn client() -> Client {
    let prompt = |name: &str| {
        Prompt::new(name, |Args(which): Args<Which>| async move {
            format!("Write about {}.", which.id)
        })
        .completion("id", thyra::completion_values(["one", "two", "twelve"]))
    };
    let template = |template: &str| {
        ResourceTemplate::new(template, "which", |Args(which): Args<Which>| async move {
            which.id
        })
        .completion("id", thyra::completion_values(["one", "two"]))
    };
    Server::new("Library")
        .page_size(1)
        .tool(Tool::new("open", || async { "open" }))
        .tool(Tool::new("close", || async { "closed" }))
        .prompt(prompt("essay"))
        .prompt(prompt("poem"))
        .resource(Resource::new("book://one", "one", || async { "One" }))
        .resource(Resource::new("book://grün", "two", || async { "Two" }))
        .resource(template("page://{id}"))
        .resource(template("line://{id}"))
        .connect()
        .unwrap()
}

#[tokio::test]
async fn every_list_is_read_to_its_end() {
    let client = client();
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let tools = client.list_tools().await.unwrap();
    let names = tools.into_iter().map(|tool| tool.name).collect();
    assert_eq!(sorted(names), ["close", "open"]);
    let prompts = client.list_prompts().await.unwrap();
    let names = prompts.into_iter().map(|prompt| prompt.name).collect();
    assert_eq!(sorted(names), ["essay", "poem"]);
    let resources = client.list_resources().await.unwrap();
    let uris = resources.into_iter().map(|resource| resource.uri).collect();
    assert_eq!(sorted(uris), ["book://grün", "book://one"]);
    let templates = client.list_resource_templates().await.unwrap();
    let uris = templates
        .into_iter()
        .map(|template| template.uri_template)
        .collect();
    assert_eq!(sorted(uris), ["line://{id}", "page://{id}"]);
}

#[tokio::test]
async fn what_is_listed_can_be_used() {
    let client = client();
    let opened = client.call_tool("open", &()).await.unwrap();
    assert_eq!(opened.content[0].as_text(), Some("open"));
    for (uri, wanted) in [
        ("book://one", "One"),
        ("book://grün", "Two"),
        ("page://7", "7"),
    ] {
        assert_eq!(read(&client.read_resource(uri).await.unwrap()), wanted);
    }
    let essay = client.get_prompt("essay", &json!({ "id": "doors" })).await;
    assert_eq!(said(&essay.unwrap()), "Write about doors.");
    let essay = CompletionReference::Prompt {
        name: "essay".into(),
    };
    let page = CompletionReference::Resource {
        uri: "page://{id}".into(),
    };
    let completed = client.complete(essay, "id", "tw", &[("other", "x")]).await;
    assert_eq!(completed.unwrap().values, ["two", "twelve"]);
    let completed = client.complete(page, "id", "", &[]).await.unwrap();
    assert_eq!(completed.values, ["one", "two"]);
    assert!(
        client
            .discover()
            .await
            .unwrap()
            .capabilities
            .tools
            .is_some()
    );
}

/// A task of its own may wait for any of them.
#[tokio::test]
async fn operations_can_be_sent_to_other_threads() {
    fn sendable<F: Future + Send>(future: F) -> F {
        future
    }
    let client = client();
    sendable(client.list_tools()).await.unwrap();
    sendable(client.call_tool_with_progress("open", &(), |_| {}))
        .await
        .unwrap();
    let opened: String = sendable(client.call_tool_as("open", &())).await.unwrap();
    assert_eq!(opened, "open");
    sendable(client.read_resource("book://one")).await.unwrap();
    sendable(client.get_prompt("essay", &json!({ "id": "x" })))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_is_not_there_is_an_error_of_the_server() {
    let client = client();
    let nothing = CompletionReference::Prompt {
        name: "nothing".into(),
    };
    for (error, method) in [
        (
            client.read_resource("book://none").await.unwrap_err(),
            "resources/read",
        ),
        (
            client.get_prompt("none", &()).await.unwrap_err(),
            "prompts/get",
        ),
        (
            client.complete(nothing, "id", "", &[]).await.unwrap_err(),
            "completion/complete",
        ),
    ] {
        match error {
            ClientError::Rpc { method: of, error } => {
                assert_eq!(of, method);
                assert_eq!(error.code.0, -32602, "{error:?}");
            }
            other => panic!("{other:?}"),
        }
    }
    for wrong in [json!([1]), json!("x"), json!(1)] {
        let error = client.get_prompt("essay", &wrong).await.unwrap_err();
        let wanted = "the arguments of `essay` must be a JSON object";
        assert_eq!(error.to_string(), wanted);
        assert!(error.source().is_none());
    }
}

#[tokio::test]
async fn arguments_that_cannot_be_written_say_why() {
    let points = std::collections::BTreeMap::from([([1, 2], "a point")]);
    let error = client().call_tool("open", &points).await.unwrap_err();
    let wanted = "the arguments of `open` cannot be written as JSON: key must be a string";
    assert_eq!(error.to_string(), wanted);
    assert!(error.source().unwrap().is::<serde_json::Error>());
}

#[tokio::test]
async fn the_name_of_a_request_is_in_its_head() {
    let mock =
        Mock::always(json!({ "contents": [], "messages": [], "completion": { "values": [] } }));
    let mock = mock.await;
    let client = mock.client();
    client.read_resource("book://one").await.unwrap();
    client.read_resource("book://grün").await.unwrap();
    client.get_prompt("essay", &()).await.unwrap();
    let essay = CompletionReference::Prompt {
        name: "essay".into(),
    };
    client
        .complete(essay, "id", "", &[("a", "b")])
        .await
        .unwrap();
    let asked = mock.asked();
    let name = |number: usize| {
        let (head, _) = &asked[number];
        let mut lines = head.lines();
        lines.find_map(|line| line.strip_prefix("mcp-name: "))
    };
    assert_eq!(name(0), Some("book://one"));
    // The Base64 is in lower case, as is all of the head.
    assert_eq!(name(1), Some("=?base64?ym9vazovl2dyw7xu?="));
    assert_eq!(name(2), Some("essay"));
    assert_eq!(name(3), None);
    assert_eq!(asked[0].1["params"]["uri"], "book://one");
    assert_eq!(asked[2].1["params"].get("arguments"), None);
    let complete = &asked[3].1["params"];
    assert_eq!(
        complete["ref"],
        json!({ "type": "ref/prompt", "name": "essay" })
    );
    assert_eq!(complete["context"], json!({ "arguments": { "a": "b" } }));
}

/// Checks that each list of `mock` is given up after `requests` requests.
async fn endless(mock: Mock, requests: usize) {
    let client = mock.client();
    let errors = [
        client.list_tools().await.map(drop).unwrap_err(),
        client.list_prompts().await.map(drop).unwrap_err(),
        client.list_resources().await.map(drop).unwrap_err(),
        client
            .list_resource_templates()
            .await
            .map(drop)
            .unwrap_err(),
    ];
    for error in &errors {
        let error = error.to_string();
        assert!(
            error.ends_with("cannot be used: the list does not end"),
            "{error}"
        );
    }
    assert_eq!(mock.count(), errors.len() * requests);
}

#[tokio::test]
async fn a_list_has_at_most_64_mebibytes() {
    let entry = json!({ "name": "x".repeat(8 * 1024 * 1024) });
    let mock = Mock::start(move |number| {
        let mut page = json!({ "prompts": [entry] });
        if number != 6 {
            page["nextCursor"] = number.to_string().into();
        }
        page
    })
    .await;
    let client = mock.client();
    // Seven pages fit, and eight, which are a little more than 64 MiB, do not.
    assert_eq!(client.list_prompts().await.unwrap().len(), 7);
    let error = client.list_prompts().await.unwrap_err().to_string();
    assert_eq!(
        error,
        "the result of prompts/list cannot be used: the list is larger than 64 MiB"
    );
    assert_eq!(mock.count(), 15);
}

fn page(next: impl Into<Value>) -> Value {
    let mut page = json!({ "tools": [], "prompts": [], "resources": [], "resourceTemplates": [] });
    page["nextCursor"] = next.into();
    page
}

#[tokio::test]
async fn a_list_has_at_most_a_thousand_pages() {
    endless(Mock::start(|number| page(number.to_string())).await, 1000).await;
}

#[tokio::test]
async fn a_page_that_leads_to_itself_ends_the_list() {
    endless(Mock::always(page("again")).await, 2).await;
}

#[tokio::test]
async fn a_list_has_at_most_a_hundred_thousand_entries() {
    for (number, fits) in [(100_000, true), (100_001, false)] {
        let prompts = vec![json!({ "name": "p" }); number];
        let mock = Mock::always(json!({ "prompts": prompts })).await;
        assert_eq!(mock.client().list_prompts().await.is_ok(), fits);
    }
}
