use futures_util::FutureExt;
use futures_util::task::noop_waker_ref;
use thyra_protocol::{ClientCapabilities, RequestId, Revision};
use tokio::sync::oneshot;

use super::super::{AskError, RequestScope};
use super::*;

/// A call whose questions end the round, by a client that can be asked.
fn scope() -> RequestScope {
    let capabilities: ClientCapabilities =
        serde_json::from_str(r#"{"elicitation":{}}"#).expect("capabilities");
    let declared = serde_json::value::to_raw_value(&capabilities.for_revision(Revision::LATEST));
    RequestScope::new(Revision::LATEST, RequestId::Number(1))
        .with_client_capabilities(declared.ok())
        .with_rounds(None)
}

/// The keys of what is asked, if the round is over.
fn asked(scope: &RequestScope) -> Option<Vec<String>> {
    let cx = Context::from_waker(noop_waker_ref());
    match scope.context().rounds().poll_pause(&cx) {
        Poll::Ready((Pause::Asks(questions), _)) => Some(questions.into_keys().collect()),
        Poll::Ready((Pause::Task, _)) => panic!("there is no task"),
        Poll::Pending => None,
    }
}

#[tokio::test]
async fn a_round_ends_when_no_work_is_being_done() {
    let scope = scope();
    let ctx = scope.context();
    let (done, work) = oneshot::channel::<u8>();
    let mut asking = Box::pin(ctx.ask::<String>("name", "?"));
    let mut working = Box::pin(ctx.once("work", async { work.await.ok() }));
    assert!((&mut asking).now_or_never().is_none());
    assert!((&mut working).now_or_never().is_none());
    assert_eq!(asked(&scope), None);
    done.send(7).expect("the work waits");
    assert_eq!(working.await.expect("a value"), Some(7));
    assert_eq!(asked(&scope), Some(vec!["name".to_owned()]));
}

#[tokio::test]
async fn the_end_of_a_work_wakes_who_waits_for_the_end_of_the_round() {
    let scope = scope();
    let ctx = scope.context().clone();
    let (done, work) = oneshot::channel::<u8>();
    let mut asking = Box::pin(ctx.ask::<String>("name", "?"));
    let mut working = Box::pin(ctx.once("work", async { work.await.ok() }));
    assert!((&mut asking).now_or_never().is_none());
    assert!((&mut working).now_or_never().is_none());
    let watching = {
        let ctx = ctx.clone();
        tokio::spawn(async move { std::future::poll_fn(|cx| ctx.rounds().poll_pause(cx)).await })
    };
    tokio::task::yield_now().await;
    assert!(!watching.is_finished());
    done.send(7).expect("the work waits");
    assert_eq!(working.await.expect("a value"), Some(7));
    let (pause, past) = watching.await.expect("the end of the round");
    assert!(matches!(pause, Pause::Asks(questions) if questions.contains_key("name")));
    assert!(past.done.contains_key("work"));
}

#[tokio::test]
async fn a_work_that_is_dropped_holds_up_nothing() {
    let scope = scope();
    let ctx = scope.context();
    let mut asking = Box::pin(ctx.ask::<String>("name", "?"));
    assert!((&mut asking).now_or_never().is_none());
    {
        let mut working = Box::pin(ctx.once("work", pending::<()>()));
        assert!((&mut working).now_or_never().is_none());
        assert_eq!(asked(&scope), None);
    }
    assert_eq!(asked(&scope), Some(vec!["name".to_owned()]));
}

#[tokio::test]
async fn a_question_that_nobody_waits_for_is_not_asked() {
    let scope = scope();
    let ctx = scope.context();
    let mut working = Box::pin(ctx.once("work", pending::<()>()));
    assert!((&mut working).now_or_never().is_none());
    assert!(ctx.ask::<String>("name", "?").now_or_never().is_none());
    drop(working);
    assert_eq!(asked(&scope), None);
    // Its key is free again.
    let mut again = Box::pin(ctx.ask::<String>("name", "?"));
    assert!((&mut again).now_or_never().is_none());
    let twin = ctx.ask::<String>("name", "?").await;
    assert!(matches!(twin, Err(AskError::Refused { .. })), "{twin:?}");
    assert_eq!(asked(&scope), Some(vec!["name".to_owned()]));
}

#[tokio::test]
async fn a_question_within_a_work_ends_the_round() {
    let scope = scope();
    let ctx = scope.context();
    let mut working = Box::pin(ctx.once("outer", async {
        let asked = ctx.once("inner", async { ctx.ask::<String>("name", "?").await.ok() });
        asked.await.ok().flatten()
    }));
    assert!((&mut working).now_or_never().is_none());
    let mut other = Box::pin(ctx.once("other", pending::<()>()));
    assert!((&mut other).now_or_never().is_none());
    assert_eq!(asked(&scope), None);
    drop(other);
    assert_eq!(asked(&scope), Some(vec!["name".to_owned()]));
}

#[tokio::test]
async fn a_work_goes_on_after_a_question_that_it_gave_up() {
    let scope = scope();
    let ctx = scope.context();
    let mut working = Box::pin(ctx.once("work", async {
        assert!(ctx.ask::<String>("name", "?").now_or_never().is_none());
        pending::<()>().await;
    }));
    assert!((&mut working).now_or_never().is_none());
    let mut asking = Box::pin(ctx.ask::<String>("other", "?"));
    assert!((&mut asking).now_or_never().is_none());
    assert_eq!(asked(&scope), None);
    drop(working);
    assert_eq!(asked(&scope), Some(vec!["other".to_owned()]));
}

#[tokio::test]
async fn the_same_work_is_waited_for() {
    let scope = scope();
    let ctx = scope.context();
    let (done, work) = oneshot::channel::<u8>();
    let mut first = Box::pin(ctx.once("work", async { work.await.ok() }));
    let mut second = Box::pin(ctx.once("work", async { Some(8) }));
    assert!((&mut first).now_or_never().is_none());
    assert!((&mut second).now_or_never().is_none());
    done.send(7).expect("the work waits");
    assert_eq!(first.await.expect("a value"), Some(7));
    assert_eq!(second.await.expect("a value"), Some(7));

    // One that was given up is done by who waits for it.
    let mut first = Box::pin(ctx.once("other", pending::<u8>()));
    let mut second = Box::pin(ctx.once("other", async { 8 }));
    assert!((&mut first).now_or_never().is_none());
    assert!((&mut second).now_or_never().is_none());
    drop(first);
    assert_eq!(second.await.expect("a value"), 8);
}

#[tokio::test]
async fn a_work_may_contain_itself() {
    let scope = scope();
    let ctx = scope.context();
    let value = ctx.once("work", async { ctx.once("work", async { 1 }).await.ok() });
    assert_eq!(value.await.expect("a value"), Some(1));
    let again: Option<u8> = ctx.once("work", async { None }).await.expect("a value");
    assert_eq!(again, Some(1));
}
