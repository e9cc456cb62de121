//! How long to wait before something is tried again.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// Waits that double up to a longest one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

impl Backoff {
    /// How long to wait before the attempt number `attempt`, from 0. The wait lies between half of
    /// what doubling gives and the whole, where `random` says, so that clients that lost the same
    /// server do not come back in step.
    pub(crate) fn wait(self, attempt: u32, random: u64) -> Duration {
        let factor = 1_u32.checked_shl(attempt).unwrap_or(u32::MAX);
        let half = self.first.saturating_mul(factor).min(self.longest) / 2;
        // A 32-bit part is exact, and finer than any timer.
        let part = f64::from(u32::try_from(random >> 32).unwrap_or(u32::MAX));
        half + half.mul_f64(part / f64::from(u32::MAX))
    }
}

/// A random number, good enough to spread attempts: not for secrets.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread_over_their_upper_half() {
        let backoff = Backoff {
            first: Duration::from_secs(1),
            longest: Duration::from_mins(1),
        };
        let least = [0, 1, 5, 6, 31, 32, u32::MAX].map(|attempt| backoff.wait(attempt, 0));
        assert_eq!(
            least.map(|wait| wait.as_millis()),
            [500, 1000, 16_000, 30_000, 30_000, 30_000, 30_000]
        );
        assert_eq!(backoff.wait(0, u64::MAX), Duration::from_secs(1));
        assert_eq!(backoff.wait(9, u64::MAX), Duration::from_mins(1));
        let middle = backoff.wait(1, u64::MAX / 2).as_millis();
        assert!((1499..=1501).contains(&middle), "{middle}");
    }

    #[test]
    fn random_numbers_differ() {
        assert!((0..100).any(|_| random() != random()));
    }
}
