//! Calls belong to their session and not to a connection.

use serde_json::{Value, json};
use thyra::prelude::*;
use thyra::{Limits, Revision, Server};

use super::Conversation;
use crate::fixture::{self, Sign, Watch};
use crate::support::{Answer, Running, soon};

/// Closes its stream before its reply.
#[tool]
async fn retreat(ctx: Context) -> String {
    ctx.close_stream();
    tokio::task::yield_now().await;
    "came back".to_owned()
}

/// Says `count` log messages of `length` bytes.
#[tool]
async fn chatter(count: u64, length: usize, ctx: Context) -> String {
    for number in 0..count {
        ctx.info(format!("{number:>length$}")).await;
    }
    "said all".to_owned()
}

fn server() -> (Server, Watch) {
    let (server, watch) = fixture::server();
    (server.tool(retreat).tool(chatter), watch)
}

fn text(message: &Value) -> &str {
    message["result"]["content"][0]["text"].as_str().unwrap()
}

fn with_token(mut params: Value) -> Value {
    params["_meta"] = json!({ "progressToken": "t" });
    params
}

async fn entered(watch: &mut Watch) {
    assert_eq!(
        soon("the call", watch.signs.recv()).await,
        Some(Sign::Entered)
    );
}

async fn left(watch: &mut Watch) {
    assert_eq!(soon("the end", watch.signs.recv()).await, Some(Sign::Left));
}

#[tokio::test]
async fn a_reply_that_comes_alone_is_json_and_others_are_a_stream_with_ids() {
    let server = Running::start(server().0).await;
    for revision in [Revision::V2025_06_18, Revision::V2025_11_25] {
        let talk = Conversation::begin_on(&server, revision).await;
        let quiet = server.ask(&talk.call("count", &json!({}))).await;
        assert_eq!(text(&quiet.json()), "counted");

        let ask = talk.request("tools/call", with_token(json!({ "name": "count" })));
        let mut events = talk.stream(&ask).await;
        let mut ids = Vec::new();
        // Earlier clients would take the event for a message.
        if revision >= Revision::V2025_11_25 {
            ids.push(events.primed().await);
        }
        for done in 1..=3 {
            let event = events.next().await.unwrap();
            assert_eq!(event.message()["params"]["progress"], done);
            ids.push(event.id().to_owned());
        }
        let last = events.next().await.unwrap();
        assert_eq!(text(&last.message()), "counted");
        ids.push(last.id().to_owned());
        assert_eq!(events.next().await, None);
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(
            ids.len(),
            if revision >= Revision::V2025_11_25 {
                5
            } else {
                4
            }
        );
    }
}

#[tokio::test]
async fn a_lost_connection_ends_no_call_and_the_client_gets_the_rest() {
    let (server, mut watch) = server();
    let server = Running::start(server).await;
    let talk = Conversation::begin(&server).await;
    let ask = talk.request("tools/call", with_token(json!({ "name": "hold" })));
    let mut events = talk.stream(&ask).await;
    events.primed().await;
    let progress = events.next().await.unwrap();
    entered(&mut watch).await;
    drop(events);

    // Before the call has ended.
    let mut rest = talk.listen(Some(progress.id())).await;
    assert_eq!(rest.primed().await, progress.id());
    drop(rest);
    watch.open.notify_one();
    left(&mut watch).await;
    // And after, as often as the connection is lost.
    for _ in 0..2 {
        let mut rest = talk.listen(Some(progress.id())).await;
        rest.primed().await;
        assert_eq!(text(&rest.message().await), "released");
        assert_eq!(rest.next().await, None);
    }
}

#[tokio::test]
async fn a_call_whose_client_left_without_a_word_goes_on() {
    let (server, mut watch) = server();
    let server = Running::start(server).await;
    let talk = Conversation::begin(&server).await;
    let ask = talk.call("hold", &json!({}));
    tokio::select! {
        answer = server.ask(&ask) => panic!("{answer:?}"),
        () = entered(&mut watch) => {}
    }
    talk.ask("ping", json!({})).await.json();
    assert!(watch.signs.try_recv().is_err());
    watch.open.notify_one();
    left(&mut watch).await;
}

#[tokio::test]
async fn a_tool_may_close_its_stream_and_the_client_comes_back_for_the_reply() {
    let server = Running::start(server().0).await;
    let talk = Conversation::begin(&server).await;
    let mut changes = talk.listen(None).await;
    changes.primed().await;
    let mut events = talk.stream(&talk.call("retreat", &json!({}))).await;
    let place = events.primed().await;
    assert_eq!(events.next().await, None);
    let mut rest = talk.listen(Some(&place)).await;
    rest.primed().await;
    assert_eq!(text(&rest.message().await), "came back");
    assert_eq!(rest.next().await, None);

    // A client that would not know where to come back to keeps its answer.
    let talk = Conversation::begin_on(&server, Revision::V2025_06_18).await;
    let answer = server.ask(&talk.call("retreat", &json!({}))).await;
    assert_eq!(text(&answer.json()), "came back");
    // So does one without a session.
    let ask = crate::support::Ask::call(Revision::V2025_11_25, "retreat", json!({}));
    assert_eq!(server.ask(&ask).await.tool_text(), "came back");
}

