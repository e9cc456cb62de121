//! Streams that break before the answer came (up to 2025-11-25).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use thyra_client::ClientBuilder;
use thyra_client::protocol::Revision;

use crate::scripted::{Answer, Asked, Scripted};

/// A server whose calls are answered by `call`, and its GET requests with the number of the GET.
async fn server(
    call: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    resumed: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static,
) -> Scripted {
    let gets = AtomicUsize::new(0);
    Scripted::start(move |asked| match (asked.verb(), asked.method()) {
        ("post", "initialize") => asked.result(&json!({
            "protocolVersion": "2025-11-25", "capabilities": {},
            "serverInfo": { "name": "breaks", "version": "1" },
        })),
        ("post", "tools/call") => call(asked),
        ("post", _) => Answer::empty("202 Accepted"),
        _ => resumed(asked, gets.fetch_add(1, Ordering::SeqCst)),
    })
    .await
}

fn client(server: &Scripted) -> ClientBuilder {
    server.builder().revision(Revision::V2025_11_25)
}

/// The answer to the call, whose id is 2: the first one opened the session.
const ANSWER: &str = "id: 3\ndata: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"content\":[]}}\n\n";

#[tokio::test]
async fn a_stream_with_ids_is_resumed_and_the_call_is_not_made_again() {
    let server = server(
        |_| Answer::stream("id: 1\nretry: 1\ndata:\n\n"),
        |asked, number| {
            assert_eq!(asked.header("accept"), Some("text/event-stream"));
            match number {
                0 => Answer::empty("503 Service Unavailable"),
                1 => Answer::stream("id: 2\ndata:\n\nid: 9\ndata: cut o"),
                _ => Answer::stream(ANSWER).open(),
            }
        },
    )
    .await;
    client(&server)
        .build()
        .unwrap()
        .call_tool("act", &())
        .await
        .unwrap();
    let asked = server.asked();
    let resumed = asked.iter().filter(|one| one.verb() == "get");
    let ids: Vec<_> = resumed.map(|one| one.header("last-event-id")).collect();
    assert_eq!(ids, [Some("1"), Some("1"), Some("2")]);
    assert_eq!(
        asked
            .iter()
            .filter(|one| one.method() == "tools/call")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_stream_is_not_resumed_for_ever() {
    let ended = "tools/call failed: the stream ended before the answer came; the call may or may \
                 not have been carried out";
    let never: fn(&Asked, usize) -> Answer = |_, _| Answer::empty("500 Internal Server Error");
    let gone: fn(&Asked, usize) -> Answer = |_, _| Answer::empty("404 Not Found");
    let page: fn(&Asked, usize) -> Answer = |_, _| Answer::json("200 OK", &json!({}));
    for (resumed, attempts) in [(never, 5), (gone, 1), (page, 1)] {
        let server = server(|_| Answer::stream("id: 1\nretry: 1\ndata:\n\n"), resumed).await;
        let error = client(&server)
            .build()
            .unwrap()
            .call_tool("act", &())
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), ended);
        let asked = server.asked();
        assert_eq!(
            asked.iter().filter(|one| one.verb() == "get").count(),
            attempts
        );
    }
    // Without an id there is nothing to resume from.
    let server = server(|_| Answer::stream("data:\n\n"), gone).await;
    let error = client(&server)
        .build()
        .unwrap()
        .call_tool("act", &())
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), ended);
    assert!(server.asked().iter().all(|one| one.verb() == "post"));
}

/// A server that only ever sends ids, or that wants the client to wait, does not hold the call for
/// longer than its time.
#[tokio::test]
async fn resuming_counts_as_the_time_of_the_call() {
    // Long enough to resume once, also on a busy machine.
    let (long, short) = (Duration::from_secs(2), Duration::from_millis(50));
    for (retry, time, resumes) in [(1, long, true), (3_600_000, short, false)] {
        let server = server(
            move |_| Answer::stream(format!("id: 1\nretry: {retry}\ndata:\n\n")),
            |_, number| Answer::stream(format!("id: {}\ndata:\n\n", number + 2)),
        )
        .await;
        let client = client(&server).build().unwrap();
        let error = client
            .call("act")
            .time_limit(time)
            .send()
            .await
            .unwrap_err();
        let wanted = format!("no answer came within {time:?}");
        assert!(error.to_string().contains(&wanted), "{error}");
        let asked = server.asked();
        assert_eq!(asked.iter().any(|one| one.verb() == "get"), resumes);
        // The server is told that nobody waits any more.
        server
            .heard(|one| one.method() == "notifications/cancelled")
            .await;
    }
}
