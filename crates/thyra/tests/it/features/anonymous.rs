//! Callers without a token, where a token is optional.

use serde_json::{Value, json};
use thyra::auth::{
    AuthProvider, BearerToken, Protection, ProviderError, ResourceUrl, TokenVerifier, Unavailable,
    Verdict,
};
use thyra::prelude::*;

use super::{Talk, ada_and_bob, fails};
use crate::support::{Answer, Running};

/// Say who is there.
#[tool]
async fn who(caller: Option<Principal>) -> String {
    caller.map_or("nobody".to_owned(), |caller| caller.subject().to_owned())
}

/// Wants to know who is there.
#[tool]
async fn profile(caller: Principal) -> String {
    caller.subject().to_owned()
}

/// Needs a scope.
#[tool(scopes = ["notes:read"])]
async fn read_notes() -> &'static str {
    "notes"
}

/// Finds out that it needs a scope.
#[tool]
async fn search(ctx: Context) -> Result<&'static str, ToolError> {
    ctx.require_scopes(["notes:read"])?;
    Ok("found")
}

/// Calls what needs a scope.
#[tool]
async fn digest(ctx: Context) -> Result<String, ToolError> {
    let notes = ctx.call_tool("read_notes", &()).await?;
    Ok(format!("{} of the notes", notes.content.len()))
}

fn server() -> Server {
    Server::new("Notes")
        .tool(who)
        .tool(profile)
        .tool(read_notes)
        .tool(search)
        .tool(digest)
        .resource(Resource::text("notes://all", "all").scopes(["notes:read"]))
        .prompt(Prompt::new("ask", || async { "Please." }).scopes(["notes:read"]))
}

/// Checks that the caller is told to sign in, and with which scopes.
#[track_caller]
fn sent_to_sign_in(answer: &Answer, scopes: &str) {
    assert_eq!(answer.status, 401, "{answer:?}");
    let challenge = answer.header("www-authenticate");
    assert!(!challenge.contains("error="), "{challenge}");
    assert!(challenge.contains("resource_metadata="), "{challenge}");
    match scopes {
        "" => assert!(!challenge.contains("scope="), "{challenge}"),
        scopes => {
            let scope = format!("scope=\"{scopes}\"");
            assert!(challenge.contains(&scope), "{challenge}");
        }
    }
}

