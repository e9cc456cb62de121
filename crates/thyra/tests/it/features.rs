//! What a server offers, as clients of both eras meet it.

mod anonymous;
mod approvals;
mod batch;
mod blocking;
mod checks;
mod client_info;
mod completion;
mod errors;
mod extensions;
mod greeting;
mod handle;
mod listen;
mod middleware;
mod nulls;
mod own_calls;
mod pages;
mod questions;
mod requests;
mod rounds;
mod scopes;
mod session_state;
mod settings;
mod states;
mod tasks;
mod versions;
mod views;
mod visibility;
mod wire;

use serde_json::{Value, json};
use thyra::Revision;
use thyra::auth::{Principal, StaticAuth};

use crate::support::{Answer, Ask, META_CAPABILITIES, Running, soon};

/// The lists: the method, the member of the result, and what an entry is known by.
const LISTS: [(&str, &str, &str); 4] = [
    ("tools/list", "tools", "name"),
    ("prompts/list", "prompts", "name"),
    ("resources/list", "resources", "uri"),
    (
        "resources/templates/list",
        "resourceTemplates",
        "uriTemplate",
    ),
];

/// A client of one era.
struct Talk<'s> {
    server: &'s Running,
    capabilities: Value,
    session: Option<String>,
    token: Option<String>,
}

impl<'s> Talk<'s> {
    /// A client whose requests stand alone.
    fn alone(server: &'s Running) -> Self {
        Self {
            server,
            capabilities: json!({}),
            session: None,
            token: None,
        }
    }

    /// A client of each era.
    async fn each(server: &'s Running) -> [Self; 2] {
        Self::each_as(server, None).await
    }

    /// A client of each era, with a token.
    async fn each_as(server: &'s Running, token: Option<&str>) -> [Self; 2] {
        let mut alone = Self::alone(server);
        alone.token = token.map(str::to_owned);
        let mut session = Self::alone(server);
        session.token = token.map(str::to_owned);
        let greeting = server.ask(&session.bearing(hello(json!({})))).await;
        greeting.result();
        session.session = Some(greeting.header("mcp-session-id").to_owned());
        let ready = Ask::on(REVISION, "notifications/initialized", json!({}));
        let ready = session
            .within(session.bearing(ready))
            .member("id", Value::Null);
        assert_eq!(server.ask(&ready).await.status, 202);
        [alone, session]
    }

    fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    fn with_capabilities(mut self, capabilities: Value) -> Self {
        self.capabilities = capabilities;
        self
    }

    fn is_alone(&self) -> bool {
        self.session.is_none()
    }

    fn request(&self, method: &str, params: Value) -> Ask {
        if !self.is_alone() {
            return self.within(self.bearing(Ask::on(REVISION, method, params)));
        }
        let about = match method {
            "resources/read" => params["uri"].as_str(),
            "tasks/get" | "tasks/update" | "tasks/cancel" => params["taskId"].as_str(),
            _ => None,
        };
        let about = about.map(str::to_owned);
        let ask = Ask::alone(method, params).meta(META_CAPABILITIES, self.capabilities.clone());
        self.bearing(match about {
            Some(about) => ask.header("mcp-name", &about),
            None => ask,
        })
    }

    async fn ask(&self, method: &str, params: Value) -> Answer {
        self.server.ask(&self.request(method, params)).await
    }

    async fn call(&self, tool: &str, arguments: Value) -> Answer {
        let params = json!({ "name": tool, "arguments": arguments });
        self.ask("tools/call", params).await
    }

    /// What a list has, in its order.
    async fn listed(&self, list: (&str, &str, &str)) -> Vec<String> {
        let (method, _, _) = list;
        entries(&self.ask(method, json!({})).await.result(), list)
    }

    /// Listens to what is `wanted`; the first event has not been read.
    async fn listen(&self, wanted: Value) -> Stream {
        let ask = self.request("subscriptions/listen", json!({ "notifications": wanted }));
        Stream::of(self.server.open(&ask).await)
    }

    fn within(&self, ask: Ask) -> Ask {
        match &self.session {
            Some(session) => ask.header("mcp-session-id", session),
            None => ask,
        }
    }

    fn bearing(&self, ask: Ask) -> Ask {
        match &self.token {
            Some(token) => ask.header("authorization", &format!("Bearer {token}")),
            None => ask,
        }
    }
}

/// The revision that sessions speak here.
const REVISION: Revision = Revision::V2025_11_25;

fn hello(capabilities: Value) -> Ask {
    let mut params = json!({
        "protocolVersion": REVISION.as_str(),
        "clientInfo": { "name": "test", "version": "1" },
    });
    params["capabilities"] = capabilities;
    Ask::on(REVISION, "initialize", params).without("mcp-protocol-version")
}

#[track_caller]
fn entries(result: &Value, (_, list, key): (&str, &str, &str)) -> Vec<String> {
    let entries = result[list].as_array().unwrap();
    let keys = entries.iter().map(|entry| entry[key].as_str().unwrap());
    keys.map(str::to_owned).collect()
}

/// Checks that the request failed with `code`, whatever its era makes of that in HTTP.
#[track_caller]
fn fails(answer: &Answer, code: i64) -> String {
    let message = answer.json();
    assert_eq!(message["error"]["code"], code, "{message}");
    message["error"]["message"].as_str().unwrap().to_owned()
}

/// Checks that the tool answered, and that it says it failed.
#[track_caller]
fn tool_error(answer: &Answer) -> String {
    assert_eq!(answer.result()["isError"], true, "{answer:?}");
    answer.tool_text()
}

/// Ada and Bob, with their names as tokens. Ada may read notes.
fn ada_and_bob() -> StaticAuth {
    let somebody = |subject: &str| Principal::builder("https://issuer.example", subject);
    StaticAuth::new("http://localhost:8000")
        .token("ada", somebody("ada").scopes(["notes:read"]).build())
        .token("bob", somebody("bob").build())
}

/// A stream of messages while it is being read.
struct Stream {
    response: reqwest::Response,
    unread: String,
}

impl Stream {
    #[track_caller]
    fn of(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), 200, "{response:?}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            unread: String::new(),
        }
    }

    /// The next message; none at the end. A stream that only says that it is alive is waited for in
    /// vain.
    async fn next(&mut self) -> Option<Value> {
        soon("a message", self.read_message()).await
    }

    async fn read_message(&mut self) -> Option<Value> {
        loop {
            while let Some(end) = self.unread.find("\n\n") {
                let event: String = self.unread.drain(..end + 2).collect();
                let mut lines = event.lines();
                if let Some(data) = lines.find_map(|line| line.strip_prefix("data: ")) {
                    return Some(serde_json::from_str(data).unwrap());
                }
            }
            let piece = self.response.chunk().await.unwrap()?;
            self.unread.push_str(std::str::from_utf8(&piece).unwrap());
        }
    }

    /// What the server will tell of.
    async fn acknowledged(&mut self) -> Value {
        let first = self.next().await.unwrap();
        let method = "notifications/subscriptions/acknowledged";
        assert_eq!(first["method"], method, "{first}");
        first["params"]["notifications"].clone()
    }

    /// The method of the next notification.
    async fn told(&mut self) -> String {
        let message = self.next().await.unwrap();
        message["method"].as_str().unwrap().to_owned()
    }

    /// Checks that the next message tells of this resource.
    async fn tells_of(&mut self, uri: &str) {
        let message = self.next().await.unwrap();
        let method = "notifications/resources/updated";
        assert_eq!(message["method"], method, "{message}");
        assert_eq!(message["params"]["uri"], uri, "{message}");
    }
}
