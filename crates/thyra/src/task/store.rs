//! The interface to where task records are kept.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::record::{TaskOwner, TaskRecord};

/// Where task records are kept: in memory ([`MemoryTasks`](super::MemoryTasks)), or somewhere that
/// replicas share.
///
/// Only the owner of a record can see it. For everybody else it does not exist, and no answer may
/// show the difference. An expired record does not exist either.
pub trait TaskStore: fmt::Debug + Send + Sync {
    /// Stores a new record. When this returns, every replica can get it.
    ///
    /// # Errors
    ///
    /// There are too many records in total or of this owner, or the store cannot be reached.
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

    /// Replaces the record that has the id, owner and version of `record`, and increments the
    /// version.
    ///
    /// # Errors
    ///
    /// The store cannot be reached. If there is no such version, the result is [`Swap::Stale`]
    /// instead.
    fn update(&self, record: TaskRecord) -> BoxFuture<'_, Result<Swap, TaskStoreError>>;

    /// Waits until the record may have a version other than `seen`, or does not exist. It may
    /// return late, but must not spin.
    fn changed<'a>(&'a self, owner: &'a TaskOwner, id: &'a str, seen: u64) -> BoxFuture<'a, ()>;

    /// Forgets the records that have expired at `now`, which counts from 1970.
    ///
    /// # Errors
    ///
    /// The store cannot be reached.
    fn remove_expired(&self, now: Duration) -> BoxFuture<'_, Result<(), TaskStoreError>>;
}

/// The result of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a stale change has to be made again"]
pub enum Swap {
    /// The change is stored.
    Done,
    /// The record has changed since it was read, or no longer exists.
    Stale,
}

/// Why a store cannot do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskStoreError {
    /// The store is full.
    #[error("the server keeps as many tasks as it can; try again later")]
    Full,
    /// The owner has as many tasks as one owner may have.
    #[error(
        "you have {most} tasks, ended ones included, and that is the most for one caller; each is forgotten when its ttlMs is over"
    )]
    OwnerFull {
        /// The bound.
        most: usize,
    },
    /// The store cannot be reached, or cannot handle the request.
    #[error("the task store is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}
