use std::collections::BTreeSet;
use std::future::poll_fn;

use bytes::Bytes;
use futures_util::FutureExt;
use serde_json::{Value, json};
use thyra_protocol::{Implementation, Message, RequestId};

use super::client::{LARGEST_INFO, LONGEST_NAME};
use super::subscriptions::{LONGEST_SUBSCRIPTIONS, MOST_SUBSCRIPTIONS};
use super::*;
use crate::outbox::Outbox;

/// Empty params.
const NOTHING: [(); 0] = [];

fn session() -> Session {
    let client = client(&json!({ "roots": {} }), &Implementation::default()).unwrap();
    Session::begin(NewSession::new(Revision::V2025_11_25, client))
}

fn client(capabilities: &Value, info: &Implementation) -> Result<Client, ErrorObject> {
    let raw = |value: Value| to_raw_value(&value).unwrap();
    Client::new(&raw(capabilities.clone()), &raw(json!(info)))
}

#[test]
fn a_session_keeps_no_large_capabilities() {
    let kept = |bytes: usize| {
        let experimental = json!({ "experimental": { "x": { "y": "z".repeat(bytes) } } });
        client(&experimental, &Implementation::default())
    };
    assert!(kept(15 * 1024).is_ok());
    assert!(kept(16 * 1024).is_err());
}

#[test]
fn malformed_descriptions_are_refused_at_once() {
    let info = Implementation::new("desk", "1");
    for wrong in [
        json!({ "sampling": 1 }),
        json!({ "elicitation": { "form": [] } }),
        json!({ "experimental": 1 }),
    ] {
        assert!(client(&wrong, &info).is_err(), "{wrong}");
    }
    let nobody = RawValue::from_string("{}".to_owned()).unwrap();
    assert!(Client::new(&nobody, &nobody).is_err());
}

#[test]
fn what_the_server_asks_about_is_known_without_the_text() {
    let known = |capabilities: Value| {
        let client = client(&capabilities, &Implementation::default()).unwrap();
        let abilities = client.abilities();
        let has = ClientCapability::ALL.map(|one| abilities.has(one));
        (has, abilities.has_tasks())
    };
    let nothing = [false; 5];
    assert_eq!(known(json!({})), (nothing, false));
    assert_eq!(
        known(json!({ "extensions": { thyra_protocol::TASKS_EXTENSION: {} } })),
        (nothing, true)
    );
    for (number, declared) in [
        json!({ "elicitation": {} }),
        json!({ "elicitation": { "url": {} } }),
        json!({ "roots": {} }),
        json!({ "sampling": {} }),
    ]
    .into_iter()
    .enumerate()
    {
        let mut has = nothing;
        has[number] = true;
        assert_eq!(known(declared), (has, false));
    }
    let with_tools = [false, false, false, true, true];
    assert_eq!(
        known(json!({ "sampling": { "tools": {} } })),
        (with_tools, false)
    );
}

#[test]
fn a_session_keeps_the_name_of_its_client_and_of_a_long_one_the_beginning() {
    let kept = |info: &Implementation| {
        let client = client(&json!({}), info).unwrap();
        serde_json::from_str::<Implementation>(client.info().get()).unwrap()
    };
    let short = Implementation {
        title: Some("The desk".to_owned()),
        ..Implementation::new("desk", "1")
    };
    assert_eq!(kept(&short), short);
    let long = Implementation {
        description: Some("d".repeat(LARGEST_INFO)),
        ..Implementation::new("ä".repeat(LONGEST_NAME), "1")
    };
    let beginning = "ä".repeat(LONGEST_NAME / 2);
    assert_eq!(kept(&long), Implementation::new(beginning, "1"));
}

#[test]
fn subscriptions_are_bounded_in_number_and_in_length() {
    let many = session();
    for number in 0..MOST_SUBSCRIPTIONS {
        many.subscribe(&format!("n://{number}")).unwrap();
    }
    assert!(many.subscribe("n://one-more").is_err());
    assert!(many.subscribe("n://0").is_ok());
    let long = session();
    let half = "x".repeat(LONGEST_SUBSCRIPTIONS / 2);
    long.subscribe(&format!("{half}1")).unwrap();
    assert!(long.subscribe(&format!("{half}2")).is_err());
    long.unsubscribe(&format!("{half}1"));
    long.subscribe(&format!("{half}2")).unwrap();
}

async fn said(outbox: &mut Outbox) -> Value {
    let message = poll_fn(|cx| outbox.poll_message(cx)).await.unwrap();
    serde_json::from_slice(&message).unwrap()
}

