//! A server that answers what a test makes it answer.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use thyra_client::protocol::Revision;
use thyra_client::{Client, ClientBuilder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// A server on a free port, and what it was asked. Dropping it ends it.
pub(crate) struct Mock {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
    _server: JoinSet<()>,
}

impl Mock {
    /// A server that answers the request number `n` (from 0) with the result `answer(n)`.
    pub(crate) async fn start(answer: impl Fn(usize) -> Value + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let mut server = JoinSet::new();
        server.spawn(async move {
            for number in 0.. {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (head, request) = request(&mut stream).await;
                let id = request["id"].clone();
                log.lock().unwrap().push((head, request));
                let reply = json!({ "jsonrpc": "2.0", "id": id, "result": answer(number) });
                let reply = reply.to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    reply.len()
                );
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(reply.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        });
        Self {
            address,
            asked,
            _server: server,
        }
    }

    /// A server that answers always the same.
    pub(crate) async fn always(answer: Value) -> Self {
        Self::start(move |_| answer.clone()).await
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        // It answers requests in their order, so nothing is asked before them.
        Client::builder(format!("http://{}/mcp", self.address)).revision(Revision::V2026_07_28)
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    /// The heads of the requests in lower case, and their bodies.
    pub(crate) fn asked(&self) -> Vec<(String, Value)> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

async fn request(stream: &mut TcpStream) -> (String, Value) {
    let mut text = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.unwrap();
        assert_ne!(read, 0, "the client hung up");
        text.extend_from_slice(&chunk[..read]);
        let text = std::str::from_utf8(&text).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str(body)
        {
            return (head.to_ascii_lowercase(), body);
        }
    }
}
