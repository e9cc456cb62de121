//! The calls in flight of one conversation: those that run, those that wait for their turn, and how
//! they are cancelled.
//!
//! Calls begin in the order in which they came. A call over the limit waits, and so does the reader
//! of a call for which there is no room to wait.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thyra_protocol::RequestId;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

/// The bounds of the calls of one conversation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallBounds {
    /// How many run at once.
    pub(crate) running: usize,
    /// How many wait for their turn. One may always wait, however large it is.
    pub(crate) waiting: usize,
    /// How many bytes those that wait have together.
    pub(crate) waiting_bytes: usize,
}

/// The calls in flight, within their bounds. Clones share one set.
#[derive(Clone, Debug)]
pub(crate) struct InFlight(Arc<Mutex<State>>);

/// Each call is in one of the three maps. The keys are tickets, which grow in the order of arrival.
#[derive(Debug)]
struct State {
    bounds: CallBounds,
    running: BTreeMap<u64, Call>,
    waiting: BTreeMap<u64, Waiting>,
    /// The calls for which there is no room to wait. Whoever read them holds them.
    outside: BTreeMap<u64, Outside>,
    /// The bytes of the calls in `waiting`.
    waiting_bytes: usize,
    closed: bool,
    next: u64,
}

#[derive(Debug)]
struct Call {
    /// A client must not use an id twice. If it does, cancelling that id cancels both calls.
    id: Option<RequestId>,
    /// Set once the task runs.
    task: Option<AbortHandle>,
}

#[derive(Debug)]
struct Waiting {
    call: Call,
    bytes: usize,
    begin: oneshot::Sender<()>,
}

#[derive(Debug)]
struct Outside {
    id: Option<RequestId>,
    bytes: usize,
    admit: oneshot::Sender<oneshot::Receiver<()>>,
}

/// The turn of one call, and then its place among those that run. Dropping it makes room for the
/// next one.
#[derive(Debug)]
pub(crate) struct Turn {
    ticket: Ticket,
    /// What tells that a call which waits may begin.
    begins: Option<oneshot::Receiver<()>>,
}

/// Identifies one call among those in flight.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    in_flight: InFlight,
    number: u64,
}

/// How one call moves up.
enum Step {
    Begins(oneshot::Sender<()>),
    MayWait(
        oneshot::Sender<oneshot::Receiver<()>>,
        oneshot::Receiver<()>,
    ),
}

impl InFlight {
    pub(crate) fn new(bounds: CallBounds) -> Self {
        Self(Arc::new(Mutex::new(State {
            bounds,
            running: BTreeMap::new(),
            waiting: BTreeMap::new(),
            outside: BTreeMap::new(),
            waiting_bytes: 0,
            closed: false,
            next: 0,
        })))
    }

    /// The turn of the call `id`, which holds `bytes` while it waits. Returns as soon as there is
    /// room for it to wait. If this future is dropped, the call gives up its turn.
    ///
    /// `None` when the call was cancelled before there was room, or when the conversation is over.
    pub(crate) async fn enter(&self, id: Option<RequestId>, bytes: usize) -> Option<Turn> {
        let (mut turn, admitted) = self.arrive(id, bytes)?;
        if let Some(admitted) = admitted {
            turn.begins = Some(admitted.await.ok()?);
        }
        Some(turn)
    }

    /// A place for the call `id`, if it can begin now.
    pub(crate) fn try_enter(&self, id: Option<RequestId>) -> Option<Turn> {
        let mut state = self.lock();
        if state.closed || !state.is_free() {
            return None;
        }
        let number = state.ticket();
        state.running.insert(number, Call { id, task: None });
        drop(state);
        Some(self.turn(number))
    }

    /// Drops the call. The client does not want a reply, so none is sent (MCP "Cancellation").
    pub(crate) fn cancel(&self, id: &RequestId) {
        let cancelled = self.lock().take(|other| other == Some(id));
        abort(cancelled);
        self.move_up();
    }

    /// Drops all calls. Others may come.
    pub(crate) fn cancel_all(&self) {
        let cancelled = self.lock().take(|_| true);
        abort(cancelled);
    }

