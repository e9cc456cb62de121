//! Servers of the HTTP+SSE transport of 2024-11-05.

mod login;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use thyra_client::protocol::Revision;
use thyra_client::{Client, ClientBuilder, ClientError, ElicitResult, Hop, Secret, TransportError};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::scripted::{Answer, Asked, request};

/// What the server does with a request.
enum Does {
    /// Takes a message, and says these on the stream.
    Says(Vec<Value>),
    /// Takes a message, and closes the stream.
    HangsUp,
    /// Answers with this status.
    Refuses(&'static str),
    /// Opens a stream that begins with this, byte for byte.
    Opens(String),
    Answers(Answer),
}

type Script = dyn Fn(&Asked) -> Does + Send + Sync;

/// A server on a free port. Dropping it ends it.
struct Old {
    address: SocketAddr,
    shared: Arc<Shared>,
    _server: JoinSet<()>,
}

struct Shared {
    script: Box<Script>,
    asked: Mutex<Vec<Asked>>,
    /// The open stream.
    stream: Mutex<Option<mpsc::UnboundedSender<Value>>>,
}

const ENDPOINT: &str = ": hello\n\nevent: endpoint\ndata: /messages/?session_id=7\n\n";

impl Old {
    async fn start(script: impl Fn(&Asked) -> Does + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            script: Box::new(script),
            asked: Mutex::default(),
            stream: Mutex::default(),
        });
        let known = Arc::clone(&shared);
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let shared = Arc::clone(&known);
                connections.spawn(async move {
                    let _ = connection(stream, &shared).await;
                });
            }
        });
        Self {
            address,
            shared,
            _server: server,
        }
    }

    /// One that is good, and does something else with some methods.
    async fn but(script: impl Fn(&Asked) -> Option<Does> + Send + Sync + 'static) -> Self {
        Self::start(move |asked| script(asked).unwrap_or_else(|| good(asked))).await
    }

    fn url(&self) -> String {
        format!("http://{}/sse", self.address)
    }

    fn builder(&self) -> ClientBuilder {
        Client::sse(self.url())
    }

    /// The verbs or methods that were asked for.
    fn asked(&self) -> Vec<String> {
        let asked = self.shared.asked.lock().unwrap();
        let name = |one: &Asked| match one.method() {
            "" => one.verb().to_owned(),
            method => method.to_owned(),
        };
        asked.iter().map(name).collect()
    }

    async fn heard(&self, wanted: impl Fn(&Asked) -> bool) -> Asked {
        let heard = async {
            loop {
                let found = self
                    .shared
                    .asked
                    .lock()
                    .unwrap()
                    .iter()
                    .find(|one| wanted(one))
                    .cloned();
                match found {
                    Some(asked) => return asked,
                    None => tokio::task::yield_now().await,
                }
            }
        };
        // Only a test that would hang gets here.
        tokio::time::timeout(Duration::from_mins(1), heard)
            .await
            .unwrap()
    }
}

