//! The interface to where states are kept.

use std::fmt;

use futures_util::future::BoxFuture;
use serde_json::value::RawValue;

use super::{SessionStateError, StateOwner};

/// Where the state of sessions is kept: in memory
/// ([`MemorySessionState`](super::MemorySessionState)), or somewhere that replicas share.
///
/// A store has bounds of its own: for one owner, and for all together. Two calls of one session can
/// run at once; each method is one step.
pub trait SessionStateStore: fmt::Debug + Send + Sync {
    /// The value of `key`, if there is one.
    ///
    /// # Errors
    ///
    /// The store cannot be reached.
    fn get<'a>(
        &'a self,
        owner: StateOwner,
        key: &'a str,
    ) -> BoxFuture<'a, Result<Option<Box<RawValue>>, SessionStateError>>;

    /// Keeps `value` under `key`, in place of an earlier one.
    ///
    /// # Errors
    ///
    /// The state would become too large, or the store cannot be reached. Nothing changes then.
    fn set<'a>(
        &'a self,
        owner: StateOwner,
        key: &'a str,
        value: Box<RawValue>,
    ) -> BoxFuture<'a, Result<(), SessionStateError>>;

    /// Forgets `key`, and returns whether there was a value.
    ///
    /// # Errors
    ///
    /// The store cannot be reached.
    fn delete<'a>(
        &'a self,
        owner: StateOwner,
        key: &'a str,
    ) -> BoxFuture<'a, Result<bool, SessionStateError>>;

    /// Forgets all of a session that has ended. It must not wait: a store elsewhere leaves the work
    /// to a task of its own, or to the time after which it forgets what nobody uses.
    fn end(&self, owner: StateOwner);
}
