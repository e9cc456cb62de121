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

/// A task store in the memory of this process. The records are lost when the process ends, and
/// other replicas do not see them.
pub struct MemoryTasks {
    clock: Arc<dyn Clock>,
    most: usize,
    most_of_owner: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    records: HashMap<String, Slot>,
    /// The ids of the records, by the time when they expire.
    ends: BTreeSet<(Duration, String)>,
    /// How many records each owner has. None is zero.
    owners: HashMap<TaskOwner, usize>,
}

struct Slot {
    record: TaskRecord,
    version: watch::Sender<u64>,
}

impl MemoryTasks {
    /// An empty store for up to 10,000 tasks, and up to 1000 of one owner.
    pub fn new() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            most: 10_000,
            most_of_owner: 1000,
            kept: Mutex::default(),
        }
    }

    /// The most tasks, including those that have ended and are kept for their clients. Default
    /// 10,000.
    #[must_use]
    pub fn most(mut self, tasks: usize) -> Self {
        self.most = tasks;
        self
    }

    /// The most tasks of one owner, including those that have ended. Default 1000. It does not
    /// apply to callers without a token, because they cannot be told apart.
    #[must_use]
    pub fn most_of_owner(mut self, tasks: usize) -> Self {
        self.most_of_owner = tasks;
        self
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
        if kept.records.len() >= self.most {
            return Err(TaskStoreError::Full);
        }
        let of_owner = kept.owners.get(&record.owner).copied().unwrap_or_default();
        // Callers without a token are one owner, and one of them must not lock out the others.
        if !record.owner.is_anybody() && of_owner >= self.most_of_owner {
            return Err(TaskStoreError::OwnerFull {
                most: self.most_of_owner,
            });
        }
        if kept.records.contains_key(&record.id) {
            return Err(TaskStoreError::Unavailable(
                "the identifier is taken".into(),
            ));
        }
        kept.owners.insert(record.owner.clone(), of_owner + 1);
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
        let (was, is) = (slot.record.expires(), record.expires());
        let id = record.id.clone();
        slot.version.send_replace(record.version);
        slot.record = record;
        if was != is {
            kept.ends.remove(&(was, id.clone()));
            kept.ends.insert((is, id));
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
            let slot = self
                .ends
                .pop_first()
                .and_then(|(_, id)| self.records.remove(&id));
            let Some(Slot { record, .. }) = slot else {
                continue;
            };
            if let Some(count) = self.owners.get_mut(&record.owner) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.owners.remove(&record.owner);
                }
            }
        }
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
