//! Sessions of the handshake era over Streamable HTTP: how they begin and end, who owns them, and
//! what outlives a connection.

mod asking;
mod calls;
mod changes;
mod crowd;
mod lifecycle;
mod owner;
mod sampling;
mod turns;

use std::sync::atomic::{AtomicI64, Ordering};

use http::Request;
use serde_json::{Value, json};
use thyra::Revision;

use crate::support::{Answer, Ask, Running, client, soon};

/// A client that has introduced itself, and goes on in its session.
pub(crate) struct Conversation<'s> {
    server: &'s Running,
    client: reqwest::Client,
    revision: Revision,
    id: String,
    pub(crate) token: Option<&'static str>,
    next: AtomicI64,
}

fn hello(revision: Revision, capabilities: &Value) -> Ask {
    let params = json!({
        "protocolVersion": revision.as_str(),
        "capabilities": capabilities,
        "clientInfo": { "name": "test", "version": "1" },
    });
    Ask::on(revision, "initialize", params).without("mcp-protocol-version")
}

impl<'s> Conversation<'s> {
    async fn begin(server: &'s Running) -> Self {
        Self::begin_on(server, Revision::V2025_11_25).await
    }

    async fn begin_on(server: &'s Running, revision: Revision) -> Self {
        Self::begin_with(server, revision, &json!({}), None).await
    }

    pub(crate) async fn begin_with(
        server: &'s Running,
        revision: Revision,
        capabilities: &Value,
        token: Option<&'static str>,
    ) -> Self {
        let mut ask = hello(revision, capabilities);
        if let Some(token) = token {
            ask = ask.header("authorization", &format!("Bearer {token}"));
        }
        let greeting = server.ask(&ask).await;
        let id = greeting.header("mcp-session-id").to_owned();
        greeting.result();
        let conversation = Self {
            server,
            client: client(),
            revision,
            id,
            token,
            next: AtomicI64::new(100),
        };
        let ready = conversation
            .tell("notifications/initialized", json!({}))
            .await;
        assert_eq!((ready.status, ready.text().as_str()), (202, ""));
        conversation
    }

    /// A request in this session, with an id that it has not used.
    pub(crate) fn request(&self, method: &str, params: Value) -> Ask {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.in_session(Ask::on(self.revision, method, params))
            .member("id", json!(id))
    }

    fn call(&self, tool: &str, arguments: &Value) -> Ask {
        self.request(
            "tools/call",
            json!({ "name": tool, "arguments": arguments }),
        )
    }

    fn in_session(&self, mut ask: Ask) -> Ask {
        if let Some(token) = self.token {
            ask = ask.header("authorization", &format!("Bearer {token}"));
        }
        ask.header("mcp-session-id", &self.id)
    }

    pub(crate) async fn ask(&self, method: &str, params: Value) -> Answer {
        self.server.ask(&self.request(method, params)).await
    }

    async fn tell(&self, method: &str, params: Value) -> Answer {
        let ask = self
            .in_session(Ask::on(self.revision, method, params))
            .member("id", json!(null));
        self.server.ask(&ask).await
    }

    /// Answers what the server asked.
    async fn answer(&self, id: &Value, result: Value) -> Answer {
        let ask = self
            .in_session(Ask::on(self.revision, "", json!({})))
            .member("method", json!(null))
            .member("params", json!(null))
            .member("id", id.clone())
            .member("result", result);
        self.server.ask(&ask).await
    }

    fn beside_post(&self, method: &str, last: Option<&str>) -> reqwest::Request {
        let mut request = Request::builder()
            .method(method)
            .uri(self.server.url())
            .header("accept", "text/event-stream")
            .header("mcp-protocol-version", self.revision.as_str())
            .header("mcp-session-id", &self.id);
        if let Some(token) = self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        request.body("").unwrap().try_into().unwrap()
    }

    async fn get(&self, last: Option<&str>) -> reqwest::Response {
        let request = self.beside_post("GET", last);
        soon("the head of a stream", self.client.execute(request))
            .await
            .unwrap()
    }

    /// The stream of what changes, or the rest of one that was lost.
    pub(crate) async fn listen(&self, last: Option<&str>) -> Events {
        Events::of(self.get(last).await)
    }

    async fn end(&self) -> u16 {
        let request = self.beside_post("DELETE", None);
        let answer = soon("the end of a session", self.client.execute(request)).await;
        answer.unwrap().status().as_u16()
    }

    /// The stream that answers `ask`.
    pub(crate) async fn stream(&self, ask: &Ask) -> Events {
        Events::of(self.server.open(ask).await)
    }
}

/// One server-sent event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Happening {
    id: Option<String>,
    retry: Option<u64>,
    data: Option<String>,
}

impl Happening {
    fn parse(block: &str) -> Option<Self> {
        let mut happening = Self {
            id: None,
            retry: None,
            data: None,
        };
        let lines = block.lines().filter(|line| !line.is_empty());
        for line in lines.filter(|line| !line.starts_with(':')) {
            let (field, value) = line.split_once(": ").unwrap();
            match field {
                "id" => happening.id = Some(value.to_owned()),
                "retry" => happening.retry = Some(value.parse().unwrap()),
                "data" => assert!(happening.data.replace(value.to_owned()).is_none()),
                other => panic!("no such field: {other}"),
            }
        }
        happening.data.is_some().then_some(happening)
    }

    #[track_caller]
    fn message(&self) -> Value {
        serde_json::from_str(self.data.as_deref().unwrap()).unwrap()
    }

    #[track_caller]
    fn id(&self) -> &str {
        self.id.as_deref().unwrap()
    }
}

/// A stream of events while it is being read.
pub(crate) struct Events {
    response: reqwest::Response,
    unread: String,
}

impl Events {
    #[track_caller]
    pub(crate) fn of(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), 200, "{response:?}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self {
            response,
            unread: String::new(),
        }
    }

    /// The next event; none at the end.
    pub(crate) async fn next(&mut self) -> Option<Happening> {
        loop {
            while let Some(end) = self.unread.find("\n\n") {
                let block: String = self.unread.drain(..end + 2).collect();
                let happening = Happening::parse(&block);
                if happening.is_some() {
                    return happening;
                }
            }
            let piece = soon("an event", self.response.chunk()).await.unwrap()?;
            self.unread.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    /// The next event, which says where the stream is and nothing else.
    pub(crate) async fn primed(&mut self) -> String {
        let first = self.next().await.unwrap();
        assert_eq!(first.data.as_deref(), Some(""));
        assert!(first.retry.is_some());
        first.id.unwrap()
    }

    pub(crate) async fn message(&mut self) -> Value {
        self.next().await.unwrap().message()
    }
}
