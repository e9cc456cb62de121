//! Remembers used states in this process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use thyra_auth::{Clock, SubjectId, SystemClock};

use super::store::{UsedState, UsedStateError, UsedStateStore};
use crate::shares::{Full, Shares};

/// The most states that are remembered, about 6 MiB. One person has at most a tenth of them.
pub(super) const MOST: usize = 65_536;

/// Remembers used states in this process, until they expire: 65,536, of which one person with a
/// token has at most a tenth.
///
/// Other replicas do not know of them. Where several serve, each accepts a state once, unless the
/// rounds of a call reach the same one.
pub struct MemoryUsedStates {
    clock: Arc<dyn Clock>,
    used: Mutex<Used>,
}

#[derive(Debug)]
struct Used {
    /// Who used each of them, ordered by expiry.
    states: BTreeMap<(Duration, [u8; 12]), Option<SubjectId>>,
    shares: Shares,
}

impl MemoryUsedStates {
    /// Remembers nothing yet.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// Reads the time from `clock`, which has to be that of the
    /// [`RequestState`](super::RequestState).
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            used: Mutex::new(Used {
                states: BTreeMap::new(),
                shares: Shares::new(MOST),
            }),
        }
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Used {
    fn mark(&mut self, now: Duration, state: &UsedState) -> Result<bool, UsedStateError> {
        while let Some(oldest) = self.states.first_entry()
            && oldest.key().0 <= now
        {
            self.shares.give_back(oldest.remove(), 1);
        }
        let key = (state.expires, state.id);
        if self.states.contains_key(&key) {
            return Ok(false);
        }
        self.shares
            .take(state.subject, 1)
            .map_err(|full| match full {
                Full::Table => UsedStateError::Full,
                Full::Share { most } => UsedStateError::FullForCaller { most },
            })?;
        self.states.insert(key, state.subject);
        Ok(true)
    }

    fn forget(&mut self, state: &UsedState) {
        if let Some(subject) = self.states.remove(&(state.expires, state.id)) {
            self.shares.give_back(subject, 1);
        }
    }
}

impl UsedStateStore for MemoryUsedStates {
    fn mark<'a>(&'a self, state: &'a UsedState) -> BoxFuture<'a, Result<bool, UsedStateError>> {
        let now = self.clock.unix();
        ready(self.lock().mark(now, state)).boxed()
    }

    fn forget<'a>(&'a self, state: &'a UsedState) -> BoxFuture<'a, Result<(), UsedStateError>> {
        self.lock().forget(state);
        ready(Ok(())).boxed()
    }
}

impl Default for MemoryUsedStates {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryUsedStates {
    /// How many, and not which.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryUsedStates")
            .field("remembered", &self.lock().states.len())
            .finish_non_exhaustive()
    }
}
