//! The states that were used, where each may be used once.

use std::collections::BTreeSet;
use std::time::Duration;

/// A nonce tells sealed states apart.
pub(super) type NonceBytes = [u8; 12];

/// The most states remembered: about 4 MiB.
pub(super) const MOST: usize = 65_536;

/// Used states until they expire, the first to expire first. A full set takes no new one rather than forget one that could come again.
#[derive(Debug, Default)]
pub(super) struct UsedStates {
    states: BTreeSet<(Duration, NonceBytes)>,
}

/// What became of a state that was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    First,
    Again,
    /// It cannot be remembered, so it must not be used.
    Full,
}

impl UsedStates {
    /// Marks the state with `nonce`, good until `expires`, as used. Times count from 1970.
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
