use std::collections::HashMap;
use std::future::Future;
use std::task::Poll;

use thyra_oauth::ManualClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::*;

const DOCUMENT: &str = r#"{ "issuer":"https://e/resources/res_1",  "x":[1, 2] }"#;
const INSERTED: &str = "/.well-known/oauth-authorization-server/resources/res_1";
const APPENDED: &str = "/resources/res_1/.well-known/oauth-authorization-server";
const OIDC_INSERTED: &str = "/.well-known/openid-configuration/resources/res_1";
const OIDC_APPENDED: &str = "/resources/res_1/.well-known/openid-configuration";

/// An authorization server of fixed answers: by path a head (status line and headers) and a body.
struct Upstream {
    url: Url,
    shared: Arc<Mutex<Shelf>>,
    _server: JoinSet<()>,
}

#[derive(Default)]
struct Shelf {
    answers: HashMap<&'static str, (String, String)>,
    asked: Vec<String>,
}

impl Upstream {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = Url::parse(&format!("http://{address}/resources/res_1")).unwrap();
        let shared = Arc::<Mutex<Shelf>>::default();
        let shelf = Arc::clone(&shared);
        let mut server = JoinSet::new();
        server.spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n")
                    && let Ok(byte) = stream.read_u8().await
                {
                    request.push(byte);
                }
                let request = String::from_utf8(request).unwrap();
                // A client that left while it connected asks for nothing.
                let Some(path) = request.split(' ').nth(1).map(str::to_owned) else {
                    continue;
                };
                let answer = {
                    let mut shelf = shelf.lock().unwrap();
                    let none = || ("404 Not Found".to_owned(), "{}".to_owned());
                    let (head, body) = shelf.answers.get(&*path).cloned().unwrap_or_else(none);
                    shelf.asked.push(path);
                    let length = body.len();
                    format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
                };
                // The client may have seen enough and gone.
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        Self {
            url,
            shared,
            _server: server,
        }
    }

    fn answer(&self, path: &'static str, head: &str, body: &str) {
        let answer = (head.to_owned(), body.to_owned());
        self.shared.lock().unwrap().answers.insert(path, answer);
    }

    /// The paths that were asked for since the last call.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.lock().unwrap().asked)
    }

    fn forward(&self) -> (AuthorizationServerForward, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(Duration::from_secs(1_700_000_000)));
        let forward = AuthorizationServerForward::new(&self.url, Fetcher::new(), clock.clone());
        (forward, clock)
    }
}

const FRESH: Result<Forwarded, Unreachable> =
    Ok(Forwarded::Fresh(Bytes::from_static(DOCUMENT.as_bytes())));
const STALE: Result<Forwarded, Unreachable> =
    Ok(Forwarded::Stale(Bytes::from_static(DOCUMENT.as_bytes())));

#[tokio::test]
async fn the_document_is_forwarded_byte_for_byte_and_cached() {
    let upstream = Upstream::start().await;
    upstream.answer(INSERTED, "200 OK", DOCUMENT);
    let (forward, clock) = upstream.forward();
    assert!(upstream.asked().is_empty(), "nothing is fetched in advance");
    for _ in 0..3 {
        assert_eq!(forward.document().await, FRESH);
    }
    clock.advance(Duration::from_secs(299));
    assert_eq!(forward.document().await, FRESH);
    assert_eq!(upstream.asked(), [INSERTED]);
    clock.advance(Duration::from_secs(1));
    assert_eq!(forward.document().await, FRESH);
    assert_eq!(upstream.asked(), [INSERTED]);
}

#[tokio::test]
async fn every_location_is_tried_in_turn() {
    let upstream = Upstream::start().await;
    for path in [OIDC_APPENDED, OIDC_INSERTED, APPENDED, INSERTED] {
        upstream.answer(path, "200 OK", DOCUMENT);
        let (forward, _) = upstream.forward();
        assert_eq!(forward.document().await, FRESH);
        assert_eq!(upstream.asked().last().unwrap(), path);
    }
}

#[tokio::test]
async fn what_is_no_metadata_is_not_forwarded() {
    for body in [
        "",
        "<html>",
        "[]",
        "[\"https://e\"]",
        "{}",
        r#"{"issuer": 1}"#,
        r#"{"issuer": "x""#,
    ] {
        let upstream = Upstream::start().await;
        upstream.answer(INSERTED, "200 OK", body);
        let (forward, _) = upstream.forward();
        assert_eq!(forward.document().await, Err(Unreachable), "{body}");
    }
    let large = format!(
        r#"{{"issuer":"https://e","x":"{}"}}"#,
        "x".repeat(LIMITS.max_bytes)
    );
    let upstream = Upstream::start().await;
    upstream.answer(INSERTED, "200 OK", &large);
    assert_eq!(upstream.forward().0.document().await, Err(Unreachable));
}

#[tokio::test]
async fn an_outage_is_bridged_for_a_day() {
    let upstream = Upstream::start().await;
    upstream.answer(INSERTED, "200 OK", DOCUMENT);
    let (forward, clock) = upstream.forward();
    assert_eq!(forward.document().await, FRESH);
    upstream.answer(INSERTED, "500 Internal Server Error", "{}");
    clock.advance(freshness::DEFAULT_LIFETIME);
    assert_eq!(forward.document().await, STALE);
    upstream.asked();
    // While it cools down, nobody asks again.
    assert_eq!(forward.document().await, STALE);
    assert!(upstream.asked().is_empty());
    clock.advance(STALE_LIMIT);
    assert_eq!(forward.document().await, Err(Unreachable));
    upstream.answer(INSERTED, "200 OK", DOCUMENT);
    clock.advance(COOL_DOWN);
    assert_eq!(forward.document().await, FRESH);
}

#[tokio::test]
async fn a_cold_outage_is_remembered_for_a_moment() {
    let upstream = Upstream::start().await;
    let (forward, clock) = upstream.forward();
    assert_eq!(forward.document().await, Err(Unreachable));
    assert_eq!(upstream.asked().len(), 4);
    assert_eq!(forward.document().await, Err(Unreachable));
    assert!(upstream.asked().is_empty());
    upstream.answer(INSERTED, "200 OK", DOCUMENT);
    clock.advance(COOL_DOWN);
    assert_eq!(forward.document().await, FRESH);
}

#[tokio::test]
async fn a_crowd_asks_once() {
    let upstream = Upstream::start().await;
    upstream.answer(INSERTED, "200 OK", DOCUMENT);
    let (forward, _) = upstream.forward();
    let crowd = futures_util::future::join_all((0..50).map(|_| forward.document())).await;
    assert!(crowd.iter().all(|answer| *answer == FRESH));
    assert_eq!(upstream.asked(), [INSERTED]);
}

#[tokio::test]
async fn a_caller_that_leaves_takes_nothing_with_it() {
    let upstream = Upstream::start().await;
    upstream.answer(INSERTED, "200 OK", DOCUMENT);
    let (forward, _) = upstream.forward();
    {
        let mut leaving = Box::pin(forward.document());
        // Once polled, its request is under way.
        let polled = std::future::poll_fn(|cx| Poll::Ready(leaving.as_mut().poll(cx)));
        assert!(polled.await.is_pending());
    }
    assert_eq!(forward.document().await, FRESH);
}