impl Old {
    /// Waits until nobody reads the stream any more.
    async fn left_alone(&self) {
        let left_alone = async {
            loop {
                let stream = self.shared.stream.lock().unwrap().clone();
                if stream.is_some_and(|stream| stream.send(json!({})).is_err()) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        // Only a test that would hang gets here.
        tokio::time::timeout(Duration::from_mins(1), left_alone)
            .await
            .unwrap();
    }
}

async fn connection(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let Some(asked) = request(&mut stream).await? else {
        return Ok(());
    };
    let does = (shared.script)(&asked);
    shared.asked.lock().unwrap().push(asked);
    let status = match does {
        Does::Answers(answer) => return answer.write(&mut stream).await.map(drop),
        Does::Refuses(status) => status,
        Does::HangsUp => {
            *shared.stream.lock().unwrap() = None;
            "202 Accepted"
        }
        Does::Says(messages) => {
            let stream = shared.stream.lock().unwrap();
            for message in messages {
                // The client may have gone.
                let _ = stream.as_ref().map(|stream| stream.send(message));
            }
            "202 Accepted"
        }
        Does::Opens(beginning) => {
            let (sender, mut messages) = mpsc::unbounded_channel::<Value>();
            *shared.stream.lock().unwrap() = Some(sender);
            let head =
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/event-stream\r\n\r\n";
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(beginning.as_bytes()).await?;
            while let Some(message) = messages.recv().await {
                let event = format!("event: message\r\ndata: {message}\r\n\r\n");
                stream.write_all(event.as_bytes()).await?;
            }
            return stream.shutdown().await;
        }
    };
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.shutdown().await
}

fn result(asked: &Asked, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": asked.body["id"], "result": result })
}

/// What a good server does.
fn good(asked: &Asked) -> Does {
    let is_at = |path: &str| asked.head.split(' ').nth(1) == Some(path);
    match asked.method() {
        "" if asked.verb() == "get" && is_at("/sse") => Does::Opens(ENDPOINT.to_owned()),
        _ if asked.verb() == "post" && !is_at("/messages/?session_id=7") => {
            Does::Refuses("405 Method Not Allowed")
        }
        "initialize" => Does::Says(vec![result(
            asked,
            &json!({
                "protocolVersion": "2024-11-05",
                "capabilities": {},
                "serverInfo": { "name": "old", "version": "1" },
            }),
        )]),
        "tools/list" => Does::Says(vec![result(asked, &json!({ "tools": [] }))]),
        "tools/call" => {
            let content = json!([{ "type": "text", "text": asked.body["params"]["name"] }]);
            Does::Says(vec![result(asked, &json!({ "content": content }))])
        }
        _ => Does::Says(Vec::new()),
    }
}

fn transport(error: ClientError) -> TransportError {
    let source = match error {
        ClientError::Transport { source, .. } => Ok(source),
        other => Err(other),
    };
    source.unwrap()
}

async fn said(client: &Client, tool: &str) -> Result<String, ClientError> {
    client.call_tool_as(tool, &()).await
}

#[tokio::test]
async fn a_server_of_the_old_transport_is_one_like_any_other() {
    let server = Old::but(|_| None).await;
    let client = server.builder().header("X-Team", "green");
    let client = client
        .bearer(Secret::new("key".to_owned()))
        .build()
        .unwrap();
    assert!(client.list_tools().await.unwrap().is_empty());
    let calls = [said(&client, "a"), said(&client, "b")];
    let answers = futures_util::future::try_join_all(calls).await.unwrap();
    assert_eq!(answers, ["a", "b"]);
    assert_eq!(client.revision().await.unwrap(), Revision::V2024_11_05);
    let opened = [
        "get",
        "initialize",
        "notifications/initialized",
        "tools/list",
    ];
    assert_eq!(server.asked()[..4], opened);
    for one in server.shared.asked.lock().unwrap().iter() {
        let sent = (one.header("x-team"), one.header("authorization"));
        assert_eq!(sent, (Some("green"), Some("bearer key")), "{}", one.head);
    }
    client.close().await;
    // The next request opens another stream.
    said(&client, "c").await.unwrap();
    assert_eq!(server.asked().iter().filter(|one| *one == "get").count(), 2);
}

#[tokio::test]
async fn an_old_server_is_found_out() {
    for status in ["400 Bad Request", "404 Not Found", "405 Method Not Allowed"] {
        let server = Old::but(move |asked| {
            let is_new = asked.head.starts_with("post /sse ");
            is_new.then_some(Does::Refuses(status))
        })
        .await;
        let client = Client::builder(server.url()).build().unwrap();
        assert_eq!(said(&client, "a").await.unwrap(), "a");
        assert_eq!(
            server.asked(),
            [
                "server/discover",
                "initialize",
                "get",
                "initialize",
                "notifications/initialized",
                "tools/call"
            ]
        );
        said(&client, "b").await.unwrap();
        assert_eq!(server.asked().len(), 7);
    }
}

#[tokio::test]
async fn what_is_no_old_server_fails_as_it_did() {
    // The statuses of the post and of the stream, and whether there is an attempt to open one.
    for (post, get, is_tried) in [
        ("404 Not Found", "404 Not Found", true),
        ("405 Method Not Allowed", "200 OK", true),
        ("403 Forbidden", "200 OK", false),
        ("500 Internal Server Error", "200 OK", false),
    ] {
        let server = Old::start(move |asked| match asked.verb() {
            "get" => Does::Refuses(get),
            _ => Does::Refuses(post),
        })
        .await;
        let client = Client::builder(server.url()).build().unwrap();
        let error = transport(client.list_tools().await.unwrap_err());
        let is_posts = matches!(error, TransportError::Status { status, .. } if post.starts_with(&status.to_string()));
        assert!(is_posts, "{error:?}");
        assert_eq!(
            server.asked().contains(&"get".to_owned()),
            is_tried,
            "{post}"
        );
    }
}

#[tokio::test]
async fn a_stream_is_closed_at_a_server_that_takes_no_messages_there_either() {
    let server = Old::start(|asked| match asked.verb() {
        "get" => Does::Opens(ENDPOINT.to_owned()),
        _ => Does::Refuses("404 Not Found"),
    })
    .await;
    let client = Client::builder(server.url()).build().unwrap();
    let error = transport(client.list_tools().await.unwrap_err());
    assert!(
        matches!(error, TransportError::Status { status: 404, .. }),
        "{error:?}"
    );
    server.left_alone().await;
    // The client may still be used.
    drop(client);
}

#[tokio::test]
async fn an_endpoint_must_have_the_origin_of_the_stream() {
    let cases = [
        (
            "event: endpoint\ndata: https://evil.example/messages\n\n",
            "another origin",
        ),
        (
            "event: endpoint\ndata: //evil.example/messages\n\n",
            "another origin",
        ),
        (
            "event: endpoint\ndata: javascript:alert(1)\n\n",
            "another origin",
        ),
        ("event: endpoint\ndata: http://[\n\n", "it is no URL"),
        ("event: endpoint\ndata: /messages#here\n\n", "a fragment"),
    ];
    for (stream, wanted) in cases {
        let server =
            Old::but(move |asked| (asked.verb() == "get").then(|| Does::Opens(stream.to_owned())))
                .await;
        let client = server
            .builder()
            .bearer(Secret::new("key".to_owned()))
            .build()
            .unwrap();
        let error = transport(client.list_tools().await.unwrap_err());
        assert!(
            matches!(error, TransportError::Endpoint { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(wanted), "{error}");
        assert_eq!(server.asked(), ["get"]);
    }
}

#[tokio::test]
async fn a_stream_that_is_none_is_refused() {
    let large = format!("event: endpoint\ndata: {}\n\n", "x".repeat(2000));
    let server = Old::but(move |asked| (asked.verb() == "get").then(|| Does::Opens(large.clone())));
    let client = server.await;
    let client = (client.builder().max_bytes(1000).build().unwrap(), client);
    let error = transport(client.0.list_tools().await.unwrap_err());
    assert!(
        matches!(error, TransportError::EventTooLarge { .. }),
        "{error:?}"
    );

    for (status, wanted) in [("200 OK", "is this the URL"), ("503 Busy", "status 503")] {
        let server = Old::start(move |_| Does::Refuses(status)).await;
        let client = server.builder().retries(0).build().unwrap();
        let error = transport(client.list_tools().await.unwrap_err());
        assert!(error.to_string().contains(wanted), "{error}");
    }
    let server = Old::start(|_| Does::Refuses("401 Unauthorized")).await;
    let client = server.builder().build().unwrap();
    let error = client.list_tools().await.unwrap_err();
    assert!(
        matches!(error, ClientError::Unauthorized { .. }),
        "{error:?}"
    );
    // It carries no messages of the sessionless era.
    let pinned = server
        .builder()
        .revision(Revision::V2026_07_28)
        .build()
        .unwrap();
    let error = transport(pinned.list_tools().await.unwrap_err());
    assert!(matches!(error, TransportError::OldTransport), "{error:?}");
}

#[tokio::test]
async fn a_lost_stream_is_opened_again() {
    let server = Old::but(|asked| {
        let name = asked.body["params"]["name"].as_str().unwrap_or_default();
        (name == "last").then_some(Does::HangsUp)
    })
    .await;
    let client = server.builder().build().unwrap();
    said(&client, "a").await.unwrap();
    // Nobody knows whether this one was carried out.
    let error = transport(said(&client, "last").await.unwrap_err());
    assert!(matches!(error, TransportError::StreamEnded), "{error:?}");
    assert_eq!(said(&client, "b").await.unwrap(), "b");
    assert_eq!(
        server
            .asked()
            .iter()
            .filter(|one| *one == "initialize")
            .count(),
        2
    );
    assert_eq!(
        server
            .asked()
            .iter()
            .filter(|one| *one == "tools/call")
            .count(),
        3
    );
}

#[tokio::test]
async fn a_session_that_the_server_forgot_is_opened_again_and_the_call_repeated_once() {
    let refused = AtomicUsize::new(0);
    let server = Old::but(move |asked| {
        let is_first =
            asked.method() == "tools/call" && refused.fetch_add(1, Ordering::Relaxed) == 0;
        is_first.then_some(Does::Refuses("404 Not Found"))
    })
    .await;
    let client = server.builder().build().unwrap();
    assert_eq!(said(&client, "a").await.unwrap(), "a");
    assert_eq!(server.asked().iter().filter(|one| *one == "get").count(), 2);

    let server = Old::but(|asked| {
        (asked.method() == "tools/call").then_some(Does::Refuses("404 Not Found"))
    })
    .await;
    let client = server.builder().build().unwrap();
    let error = transport(said(&client, "a").await.unwrap_err());
    assert!(matches!(error, TransportError::SessionLost), "{error:?}");
    assert_eq!(
        server
            .asked()
            .iter()
            .filter(|one| *one == "tools/call")
            .count(),
        2
    );
}

#[tokio::test]
async fn progress_and_questions_come_on_the_stream() {
    let call = Arc::new(Mutex::new(Value::Null));
    let server = Old::but(move |asked| match asked.method() {
        "tools/call" => {
            *call.lock().unwrap() = asked.body["id"].clone();
            let token = &asked.body["params"]["_meta"]["progressToken"];
            let progress = json!({ "progressToken": token, "progress": 1 });
            let form = json!({ "message": "?", "requestedSchema": { "type": "object", "properties": {} } });
            Some(Does::Says(vec![
                json!({ "jsonrpc": "2.0", "method": "notifications/progress", "params": progress }),
                json!([]),
                json!({ "jsonrpc": "2.0", "id": "q", "method": "elicitation/create", "params": form }),
            ]))
        }
        "" if asked.body["id"] == "q" => {
            let content = json!([{ "type": "text", "text": asked.body["result"]["action"] }]);
            let id = call.lock().unwrap().clone();
            let answer = json!({ "jsonrpc": "2.0", "id": id, "result": { "content": content } });
            Some(Does::Says(vec![answer]))
        }
        _ => None,
    })
    .await;
    let client = server
        .builder()
        .on_elicit(async |_| ElicitResult::decline());
    let client = client.build().unwrap();
    let mut reports = Vec::new();
    let result = client
        .call_tool_with_progress("ask", &(), |progress| {
            reports.push(progress.progress.as_f64());
        })
        .await
        .unwrap();
    assert_eq!(result.content[0].as_text(), Some("decline"));
    assert_eq!(reports, [Some(1.0)]);
}

#[tokio::test]
async fn a_batch_on_the_stream_is_read_as_its_messages() {
    let server = Old::but(|asked| match asked.method() {
        "initialize" => Some(Does::Says(vec![result(
            asked,
            &json!({
                "protocolVersion": "2025-03-26",
                "capabilities": {},
                "serverInfo": { "name": "old", "version": "1" },
            }),
        )])),
        "tools/call" => {
            let other = json!({ "jsonrpc": "2.0", "method": "notifications/other" });
            let content = json!([{ "type": "text", "text": "done" }]);
            let answer = result(asked, &json!({ "content": content }));
            Some(Does::Says(vec![json!([other, answer])]))
        }
        _ => None,
    })
    .await;
    let client = server.builder().build().unwrap();
    assert_eq!(said(&client, "a").await.unwrap(), "done");
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_is_cancelled() {
    let server =
        Old::but(|asked| (asked.method() == "tools/call").then_some(Does::Says(Vec::new()))).await;
    let client = server.builder().build().unwrap();
    client.list_tools().await.unwrap();
    let call = tokio::spawn({
        let client = client.clone();
        async move { said(&client, "slow").await }
    });
    let called = server.heard(|asked| asked.method() == "tools/call").await;
    call.abort();
    let cancelled = server
        .heard(|asked| asked.method() == "notifications/cancelled")
        .await;
    assert_eq!(cancelled.body["params"]["requestId"], called.body["id"]);
}

#[tokio::test]
async fn what_the_server_has_not_carried_out_is_sent_again() {
    // The stream and each request are refused once.
    let refused = Mutex::new(Vec::new());
    let server = Old::but(move |asked| {
        let one = format!("{} {}", asked.verb(), asked.method());
        let mut refused = refused.lock().unwrap();
        if refused.contains(&one) || one.contains("notifications/") {
            return None;
        }
        refused.push(one);
        Some(Does::Refuses("503 Service Unavailable"))
    })
    .await;
    let hops = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&hops);
    let client = server.builder().observer(move |hop: &Hop<'_>| {
        let is_retry = matches!(
            hop,
            Hop::Retried {
                status: Some(503),
                ..
            }
        );
        count.fetch_add(usize::from(is_retry), Ordering::Relaxed);
    });
    let client = client.build().unwrap();
    assert_eq!(said(&client, "pay").await.unwrap(), "pay");
    assert_eq!(hops.load(Ordering::Relaxed), 3);
    let asked = server.shared.asked.lock().unwrap();
    let calls = asked.iter().filter(|one| one.method() == "tools/call");
    let mut ids: Vec<_> = calls.map(|one| one.body["id"].clone()).collect();
    assert_eq!(ids.len(), 2);
    // No id is used twice.
    ids.dedup();
    assert_eq!(ids.len(), 2);
}

#[tokio::test]
async fn with_no_repetitions_a_refusal_is_told_at_once() {
    let server = Old::but(|asked| {
        (asked.method() == "tools/call").then_some(Does::Refuses("503 Service Unavailable"))
    })
    .await;
    let client = server.builder().retries(0).build().unwrap();
    let error = transport(said(&client, "pay").await.unwrap_err());
    let is_status = matches!(error, TransportError::Status { status: 503, .. });
    assert!(is_status, "{error:?}");
}

#[tokio::test]
async fn a_list_whose_stream_is_lost_is_asked_for_again_on_another() {
    let lost = AtomicUsize::new(0);
    let server = Old::but(move |asked| {
        let is_first = asked.method() == "tools/list" && lost.fetch_add(1, Ordering::Relaxed) == 0;
        is_first.then_some(Does::HangsUp)
    })
    .await;
    let client = server.builder().build().unwrap();
    assert!(client.list_tools().await.unwrap().is_empty());
    assert_eq!(server.asked().iter().filter(|one| *one == "get").count(), 2);
}
