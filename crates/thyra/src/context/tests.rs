use std::future::poll_fn;

use bytes::Bytes;
use futures_util::FutureExt;
use serde_json::Value;
use thyra_protocol::{ProgressToken, RequestId, Revision};

use super::RequestScope;
use crate::outbox::Outbox;

fn scope(outbox: &Outbox, token: Option<i64>) -> RequestScope {
    RequestScope::builder(Revision::V2025_11_25, RequestId::String("r".to_owned()))
        .progress(token.map(ProgressToken::from), outbox.emitter())
        .build()
}

async fn next(outbox: &mut Outbox) -> Option<Bytes> {
    poll_fn(|cx| outbox.poll_message(cx)).await
}

fn params(message: &Bytes) -> Value {
    let message: Value = serde_json::from_slice(message).expect("a notification is JSON");
    assert_eq!(message["jsonrpc"], "2.0");
    assert_eq!(message["method"], "notifications/progress");
    message["params"].clone()
}

#[tokio::test]
async fn progress_goes_out_as_it_grows() {
    let mut outbox = Outbox::default();
    let scope = scope(&outbox, Some(7));
    let context = scope.context();
    context.progress(1, 3_usize).await;
    context.progress(1, 3).await;
    context.progress(0.5, 3).await;
    context.progress(f64::NAN, 3).await;
    scope.context().progress_message(2.5, 3, "nearly").await;
    context.progress_so_far(u64::MAX).await;

    let first = next(&mut outbox).await.expect("a message");
    assert_eq!(
        params(&first),
        serde_json::json!({"progressToken": 7, "progress": 1, "total": 3})
    );
    let second = next(&mut outbox).await.expect("a message");
    assert_eq!(
        params(&second),
        serde_json::json!({"progressToken": 7, "progress": 2.5, "total": 3, "message": "nearly"})
    );
    let third = next(&mut outbox).await.expect("a message");
    assert_eq!(params(&third)["progress"], 18_446_744_073_709_551_615.0);
    assert!(next(&mut outbox).now_or_never().is_none());
}

#[tokio::test]
async fn nothing_is_opened_without_a_token_or_a_context() {
    let mut outbox = Outbox::default();
    let silent = scope(&outbox, None);
    silent.context().progress(1, 2).await;
    assert_eq!(format!("{outbox:?}"), "Outbox(unopened)");
    let asking = scope(&outbox, Some(1));
    assert_eq!(next(&mut outbox).await, None);
    asking.context();
    assert_eq!(format!("{outbox:?}"), "Outbox(open)");
}

#[tokio::test]
async fn a_full_outbox_makes_the_handler_wait_and_a_dropped_one_lets_it_go() {
    let mut outbox = Outbox::default();
    let scope = scope(&outbox, Some(1));
    let context = scope.context();
    for done in 0..64 {
        context
            .progress(done, 100)
            .now_or_never()
            .expect("there is room");
    }
    {
        let mut waiting = Box::pin(context.progress(64, 100));
        assert!(waiting.as_mut().now_or_never().is_none());
        assert!(next(&mut outbox).await.is_some());
        waiting.await;
    }
    let mut waiting = Box::pin(context.progress(65, 100));
    assert!(waiting.as_mut().now_or_never().is_none());
    drop(outbox);
    waiting.await;
    context.progress(66, 100).await;
}

#[tokio::test]
async fn an_outbox_that_nobody_read_from_lets_its_handler_go_when_it_is_dropped() {
    let outbox = Outbox::default();
    let scope = scope(&outbox, Some(1));
    let context = scope.context();
    for done in 0..64 {
        context.progress(done, 100).await;
    }
    drop(outbox);
    context.progress(64, 100).await;
}

#[tokio::test]
async fn a_scope_made_for_a_closed_outbox_is_silent() {
    let outbox = Outbox::default();
    let scope = scope(&outbox, Some(1));
    drop(outbox);
    for done in 0..100 {
        scope.context().progress(done, 100).await;
    }
}

#[tokio::test]
async fn the_oldest_revision_gets_numbers_only() {
    let mut outbox = Outbox::default();
    let scope = RequestScope::builder(Revision::V2024_11_05, RequestId::Number(1))
        .progress(Some(ProgressToken::from(1)), outbox.emitter())
        .build();
    scope.context().progress_message(1, 2, "words").await;
    let message = next(&mut outbox).await.expect("a message");
    assert_eq!(params(&message).get("message"), None);
}

#[test]
fn contexts_and_scopes_do_not_print_headers() {
    let mut headers = http::HeaderMap::new();
    headers.insert("cookie", http::HeaderValue::from_static("hunter2"));
    let scope = RequestScope::builder(Revision::LATEST, RequestId::Number(1))
        .headers(headers)
        .build();
    assert!(!format!("{scope:?} {:?}", scope.context()).contains("hunter2"));
    assert!(scope.context().is_sessionless());
}
