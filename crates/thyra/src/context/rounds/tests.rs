use futures_util::FutureExt;
use futures_util::task::noop_waker_ref;
use thyra_protocol::{ClientCapabilities, RequestId, Revision};
use tokio::sync::oneshot;

use super::super::RequestScope;
use super::*;
use crate::conversation::AskError;

/// A call whose questions end the round, by a client that can be asked.
fn scope() -> RequestScope {
    let capabilities: ClientCapabilities =
        serde_json::from_str(r#"{"elicitation":{}}"#).expect("capabilities");
    let declared = serde_json::value::to_raw_value(&capabilities.for_revision(Revision::LATEST));
    RequestScope::builder(Revision::LATEST, RequestId::Number(1))
        .client_capabilities(declared.ok().as_deref())
        .build_in_rounds(None)
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
    let ctx = scope.context();
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
async fn a_question_within_a_work_is_an_error() {
    let scope = scope();
    let ctx = scope.context();
    let outer = ctx.once("outer", async {
        let asked = ctx.once("inner", async {
            matches!(
                ctx.ask::<String>("name", "?").await,
                Err(AskError::WithinOnce { key }) if key == "name"
            )
        });
        let inner = asked.await.expect("a value");
        let asked = ctx.ask::<String>("name", "?").await;
        inner && matches!(asked, Err(AskError::WithinOnce { .. }))
    });
    assert!(outer.await.expect("a value"));
    assert_eq!(asked(&scope), None);
    // After the work, and within the work of another call, it is a question like any other.
    let other = self::scope().context();
    let mut asking = Box::pin(other.once("work", ctx.ask::<String>("name", "?").map(Result::ok)));
    assert!((&mut asking).now_or_never().is_none());
    assert_eq!(asked(&scope), Some(vec!["name".to_owned()]));
}

#[tokio::test]
async fn a_work_does_not_go_on_as_a_task() {
    let rounds = Rounds::default().or_task();
    let Begun::Now(working) = rounds.begin("work").await else {
        panic!("nobody did it before");
    };
    assert!(
        working
            .carry_out(rounds.become_task())
            .now_or_never()
            .is_some()
    );
    drop(working);
    assert!(rounds.become_task().now_or_never().is_none());
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
    let (done, work) = oneshot::channel::<()>();
    let mut outer = Box::pin(ctx.once("work", async {
        let inner = ctx.once("work", async { 1 }).await.expect("a value");
        work.await.ok();
        inner + 1
    }));
    let mut other = Box::pin(ctx.once("work", async { 3 }));
    assert!((&mut outer).now_or_never().is_none());
    // What came of the inner one is nobody else's.
    assert!((&mut other).now_or_never().is_none());
    done.send(()).expect("the work waits");
    assert_eq!(outer.await.expect("a value"), 2);
    assert_eq!(other.await.expect("a value"), 2);
}

#[tokio::test]
async fn a_work_is_busy_as_soon_as_what_it_waits_for_ended() {
    let scope = scope();
    let ctx = scope.context();
    let (done, work) = oneshot::channel::<u8>();
    let mut first = Box::pin(ctx.once("b", async { work.await.ok() }));
    let mut waits = Box::pin(ctx.once("a", async {
        let same = ctx.once("b", async { Some(8) });
        same.await.ok().flatten()
    }));
    let mut asking = Box::pin(ctx.ask::<String>("name", "?"));
    assert!((&mut first).now_or_never().is_none());
    assert!((&mut waits).now_or_never().is_none());
    assert!((&mut asking).now_or_never().is_none());
    done.send(7).expect("the work waits");
    assert_eq!((&mut first).await.expect("a value"), Some(7));
    assert_eq!(asked(&scope), None);
    assert_eq!(waits.await.expect("a value"), Some(7));
    assert_eq!(asked(&scope), Some(vec!["name".to_owned()]));
}

#[tokio::test]
async fn a_wish_that_was_given_up_takes_nobody_elses_along() {
    let rounds = Rounds::default().or_task();
    let cx = Context::from_waker(noop_waker_ref());
    let mut first = Box::pin(rounds.become_task());
    let mut second = Box::pin(rounds.become_task());
    assert!((&mut first).now_or_never().is_none());
    assert!((&mut second).now_or_never().is_none());
    drop(first);
    let pause = rounds.poll_pause(&cx);
    assert!(matches!(pause, Poll::Ready((Pause::Task, _))));
    drop(second);
    assert!(rounds.poll_pause(&cx).is_pending());
}

#[tokio::test]
async fn a_number_that_would_not_come_back_is_not_kept() {
    let scope = scope();
    let ctx = scope.context();
    let error = ctx.once("ratio", async { f64::NAN }).await.unwrap_err();
    assert_eq!(error.to_string(), "value is NaN: JSON has no such number");
    // Nothing was kept, so the work is done when it is asked for again.
    assert_eq!(
        ctx.once("ratio", async { Some(0.5) }).await.unwrap(),
        Some(0.5)
    );
}
