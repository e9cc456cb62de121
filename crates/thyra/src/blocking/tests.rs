use std::sync::mpsc;

use futures_util::FutureExt as _;
use futures_util::future::join_all;

use super::*;

fn address(last: u8) -> CountedAs {
    CountedAs::address([192, 0, 2, last].into())
}

/// Works that wait until the sender is dropped.
fn gate() -> (
    mpsc::Sender<()>,
    impl Fn() -> Box<dyn FnOnce() + Send> + Clone,
) {
    let (open, closed) = mpsc::channel::<()>();
    let closed = Arc::new(Mutex::new(closed));
    let work = move || {
        let closed = Arc::clone(&closed);
        let work: Box<dyn FnOnce() + Send> = Box::new(move || {
            let _ = closed.lock().unwrap_or_else(PoisonError::into_inner).recv();
        });
        work
    };
    (open, work)
}

#[tokio::test]
async fn seven_hundred_works_of_one_caller_do_not_hold_up_another() {
    let threads = Threads::new(8);
    let (open, held_up) = gate();
    let mut many: Vec<_> = (0..700)
        .map(|_| Box::pin(threads.run(address(1), held_up())))
        .collect();
    for one in &mut many {
        assert!(one.now_or_never().is_none());
    }
    assert_eq!(threads.run(address(2), || 42).await.unwrap(), 42);
    assert!(threads.0.lock().alive <= 3);
    drop(open);
    assert!(join_all(many).await.iter().all(Result::is_ok));
    // A thread gives its place back after it sent the result.
    while threads.0.lock().turns.held() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn work_that_nobody_waits_for_any_more_does_not_begin() {
    let threads = Threads::new(1);
    let (open, held_up) = gate();
    let mut first = Box::pin(threads.run(address(1), held_up()));
    assert!((&mut first).now_or_never().is_none());
    let (begun, whether) = mpsc::channel();
    let second = threads.run(address(1), move || begun.send(()));
    assert!(Box::pin(second).now_or_never().is_none());
    // The work is dropped with its future.
    assert_eq!(whether.try_recv(), Err(mpsc::TryRecvError::Disconnected));
    drop(open);
    first.await.unwrap();
}

#[tokio::test]
async fn work_that_is_given_up_takes_its_place_until_it_is_over() {
    let threads = Threads::new(1);
    let (open, held_up) = gate();
    let (begun, beginning) = oneshot::channel();
    let held_up = held_up();
    let mut first = Box::pin(threads.run(address(1), move || {
        let _ = begun.send(());
        held_up();
    }));
    assert!((&mut first).now_or_never().is_none());
    beginning.await.unwrap();
    drop(first);
    let mut second = Box::pin(threads.run(address(2), || "second"));
    assert!((&mut second).now_or_never().is_none());
    assert_eq!(threads.0.lock().turns.held(), 1);
    drop(open);
    assert_eq!(second.await.unwrap(), "second");
}

#[tokio::test]
async fn a_panic_is_an_error_and_the_thread_lives_on() {
    let threads = Threads::new(1);
    let panic = threads.run(address(1), || panic!("no luck")).await;
    let panic: Box<dyn Any + Send> = panic.unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"no luck"));
    assert_eq!(threads.run(address(1), || 1).await.unwrap(), 1);
    assert_eq!(threads.0.lock().alive, 1);
}

#[test]
fn the_end_of_the_runtime_does_not_wait_for_them() {
    let threads = Threads::new(1);
    let (open, held_up) = gate();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut work = Box::pin(threads.run(address(1), held_up()));
        assert!((&mut work).now_or_never().is_none());
    });
    // This hangs where the runtime waits.
    drop(runtime);
    drop(open);
}

#[tokio::test]
async fn the_runtime_of_the_caller_is_there() {
    let threads = Threads::new(1);
    let there = threads.run(CountedAs::Alone, || Handle::try_current().map(|_| ()));
    assert!(there.await.unwrap().is_ok());
}
