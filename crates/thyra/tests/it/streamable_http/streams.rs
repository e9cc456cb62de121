//! An answer becomes a stream when the tool says something before its result, and not otherwise.

use std::sync::{Mutex, mpsc};

use serde_json::{Value, json};
use thyra::Revision;
use thyra::prelude::*;

use super::start;
use crate::fixture::{self, Sign};
use crate::support::{Answer, Ask, Running, soon};

fn with_token(ask: Ask, token: Value) -> Ask {
    ask.meta("progressToken", token)
}

#[tokio::test]
async fn progress_that_was_asked_for_comes_in_order_and_the_result_last() {
    let server = start().await;
    for revision in Revision::ALL {
        for token in [json!("t-1"), json!(7)] {
            let ask = with_token(Ask::call(revision, "count", json!({})), token.clone());
            let answer = server.ask(&ask).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("cache-control"), "no-store");
            let mut events = answer.events();
            let result = events.pop().unwrap();
            assert_eq!(result["id"], 1);
            assert_eq!(result["result"]["content"][0]["text"], "counted");
            assert_eq!(events.len(), 3, "{events:?}");
            for (event, done) in events.iter().zip(1..) {
                let mut params = json!({ "progressToken": token, "progress": done, "total": 3 });
                if revision.has_progress_messages() {
                    params["message"] = json!(format!("step {done}"));
                }
                let expected = json!({
                    "jsonrpc": "2.0", "method": "notifications/progress", "params": params,
                });
                assert_eq!(*event, expected, "{revision}");
            }
        }
    }
}

#[tokio::test]
async fn an_answer_without_progress_is_json() {
    let server = start().await;
    for revision in Revision::ALL {
        let quiet = server.ask(&Ask::call(revision, "count", json!({}))).await;
        assert_eq!(quiet.tool_text(), "counted", "{revision}");

        let sum = Ask::call(revision, "add", json!({ "a": 2, "b": 3 }));
        let sum = server.ask(&with_token(sum, json!("t"))).await;
        assert_eq!(sum.tool_text(), "5", "{revision}");
    }
}

#[tokio::test]
async fn progress_is_there_before_the_call_ends() {
    let (server, mut watch) = fixture::server();
    let server = Running::start(server).await;
    let ask = Ask::call(Revision::V2026_07_28, "hold", json!({}));
    let mut answer = server.open(&with_token(ask, json!("t"))).await;
    let first = soon("progress", answer.chunk()).await.unwrap().unwrap();
    assert!(first.starts_with(b"data: {"), "{first:?}");
    assert_eq!(
        soon("the call", watch.signs.recv()).await,
        Some(Sign::Entered)
    );
    assert!(watch.signs.try_recv().is_err());

    watch.open.notify_one();
    let rest = Answer::read(answer).await;
    let events = rest.events();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["result"]["content"][0]["text"], "released");
    assert_eq!(soon("the end", watch.signs.recv()).await, Some(Sign::Left));
}

#[tokio::test]
async fn a_client_that_leaves_a_stream_ends_the_call() {
    let (server, mut watch) = fixture::server();
    let server = Running::start(server).await;
    for revision in Revision::ALL {
        let ask = Ask::call(revision, "hold", json!({}));
        let mut answer = server.open(&with_token(ask, json!("t"))).await;
        assert!(soon("progress", answer.chunk()).await.unwrap().is_some());
        assert_eq!(
            soon("the call", watch.signs.recv()).await,
            Some(Sign::Entered)
        );
        drop(answer);
        assert_eq!(soon("the drop", watch.signs.recv()).await, Some(Sign::Left));
    }
}

#[tokio::test]
async fn a_client_that_leaves_before_any_answer_ends_the_call() {
    let (server, mut watch) = fixture::server();
    let server = Running::start(server).await;
    for revision in Revision::ALL {
        let ask = Ask::call(revision, "hold", json!({}));
        tokio::select! {
            answer = server.ask(&ask) => panic!("{answer:?}"),
            sign = watch.signs.recv() => assert_eq!(sign, Some(Sign::Entered)),
        }
        assert_eq!(soon("the drop", watch.signs.recv()).await, Some(Sign::Left));
    }
}

#[tokio::test]
async fn a_call_that_takes_long_holds_up_nobody() {
    let (server, mut watch) = fixture::server();
    let server = Running::start(server).await;
    let slow = Ask::call(Revision::V2026_07_28, "hold", json!({}));
    let meanwhile = async {
        assert_eq!(
            soon("the call", watch.signs.recv()).await,
            Some(Sign::Entered)
        );
        for _ in 0..10 {
            server
                .ask(&Ask::alone("server/discover", json!({})))
                .await
                .result();
        }
        // It is still there.
        assert!(watch.signs.try_recv().is_err());
        watch.open.notify_one();
    };
    let (slow, ()) = tokio::join!(server.ask(&slow), meanwhile);
    assert_eq!(slow.tool_text(), "released");
}

#[tokio::test]
async fn a_function_that_blocks_holds_up_nobody() {
    struct Gate {
        entered: tokio::sync::mpsc::Sender<()>,
        open: Mutex<mpsc::Receiver<()>>,
    }

    /// Blocks its thread until the gate opens.
    #[tool]
    fn wait(State(gate): State<Gate>) -> &'static str {
        gate.entered.try_send(()).unwrap();
        gate.open.lock().unwrap().recv().unwrap();
        "through"
    }

    let (enter, mut entered) = tokio::sync::mpsc::channel(1);
    let (open, opened) = mpsc::channel();
    let server = Server::new("Blocking").tool(wait {}).state(Gate {
        entered: enter,
        open: Mutex::new(opened),
    });
    // One thread serves, and is the test's as well.
    let server = Running::start(server).await;
    let blocked = Ask::call(Revision::V2026_07_28, "wait", json!({}));
    let meanwhile = async {
        soon("the call", entered.recv()).await.unwrap();
        for _ in 0..10 {
            let discover = Ask::alone("server/discover", json!({}));
            server.ask(&discover).await.result();
        }
        open.send(()).unwrap();
    };
    let (blocked, ()) = tokio::join!(server.ask(&blocked), meanwhile);
    assert_eq!(blocked.tool_text(), "through");
}