fn answer(session: &Session, message: &Value) {
    let bytes = Bytes::from(message.to_string());
    match Message::parse(&bytes).unwrap() {
        Message::Response(response) => session.answered(response),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_session_knows_its_client_and_what_it_wants() {
    let session = session();
    let abilities = session.client().abilities();
    assert!(abilities.has(ClientCapability::Roots));
    assert_eq!(session.log_level(), Some(LoggingLevel::Info));
    for level in LoggingLevel::ALL {
        session.set_log_level(level);
        assert_eq!(session.log_level(), Some(level));
    }
    session.subscribe("a:1").unwrap();
    assert!(session.is_subscribed("a:1"));
    session.unsubscribe("a:1");
    assert!(!session.is_subscribed("a:1"));
    assert_eq!(session.subscriptions(), Vec::<String>::new());
}

#[test]
fn subscriptions_are_bounded() {
    let session = session();
    for number in 0..MOST_SUBSCRIPTIONS {
        session.subscribe(&format!("a:{number}")).unwrap();
    }
    session.subscribe("a:0").unwrap();
    assert!(session.subscribe("b:0").is_err());
    session.unsubscribe("a:0");
    session.subscribe("b:0").unwrap();
}

#[tokio::test]
async fn a_request_gets_the_response_with_its_own_id() {
    let session = session();
    let mut outbox = Outbox::default();
    let emitter = outbox.emitter();
    let asking = |method: &'static str| session.request(&emitter, "key", method, &NOTHING);
    let (mut first, mut second) = (Box::pin(asking("roots/list")), Box::pin(asking("x/y")));
    assert!((&mut first).now_or_never().is_none());
    assert!((&mut second).now_or_never().is_none());
    let (one, two) = (said(&mut outbox).await, said(&mut outbox).await);
    assert_eq!(one["method"], "roots/list");
    assert_ne!(one["id"], two["id"]);

    // Nobody asked these.
    for id in [json!(1), json!("x")] {
        answer(
            &session,
            &json!({ "jsonrpc": "2.0", "id": id, "result": {} }),
        );
    }
    assert!((&mut first).now_or_never().is_none());

    answer(
        &session,
        &json!({ "jsonrpc": "2.0", "id": two["id"], "result": { "b": 2 } }),
    );
    assert_eq!(second.await.unwrap().get(), r#"{"b":2}"#);
    let error = json!({ "code": -1, "message": "no" });
    answer(
        &session,
        &json!({ "jsonrpc": "2.0", "id": one["id"], "error": error }),
    );
    match first.await {
        Err(AskError::Client(error)) => assert_eq!(error.message, "no"),
        other => panic!("{other:?}"),
    }
    assert_eq!(session.pending.len(), 0);
    // Nobody waits for a second answer to the same request.
    answer(
        &session,
        &json!({ "jsonrpc": "2.0", "id": one["id"], "result": {} }),
    );
}

#[tokio::test]
async fn who_stops_waiting_withdraws_the_request() {
    let session = session();
    let mut outbox = Outbox::default();
    let emitter = outbox.emitter();
    let mut asking = Box::pin(session.request(&emitter, "key", "roots/list", &NOTHING));
    assert!((&mut asking).now_or_never().is_none());
    let asked = said(&mut outbox).await;
    drop(asking);
    let cancelled = said(&mut outbox).await;
    assert_eq!(cancelled["method"], "notifications/cancelled");
    assert_eq!(cancelled["params"]["requestId"], asked["id"]);
    assert_eq!(session.pending.len(), 0);
}

#[tokio::test]
async fn only_so_many_requests_are_sent_at_once_and_the_next_one_waits() {
    let session = session();
    let mut outbox = Outbox::default();
    let emitter = outbox.emitter();
    let ask = || Box::pin(session.request(&emitter, "key", "roots/list", &NOTHING));
    let mut asked = Vec::new();
    let mut waiting = Vec::new();
    for _ in 0..64 {
        let mut asking = ask();
        assert!((&mut asking).now_or_never().is_none());
        asked.push(said(&mut outbox).await);
        waiting.push(asking);
    }
    let (mut next, mut last) = (ask(), ask());
    assert!((&mut next).now_or_never().is_none());
    assert!((&mut last).now_or_never().is_none());
    assert!(said(&mut outbox).now_or_never().is_none());

    let response = json!({ "jsonrpc": "2.0", "id": asked[7]["id"], "result": {} });
    answer(&session, &response);
    assert_eq!(waiting.remove(7).await.unwrap().get(), "{}");
    assert!((&mut next).now_or_never().is_none());
    assert_eq!(said(&mut outbox).await["method"], "roots/list");
    assert!((&mut last).now_or_never().is_none());
    assert_eq!(session.pending.len(), 64);

    session.hang_up();
    assert!(matches!(last.await, Err(AskError::NobodyThere)));
    assert!(matches!(next.await, Err(AskError::NobodyThere)));
}

#[tokio::test]
async fn nobody_waits_for_a_client_that_is_gone() {
    let session = session();
    let outbox = Outbox::default();
    let emitter = outbox.emitter();
    let mut asking = Box::pin(session.request(&emitter, "key", "roots/list", &NOTHING));
    assert!((&mut asking).now_or_never().is_none());
    session.hang_up();
    assert!(matches!(asking.await, Err(AskError::NobodyThere)));
    let again = session.request(&emitter, "key", "roots/list", &NOTHING);
    assert!(matches!(again.await, Err(AskError::NobodyThere)));

    drop(outbox);
    let session = self::session();
    let deaf = session.request(&emitter, "key", "roots/list", &NOTHING);
    assert!(matches!(deaf.await, Err(AskError::NobodyThere)));
    assert_eq!(session.pending.len(), 0);
}

#[test]
fn ids_of_requests_are_not_those_of_a_client() {
    let ids: BTreeSet<_> = (0..100)
        .map(|_| {
            let session = session();
            let mut outbox = Outbox::default();
            let emitter = outbox.emitter();
            let asking = session.request(&emitter, "key", "roots/list", &NOTHING);
            assert!(asking.now_or_never().is_none());
            let id = said(&mut outbox).now_or_never().unwrap()["id"].clone();
            let id: RequestId = serde_json::from_value(id).unwrap();
            assert!(matches!(&id, RequestId::String(text) if text.len() == 16));
            id
        })
        .collect();
    assert_eq!(ids.len(), 100);
}
