//! How many bytes sessions keep for clients that come back: each of them, and all together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many sessions can use their full budget at the same time.
const FULL_SESSIONS: usize = 64;

/// The bytes that all sessions of a server may keep. Clones share one budget.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    each: usize,
    kept: Arc<AtomicUsize>,
}

/// One session's share of a budget. Dropping it returns the bytes.
#[derive(Debug)]
pub(super) struct Account {
    budget: Budget,
    booked: usize,
}

impl Budget {
    /// At most `each` bytes for a session, and 64 times that for all sessions.
    pub(crate) fn new(each: usize) -> Self {
        Self {
            each,
            kept: Arc::default(),
        }
    }

    pub(super) fn open(&self) -> Account {
        Account {
            budget: self.clone(),
            booked: 0,
        }
    }
}

impl Account {
    /// The most bytes that the session may keep now. Sessions that ask at the same moment may
    /// exceed the budget a little.
    pub(super) fn most(&self) -> usize {
        let all = self.budget.each.saturating_mul(FULL_SESSIONS);
        let others = self
            .budget
            .kept
            .load(Ordering::Relaxed)
            .saturating_sub(self.booked);
        self.budget.each.min(all.saturating_sub(others))
    }

    /// Records that the session now keeps `bytes`.
    pub(super) fn book(&mut self, bytes: usize) {
        let kept = &self.budget.kept;
        if bytes > self.booked {
            kept.fetch_add(bytes - self.booked, Ordering::Relaxed);
        } else if bytes < self.booked {
            kept.fetch_sub(self.booked - bytes, Ordering::Relaxed);
        }
        self.booked = bytes;
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.book(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_keep_is_not_there_for_one_and_comes_back() {
        let budget = Budget::new(100);
        let mut accounts: Vec<_> = (0..FULL_SESSIONS).map(|_| budget.open()).collect();
        let mut one = budget.open();
        assert_eq!(one.most(), 100);
        for account in &mut accounts {
            account.book(99);
        }
        assert_eq!(one.most(), 64);
        one.book(64);
        assert_eq!(one.most(), 64);
        accounts.pop();
        assert_eq!(one.most(), 100);
        drop((one, accounts));
        assert_eq!(budget.kept.load(Ordering::Relaxed), 0);
    }
}
