//! Threads for functions that block: bounded, shared fairly among callers, and not waited for when
//! the process ends.
//!
//! The runtime has such threads too. It hands them out first come, first served, and waits at its
//! end for whatever still runs there, so one caller could hold all of them and a function that
//! never returns would keep the process alive.

mod counted_as;
mod turns;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

pub(crate) use self::counted_as::CountedAs;
use self::turns::{Ticket, Turns};

use crate::throttled::throttled;

/// How long a thread without work is kept.
const IDLE_TIME: Duration = Duration::from_secs(10);

/// Work for a thread. It sends its own result.
type Work = Box<dyn FnOnce() + Send>;

/// The threads of one server. Clones share them.
///
/// A thread begins when it is needed and ends when it was idle for a while, or with the process.
#[derive(Clone)]
pub(crate) struct Threads(Arc<Pool>);

/// A value, or what its function panicked with.
pub(crate) type Outcome<T> = Result<T, Box<dyn Any + Send>>;

struct Pool {
    state: Mutex<State>,
    /// Wakes a thread that waits for work.
    ready: Condvar,
}

struct State {
    turns: Turns<Work>,
    /// How many threads there are: never fewer than works that may run, unless the system has none.
    alive: usize,
}

/// Work that somebody waits for. Dropping it takes the work back, if it has not begun.
struct Waiting<'a> {
    pool: &'a Pool,
    ticket: Ticket,
}

impl Threads {
    /// At most `most` threads, of which one caller gets at most a quarter, and at least one.
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Pool {
            state: Mutex::new(State {
                turns: Turns::new(most, most.div_ceil(4)),
                alive: 0,
            }),
            ready: Condvar::new(),
        }))
    }

    /// Runs `work` on a thread when its turn comes, within the caller's runtime if there is one.
    ///
    /// Work that has begun cannot be stopped: it takes its place until it is over, whether anybody
    /// waits for it or not.
    ///
    /// # Errors
    ///
    /// What `work` panicked with, or a text when the system has no thread for it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        whose: CountedAs,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Outcome<T> {
        let (sender, receiver) = oneshot::channel();
        let runtime = Handle::try_current().ok();
        let work = Box::new(move || {
            let _runtime = runtime.as_ref().map(Handle::enter);
            // Nobody gets the result if nobody waits any more.
            let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
        });
        let waiting = Waiting {
            pool: &self.0,
            ticket: self.begin(whose, work),
        };
        let outcome = receiver.await;
        drop(waiting);
        outcome.unwrap_or_else(|_| {
            let none = "the system has no thread left for a function that blocks";
            Err(Box::new(none.to_owned()))
        })
    }

    fn begin(&self, whose: CountedAs, work: Work) -> Ticket {
        let mut state = self.0.lock();
        let ticket = state.turns.join(whose, work);
        if state.turns.held() <= state.alive {
            self.0.ready.notify_one();
            return ticket;
        }
        let pool = Arc::clone(&self.0);
        let begun = thread::Builder::new()
            .name("blocking".to_owned())
            .spawn(move || pool.serve());
        match begun {
            Ok(_) => state.alive += 1,
            // The others take it when they are free.
            Err(_) if state.alive > 0 => {}
            Err(error) => {
                throttled!(error, "no thread for a function that blocks", about = "", %error);
                let dropped = state.turns.clear();
                drop(state);
                drop(dropped);
            }
        }
        ticket
    }
}

impl Pool {
    /// The life of one thread.
    fn serve(&self) {
        let mut state = self.lock();
        loop {
            if let Some((whose, work)) = state.turns.next() {
                drop(state);
                // A value that nobody waits for may panic while it is dropped.
                if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
                    std::mem::forget(panic);
                }
                state = self.lock();
                state.turns.over(whose);
                continue;
            }
            let (woken, waited) = self
                .ready
                .wait_timeout(state, IDLE_TIME)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if waited.timed_out() && !state.turns.has_next() {
                state.alive -= 1;
                return;
            }
        }
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let taken_back = self.pool.lock().turns.leave(self.ticket);
        // It may hold what takes long to drop, so the lock is gone by now.
        drop(taken_back);
    }
}

impl std::fmt::Debug for Threads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Threads").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
