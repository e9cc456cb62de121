use std::pin::Pin;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, MaybeDone, maybe_done};
use tokio::task::JoinSet;

use super::*;

fn id(number: i64) -> RequestId {
    RequestId::Number(number)
}

/// Calls of which `running` run at once; `waiting` more may wait, with 100 bytes together.
fn calls(running: usize, waiting: usize) -> InFlight {
    InFlight::new(CallBounds {
        running,
        waiting,
        waiting_bytes: 100,
    })
}

/// A call for which there was room.
struct Entered {
    turn: Turn,
    begun: Pin<Box<MaybeDone<BoxFuture<'static, ()>>>>,
}

impl From<Turn> for Entered {
    fn from(mut turn: Turn) -> Self {
        let begun = Box::pin(maybe_done(turn.begun().boxed()));
        Self { turn, begun }
    }
}

impl Entered {
    fn has_begun(&mut self) -> bool {
        (&mut self.begun).now_or_never().is_some()
    }
}

/// Lets a call in that finds room.
fn enter(calls: &InFlight, number: i64, bytes: usize) -> Entered {
    let entered = calls.enter(Some(id(number)), bytes).now_or_never();
    entered
        .expect("no room")
        .expect("the call is cancelled")
        .into()
}

#[tokio::test]
async fn calls_begin_in_the_order_in_which_they_came() {
    let calls = calls(2, 10);
    let mut turns: Vec<_> = (0..6).map(|number| enter(&calls, number, 1)).collect();
    assert!(calls.try_enter(None).is_none());
    for begun in [2, 3, 4, 5] {
        for (place, turn) in turns.iter_mut().enumerate() {
            assert_eq!(turn.has_begun(), place < 2, "{begun}, {place}");
        }
        // However a call ends, the next one begins.
        drop(turns.remove(begun % 2));
    }
    drop(turns);
    assert!(calls.is_empty());
    assert!(calls.try_enter(None).is_some());
}

#[tokio::test]
async fn there_is_room_for_so_many_and_so_many_bytes_and_always_for_one() {
    for (sizes, room) in [
        (vec![1; 5], 3),
        (vec![40, 40, 40], 2),
        (vec![1000, 1], 1),
        (vec![100, 0, 1], 2),
    ] {
        let calls = calls(1, 3);
        let runs = enter(&calls, 0, 1000);
        let mut waiting = Vec::new();
        for size in &sizes[..room] {
            waiting.push(enter(&calls, 1, *size));
        }
        let mut over = Box::pin(calls.enter(Some(id(2)), sizes[room]));
        assert!((&mut over).now_or_never().is_none(), "{sizes:?}");
        // Nobody overtakes it, even if there were room.
        let mut after = Box::pin(calls.enter(Some(id(3)), 0));
        assert!((&mut after).now_or_never().is_none(), "{sizes:?}");

        drop(runs);
        let mut over = (&mut over)
            .now_or_never()
            .flatten()
            .map(Entered::from)
            .unwrap();
        assert!(waiting[0].has_begun());
        assert!(!over.has_begun());
        waiting.clear();
        assert!(over.has_begun());
        let mut after = after.now_or_never().flatten().map(Entered::from).unwrap();
        drop(over);
        assert!(after.has_begun());
    }
}

#[tokio::test]
async fn a_call_that_is_cancelled_never_begins_wherever_it_waits() {
    let calls = calls(1, 1);
    let runs = enter(&calls, 1, 1);
    let mut waits = enter(&calls, 2, 1);
    let mut outside = Box::pin(calls.enter(Some(id(3)), 1));
    assert!((&mut outside).now_or_never().is_none());
    let mut last = Box::pin(calls.enter(Some(id(4)), 1));
    assert!((&mut last).now_or_never().is_none());

    calls.cancel(&id(3));
    assert!(outside.await.is_none());
    calls.cancel(&id(2));
    // Its room is free.
    let mut last = last.now_or_never().flatten().map(Entered::from).unwrap();
    drop(runs);
    assert!(last.has_begun());
    for _ in 0..2 {
        assert!(!waits.has_begun());
    }
    drop((waits, last));
    assert!(calls.is_empty());
}

#[tokio::test]
async fn a_call_whose_caller_goes_before_there_is_room_gives_up_its_turn() {
    let calls = calls(1, 1);
    let runs = enter(&calls, 1, 1);
    let waits = enter(&calls, 2, 1);
    let mut outside = Box::pin(calls.enter(Some(id(3)), 1));
    assert!((&mut outside).now_or_never().is_none());
    drop((outside, waits, runs));
    assert!(calls.is_empty());
    assert_eq!(calls.lock().waiting_bytes, 0);
}

#[tokio::test]
async fn a_cancelled_call_is_aborted_whether_its_task_is_known_before_or_after() {
    for known_before in [false, true] {
        for close in [false, true] {
            for waits in [false, true] {
                let calls = calls(1, 1);
                let runs = waits.then(|| enter(&calls, 0, 1));
                let turn = enter(&calls, 1, 1).turn;
                let ticket = turn.ticket();
                let mut tasks = JoinSet::new();
                let task = tasks.spawn(async move {
                    let _turn = turn;
                    pending::<()>().await;
                });
                let cancel = || {
                    if close {
                        calls.close();
                    } else {
                        calls.cancel(&id(1));
                    }
                };
                if known_before {
                    ticket.runs_in(task);
                    cancel();
                } else {
                    cancel();
                    ticket.runs_in(task);
                }
                assert!(tasks.join_next().await.unwrap().unwrap_err().is_cancelled());
                drop(runs);
                assert!(calls.is_empty());
                assert_eq!(calls.enter(None, 0).await.is_none(), close);
            }
        }
    }
}
