//! Remembers used states, where each may be used once.

use std::collections::BTreeMap;
use std::time::Duration;

use thyra_auth::SubjectId;

use crate::shares::{Full, Shares};

/// A nonce, which identifies a sealed state.
pub(super) type NonceBytes = [u8; 12];

/// The most states that are remembered, about 6 MiB. One person has at most a tenth of them.
pub(super) const MOST: usize = 65_536;

/// Used states that have not expired, ordered by expiry. A full set accepts no new state, rather
/// than forget one that could be used again.
#[derive(Debug)]
pub(super) struct UsedStates {
    /// Who used each of them.
    states: BTreeMap<(Duration, NonceBytes), Option<SubjectId>>,
    shares: Shares,
}

/// The result of marking a state as used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    First,
    Again,
    /// The state cannot be remembered, so it must not be used.
    Full(Full),
}

impl Default for UsedStates {
    fn default() -> Self {
        Self {
            states: BTreeMap::new(),
            shares: Shares::new(MOST),
        }
    }
}

impl UsedStates {
    /// Marks the state with `nonce`, which is valid until `expires`, as used by `subject`, `None`
    /// for a caller without a token. Times count from 1970.
    pub(super) fn mark(
        &mut self,
        now: Duration,
        expires: Duration,
        nonce: NonceBytes,
        subject: Option<SubjectId>,
    ) -> Use {
        while let Some(oldest) = self.states.first_entry()
            && oldest.key().0 <= now
        {
            self.shares.give_back(oldest.remove(), 1);
        }
        if self.states.contains_key(&(expires, nonce)) {
            return Use::Again;
        }
        if let Err(full) = self.shares.take(subject, 1) {
            return Use::Full(full);
        }
        self.states.insert((expires, nonce), subject);
        Use::First
    }
}
