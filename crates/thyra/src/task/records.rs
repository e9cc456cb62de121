//! Reading and changing the records of tasks.

use std::sync::Arc;
use std::time::Duration;

use thyra_auth::Clock;

use super::TaskError;
use super::record::{TaskOwner, TaskRecord};
use super::store::{Swap, TaskStore, TaskStoreError};

/// How often a change is made again because the record has changed in between.
const MOST_TRIES: usize = 64;

/// A store, with the time.
#[derive(Clone, Debug)]
pub(super) struct Records {
    store: Arc<dyn TaskStore>,
    clock: Arc<dyn Clock>,
}

impl Records {
    pub(super) fn new(store: Arc<dyn TaskStore>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Since 1970.
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

    /// Changes a record as `change` does, and returns what it returned. With `None` the record stays as it is.
    ///
    /// `change` is made again when somebody else was faster.
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
