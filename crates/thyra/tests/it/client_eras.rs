//! Our client against servers of every revision: our own, and the official SDK's.

use std::sync::Arc;

use axum::Router;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{schemars, serde, tool, tool_router};
use serde_json::json;
use thyra::client::{Client, ElicitResult, Root};
use thyra::prelude::*;
use thyra::{Revision, Server};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::fixture::{self, Sign};
use crate::program::example;
use crate::support::{Running, soon};

#[tokio::test]
async fn every_operation_works_in_every_revision() {
    let (server, mut watch) = fixture::server();
    let server = Running::start(server).await;
    for revision in Revision::ALL {
        let builder = Client::builder(server.url()).revision(revision);
        let client = builder.build().unwrap();
        assert_eq!(client.revision().await.unwrap(), revision);
        let about = client.discover().await.unwrap();
        assert_eq!(about.instructions.as_deref(), Some("For tests."));
        assert_eq!(about.server_info().unwrap().version, "1.2.3");
        let tools = client.list_tools().await.unwrap();
        assert!(tools.iter().any(|tool| tool.name == "add"), "{revision}");
        let arguments = json!({ "a": 2, "b": 40 });
        let sum: i64 = client.call_tool_as("add", &arguments).await.unwrap();
        assert_eq!(sum, 42, "{revision}");
        let failed = client.call_tool("fail", &()).await.unwrap();
        assert!(failed.is_error, "{revision}");
        let mut steps = Vec::new();
        let hear = |progress: &thyra::client::ProgressParams| {
            steps.push(progress.progress.to_string());
        };
        let counted = client.call_tool_with_progress("count", &(), hear);
        soon("three steps", counted).await.unwrap();
        assert_eq!(steps, ["1", "2", "3"], "{revision}");

        // A call that is dropped ends at the server.
        let call = client.call_tool("hold", &());
        let entered = async { while watch.signs.recv().await != Some(Sign::Entered) {} };
        tokio::select! {
            ended = call => panic!("{ended:?}"),
            () = soon("the call", entered) => {}
        }
        let left = soon("the end of the call", watch.signs.recv()).await;
        assert_eq!(left, Some(Sign::Left), "{revision}");
        client.close().await;
    }
}

/// Asks for two things.
#[thyra::tool]
async fn introduce(ctx: Context) -> Result<String, ToolError> {
    let name: String = ctx.ask("name", "What is your name?").await?;
    let roots = ctx.roots("roots").await?;
    let uris: Vec<_> = roots.into_iter().map(|root| root.uri).collect();
    Ok(format!("{name} at {}", uris.join(" ")))
}

#[tokio::test]
async fn questions_are_answered_in_every_revision_that_has_them() {
    let server = Running::start(Server::new("asks").tool(introduce)).await;
    for revision in Revision::ALL {
        if !revision.has_elicitation() {
            continue;
        }
        let client = Client::builder(server.url())
            .revision(revision)
            .roots([Root::new("file:///home/ada")])
            .on_elicit(async |_| ElicitResult::accept([("value", "Ada")]))
            .build()
            .unwrap();
        let call = client.call_tool_as("introduce", &());
        let said: String = soon("an answer", call).await.unwrap();
        assert_eq!(said, "Ada at file:///home/ada", "{revision}");
    }
}

/// The public reports of clients that stay broken: the server is another process now, and knows no
/// session of the first.
#[tokio::test]
async fn a_server_that_was_restarted_is_used_on() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = |listener| {
        let (server, _) = fixture::server();
        let mut serving = JoinSet::new();
        serving.spawn(server.serve_listener(listener, std::future::pending()));
        serving
    };
    let mut first = serve(listener);
    let client = Client::builder(format!("http://{address}/mcp"))
        .revision(Revision::V2025_11_25)
        .build()
        .unwrap();
    client.list_tools().await.unwrap();
    first.shutdown().await;
    let second = serve(TcpListener::bind(address).await.unwrap());
    let arguments = json!({ "a": 1, "b": 2 });
    let sum: i64 = client.call_tool_as("add", &arguments).await.unwrap();
    assert_eq!(sum, 3);
    drop(second);
}

#[derive(Clone)]
struct Official;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Add {
    a: i64,
    b: i64,
}

#[expect(clippy::unused_self, reason = "rmcp's macros want methods")]
#[tool_router(server_handler)]
impl Official {
    #[tool(description = "Add two numbers")]
    fn add(&self, Parameters(Add { a, b }): Parameters<Add>) -> String {
        (a + b).to_string()
    }
}

#[tokio::test]
async fn the_server_of_the_official_sdk_is_used_in_both_eras() {
    let service = StreamableHttpService::new(
        || Ok(Official),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    let app = Router::new().fallback_service(service);
    serving.spawn(async move { axum::serve(listener, app).await.unwrap() });
    for pinned in [
        None,
        Some(Revision::V2025_06_18),
        Some(Revision::V2025_11_25),
    ] {
        let mut builder = Client::builder(&url);
        if let Some(revision) = pinned {
            builder = builder.revision(revision);
        }
        let client = builder.build().unwrap();
        let tools = client.list_tools().await.unwrap();
        assert_eq!(tools.len(), 1, "{pinned:?}");
        let arguments = json!({ "a": 2, "b": 40 });
        let sum: i64 = client.call_tool_as("add", &arguments).await.unwrap();
        assert_eq!(sum, 42, "{pinned:?}");
        client.close().await;
    }
}

#[tokio::test]
async fn our_server_is_a_program_in_both_eras() {
    for pinned in [
        None,
        Some(Revision::V2025_11_25),
        Some(Revision::V2024_11_05),
    ] {
        let mut builder = Client::command(example("everything").get_program());
        if let Some(revision) = pinned {
            builder = builder.revision(revision);
        }
        let client = builder.build();
        let wanted = pinned.unwrap_or(Revision::LATEST);
        let revision = soon("the agreement", client.revision()).await.unwrap();
        assert_eq!(revision, wanted);
        let tools = soon("the tools", client.list_tools()).await.unwrap();
        assert!(tools.iter().any(|tool| tool.name == "test_simple_text"));
        let call = client.call_tool("test_simple_text", &());
        let result = soon("a result", call).await.unwrap();
        let text = result.content[0].as_text().unwrap();
        assert!(text.contains("simple text response"), "{text}");
        soon("the end", client.close()).await;
    }
}
