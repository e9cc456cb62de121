//! Requests that are sent again, and those that are not.

use std::collections::VecDeque;
use std::error::Error;
use std::future::{pending, ready};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::{Value, json};
use thyra_client::protocol::Revision;
use thyra_client::{
    Client, ClientBuilder, ClientError, FetchError, Fetcher, Hop, HttpBody, HttpClient,
    HttpRequest, TransportError,
};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::scripted::{Answer, Scripted};

/// What becomes of one request.
#[derive(Clone, Copy)]
enum Turn {
    /// There is no connection.
    Refused,
    /// The connection breaks off without an answer.
    Broken,
    /// The connection breaks off in the middle of the answer.
    Cut,
    /// No answer comes.
    Silent,
    Status(u16, Option<&'static str>),
    /// An error of JSON-RPC, with this status.
    Error(u16),
    /// An answer.
    Well,
}

/// A server without a network, which takes its turns one after the other, the last one for ever.
#[derive(Clone)]
struct Turns {
    turns: Arc<Mutex<VecDeque<Turn>>>,
    asked: Arc<Mutex<Vec<Value>>>,
}

type Reply = Result<http::Response<HttpBody>, Box<dyn Error + Send + Sync>>;

impl HttpClient for Turns {
    fn send(&self, request: HttpRequest) -> BoxFuture<'static, Reply> {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let id = body["id"].clone();
        self.asked.lock().unwrap().push(body);
        let mut turns = self.turns.lock().unwrap();
        let turn = match turns.len() {
            1 => turns[0],
            _ => turns.pop_front().unwrap(),
        };
        let result = json!({
            "jsonrpc": "2.0", "id": id, "result": { "tools": [], "content": [] },
        });
        match turn {
            Turn::Refused => ready(Err(FetchError::NotConnected {
                host: "a".to_owned(),
                source: "refused".into(),
            }
            .into()))
            .boxed(),
            Turn::Broken => ready(Err("reset".into())).boxed(),
            Turn::Cut => answer(200, None, vec![Ok("{".into()), Err("reset".into())]),
            Turn::Silent => pending().boxed(),
            Turn::Status(status, after) => answer(status, after, Vec::new()),
            Turn::Error(status) => {
                let error = json!({ "code": -32000, "message": "busy" });
                let error = json!({ "jsonrpc": "2.0", "id": id, "error": error });
                answer(status, None, vec![Ok(error.to_string().into())])
            }
            Turn::Well => answer(200, None, vec![Ok(result.to_string().into())]),
        }
    }
}

type Chunk = Result<bytes::Bytes, Box<dyn Error + Send + Sync>>;

fn answer(status: u16, after: Option<&str>, body: Vec<Chunk>) -> BoxFuture<'static, Reply> {
    let body: HttpBody = futures_util::stream::iter(body).boxed();
    let mut response = http::Response::builder().status(status);
    if let Some(after) = after {
        response = response.header("retry-after", after);
    }
    let response = response.header("content-type", "application/json");
    ready(Ok(response.body(body).unwrap())).boxed()
}

