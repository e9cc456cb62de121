//! Remembers used states, where each may be used once.

use std::collections::BTreeSet;
use std::time::Duration;

/// A nonce, which identifies a sealed state.
pub(super) type NonceBytes = [u8; 12];

/// The most states that are remembered, about 4 MiB.
pub(super) const MOST: usize = 65_536;

/// Used states that have not expired, ordered by expiry. A full set accepts no new state, rather
/// than forget one that could be used again.
#[derive(Debug, Default)]
pub(super) struct UsedStates {
    states: BTreeSet<(Duration, NonceBytes)>,
}

/// The result of marking a state as used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    First,
    Again,
    /// The state cannot be remembered, so it must not be used.
    Full,
}

impl UsedStates {
    /// Marks the state with `nonce`, which is valid until `expires`, as used. Times count
    /// from 1970.
    pub(super) fn mark(&mut self, now: Duration, expires: Duration, nonce: NonceBytes) -> Use {
        while self
            .states
            .first()
            .is_some_and(|(expires, _)| *expires <= now)
        {
            self.states.pop_first();
        }
        if self.states.contains(&(expires, nonce)) {
            return Use::Again;
        }
        if self.states.len() >= MOST {
            return Use::Full;
        }
        self.states.insert((expires, nonce));
        Use::First
    }
}
