//! A running server, and requests to it: good ones by default, each part of which can be spoilt.

use std::future::{Future, pending};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use serde_json::{Value, json};
use thyra::{Revision, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The key of `_meta` that names the revision of a request that stands alone.
pub(crate) const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// The key of `_meta` that says what the client can do.
pub(crate) const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// Fails a test that would hang. Nothing depends on how long it is.
pub(crate) async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_mins(1), future)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// A server on a free port. Dropping it ends the server.
pub(crate) struct Running {
    address: std::net::SocketAddr,
    client: reqwest::Client,
    _server: JoinSet<()>,
}

impl Running {
    pub(crate) async fn start(server: Server) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            server.serve_listener(listener, pending()).await.unwrap();
        });
        Self {
            address,
            client: client(),
            _server: tasks,
        }
    }

    /// A server that somebody else started and ends.
    pub(crate) fn at(address: std::net::SocketAddr) -> Self {
        Self {
            address,
            client: client(),
            _server: JoinSet::new(),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    pub(crate) async fn ask(&self, ask: &Ask) -> Answer {
        self.send(ask.request(&self.url())).await
    }

    pub(crate) async fn send<B: Into<reqwest::Body>>(&self, request: Request<B>) -> Answer {
        send(&self.client, request).await
    }

    /// The answer as it comes: its head is there, its body is not read yet.
    pub(crate) async fn open(&self, ask: &Ask) -> reqwest::Response {
        let request = ask.request(&self.url()).try_into().unwrap();
        soon("the head of an answer", self.client.execute(request))
            .await
            .unwrap()
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `bytes` as they are, and reads until the server closes or has no more to say. A server
    /// that hangs up while it is still being sent to is fine.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let (mut reading, mut writing) = self.connect().await.into_split();
        let mut answer = Vec::new();
        let exchange = async {
            let write = async {
                let _ = writing.write_all(bytes).await;
                let _ = writing.shutdown().await;
            };
            let read = async {
                let mut piece = [0; 4096];
                while let Ok(length @ 1..) = reading.read(&mut piece).await {
                    answer.extend_from_slice(&piece[..length]);
                }
            };
            tokio::join!(write, read);
        };
        soon("the end of a connection", exchange).await;
        String::from_utf8_lossy(&answer).into_owned()
    }
}

pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

pub(crate) async fn send<B>(client: &reqwest::Client, request: Request<B>) -> Answer
where
    B: Into<reqwest::Body>,
{
    let request = request.try_into().unwrap();
    let response = soon("the head of an answer", client.execute(request)).await;
    Answer::read(response.unwrap()).await
}

/// A request to an MCP endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    headers: HeaderMap,
    body: Value,
}

impl Ask {
    /// A request of the sessionless era, its headers and its body at one.
    pub(crate) fn alone(method: &str, params: Value) -> Self {
        let mut ask = Self::on(Revision::V2026_07_28, method, params);
        if let Some(name) = ask.body["params"]["name"].as_str().map(str::to_owned) {
            ask = ask.header("mcp-name", &name);
        }
        ask.header("mcp-method", method)
            .meta(META_VERSION, json!("2026-07-28"))
            .meta(META_CAPABILITIES, json!({}))
    }

    /// A request on `revision` with the version header and nothing else that an era demands.
    pub(crate) fn on(revision: Revision, method: &str, params: Value) -> Self {
        let mut body = json!({ "jsonrpc": "2.0", "id": 1, "method": method });
        body["params"] = params;
        Self {
            headers: HeaderMap::new(),
            body,
        }
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-protocol-version", revision.as_str())
    }

    /// A call of a tool on any revision.
    pub(crate) fn call(revision: Revision, tool: &str, arguments: Value) -> Self {
        let mut params = json!({ "name": tool });
        params["arguments"] = arguments;
        match revision {
            Revision::V2026_07_28 => Self::alone("tools/call", params),
            _ => Self::on(revision, "tools/call", params),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).unwrap();
        self.headers
            .insert(name, HeaderValue::from_str(value).unwrap());
        self
    }

    /// Adds a header that may be there already.
    pub(crate) fn also(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::try_from(name).unwrap();
        self.headers
            .append(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub(crate) fn without(mut self, header: &str) -> Self {
        self.headers.remove(header).unwrap();
        self
    }

    pub(crate) fn meta(mut self, key: &str, value: Value) -> Self {
        self.body["params"]["_meta"][key] = value;
        self
    }

    pub(crate) fn without_meta(mut self, key: &str) -> Self {
        let meta = self.body["params"]["_meta"].as_object_mut().unwrap();
        meta.remove(key).unwrap();
        self
    }

    /// Sets a member of the message itself; null removes it.
    pub(crate) fn member(mut self, key: &str, value: Value) -> Self {
        if value.is_null() {
            self.body.as_object_mut().unwrap().remove(key).unwrap();
        } else {
            self.body[key] = value;
        }
        self
    }

    pub(crate) fn request(&self, url: &str) -> Request<Bytes> {
        self.with_body(url, self.body.to_string())
    }

    /// The request with another body under the same headers.
    pub(crate) fn with_body(&self, url: &str, body: impl Into<Bytes>) -> Request<Bytes> {
        let mut request = Request::post(url).body(body.into()).unwrap();
        *request.headers_mut() = self.headers.clone();
        request
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: soon("the end of a body", response.bytes()).await.unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        match self.headers.get(name) {
            Some(value) => value.to_str().unwrap(),
            None => panic!("no header {name}: {self:?}"),
        }
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The result of a request that went well and was answered with JSON.
    #[track_caller]
    pub(crate) fn result(&self) -> Value {
        assert_eq!(self.status, 200, "{self:?}");
        let message = self.json();
        assert_eq!(message["jsonrpc"], "2.0");
        assert_eq!(message["id"], 1);
        assert!(message.get("error").is_none(), "{message}");
        message["result"].clone()
    }

    /// The text of a tool's result.
    #[track_caller]
    pub(crate) fn tool_text(&self) -> String {
        let result = self.result();
        result["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Checks the status and the code of an error, and returns it.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: i64) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        let message = self.json();
        assert!(message.get("result").is_none(), "{message}");
        assert_eq!(message["error"]["code"], code, "{message}");
        message["error"].clone()
    }

    /// The messages of an event stream; comments and events without a message left out.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        assert_eq!(self.header("content-type"), "text/event-stream", "{self:?}");
        self.text()
            .split_terminator("\n\n")
            .filter(|event| !event.starts_with(':'))
            .filter_map(|event| {
                let mut data = None;
                for line in event.lines() {
                    match line.split_once(": ") {
                        Some(("data", message)) => {
                            assert_eq!(data.replace(message), None, "{event}");
                        }
                        Some(("id" | "retry", _)) => {}
                        _ => panic!("{event}"),
                    }
                }
                data.filter(|message| !message.is_empty())
            })
            .map(|data| serde_json::from_str(data).unwrap())
            .collect()
    }
}