/// What needs a scope, in every way.
fn scoped() -> [(&'static str, Value); 6] {
    let call = |tool: &str| json!({ "name": tool, "arguments": {} });
    [
        ("tools/call", call("read_notes")),
        ("tools/call", call("search")),
        ("tools/call", call("digest")),
        ("resources/read", json!({ "uri": "notes://all" })),
        ("prompts/get", json!({ "name": "ask" })),
        (
            "completion/complete",
            json!({
                "ref": { "type": "ref/prompt", "name": "ask" },
                "argument": { "name": "id", "value": "" },
            }),
        ),
    ]
}

#[tokio::test]
async fn a_caller_without_a_token_uses_what_is_open_and_is_sent_to_sign_in_for_the_rest() {
    let server = Running::start(server().optional_auth(ada_and_bob())).await;
    for talk in Talk::each(&server).await {
        let listed = talk.listed(("tools/list", "tools", "name")).await;
        assert_eq!(listed.len(), 5, "what needs a scope is listed");
        assert_eq!(talk.call("who", json!({})).await.tool_text(), "nobody");
        sent_to_sign_in(&talk.call("profile", json!({})).await, "");
        for (method, params) in scoped() {
            sent_to_sign_in(&talk.ask(method, params).await, "notes:read");
        }
        if !talk.is_alone() {
            let subscribe = json!({ "uri": "notes://all" });
            let answer = talk.ask("resources/subscribe", subscribe).await;
            sent_to_sign_in(&answer, "notes:read");
        }
    }
}

#[tokio::test]
async fn a_caller_with_a_token_is_judged_as_ever() {
    let server = Running::start(server().optional_auth(ada_and_bob())).await;
    for talk in Talk::each_as(&server, Some("ada")).await {
        assert_eq!(talk.call("who", json!({})).await.tool_text(), "ada");
        assert_eq!(talk.call("profile", json!({})).await.tool_text(), "ada");
        assert_eq!(
            talk.call("digest", json!({})).await.tool_text(),
            "1 of the notes"
        );
    }
    for talk in Talk::each_as(&server, Some("bob")).await {
        for (method, params) in scoped() {
            let answer = talk.ask(method, params).await;
            assert_eq!(answer.status, 403, "{answer:?}");
            let challenge = answer.header("www-authenticate");
            assert!(challenge.contains("scope=\"notes:read\""), "{challenge}");
        }
    }
}

#[tokio::test]
async fn a_header_that_does_not_sign_in_is_refused() {
    let server = Running::start(server().optional_auth(ada_and_bob())).await;
    let talk = Talk::alone(&server);
    for header in ["Bearer eve", "Bearer", "Basic YTpi", ""] {
        let ask = talk.request("tools/list", json!({}));
        let answer = server.ask(&ask.header("authorization", header)).await;
        assert_eq!(answer.status, 401, "{header}: {answer:?}");
    }
}

#[tokio::test]
async fn a_session_of_nobody_is_not_that_of_who_signs_in() {
    let server = Running::start(server().optional_auth(ada_and_bob())).await;
    let [_, session] = Talk::each(&server).await;
    let session = session.with_token("ada");
    // The client begins anew (MCP 2025-11-25, "Session Management").
    assert_eq!(session.call("who", json!({})).await.status, 404);
}

#[tokio::test]
async fn the_required_scopes_are_those_of_callers_with_a_token() {
    let auth = ada_and_bob().required_scopes(["notes:read"]);
    let server = Running::start(server().optional_auth(auth)).await;
    let talk = Talk::alone(&server);
    assert_eq!(talk.call("who", json!({})).await.tool_text(), "nobody");
    sent_to_sign_in(&talk.call("profile", json!({})).await, "notes:read");
    let bob = Talk::alone(&server).with_token("bob");
    assert_eq!(bob.call("who", json!({})).await.status, 403);
}

#[tokio::test]
async fn an_outage_is_no_reason_to_take_a_caller_for_nobody() {
    let server = Running::start(server().optional_auth(Outage)).await;
    let talk = Talk::alone(&server);
    assert_eq!(talk.call("who", json!({})).await.tool_text(), "nobody");
    let ada = Talk::alone(&server).with_token("ada");
    assert_eq!(ada.call("who", json!({})).await.status, 503);
}

#[tokio::test]
async fn a_page_cannot_call_as_nobody() {
    let server = Running::start(server().optional_auth(ada_and_bob())).await;
    let ask = Talk::alone(&server).request("tools/list", json!({}));
    let answer = server
        .ask(&ask.header("origin", "https://evil.example"))
        .await;
    assert_eq!(answer.status, 403, "{answer:?}");
}

#[tokio::test]
async fn within_the_process_nobody_is_asked() {
    let client = server().optional_auth(ada_and_bob()).connect().unwrap();
    let notes: String = client.call_tool_as("read_notes", &json!({})).await.unwrap();
    assert_eq!(notes, "notes");
}

#[tokio::test]
async fn where_nobody_can_sign_in_there_is_nothing_to_be_sent_to() {
    let server = Running::start(Server::new("Open").tool(profile).tool(search)).await;
    for talk in Talk::each(&server).await {
        for tool in ["profile", "search"] {
            super::tool_error(&talk.call(tool, json!({})).await);
        }
        fails(
            &talk.ask("tools/call", json!({ "name": "none" })).await,
            -32602,
        );
    }
}

/// A provider whose authorization server is away.
#[derive(Debug)]
struct Outage;

impl AuthProvider for Outage {
    fn protection(&self, endpoint_path: &str) -> Result<Protection, ProviderError> {
        let resource = ResourceUrl::new("http://localhost:8000", endpoint_path).unwrap();
        let servers = ["https://issuer.example"];
        let protection =
            Protection::builder("outage", resource, std::sync::Arc::new(Self), servers);
        Ok(protection.build()?)
    }
}

impl TokenVerifier for Outage {
    fn verify<'a>(
        &'a self,
        _: &'a BearerToken<'a>,
    ) -> futures_util::future::BoxFuture<'a, Verdict> {
        let retry_after = std::time::Duration::from_secs(7);
        Box::pin(async move { Verdict::Unavailable(Unavailable { retry_after }) })
    }
}
