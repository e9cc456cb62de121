//! Calls on behalf of somebody.

use serde_json::json;
use thyra::auth::{Principal as Caller, ScopeSet, StaticAuth};
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

fn caller(subject: &str, scopes: &[&str]) -> Caller {
    let caller = Caller::builder("https://issuer.example", subject);
    caller.scopes(scopes.to_vec()).build()
}

fn client(subject: &str, scopes: &[&str]) -> Client {
    let transport = server().in_process_as(caller(subject, scopes));
    Client::over(transport.unwrap()).build()
}

#[track_caller]
fn assert_needs<T: std::fmt::Debug>(result: Result<T, ClientError>, of: &str, scopes: &[&str]) {
    let error = result.unwrap_err();
    let text = format!(
        "{of} needs the scopes {}, which the caller was not granted; ask whoever grants its scopes for them",
        scopes.join(" ")
    );
    assert_eq!(error.to_string(), text);
    match error {
        ClientError::Forbidden { method, needed } => {
            assert_eq!(method, of);
            assert_eq!(needed, Some(ScopeSet::from(scopes.to_vec())));
        }
        other => panic!("{other:?}"),
    }
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
    assert_eq!(
        error.to_string(),
        "tools/call failed: Unknown tool: secret (error -32602)"
    );
    assert!(matches!(error, ClientError::Rpc { .. }), "{error:?}");
}

#[tokio::test]
async fn scopes_are_asked_of_a_principal_and_not_of_the_process() {
    let read: String = client("ada", &["notes:read"])
        .call_tool_as("notes", &())
        .await
        .unwrap();
    assert_eq!(read, "notes");
    let refused = client("bob", &["notes:write"])
        .call_tool("notes", &())
        .await;
    assert_needs(refused, "tools/call", &["notes:read"]);
    let process = server().connect().unwrap();
    let read: String = process.call_tool_as("notes", &json!({})).await.unwrap();
    assert_eq!(read, "notes");
    let nobody = process.call_tool("whoami", &()).await.unwrap();
    assert!(nobody.is_error);
    assert_eq!(
        nobody.content[0].as_text(),
        Some("The call was rejected: it needs to know who is calling, and nobody is signed in.")
    );
}

#[tokio::test]
async fn every_request_of_a_principal_needs_the_scopes_that_the_provider_requires() {
    let server =
        || server().auth(StaticAuth::new("http://localhost:8000").required_scopes(["base"]));
    let client = |scopes: &[&str]| {
        let transport = server().in_process_as(caller("ada", scopes));
        Client::over(transport.unwrap()).build()
    };
    let stranger = client(&["notes:read"]);
    assert_needs(stranger.list_tools().await, "tools/list", &["base"]);
    assert_needs(stranger.discover().await, "server/discover", &["base"]);
    assert_needs(
        stranger.call_tool("notes", &()).await,
        "tools/call",
        &["base"],
    );
    let member = client(&["base"]);
    assert_eq!(names(&member).await.len(), 3);
    let refused = member.call_tool("notes", &()).await;
    assert_needs(refused, "tools/call", &["base", "notes:read"]);
    let reader = client(&["base", "notes:read"]);
    let read: String = reader.call_tool_as("notes", &()).await.unwrap();
    assert_eq!(read, "notes");
    let process = server().connect().unwrap();
    let read: String = process.call_tool_as("notes", &()).await.unwrap();
    assert_eq!(read, "notes");
}

#[tokio::test]
async fn a_server_without_auth_cannot_ask_a_principal_for_scopes() {
    let server = || Server::new("Office").tool(whoami).tool(notes);
    let error = server()
        .in_process_as(caller("ada", &["notes:read"]))
        .unwrap_err();
    assert!(
        matches!(
            error,
            thyra::Error::Catalog(thyra::CatalogError::ScopesWithoutAuth { .. })
        ),
        "{error}"
    );
    let process = server().connect().unwrap();
    let read: String = process.call_tool_as("notes", &()).await.unwrap();
    assert_eq!(read, "notes");
}