#[tokio::test]
async fn an_event_of_nowhere_is_refused() {
    let server = Running::start(server().0).await;
    let one = Conversation::begin(&server).await;
    let other = Conversation::begin(&server).await;
    let ask = one.request("tools/call", with_token(json!({ "name": "count" })));
    let place = one.stream(&ask).await.primed().await;
    for (talk, last) in [
        (&one, "nonsense"),
        (&one, "1-999"),
        (&one, "77-0"),
        (&one, ""),
        (&other, place.as_str()),
    ] {
        let answer = Answer::read(talk.get(Some(last)).await).await;
        answer.refused(400, -32600);
    }
}

#[tokio::test]
async fn a_cancelled_call_is_dropped_and_not_answered() {
    let (server, mut watch) = server();
    let server = Running::start(server).await;
    let talk = Conversation::begin(&server).await;
    let ask = talk
        .request("tools/call", with_token(json!({ "name": "hold" })))
        .member("id", json!("to be cancelled"));
    let mut events = talk.stream(&ask).await;
    events.primed().await;
    events.next().await.unwrap();
    entered(&mut watch).await;
    let params = json!({ "requestId": "another" });
    let taken = talk.tell("notifications/cancelled", params).await;
    assert_eq!(taken.status, 202);
    // One session does not cancel what another runs.
    let other = Conversation::begin(&server).await;
    let params = json!({ "requestId": "to be cancelled" });
    other.tell("notifications/cancelled", params.clone()).await;
    talk.ask("ping", json!({})).await.json();
    assert!(watch.signs.try_recv().is_err());

    talk.tell("notifications/cancelled", params).await;
    left(&mut watch).await;
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn the_end_of_a_session_ends_its_calls_and_streams() {
    let (server, mut watch) = server();
    let server = Running::start(server).await;
    let talk = Conversation::begin(&server).await;
    let mut changes = talk.listen(None).await;
    changes.primed().await;
    let ask = talk.request("tools/call", with_token(json!({ "name": "hold" })));
    let mut events = talk.stream(&ask).await;
    events.primed().await;
    events.next().await.unwrap();
    entered(&mut watch).await;
    assert_eq!(talk.end().await, 200);
    left(&mut watch).await;
    assert_eq!(events.next().await, None);
    assert_eq!(changes.next().await, None);
}

#[tokio::test]
async fn the_end_of_a_server_ends_the_calls_of_its_sessions() {
    let (server, mut watch) = server();
    let server = Running::start(server).await;
    let talk = Conversation::begin(&server).await;
    let ask = talk.call("hold", &json!({}));
    tokio::select! {
        answer = server.ask(&ask) => panic!("{answer:?}"),
        () = entered(&mut watch) => {}
    }
    drop(talk);
    drop(server);
    left(&mut watch).await;
}

#[tokio::test]
async fn a_slow_call_holds_up_only_the_calls_behind_it_in_its_own_session() {
    let (server, mut watch) = server();
    let server = Running::start(server.limits(Limits::default().session_calls(1))).await;
    let talk = Conversation::begin(&server).await;
    let other = Conversation::begin(&server).await;
    let ask = talk.call("hold", &json!({}));
    let behind = talk.call("count", &json!({}));
    let meanwhile = async {
        entered(&mut watch).await;
        tokio::select! {
            answer = server.ask(&behind) => panic!("{answer:?}"),
            answer = talk.ask("ping", json!({})) => assert!(answer.json()["result"].is_object()),
        }
        other.ask("tools/list", json!({})).await.json();
        watch.open.notify_one();
    };
    let (held, ()) = tokio::join!(server.ask(&ask), meanwhile);
    assert_eq!(text(&held.json()), "released");
    let counted = server.ask(&talk.call("count", &json!({}))).await;
    assert_eq!(text(&counted.json()), "counted");
}

#[tokio::test]
async fn what_is_kept_for_a_client_that_is_away_is_bounded_and_the_reply_is_there() {
    let (server, _watch) = server();
    let server = Running::start(server.limits(Limits::default().replay_bytes(4096))).await;
    let talk = Conversation::begin(&server).await;
    let arguments = json!({ "count": 500, "length": 100 });
    let mut events = talk.stream(&talk.call("chatter", &arguments)).await;
    let place = events.primed().await;
    drop(events);
    let mut rest = talk.listen(Some(&place)).await;
    rest.primed().await;
    let mut messages = Vec::new();
    while let Some(event) = rest.next().await {
        messages.push(event.message());
    }
    // Something may be lost, but never the order, nor the reply.
    let reply = messages.pop().unwrap();
    assert_eq!(text(&reply), "said all");
    let numbers: Vec<u64> = messages
        .iter()
        .map(|said| {
            said["params"]["data"]
                .as_str()
                .unwrap()
                .trim()
                .parse()
                .unwrap()
        })
        .collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    assert!(
        numbers.last().is_none_or(|last| *last == 499),
        "{numbers:?}"
    );
}

#[tokio::test]
async fn a_client_that_reads_loses_nothing() {
    let (server, _watch) = server();
    let server = Running::start(server.limits(Limits::default().replay_bytes(4096))).await;
    let talk = Conversation::begin(&server).await;
    let arguments = json!({ "count": 500, "length": 100 });
    let mut events = talk.stream(&talk.call("chatter", &arguments)).await;
    events.primed().await;
    for number in 0..500 {
        let said = events.message().await;
        let said = said["params"]["data"].as_str().unwrap();
        assert_eq!(said.trim(), number.to_string());
    }
    assert_eq!(text(&events.message().await), "said all");
}
