//! A server used without a client.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use thyra::InProcessError;
use thyra::auth::{AuthProvider, Protection, ProviderError, StaticAuth};
use thyra::client::{ClientError, CompletionReference};
use thyra::prelude::*;

use super::{read, said};

/// Add two numbers.
#[tool]
async fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Ask.
#[tool]
async fn ask(ctx: Context) -> Result<String, ToolError> {
    Ok(ctx.ask("name", "What is your name?").await?)
}

#[prompt]
async fn greet(name: String) -> String {
    format!("Greet {name}.")
}

#[resource("notes://{id}")]
async fn note(id: u64) -> String {
    format!("Note {id}")
}

fn server() -> Server {
    Server::new("Office")
        .tool(add)
        .tool(ask)
        .prompt(greet)
        .resource(note)
        .resource(Resource::new("notes://all", "all", || async { "All" }))
}

#[tokio::test]
async fn every_operation_works_on_a_server_and_leaves_it_as_it_was() {
    let server = server();
    let sum = server
        .call_tool("add", &json!({ "a": 2, "b": 3 }))
        .await
        .unwrap();
    assert_eq!(sum.content[0].as_text(), Some("5"));
    assert_eq!(server.list_tools().await.unwrap().len(), 2);
    assert_eq!(server.list_prompts().await.unwrap()[0].name, "greet");
    assert_eq!(server.list_resources().await.unwrap()[0].uri, "notes://all");
    let templates = server.list_resource_templates().await.unwrap();
    assert_eq!(templates[0].uri_template, "notes://{id}");
    assert_eq!(
        read(&server.read_resource("notes://7").await.unwrap()),
        "Note 7"
    );
    let greeting = server.get_prompt("greet", &json!({ "name": "Ada" })).await;
    assert_eq!(said(&greeting.unwrap()), "Greet Ada.");
    let reference = CompletionReference::Prompt {
        name: "greet".into(),
    };
    let completed = server.complete(reference, "name", "", &[]).await.unwrap();
    assert!(completed.values.is_empty());
    let client = server.connect().unwrap();
    let arguments = json!({ "a": 2, "b": 3 });
    let sum: i64 = client.call_tool_as("add", &arguments).await.unwrap();
    assert_eq!(sum, 5);
}

#[tokio::test]
async fn a_server_grows_between_calls() {
    let server = Server::new("Office").tool(add);
    assert_eq!(server.list_tools().await.unwrap().len(), 1);
    server.handle().add_tool(ask).unwrap();
    assert_eq!(server.list_tools().await.unwrap().len(), 2);
    let server = server.tool(Tool::new("third", || async { 3_i64 }));
    assert_eq!(server.list_tools().await.unwrap().len(), 3);
}

#[tokio::test]
async fn nobody_is_asked() {
    let error = server().call_tool("ask", &()).await.unwrap_err();
    match error {
        InProcessError::Client(ClientError::Rpc { error, .. }) => {
            assert_eq!(error.code.0, -32021, "{error:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_built_says_why() {
    let server = server().tool(add);
    let error = server.list_tools().await.unwrap_err();
    assert!(
        matches!(
            error,
            InProcessError::Server(thyra::Error::Catalog(thyra::CatalogError::Duplicate { .. }))
        ),
        "{error}"
    );
    assert!(error.source().unwrap().is::<thyra::Error>());
    let wanted = "the server cannot be built: there are two tools `add`";
    assert!(error.to_string().starts_with(wanted), "{error}");
    let transport = server.in_process();
    assert!(matches!(
        transport,
        Err(thyra::Error::Catalog(thyra::CatalogError::Duplicate { .. }))
    ));
}

/// A provider that counts how often a server is built with it.
#[derive(Clone, Debug, Default)]
struct Counted(Arc<AtomicUsize>);

impl AuthProvider for Counted {
    fn protection(&self, endpoint_path: &str) -> Result<Protection, ProviderError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        StaticAuth::new("http://127.0.0.1:8000").protection(endpoint_path)
    }
}

#[tokio::test]
async fn a_server_is_built_once_for_all_its_calls_until_something_is_said() {
    let built = Counted::default();
    let server = server().auth(built.clone());
    for _ in 0..3 {
        server
            .call_tool("add", &json!({ "a": 2, "b": 3 }))
            .await
            .unwrap();
        server.list_tools().await.unwrap();
    }
    assert_eq!(built.0.load(Ordering::Relaxed), 1);

    let server = server
        .version("2.0")
        .resource(Resource::text("notes://new", "New"));
    assert_eq!(
        read(&server.read_resource("notes://new").await.unwrap()),
        "New"
    );
    server.list_tools().await.unwrap();
    assert_eq!(built.0.load(Ordering::Relaxed), 2);
}
