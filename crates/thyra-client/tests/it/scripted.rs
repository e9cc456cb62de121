//! A server that looks at each request and answers as a test says, many at a time.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use thyra_client::{Client, ClientBuilder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A request: its head as it came and in lower case, and its body, which is a text unless it is
/// JSON.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) exact_head: String,
    pub(crate) head: String,
    pub(crate) body: Value,
}

/// An answer, byte for byte.
pub(crate) struct Answer {
    /// The status line and the headers, without the empty line.
    head: String,
    body: Vec<u8>,
    ending: Ending,
}

/// What comes after the body.
enum Ending {
    Close,
    /// The next request on the same connection.
    Next,
    /// Nothing, until the client hangs up.
    Nothing,
    /// The same bytes over and over, until the client hangs up.
    Flood(Vec<u8>),
}

/// A server on a free port, and what it was asked. Dropping it ends it.
pub(crate) struct Scripted {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: JoinSet<()>,
}

impl Asked {
    /// `post`, `get` or `delete`.
    pub(crate) fn verb(&self) -> &str {
        self.head.split(' ').next().unwrap_or_default()
    }

    /// The MCP method; empty for an answer of the client, and without a body.
    pub(crate) fn method(&self) -> &str {
        self.body["method"].as_str().unwrap_or_default()
    }

    /// The path and the query, as they came.
    pub(crate) fn target(&self) -> &str {
        self.exact_head.split(' ').nth(1).unwrap_or_default()
    }

    /// A header as it came, by its name in lower case.
    pub(crate) fn exact_header(&self, wanted: &str) -> Option<&str> {
        let lines = self.exact_head.lines().skip(1);
        let mut headers = lines.filter_map(|line| line.split_once(": "));
        let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        Some(value)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The result `result` of this request.
    pub(crate) fn result(&self, result: &Value) -> Answer {
        self.result_with("200 OK", result)
    }

    /// The same, with another status.
    pub(crate) fn result_with(&self, status: &'static str, result: &Value) -> Answer {
        let message = json!({ "jsonrpc": "2.0", "id": self.body["id"], "result": result });
        Answer::json(status, &message)
    }

    /// The error `code` of this request.
    pub(crate) fn error(&self, status: &'static str, code: i32) -> Answer {
        let error = json!({ "code": code, "message": "no" });
        let message = json!({ "jsonrpc": "2.0", "id": self.body["id"], "error": error });
        Answer::json(status, &message)
    }
}

impl Answer {
    pub(crate) fn json(status: &'static str, body: &Value) -> Self {
        let head = Self::empty(status).header("Content-Type", "application/json");
        head.body(body.to_string())
    }

    pub(crate) fn empty(status: &'static str) -> Self {
        Self {
            head: format!("HTTP/1.1 {status}\r\nConnection: close\r\n"),
            body: Vec::new(),
            ending: Ending::Close,
        }
    }

    /// A stream that ends after `events`.
    pub(crate) fn stream(events: impl Into<Vec<u8>>) -> Self {
        let head = Self::empty("200 OK").header("Content-Type", "text/event-stream");
        head.body(events)
    }

    /// What a server says that does not even speak HTTP as it should.
    pub(crate) fn raw(bytes: impl Into<String>) -> Self {
        Self {
            head: bytes.into(),
            body: Vec::new(),
            ending: Ending::Close,
        }
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..self
        }
    }

    /// Hangs up without a word.
    pub(crate) fn none() -> Self {
        Self::raw("")
    }

    /// The connection is kept for the next request.
    pub(crate) fn kept(self) -> Self {
        let length = self.body.len().to_string();
        let head = self.head.replace("Connection: close\r\n", "");
        let kept = Self {
            head,
            ending: Ending::Next,
            ..self
        };
        kept.header("Content-Length", &length)
    }

    /// The connection stays open after what is said.
    pub(crate) fn open(self) -> Self {
        Self {
            ending: Ending::Nothing,
            ..self
        }
    }

    /// After what is said, `bytes` come again and again.
    pub(crate) fn flood(self, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            ending: Ending::Flood(bytes.into()),
            ..self
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head = format!("{}{name}: {value}\r\n", self.head);
        self
    }

    /// Writes it, and says whether the connection is kept.
    pub(crate) async fn write(self, stream: &mut TcpStream) -> std::io::Result<bool> {
        if !self.head.is_empty() {
            stream.write_all(self.head.as_bytes()).await?;
            stream.write_all(b"\r\n").await?;
        }
        stream.write_all(&self.body).await?;
        stream.flush().await?;
        match self.ending {
            Ending::Close => {}
            Ending::Next => return Ok(true),
            Ending::Nothing => drop(stream.read(&mut [0; 1]).await?),
            Ending::Flood(bytes) => loop {
                stream.write_all(&bytes).await?;
            },
        }
        stream.shutdown().await?;
        Ok(false)
    }
}

impl Scripted {
    pub(crate) async fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into(), answer).await
    }

    /// A server in the place of one that was stopped.
    pub(crate) async fn start_at(
        address: SocketAddr,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let answer = Arc::new(answer);
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                connections.spawn(async move {
                    let _ = connection(stream, &log, &*answer).await;
                });
            }
        });
        Self {
            address,
            asked,
            server,
        }
    }

    /// Ends the server and its connections, and says where it was.
    pub(crate) async fn stop(mut self) -> SocketAddr {
        self.server.shutdown().await;
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// Its URL, without a path.
    #[cfg(all(feature = "anthropic", feature = "google", feature = "openai"))]
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder(self.url())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The MCP methods that were asked for, or the verb where there is none.
    pub(crate) fn methods(&self) -> Vec<String> {
        let asked = self.asked();
        let name = |one: &Asked| match one.method() {
            "" => one.verb().to_owned(),
            method => method.to_owned(),
        };
        asked.iter().map(name).collect()
    }

    /// Waits until a request is among those that were asked.
    pub(crate) async fn heard(&self, wanted: impl Fn(&Asked) -> bool) -> Asked {
        let heard = async {
            loop {
                if let Some(asked) = self.asked().into_iter().find(&wanted) {
                    return asked;
                }
                tokio::task::yield_now().await;
            }
        };
        // Only a test that would hang gets here.
        let minute = Duration::from_mins(1);
        tokio::time::timeout(minute, heard).await.unwrap()
    }
}

async fn connection(
    mut stream: TcpStream,
    log: &Mutex<Vec<Asked>>,
    answer: &(dyn Fn(&Asked) -> Answer + Send + Sync),
) -> std::io::Result<()> {
    while let Some(asked) = request(&mut stream).await? {
        let answer = answer(&asked);
        log.lock().unwrap().push(asked);
        if !answer.write(&mut stream).await? {
            break;
        }
    }
    Ok(())
}

/// The next request; `None` when the client hangs up.
pub(crate) async fn request(stream: &mut TcpStream) -> std::io::Result<Option<Asked>> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await?;
        if read == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let exact_head = head.to_owned();
        let has_body = head.starts_with("POST");
        let head = head.to_ascii_lowercase();
        let is_form = head.contains("\r\ncontent-type: application/x-www-form-urlencoded\r\n");
        let length = format!("\r\ncontent-length: {}\r\n", body.len());
        let is_whole = format!("{head}\r\n").contains(&length);
        let body = match serde_json::from_str(body) {
            Ok(body) => body,
            Err(_) if is_form && is_whole => body.into(),
            Err(_) if has_body => continue,
            Err(_) => Value::Null,
        };
        return Ok(Some(Asked {
            exact_head,
            head,
            body,
        }));
    }
}
