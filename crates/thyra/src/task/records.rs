//! Reading and changing the records of tasks.

use std::sync::Arc;
use std::time::Duration;

use thyra_auth::Clock;

use super::TaskError;
use super::record::{TaskOwner, TaskRecord};
use super::store::{Swap, TaskStore, TaskStoreError};

/// The most attempts at one change; others may change the record in between.
const MOST_TRIES: usize = 64;

/// A task store, with a clock.
#[derive(Clone, Debug)]
pub(super) struct Records {
    store: Arc<dyn TaskStore>,
    clock: Arc<dyn Clock>,
}

impl Records {
    pub(super) fn new(store: Arc<dyn TaskStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// The time since 1970.
    pub(super) fn now(&self) -> Duration {
        self.clock.unix()
    }

    pub(super) async fn create(&self, record: TaskRecord) -> Result<(), TaskStoreError> {
        self.store.remove_expired(self.now()).await?;
        self.store.create(record).await
    }

    pub(super) async fn get(
        &self,
        owner: &TaskOwner,
        id: &str,
    ) -> Result<Option<TaskRecord>, TaskStoreError> {
        self.store.get(owner, id).await
    }

    /// Applies `change` to a record and returns its result. If that is `None`, the record stays as
    /// it is.
    ///
    /// `change` runs again whenever somebody else changed the record first.
    pub(super) async fn edit<T>(
        &self,
        owner: &TaskOwner,
        id: &str,
        mut change: impl FnMut(&mut TaskRecord) -> Option<T>,
    ) -> Result<Option<T>, TaskError> {
        for _ in 0..MOST_TRIES {
            let mut record = self.get(owner, id).await?.ok_or(TaskError::Unknown)?;
            let Some(changed) = change(&mut record) else {
                return Ok(None);
            };
            record.updated = self.now();
            match self.store.update(record).await? {
                Swap::Done => return Ok(Some(changed)),
                Swap::Stale => {}
            }
        }
        Err(TaskError::Contended)
    }

    pub(super) async fn changed(&self, owner: &TaskOwner, id: &str, seen: u64) {
        self.store.changed(owner, id, seen).await;
    }

    pub(super) async fn remove_expired(&self) -> Result<(), TaskStoreError> {
        self.store.remove_expired(self.now()).await
    }
}
