//! The client of another implementation, the official SDK for Rust, against our server.

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ErrorCode, ProgressNotificationParam, ProtocolVersion,
};
use rmcp::service::{NotificationContext, RunningService};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt as _, RoleClient, ServiceError};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::fixture::{self, Sign};
use crate::program::example;
use crate::support::{Running, client, soon};

/// A client that passes on what it is told about progress.
struct Listener(mpsc::Sender<f64>);

impl ClientHandler for Listener {
    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        self.0.try_send(params.progress).unwrap();
    }
}

type Client = RunningService<RoleClient, Listener>;

/// Every way to begin, with the revision that comes of it.
fn beginnings() -> [(ClientLifecycleMode, ProtocolVersion); 3] {
    let newest = ProtocolVersion::V_2026_07_28;
    [
        (
            ClientLifecycleMode::Initialize,
            ProtocolVersion::V_2025_11_25,
        ),
        (
            ClientLifecycleMode::Discover {
                preferred_versions: vec![newest.clone()],
            },
            newest.clone(),
        ),
        (
            ClientLifecycleMode::Auto {
                preferred_versions: vec![newest.clone()],
                legacy_version: None,
            },
            newest,
        ),
    ]
}

async fn over_http(
    server: &Running,
    beginning: ClientLifecycleMode,
) -> (Client, mpsc::Receiver<f64>) {
    let config = StreamableHttpClientTransportConfig::with_uri(server.url());
    let transport = StreamableHttpClientTransport::with_client(client(), config);
    let (sender, progress) = mpsc::channel(64);
    let beginning = Listener(sender).serve_with_lifecycle(transport, beginning);
    (soon("the beginning", beginning).await.unwrap(), progress)
}

async fn call(
    client: &Client,
    tool: &'static str,
    arguments: Value,
) -> Result<CallToolResult, ServiceError> {
    let Value::Object(arguments) = arguments else {
        panic!("arguments are an object");
    };
    let params = CallToolRequestParams::new(tool).with_arguments(arguments);
    soon("the result", client.call_tool(params)).await
}

fn text(result: &CallToolResult) -> &str {
    &result.content[0].as_text().unwrap().text
}

/// What both transports are asked for.
async fn lists_adds_and_errs(client: &Client, revision: &ProtocolVersion, tools: &[&str]) {
    let peer = client.peer_info().unwrap();
    assert_eq!(&peer.protocol_version, revision);
    let listed = client.list_all_tools().await.unwrap();
    let names: Vec<_> = listed.iter().map(|tool| tool.name.as_ref()).collect();
    assert_eq!(names, tools);
    assert_eq!(listed[0].input_schema["required"], json!(["a", "b"]));

    let sum = call(client, "add", json!({ "a": 2, "b": 3 }))
        .await
        .unwrap();
    assert_eq!(text(&sum), "5");
    assert_ne!(sum.is_error, Some(true));

    let wrong = call(client, "add", json!({ "a": "two" })).await.unwrap();
    assert_eq!(wrong.is_error, Some(true));
    assert!(text(&wrong).contains("`a`: expected an integer"));

    match call(client, "nobody", json!({})).await {
        Err(ServiceError::McpError(error)) => {
            assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
            assert_eq!(error.message, "Unknown tool: nobody");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn over_http_in_every_way_to_begin() {
    for (beginning, revision) in beginnings() {
        let (server, mut watch) = fixture::server();
        let server = Running::start(server).await;
        let (client, mut progress) = over_http(&server, beginning).await;
        lists_adds_and_errs(&client, &revision, &["add", "count", "fail", "hold"]).await;

        let counted = call(&client, "count", json!({})).await.unwrap();
        assert_eq!(text(&counted), "counted");
        for step in [1.0, 2.0, 3.0] {
            assert_eq!(soon("progress", progress.recv()).await, Some(step));
        }
        let failed = call(&client, "fail", json!({})).await.unwrap();
        assert_eq!(failed.is_error, Some(true));
        assert_eq!(text(&failed), "There is no paper left.");

        let slow = call(&client, "hold", json!({}));
        let meanwhile = async {
            assert_eq!(
                soon("the call", watch.signs.recv()).await,
                Some(Sign::Entered)
            );
            let sum = call(&client, "add", json!({ "a": 1, "b": 1 }))
                .await
                .unwrap();
            assert_eq!(text(&sum), "2");
            watch.open.notify_one();
        };
        let (slow, ()) = tokio::join!(slow, meanwhile);
        assert_eq!(text(&slow.unwrap()), "released");
        client.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn over_stdio_in_every_way_to_begin() {
    for (beginning, revision) in beginnings() {
        let mut command = tokio::process::Command::from(example("quickstart"));
        command.kill_on_drop(true);
        let transport = TokioChildProcess::new(command).unwrap();
        let (sender, _progress) = mpsc::channel(64);
        let beginning = Listener(sender).serve_with_lifecycle(transport, beginning);
        let client = soon("the beginning", beginning).await.unwrap();
        lists_adds_and_errs(&client, &revision, &["add", "greet"]).await;
        let greeted = call(&client, "greet", json!({ "name": "Ada" })).await;
        assert_eq!(text(&greeted.unwrap()), "Hello, Ada!");
        client.cancel().await.unwrap();
    }
}
