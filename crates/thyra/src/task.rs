//! Tool calls that run as tasks (the extension `io.modelcontextprotocol/tasks`). The client gets a
//! handle at once, polls it, answers questions in the meantime, or cancels the task.
//!
//! A task is a record in a [`TaskStore`] and an execution in this process. They communicate only
//! through the record. So any replica that shares the store can answer `tasks/*`, while the replica
//! that started the task runs it.

mod execution;
mod handle;
mod memory;
mod record;
mod records;
mod store;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;
use thyra_auth::Clock;
use thyra_protocol::ErrorObject;
use tokio::task::JoinSet;

pub(crate) use self::handle::TaskHandle;
pub use self::memory::MemoryTasks;
pub(crate) use self::record::RunTool;
pub use self::record::{RunningTask, TaskOwner, TaskRecord, TaskStage};
use self::records::Records;
pub use self::store::{Swap, TaskStore, TaskStoreError};
use crate::shares::{Account, Full, Places};
use thyra_oauth::{NoRandomness, unguessable};

/// How often a client should poll a task.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How a tool call ends: with the JSON of a `CallToolResult`, with or without `isError`, or with a
/// JSON-RPC error.
pub(crate) type TaskOutcome = Result<Box<RawValue>, ErrorObject>;

/// The tasks of a server. Dropping it aborts what is still running.
pub(crate) struct Tasks {
    records: Records,
    running: Mutex<JoinSet<()>>,
    places: Places<Account>,
}

/// Why a task cannot be started, found or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TaskError {
    /// There is no such task, it belongs to another caller, or it has expired. Callers must not
    /// learn which.
    #[error("Unknown task")]
    Unknown,
    /// The limit of concurrent tasks is reached.
    #[error("the server runs as many tasks as it can; try again later")]
    Busy,
    /// This caller runs as many tasks as one caller may.
    #[error(
        "you run {most} tasks, and that is the most for one caller; wait until one ends, or cancel one"
    )]
    BusyForCaller {
        /// The bound.
        most: usize,
    },
    /// Somebody else changed the record before each attempt to write it.
    #[error("the task changes too often to be written")]
    Contended,
    /// No unguessable identifier can be made.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The store failed to keep or return the record.
    #[error(transparent)]
    Store(#[from] TaskStoreError),
}

impl Tasks {
    /// Tasks kept in `store`. At most `most` of them run at once in this process, and of one caller
    /// at most a tenth.
    pub(crate) fn new(store: Arc<dyn TaskStore>, clock: Arc<dyn Clock>, most: usize) -> Self {
        Self {
            records: Records::new(store, clock),
            running: Mutex::new(JoinSet::new()),
            places: Places::new(most),
        }
    }

    /// Starts a task, which can be found once this returns. It is kept for `ttl` from now, done or
    /// not, then aborted and forgotten. Without an owner it counts against the address `peer`.
    pub(crate) async fn start<F>(
        &self,
        owner: TaskOwner,
        peer: Option<IpAddr>,
        tool: RunTool<'_>,
        ttl: Duration,
        run: F,
    ) -> Result<TaskRecord, TaskError>
    where
        F: FnOnce(TaskHandle) -> BoxFuture<'static, TaskOutcome> + Send + 'static,
    {
        let place = self.places.take(Account::of(owner.subject(), peer))?;
        let id = unguessable::<24>()?.expose().clone();
        let now = self.records.now();
        let record = TaskRecord::new(id, owner, tool, now, ttl, POLL_INTERVAL);
        self.records.create(record.clone()).await?;
        let handle = TaskHandle::new(self.records.clone(), &record);
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while running.try_join_next().is_some() {}
        running.spawn(async move {
            execution::carry_out(handle, ttl, run).await;
            drop(place);
        });
        Ok(record)
    }

    /// The current record of a task.
    pub(crate) async fn get(&self, owner: &TaskOwner, id: &str) -> Result<TaskRecord, TaskError> {
        self.records.get(owner, id).await?.ok_or(TaskError::Unknown)
    }

    /// Passes answers to the questions of a task. Answers whose key is not outstanding are ignored.
    pub(crate) async fn update(
        &self,
        owner: &TaskOwner,
        id: &str,
        answers: impl IntoIterator<Item = (String, Box<RawValue>)>,
    ) -> Result<(), TaskError> {
        let answers: Vec<_> = answers.into_iter().collect();
        let answered = self.records.edit(owner, id, |record| {
            let running = record.running_mut()?;
            let mut known = false;
            for (key, answer) in &answers {
                known |= running.answer(key, answer);
            }
            known.then_some(())
        });
        answered.await.map(|_| ())
    }

    /// Cancels a task. A task that has ended stays as it is.
    pub(crate) async fn cancel(&self, owner: &TaskOwner, id: &str) -> Result<(), TaskError> {
        let cancelled = self
            .records
            .edit(owner, id, |record| record.end(TaskStage::Cancelled));
        cancelled.await.map(|_| ())
    }
}

impl TaskError {
    /// The error that the client gets.
    pub(crate) fn error_object(&self) -> ErrorObject {
        match self {
            Self::Unknown => ErrorObject::invalid_params("Unknown task"),
            Self::Busy
            | Self::BusyForCaller { .. }
            | Self::Store(TaskStoreError::Full | TaskStoreError::OwnerFull { .. }) => {
                ErrorObject::internal(self.to_string())
            }
            Self::Contended | Self::Randomness(_) | Self::Store(TaskStoreError::Unavailable(_)) => {
                ErrorObject::internal("Internal error")
            }
        }
    }
}

impl From<Full> for TaskError {
    fn from(full: Full) -> Self {
        match full {
            Full::Table => Self::Busy,
            Full::Share { most } => Self::BusyForCaller { most },
        }
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasks")
            .field("records", &self.records)
            .field("places", &self.places)
            .finish_non_exhaustive()
    }
}
