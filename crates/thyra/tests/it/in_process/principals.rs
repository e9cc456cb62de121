//! Calls on behalf of somebody.

use serde_json::json;
use thyra::auth::{Principal as Caller, StaticAuth};
use thyra::client::{Client, ClientError};
use thyra::prelude::*;

/// Say who calls.
#[tool]
async fn whoami(caller: Principal) -> String {
    caller.subject().to_owned()
}

/// Read the notes.
#[tool(scopes = ["notes:read"])]
async fn notes() -> &'static str {
    "notes"
}

fn server() -> Server {
    Server::new("Office")
        .tool(whoami)
        .tool(notes)
        .tool(Tool::new("secret", || async { "secret" }).tag("staff"))
        .visible(|component, viewer| {
            !component.tags.contains("staff")
                || viewer
                    .principal
                    .is_some_and(|caller| caller.subject() == "ada")
        })
        .auth(StaticAuth::new("http://localhost:8000"))
}

fn client(subject: &str, scopes: &[&str]) -> Client {
    let caller = Caller::builder("https://issuer.example", subject);
    let caller = caller.scopes(scopes.to_vec()).build();
    Client::in_process(server())
        .principal(caller)
        .build()
        .unwrap()
}

async fn names(client: &Client) -> Vec<String> {
    let tools = client.list_tools().await.unwrap();
    tools.into_iter().map(|tool| tool.name).collect()
}

#[tokio::test]
async fn the_tool_knows_its_caller_and_the_caller_sees_what_is_theirs() {
    let (ada, bob) = (client("ada", &[]), client("bob", &[]));
    for (client, name) in [(&ada, "ada"), (&bob, "bob")] {
        let told: String = client.call_tool_as("whoami", &()).await.unwrap();
        assert_eq!(told, name);
    }
    assert!(names(&ada).await.contains(&"secret".to_owned()));
    assert!(!names(&bob).await.contains(&"secret".to_owned()));
    ada.call_tool("secret", &()).await.unwrap();
    let error = bob.call_tool("secret", &()).await.unwrap_err();
    assert!(matches!(error, ClientError::Rpc { .. }), "{error}");
}

#[tokio::test]
async fn scopes_are_asked_of_a_principal_and_not_of_the_process() {
    let read: String = client("ada", &["notes:read"])
        .call_tool_as("notes", &())
        .await
        .unwrap();
    assert_eq!(read, "notes");
    let error = client("bob", &["notes:write"])
        .call_tool("notes", &())
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::Rpc { .. }), "{error}");
    let process = server().connect().unwrap();
    let read: String = process.call_tool_as("notes", &json!({})).await.unwrap();
    assert_eq!(read, "notes");
    let nobody = process.call_tool("whoami", &()).await;
    assert!(nobody.is_err() || nobody.unwrap().is_error);
}
