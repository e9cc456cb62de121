//! A task store in memory.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, ready};
use thyra_auth::{Clock, SystemClock};
use tokio::sync::watch;

use super::record::{TaskOwner, TaskRecord};
use super::store::{Swap, TaskStore, TaskStoreError};
use crate::limits::Limits;
use crate::shares::{Full, Shares};

/// A task store in the memory of this process. The records are lost when the process ends, and
/// other replicas do not see them.
///
/// When it is full, the task that ended longest ago is forgotten before its time to make room.
pub struct MemoryTasks {
    clock: Arc<dyn Clock>,
    most: usize,
    most_of_owner: usize,
    kept: Mutex<Kept>,
}

struct Kept {
    records: HashMap<String, Slot>,
    /// The ids of the records, by the time when they expire.
    ends: BTreeSet<(Duration, String)>,
    /// The ids of the tasks that have ended, by the time of their last change.
    ended: BTreeSet<(Duration, String)>,
    shares: Shares,
}

struct Slot {
    record: TaskRecord,
    version: watch::Sender<u64>,
}

impl MemoryTasks {
    /// An empty store for up to 10,000 tasks, and up to 1000 of one person.
    pub fn new() -> Self {
        Self::sized(10_000, 1000)
    }

    /// The store of a server with these limits: for ten times as many tasks as may run at once, and
    /// for one person as many as may run at once.
    pub(crate) fn within(limits: &Limits) -> Self {
        Self::sized(limits.tasks.saturating_mul(10), limits.tasks)
    }

    /// The most tasks, including those that have ended and are kept for their clients. Default
    /// 10,000.
    #[must_use]
    pub fn most(self, tasks: usize) -> Self {
        Self::sized(tasks, self.most_of_owner).clock(self.clock)
    }

    /// The most tasks of one person, including those that have ended, whichever clients they use.
    /// Default 1000. It does not apply to callers without a token, because they cannot be told
    /// apart.
    #[must_use]
    pub fn most_of_owner(self, tasks: usize) -> Self {
        Self::sized(self.most, tasks).clock(self.clock)
    }

    fn sized(most: usize, most_of_owner: usize) -> Self {
        Self {
            clock: Arc::new(SystemClock),
            most,
            most_of_owner,
            kept: Mutex::new(Kept {
                records: HashMap::new(),
                ends: BTreeSet::new(),
                ended: BTreeSet::new(),
                shares: Shares::with_share(most, most_of_owner),
            }),
        }
    }

    /// Reads the time from `clock`. Default: the machine's clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The records that have not expired. Nothing panics while the lock is held, so a poisoned lock
    /// still holds whole values.
    fn current(&self) -> MutexGuard<'_, Kept> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove_expired(self.clock.unix());
        kept
    }

    fn insert(&self, record: TaskRecord) -> Result<(), TaskStoreError> {
        let mut kept = self.current();
        if kept.records.contains_key(&record.id) {
            return Err(TaskStoreError::Unavailable(
                "the identifier is taken".into(),
            ));
        }
        let subject = record.owner.subject();
        if kept.shares.check(subject, 1) == Err(Full::Table) {
            kept.forget_longest_ended();
        }
        kept.shares.take(subject, 1).map_err(|full| match full {
            Full::Table => TaskStoreError::Full,
            Full::Share { most } => TaskStoreError::OwnerFull { most },
        })?;
        if record.status().is_terminal() {
            kept.ended.insert((record.updated, record.id.clone()));
        }
        kept.ends.insert((record.expires(), record.id.clone()));
        let slot = Slot {
            version: watch::Sender::new(record.version),
            record,
        };
        kept.records.insert(slot.record.id.clone(), slot);
        Ok(())
    }

    fn swap(&self, mut record: TaskRecord) -> Swap {
        let mut kept = self.current();
        let Some(slot) = kept.slot_mut(&record.owner, &record.id) else {
            return Swap::Stale;
        };
        if slot.record.version != record.version {
            return Swap::Stale;
        }
        record.version = record.version.wrapping_add(1);
        let id = record.id.clone();
        let (expires, ended) = (record.expires(), record.status().is_terminal());
        let updated = record.updated;
        slot.version.send_replace(record.version);
        let was = std::mem::replace(&mut slot.record, record);
        if was.expires() != expires {
            kept.ends.remove(&(was.expires(), id.clone()));
            kept.ends.insert((expires, id.clone()));
        }
        if was.status().is_terminal() {
            kept.ended.remove(&(was.updated, id.clone()));
        }
        if ended {
            kept.ended.insert((updated, id));
        }
        Swap::Done
    }
}

impl Kept {
    fn slot_mut(&mut self, owner: &TaskOwner, id: &str) -> Option<&mut Slot> {
        self.records
            .get_mut(id)
            .filter(|slot| slot.record.owner == *owner)
    }

    fn remove_expired(&mut self, now: Duration) {
        while self.ends.first().is_some_and(|(end, _)| *end <= now) {
            if let Some((_, id)) = self.ends.pop_first() {
                self.forget(&id);
            }
        }
    }

    fn forget_longest_ended(&mut self) {
        if let Some((_, id)) = self.ended.pop_first() {
            tracing::debug!("a task that has ended made room for another");
            self.forget(&id);
        }
    }

    fn forget(&mut self, id: &str) {
        let Some((id, Slot { record, .. })) = self.records.remove_entry(id) else {
            return;
        };
        self.shares.give_back(record.owner.subject(), 1);
        self.ends.remove(&(record.expires(), id.clone()));
        self.ended.remove(&(record.updated, id));
    }
}

impl TaskStore for MemoryTasks {
    fn create(&self, record: TaskRecord) -> BoxFuture<'_, Result<(), TaskStoreError>> {
        ready(self.insert(record)).boxed()
    }

    fn get<'a>(
        &'a self,
        owner: &'a TaskOwner,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<TaskRecord>, TaskStoreError>> {
        let record = self
            .current()
            .slot_mut(owner, id)
            .map(|slot| slot.record.clone());
        ready(Ok(record)).boxed()
    }

    fn update(&self, record: TaskRecord) -> BoxFuture<'_, Result<Swap, TaskStoreError>> {
        ready(Ok(self.swap(record))).boxed()
    }

    fn changed<'a>(&'a self, owner: &'a TaskOwner, id: &'a str, seen: u64) -> BoxFuture<'a, ()> {
        let version = self
            .current()
            .slot_mut(owner, id)
            .map(|slot| slot.version.subscribe());
        async move {
            if let Some(mut version) = version {
                // An error means that the record is gone.
                let _ = version.wait_for(|version| *version != seen).await;
            }
        }
        .boxed()
    }

    fn remove_expired(&self, now: Duration) -> BoxFuture<'_, Result<(), TaskStoreError>> {
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove_expired(now);
        ready(Ok(())).boxed()
    }
}

impl Default for MemoryTasks {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryTasks")
            .field("most", &self.most)
            .field("most_of_owner", &self.most_of_owner)
            .finish_non_exhaustive()
    }
}