    /// Drops all calls, and accepts no more.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.cancel_all();
    }

    /// Whether no call runs or waits.
    pub(crate) fn is_empty(&self) -> bool {
        let state = self.lock();
        state.running.is_empty() && state.waiting.is_empty() && state.outside.is_empty()
    }

    /// Registers a call. Where there is no room for it, it also returns what tells when there is.
    fn arrive(&self, id: Option<RequestId>, bytes: usize) -> Option<Arrival> {
        if let Some(turn) = self.try_enter(id.clone()) {
            return Some((turn, None));
        }
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        let number = state.ticket();
        let (admit, admitted) = oneshot::channel();
        state.outside.insert(number, Outside { id, bytes, admit });
        drop(state);
        let turn = self.turn(number);
        self.move_up();
        Some((turn, Some(admitted)))
    }

    fn turn(&self, number: u64) -> Turn {
        let in_flight = self.clone();
        Turn {
            ticket: Ticket { in_flight, number },
            begins: None,
        }
    }

    fn leave(&self, number: u64) {
        let mut state = self.lock();
        if state.running.remove(&number).is_none() {
            match state.waiting.remove(&number) {
                Some(waiting) => state.waiting_bytes -= waiting.bytes,
                None => drop(state.outside.remove(&number)),
            }
        }
        drop(state);
        self.move_up();
    }

    /// Lets the next calls begin, and others wait where they did.
    fn move_up(&self) {
        loop {
            // The lock is not held when whoever waits is woken.
            let step = self.lock().step();
            // A step fails for a call that is about to leave.
            match step {
                Some(Step::Begins(begin)) => drop(begin.send(())),
                Some(Step::MayWait(admit, begins)) => drop(admit.send(begins)),
                None => return,
            }
        }
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that has come, and for one that must stay outside, what tells when it may wait.
type Arrival = (Turn, Option<oneshot::Receiver<oneshot::Receiver<()>>>);

impl State {
    fn ticket(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Whether a call that comes now overtakes nobody if it begins.
    fn is_free(&self) -> bool {
        self.running.len() < self.bounds.running
            && self.waiting.is_empty()
            && self.outside.is_empty()
    }

    fn has_room(&self, bytes: usize) -> bool {
        let all = self.waiting_bytes.saturating_add(bytes);
        self.waiting.is_empty()
            || (self.waiting.len() < self.bounds.waiting && all <= self.bounds.waiting_bytes)
    }

    /// Moves one call up, if one can.
    fn step(&mut self) -> Option<Step> {
        if self.running.len() < self.bounds.running
            && let Some((number, next)) = self.waiting.pop_first()
        {
            self.waiting_bytes -= next.bytes;
            self.running.insert(number, next.call);
            return Some(Step::Begins(next.begin));
        }
        let next = self.outside.first_entry()?;
        let bytes = next.get().bytes;
        if !self.has_room(bytes) {
            return None;
        }
        let (number, next) = self.outside.pop_first()?;
        let (begin, begins) = oneshot::channel();
        let (id, task) = (next.id, None);
        let call = Call { id, task };
        self.waiting_bytes += bytes;
        self.waiting.insert(number, Waiting { call, bytes, begin });
        Some(Step::MayWait(next.admit, begins))
    }

    /// Takes out the calls whose id `is_it`. Returns the tasks that run them.
    fn take(&mut self, is_it: impl Fn(Option<&RequestId>) -> bool) -> Vec<AbortHandle> {
        self.outside.retain(|_, call| !is_it(call.id.as_ref()));
        let waiting = self
            .waiting
            .extract_if(.., |_, waiting| is_it(waiting.call.id.as_ref()));
        let mut bytes = 0;
        let waiting = waiting.map(|(_, waiting)| {
            bytes += waiting.bytes;
            waiting.call
        });
        let running = self
            .running
            .extract_if(.., |_, call| is_it(call.id.as_ref()))
            .map(|(_, call)| call);
        let tasks = waiting.chain(running).filter_map(|call| call.task);
        let tasks = tasks.collect();
        self.waiting_bytes -= bytes;
        tasks
    }
}

impl Turn {
    pub(crate) fn ticket(&self) -> Ticket {
        self.ticket.clone()
    }

    /// Waits until the call may run. A call that is cancelled in the meantime waits for ever, for
    /// whoever runs it to drop it.
    pub(crate) fn begun(&mut self) -> impl Future<Output = ()> + Send + use<> {
        let begins = self.begins.take();
        async move {
            if let Some(begins) = begins
                && begins.await.is_err()
            {
                pending::<()>().await;
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.ticket.in_flight.leave(self.ticket.number);
    }
}

impl Ticket {
    /// From now on, cancelling the call aborts `task`. If the call was cancelled already, this
    /// aborts it at once.
    pub(crate) fn runs_in(self, task: AbortHandle) {
        let mut state = self.in_flight.lock();
        let state = &mut *state;
        let waiting = state.waiting.get_mut(&self.number);
        let call = waiting.map(|waiting| &mut waiting.call);
        match call.or_else(|| state.running.get_mut(&self.number)) {
            Some(call) => call.task = Some(task),
            // The call was cancelled, or it is over already and aborting does nothing.
            None => task.abort(),
        }
    }
}

fn abort(tasks: Vec<AbortHandle>) {
    for task in tasks {
        task.abort();
    }
}

#[cfg(test)]
mod tests;
