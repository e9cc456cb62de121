//! The calls in flight of one conversation, and how they are cancelled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thyra_protocol::RequestId;
use tokio::task::AbortHandle;

/// The calls in flight, up to a limit. Clones share one set.
#[derive(Clone, Debug)]
pub(crate) struct InFlight(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    calls: HashMap<u64, Call>,
    closed: bool,
    most: usize,
    next: u64,
}

#[derive(Debug)]
struct Call {
    /// A client must not use an id twice. If it does, cancelling that id cancels both calls.
    id: Option<RequestId>,
    /// Set once the task runs.
    task: Option<AbortHandle>,
}

/// The place of one call. The call's task holds it, and dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Place {
    in_flight: InFlight,
    ticket: Ticket,
}

/// Identifies the place that belongs to a task.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket(u64);

impl InFlight {
    /// At most `most` calls at once.
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Mutex::new(State {
            calls: HashMap::new(),
            closed: false,
            most,
            next: 0,
        })))
    }

    /// A place for the call `id`; `None` when all places are taken, or when the conversation is
    /// over.
    pub(crate) fn enter(&self, id: Option<RequestId>) -> Option<(Place, Ticket)> {
        let mut state = self.lock();
        if state.closed || state.calls.len() >= state.most {
            return None;
        }
        let ticket = Ticket(state.next);
        state.next += 1;
        state.calls.insert(ticket.0, Call { id, task: None });
        drop(state);
        let in_flight = self.clone();
        Some((Place { in_flight, ticket }, ticket))
    }

    /// From now on, cancelling the call of `ticket` aborts `task`. If the call was cancelled
    /// already, this aborts it at once.
    pub(crate) fn runs(&self, ticket: Ticket, task: AbortHandle) {
        let mut state = self.lock();
        if let Some(call) = state.calls.get_mut(&ticket.0) {
            call.task = Some(task);
        } else {
            drop(state);
            // The call was cancelled, or it is over already and aborting does nothing.
            task.abort();
        }
    }

    /// Drops the call. The client does not want a reply, so none is sent (MCP "Cancellation").
    pub(crate) fn cancel(&self, id: &RequestId) {
        let cancelled: Vec<_> = self
            .lock()
            .calls
            .extract_if(|_, call| call.id.as_ref() == Some(id))
            .collect();
        abort(cancelled);
    }

    /// Drops all calls, and accepts no more.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let calls = std::mem::take(&mut state.calls);
        drop(state);
        abort(calls);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().calls.is_empty()
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.in_flight.lock().calls.remove(&self.ticket.0);
    }
}

fn abort(calls: impl IntoIterator<Item = (u64, Call)>) {
    for (_, call) in calls {
        if let Some(task) = call.task {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::task::JoinSet;

    use super::*;

    fn id(number: i64) -> RequestId {
        RequestId::Number(number)
    }

    #[tokio::test]
    async fn places_are_bounded_and_come_back_however_a_call_ends() {
        let calls = InFlight::new(2);
        let (place, _) = calls.enter(Some(id(1))).unwrap();
        let mut tasks = JoinSet::new();
        let (held, ticket) = calls.enter(Some(id(2))).unwrap();
        let task = tasks.spawn(async move {
            let _held = held;
            pending::<()>().await;
        });
        calls.runs(ticket, task);
        assert!(calls.enter(None).is_none());

        drop(place);
        calls.cancel(&id(2));
        assert!(tasks.join_next().await.unwrap().unwrap_err().is_cancelled());
        assert!(calls.is_empty());
    }

    #[tokio::test]
    async fn a_call_that_is_cancelled_before_its_task_is_known_is_cancelled_all_the_same() {
        for close in [false, true] {
            let calls = InFlight::new(2);
            let (held, ticket) = calls.enter(Some(id(1))).unwrap();
            if close {
                calls.close();
            } else {
                calls.cancel(&id(1));
            }
            let mut tasks = JoinSet::new();
            let task = tasks.spawn(async move {
                let _held = held;
                pending::<()>().await;
            });
            calls.runs(ticket, task);
            assert!(tasks.join_next().await.unwrap().unwrap_err().is_cancelled());
            assert_eq!(calls.enter(None).is_none(), close);
        }
    }
}