impl Turns {
    fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self {
            turns: Arc::new(Mutex::new(turns.into_iter().collect())),
            asked: Arc::default(),
        }
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder("http://127.0.0.1/mcp")
            .fetcher(Fetcher::over(self.clone()))
            .revision(Revision::V2026_07_28)
    }

    fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn source(error: ClientError) -> TransportError {
    match error {
        ClientError::Transport { source, .. } => source,
        other => unreachable!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_is_started_late_is_reached() {
    let program = |asked: &crate::scripted::Asked| asked.result(&json!({ "content": [] }));
    let address = Scripted::start(program).await.stop().await;
    let (told, mut hears) = mpsc::unbounded_channel();
    let client = Client::builder(format!("http://{address}/mcp"))
        .revision(Revision::V2026_07_28)
        // Enough for the slowest machine: the server is on its way.
        .retries(1000)
        .observer(move |hop: &Hop<'_>| {
            if matches!(hop, Hop::Retried { status: None, .. }) {
                let _ = told.send(());
            }
        })
        .build()
        .unwrap();
    let late = async {
        hears.recv().await.unwrap();
        Scripted::start_at(address, program).await
    };
    let nothing = json!({});
    let (called, server) = tokio::join!(client.call_tool("pay", &nothing), late);
    called.unwrap();
    assert_eq!(server.methods(), ["tools/call"]);
}

#[tokio::test]
async fn a_connection_that_breaks_off_is_no_reason_to_call_again() {
    let server = Scripted::start(|_| Answer::none()).await;
    let builder = server.builder().revision(Revision::V2026_07_28);
    let client = builder.build().unwrap();
    let error = client.call_tool("pay", &json!({})).await.unwrap_err();
    let error = source(error);
    assert!(
        matches!(error, TransportError::Http(FetchError::Failed { .. })),
        "{error:?}"
    );
    assert_eq!(server.methods(), ["tools/call"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_is_asked_for_again_and_a_tool_is_not_called_again() {
    for turn in [Turn::Broken, Turn::Cut] {
        let server = Turns::new([turn, Turn::Well]);
        assert!(server.client().list_tools().await.unwrap().is_empty());
        assert_eq!(server.count(), 2);
        let server = Turns::new([turn, Turn::Well]);
        let called = server.client().call_tool("pay", &json!({})).await;
        source(called.unwrap_err());
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_was_not_carried_out_is_sent_again_with_another_id() {
    for turn in [
        Turn::Refused,
        Turn::Status(503, None),
        Turn::Status(429, None),
    ] {
        let server = Turns::new([turn, turn, Turn::Well]);
        let lines = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&lines);
        let builder = server.builder().observer(move |hop: &Hop<'_>| {
            let line = hop.to_string();
            // The waits are at random.
            let line = line.split(" in ").next().unwrap().to_owned();
            hears.lock().unwrap().push(line);
        });
        let client = builder.build().unwrap();
        client.call_tool("pay", &json!({ "a": 1 })).await.unwrap();
        let asked = server.asked.lock().unwrap().clone();
        assert_eq!(asked.len(), 3);
        let mut ids: Vec<_> = asked.iter().map(|body| body["id"].as_i64()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 3);
        assert!(
            asked
                .iter()
                .all(|body| body["params"] == asked[0]["params"])
        );
        let why = match turn {
            Turn::Status(status, _) => status.to_string(),
            _ => "no answer".to_owned(),
        };
        let again = format!("tools/call pay -> {why}, again");
        let lines = lines.lock().unwrap();
        assert_eq!(*lines, [&again, &again, "tools/call pay -> 200"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stays_busy_is_given_up() {
    for (retries, wanted) in [(None, 4), (Some(0), 1), (Some(1), 2)] {
        for turn in [Turn::Status(503, None), Turn::Refused] {
            let server = Turns::new([turn]);
            let mut builder = server.builder();
            if let Some(retries) = retries {
                builder = builder.retries(retries);
            }
            let begun = Instant::now();
            let called = builder.build().unwrap().call_tool("pay", &json!({})).await;
            let error = source(called.unwrap_err());
            assert!(
                matches!(
                    error,
                    TransportError::Status { status: 503, .. }
                        | TransportError::Http(FetchError::NotConnected { .. })
                ),
                "{error:?}"
            );
            assert_eq!(server.count(), wanted);
            // Of the paused clock.
            assert!(begun.elapsed() < Duration::from_millis(1500));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_says_when_to_come_back() {
    let server = Turns::new([Turn::Status(503, Some("20")), Turn::Well]);
    let begun = Instant::now();
    server.client().list_tools().await.unwrap();
    let waited = begun.elapsed();
    let bounds = Duration::from_secs(20)..Duration::from_secs(21);
    assert!(bounds.contains(&waited), "{waited:?}");

    let late = "Fri, 31 Dec 9999 23:59:59 GMT";
    for (after, limit) in [("31", 300), ("20", 20), (late, 300)] {
        let server = Turns::new([Turn::Status(429, Some(after)), Turn::Well]);
        let builder = server.builder().call_time(Duration::from_secs(limit));
        let begun = Instant::now();
        let listed = builder.build().unwrap().list_tools().await;
        let error = source(listed.unwrap_err()).to_string();
        assert!(error.contains("status 429; try again in "), "{error}");
        assert_eq!((server.count(), begun.elapsed()), (1, Duration::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn one_time_limit_is_for_all_attempts() {
    let server = Turns::new([Turn::Status(503, Some("20")), Turn::Silent]);
    let builder = server.builder().call_time(Duration::from_secs(30));
    let begun = Instant::now();
    let listed = builder.build().unwrap().list_tools().await;
    let error = source(listed.unwrap_err());
    assert!(matches!(error, TransportError::Timeout(_)), "{error:?}");
    assert_eq!(server.count(), 2);
    // The timer has a grain of a millisecond.
    let over = begun.elapsed().abs_diff(Duration::from_secs(30));
    assert!(over <= Duration::from_millis(2), "{over:?}");
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_protocol_is_an_answer() {
    let server = Turns::new([Turn::Error(503), Turn::Well]);
    let error = server.client().list_tools().await.unwrap_err();
    assert!(matches!(error, ClientError::Rpc { .. }), "{error:?}");
    assert_eq!(server.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_drops_a_call_between_two_attempts_is_not_called_for_again() {
    let server = Turns::new([Turn::Status(503, Some("20")), Turn::Well]);
    let client = server.client();
    let call = client.call("pay").send();
    let dropped = tokio::time::timeout(Duration::from_secs(10), call).await;
    assert!(dropped.is_err());
    tokio::time::sleep(Duration::from_hours(1)).await;
    assert_eq!(server.count(), 1);
}
