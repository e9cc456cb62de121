//! Where the records of tasks are.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::record::{TaskOwner, TaskRecord};

/// Where the records of tasks are: in memory ([`MemoryTasks`](super::MemoryTasks)), or somewhere that replicas share.
///
/// A record is the owner's: for anybody else it is not there, and an answer must not show the difference. A record whose time is over is
/// not there either.
pub trait TaskStore: fmt::Debug + Send + Sync {
    /// Takes a new record. When this is ready, every replica can get it.
    ///
    /// # Errors
    ///
    /// There are too many records, in all or of this owner, or the store cannot be reached.
    fn create(&self, record: TaskRecord) -> BoxFuture<'_, Result<(), TaskStoreError>>;

    /// The record `id` of `owner`, if there is one.
    ///
    /// # Errors
    ///
    /// The store cannot be reached.
    fn get<'a>(
        &'a self,
        owner: &'a TaskOwner,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<TaskRecord>, TaskStoreError>>;

    /// Replaces the record that has the id, the owner and the version of `record`, and counts the version on by one.
    ///
    /// # Errors
    ///
    /// The store cannot be reached. That there is no such version is [`Swap::Stale`].
    fn update(&self, record: TaskRecord) -> BoxFuture<'_, Result<Swap, TaskStoreError>>;

    /// Ready when the record may have another version than `seen`, or is not there; it may be late, but not spin.
    fn changed<'a>(&'a self, owner: &'a TaskOwner, id: &'a str, seen: u64) -> BoxFuture<'a, ()>;

    /// Forgets the records whose time is over at `now`, which counts from 1970.
    ///
    /// # Errors
    ///
    /// The store cannot be reached.
    fn remove_expired(&self, now: Duration) -> BoxFuture<'_, Result<(), TaskStoreError>>;
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a stale change has to be made again"]
pub enum Swap {
    /// It is stored.
    Done,
    /// The record has changed since it was read, or is not there any more.
    Stale,
}

/// What a store cannot do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskStoreError {
    /// The store has as many tasks as it takes.
    #[error("the server keeps as many tasks as it can; try again later")]
    Full,
    /// The caller has as many tasks as one may have.
    #[error(
        "you have {most} tasks, ended ones included, and that is the most for one caller; each is forgotten when its ttlMs is over"
    )]
    OwnerFull {
        /// The bound.
        most: usize,
    },
    /// The store cannot be reached, or does not understand.
    #[error("the tasks are out of reach")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}
