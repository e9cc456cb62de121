//! The interface to where used states are remembered.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use thyra_auth::SubjectId;

/// A state that its client brought back, for a call that continues from it only once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UsedState {
    /// Tells the state from all others, whichever replica sealed it.
    pub id: [u8; 12],
    /// Until when it has to be remembered, counted from 1970. Afterwards nobody accepts it.
    pub expires: Duration,
    /// The person or the machine that used it, whose share it takes; `None` without a token.
    pub subject: Option<SubjectId>,
}

/// Where used states are remembered: in memory
/// ([`MemoryUsedStates`](super::MemoryUsedStates)), or somewhere that replicas share.
///
/// A store has bounds of its own, and accepts no new state when it is full: it never forgets one
/// that has not expired.
pub trait UsedStateStore: fmt::Debug + Send + Sync {
    /// Remembers `state`, and returns whether it was not remembered yet. That is one step: of two
    /// calls at the same time, one gets `true`.
    ///
    /// # Errors
    ///
    /// [`UsedStateError`] when it cannot be remembered. The call does not go on then.
    fn mark<'a>(&'a self, state: &'a UsedState) -> BoxFuture<'a, Result<bool, UsedStateError>>;

    /// Forgets `state`, whose call did nothing and is to be repeated.
    ///
    /// # Errors
    ///
    /// [`UsedStateError`] when it stays remembered.
    fn forget<'a>(&'a self, state: &'a UsedState) -> BoxFuture<'a, Result<(), UsedStateError>>;
}

/// Why a used state cannot be remembered. The client is told no more than that.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UsedStateError {
    /// The store is full.
    #[error("no more used states can be remembered for now")]
    Full,
    /// This caller has as many as one caller may have.
    #[error("{most} used states of this caller are remembered, and no more can be for now")]
    FullForCaller {
        /// How many that are.
        most: usize,
    },
    /// The store cannot be reached.
    #[error("the store of used states is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}
