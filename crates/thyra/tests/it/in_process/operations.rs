//! Every operation.

use std::error::Error as _;

use serde_json::json;
use thyra::client::{Client, ClientError, CompletionReference};
use thyra::prelude::*;
use thyra::{schemars, serde};

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
async fn a_call_chooses_among_versions() {
    let server = ["1.2", "1.10"]
        .into_iter()
        .fold(Server::new("Versions"), |server, version| {
            let said = move || async move { version };
            server
                .tool(Tool::new("greet", said).version(version))
                .prompt(Prompt::new("greet", said).version(version))
                .resource(Resource::new("book://one", "one", said).version(version))
        });
    let client = server.connect().unwrap();
    for version in ["1.2", "1.10"] {
        let tool: String = client
            .call("greet")
            .version(version)
            .send_as()
            .await
            .unwrap();
        let prompt = client
            .prompt("greet")
            .version(version)
            .send()
            .await
            .unwrap();
        let resource = client
            .read("book://one")
            .version(version)
            .send()
            .await
            .unwrap();
        assert_eq!([&*tool, said(&prompt), read(&resource)], [version; 3]);
    }
    let highest: String = client.call("greet").send_as().await.unwrap();
    assert_eq!(highest, "1.10");
    let error = client.call("greet").version("3").send().await.unwrap_err();
    assert!(matches!(error, ClientError::Rpc { .. }), "{error}");
}

#[tokio::test]
async fn messages_by_hand_reach_the_server() {
    let client = client();
    client.ping().await.unwrap();
    let listed = client.request_raw("prompts/list", &()).await.unwrap();
    assert_eq!(listed["prompts"].as_array().unwrap().len(), 1);
    assert!(listed["nextCursor"].is_string());
    let error = client
        .request_raw("com.example/none", &())
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ClientError::Rpc { error, .. } if error.code.0 == -32601),
        "{error}"
    );
}
