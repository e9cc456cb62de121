//! Work on the side, which ends with its owner.

use std::sync::{Mutex, PoisonError};

use tokio::runtime::Handle;
use tokio::task::JoinSet;

/// The most that goes on at a time; what is more is not done.
const MOST: usize = 64;

/// Runs what nobody waits for, a bounded number of futures at a time. Dropping it ends them.
#[derive(Debug, Default)]
pub(crate) struct Background(Mutex<JoinSet<()>>);

impl Background {
    /// Runs `work`, if there is room for it and a runtime.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while running.try_join_next().is_some() {}
        if running.len() < MOST {
            running.spawn_on(work, &runtime);
        }
    }

    /// Runs `work` in place of everything that ran.
    pub(crate) fn only(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.stop();
        self.spawn(work);
    }

    /// Ends everything.
    pub(crate) fn stop(&self) {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *running = JoinSet::new();
    }
}
