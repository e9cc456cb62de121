//! Proofs that were used: each is good once (RFC 9449 section 11.1).

mod memory;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::principal::SubjectId;

pub(super) use self::memory::MemoryReplays;

/// Remembers which proofs were used. Implement it on a database that the replicas of a server
/// share, if proofs shall be good once for all of them together; without it, for each by itself.
///
/// An implementation must be bounded, and never forget a proof before its end. When it is full, it
/// says so.
pub trait ReplayStore: fmt::Debug + Send + Sync {
    /// Takes note of a proof, in one step with finding out whether it was used before.
    fn note<'a>(&'a self, proof: &'a UsedProof) -> BoxFuture<'a, Noted>;
}

/// A proof that is good, and is about to be used.
#[derive(Clone, Copy, Debug)]
pub struct UsedProof {
    id: [u8; 32],
    subject: SubjectId,
    good_until: Duration,
}

impl UsedProof {
    pub(super) const fn new(id: [u8; 32], subject: SubjectId, good_until: Duration) -> Self {
        Self {
            id,
            subject,
            good_until,
        }
    }

    /// Stands for the proof among all others: a hash of its key, its identifier and its URL.
    pub const fn id(&self) -> &[u8; 32] {
        &self.id
    }

    /// Whose proof it is, so that one caller does not take all the room.
    pub const fn subject(&self) -> SubjectId {
        self.subject
    }

    /// Until when it has to be remembered, as the time since 1970.
    pub const fn good_until(&self) -> Duration {
        self.good_until
    }
}

/// What became of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Noted {
    /// It is used for the first time.
    First,
    /// There is no room to remember it, so it must not be used.
    Full {
        /// After how long it is worth trying again.
        retry_after: Duration,
    },
    /// It was used before.
    Replayed,
    /// The store cannot be reached.
    Unavailable {
        /// After how long it is worth trying again.
        retry_after: Duration,
    },
}

/// Where used proofs are kept.
#[derive(Debug)]
pub(super) enum Replays {
    Memory(MemoryReplays),
    Shared(Arc<dyn ReplayStore>),
}
