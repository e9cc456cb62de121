//! The ways from a visitor to the program: Streamable HTTP, stdio.

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use rmcp::model::ClientJsonRpcMessage;
use rmcp::service::RunningService;
use rmcp::transport::common::client_side_sse::BoxedSseResponse;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClient, StreamableHttpClientTransportConfig, StreamableHttpError,
    StreamableHttpPostResponse,
};
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{ClientHandler, ClientLifecycleMode, ClientServiceExt as _, RoleClient};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::ChildStderr;
use tokio::sync::mpsc;

use super::host::Host;
use crate::program::{Program, example};
use crate::support::{client, soon};

/// A client over HTTP, which says when it opens a stream to listen to, and the program that it
/// talks to.
pub(super) async fn over_http(
    host: Host,
    lifecycle: ClientLifecycleMode,
    opened: mpsc::Sender<()>,
) -> (RunningService<RoleClient, Host>, Served) {
    let mut command = example("everything");
    command.args(["--http", "127.0.0.1:0"]);
    let mut program = Program::start(command);
    let mut lines = BufReader::new(program.take_errors()).lines();
    let announced = soon("the address", lines.next_line()).await.unwrap();
    let announced = announced.unwrap();
    let url = announced.strip_prefix("Everything serves MCP at ").unwrap();

    let noting = Noting {
        client: client(),
        opened,
    };
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let transport = StreamableHttpClientTransport::with_client(noting, config);
    let beginning = host.serve_with_lifecycle(transport, lifecycle);
    let client = soon("the beginning", beginning).await.unwrap();
    let served = Served {
        _program: program,
        _errors: lines,
    };
    (client, served)
}

/// A client over stdio; its program ends with it.
pub(super) async fn over_stdio<H: ClientHandler>(
    host: H,
    lifecycle: ClientLifecycleMode,
) -> RunningService<RoleClient, H> {
    let mut command = tokio::process::Command::from(example("everything"));
    command.kill_on_drop(true);
    let transport = TokioChildProcess::new(command).unwrap();
    let beginning = host.serve_with_lifecycle(transport, lifecycle);
    soon("the beginning", beginning).await.unwrap()
}

/// The program that serves HTTP. It would fail if nobody held the other end of its standard error.
pub(super) struct Served {
    _program: Program,
    _errors: Lines<BufReader<ChildStderr>>,
}

/// The SDK's own HTTP client, which says when it has opened a stream to listen to.
#[derive(Clone)]
struct Noting {
    client: reqwest::Client,
    opened: mpsc::Sender<()>,
}

type Answer<T> = Result<T, StreamableHttpError<reqwest::Error>>;

impl StreamableHttpClient for Noting {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        token: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Answer<StreamableHttpPostResponse> {
        let client = &self.client;
        client
            .post_message(uri, message, session, token, headers)
            .await
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        token: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Answer<()> {
        let client = &self.client;
        client.delete_session(uri, session, token, headers).await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        token: Option<String>,
        headers: HashMap<HeaderName, HeaderValue>,
    ) -> Answer<BoxedSseResponse> {
        let client = &self.client;
        let stream = client.get_stream(uri, session, last_event, token, headers);
        let stream = stream.await?;
        self.opened.try_send(()).unwrap();
        Ok(stream)
    }
}
