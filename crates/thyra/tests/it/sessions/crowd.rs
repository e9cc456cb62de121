//! One caller does not lock others out. The service is called in process, without sockets.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use thyra::auth::{Principal, StaticAuth};
use thyra::{Limits, McpService};
use tower_service::Service;

use crate::fixture;
use crate::support::Ask;

/// As many as the default limit of sessions, and so ten times one caller's share.
const FLOOD: usize = 10_000;

fn service(people: &[(&str, Principal)]) -> McpService {
    let mut server = fixture::server().0;
    if !people.is_empty() {
        let auth = StaticAuth::new("http://localhost:8000");
        let auth = people.iter().fold(auth, |auth, (token, principal)| {
            auth.token(*token, principal.clone())
        });
        server = server.auth(auth);
    }
    server.into_service().unwrap()
}

fn client_of(subject: &str, client: &str) -> Principal {
    let principal = Principal::builder("https://issuer.example", subject);
    principal.client_id(client).build()
}

/// A caller of the service, perhaps with a token.
struct Client {
    service: McpService,
    token: Option<&'static str>,
}

impl Client {
    async fn post(&mut self, session: Option<&str>, message: &Value) -> Response<Bytes> {
        let mut request = Request::post("http://localhost/mcp")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        if let Some(token) = self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(session) = session {
            request = request.header("mcp-session-id", session);
        }
        let body = Full::new(Bytes::from(message.to_string()));
        let answer = self
            .service
            .call(request.body(body).unwrap())
            .await
            .unwrap();
        let (parts, body) = answer.into_parts();
        Response::from_parts(parts, body.collect().await.unwrap().to_bytes())
    }

    /// Opens a session, and returns its id.
    async fn initialize(&mut self) -> String {
        let message = json!({
            "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": {
                "protocolVersion": "2025-11-25",
                "capabilities": {},
                "clientInfo": { "name": "test", "version": "1" },
            },
        });
        let answer = self.post(None, &message).await;
        assert_eq!(answer.status(), StatusCode::OK, "{:?}", answer.body());
        let id = answer.headers().get("mcp-session-id").unwrap();
        id.to_str().unwrap().to_owned()
    }

    /// Calls a tool in a session.
    async fn add(&mut self, session: &str) -> (StatusCode, bool) {
        let message = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": "add", "arguments": { "a": 2, "b": 3 } },
        });
        let answer = self.post(Some(session), &message).await;
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        (answer.status(), text.contains(r#""text":"5""#))
    }
}

/// `flooding` sends `initialize` again and again. Meanwhile `other` works in an old session, and
/// begins new ones.
async fn flood(flooding: &mut [Client], mut other: Client) {
    let old = other.initialize().await;
    for round in 0..FLOOD {
        let which = round % flooding.len();
        flooding[which].initialize().await;
        if round % 100 == 0 {
            assert_eq!(other.add(&old).await, (StatusCode::OK, true), "{round}");
            let new = other.initialize().await;
            assert_eq!(other.add(&new).await, (StatusCode::OK, true), "{round}");
        }
    }
}

#[tokio::test]
async fn a_flood_of_one_caller_leaves_the_sessions_of_another_alone() {
    let service = service(&[
        ("ada", client_of("ada", "1")),
        ("bob", client_of("bob", "1")),
    ]);
    let client = |token| Client {
        service: service.clone(),
        token: Some(token),
    };
    let mut bob = client("bob");
    let waiting = bob.initialize().await;
    flood(&mut [client("ada")], client("bob")).await;
    // A session in which nothing came after `initialize` is there as well.
    assert_eq!(bob.add(&waiting).await, (StatusCode::OK, true));
}

#[tokio::test]
async fn neither_does_one_person_with_ten_clients() {
    const TOKENS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    let mut people: Vec<_> = TOKENS
        .iter()
        .map(|token| (*token, client_of("ada", token)))
        .collect();
    people.push(("bob", client_of("bob", "1")));
    let service = service(&people);
    let client = |token| Client {
        service: service.clone(),
        token: Some(token),
    };
    let mut bob = client("bob");
    let waiting = bob.initialize().await;
    flood(&mut TOKENS.map(client), client("bob")).await;
    assert_eq!(bob.add(&waiting).await, (StatusCode::OK, true));
}

#[tokio::test]
async fn nor_does_a_flood_without_tokens_drive_out_who_works() {
    let service = service(&[]);
    let client = || Client {
        service: service.clone(),
        token: None,
    };
    flood(&mut [client()], client()).await;
}

#[tokio::test]
async fn streams_of_one_person_leave_room_for_others_and_give_it_back() {
    let people = [
        ("ada", client_of("ada", "1")),
        ("ada-2", client_of("ada", "2")),
        ("bob", client_of("bob", "1")),
    ];
    let auth = StaticAuth::new("http://localhost:8000");
    let auth = people.into_iter().fold(auth, |auth, (token, principal)| {
        auth.token(token, principal)
    });
    let server = fixture::server().0.auth(auth);
    let mut service = server
        .limits(Limits::default().connections(8))
        .into_service()
        .unwrap();
    let listen = |token: &str| {
        let params = json!({ "notifications": { "toolsListChanged": true } });
        let ask = Ask::alone("subscriptions/listen", params);
        let ask = ask.header("authorization", &format!("Bearer {token}"));
        ask.request("http://localhost/mcp").map(Full::new)
    };
    let first = service.call(listen("ada")).await.unwrap();
    assert_eq!(first.status(), StatusCode::OK);
    let second = service.call(listen("ada-2")).await.unwrap();
    assert_eq!(second.status(), StatusCode::OK);
    for token in ["ada", "ada-2"] {
        let refused = service.call(listen(token)).await.unwrap();
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers()["retry-after"], "5");
        let told = refused.into_body().collect().await.unwrap().to_bytes();
        let sentence =
            "You have 2 requests and streams under way, the most for one caller. End one.\n";
        assert_eq!(told, sentence);
    }
    let of_bob = service.call(listen("bob")).await.unwrap();
    assert_eq!(of_bob.status(), StatusCode::OK);
    // A client that leaves gives its place back.
    drop(first);
    let third = service.call(listen("ada")).await.unwrap();
    assert_eq!(third.status(), StatusCode::OK);
}
