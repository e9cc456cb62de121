//! When an authority that failed is left alone: only the decisions, without clock or network. Times
//! are those of a monotonic clock.

use std::time::Duration;

/// How long it is left alone after the first failure.
pub(super) const SHORTEST: Duration = Duration::from_millis(500);
/// How long after several, unless it asks for more.
pub(super) const LONGEST: Duration = Duration::from_secs(5);
/// How long it may ask for. A mistake in the header must not keep everybody out for a day.
pub(super) const LONGEST_ASKED_FOR: Duration = Duration::from_mins(10);

/// The rest of an authority. Every failure after a rest makes the next one twice as long.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// How many times in a row it failed after a rest.
    failures: u32,
    /// When the last rest ends.
    until: Duration,
}

impl Rest {
    /// How long it is still left alone, if it is.
    pub(super) fn left(&self, now: Duration) -> Option<Duration> {
        self.until.checked_sub(now).filter(|left| !left.is_zero())
    }

    /// A question of `asked_at` failed. Says whether an outage begins with it.
    ///
    /// Questions that were asked before a rest began belong to the same failure.
    pub(super) fn failed(
        &mut self,
        asked_at: Duration,
        now: Duration,
        retry_after: Option<Duration>,
    ) -> bool {
        if asked_at >= self.until {
            self.failures = self.failures.saturating_add(1);
        }
        let doubled = SHORTEST.saturating_mul(1 << self.failures.saturating_sub(1).min(8));
        let wanted = retry_after.unwrap_or_default().min(LONGEST_ASKED_FOR);
        let rest = doubled.min(LONGEST).max(wanted);
        let begins = self.failures == 1 && asked_at >= self.until;
        self.until = self.until.max(now.saturating_add(rest));
        begins
    }

    /// A question of `asked_at` was answered. Says whether an outage ends with it.
    pub(super) fn answered(&mut self, asked_at: Duration) -> bool {
        if asked_at < self.until {
            return false;
        }
        std::mem::take(&mut self.failures) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const NOW: Duration = Duration::from_secs(1_000);

    #[test]
    fn rests_grow_and_end_with_an_answer() {
        let mut rest = Rest::default();
        assert_eq!(rest.left(NOW), None);
        let mut now = NOW;
        let mut rests = Vec::new();
        for _ in 0..6 {
            assert_eq!(rest.failed(now, now, None), now == NOW);
            let left = rest.left(now).unwrap();
            rests.push(left.as_millis());
            now += left;
            assert_eq!(rest.left(now), None);
        }
        assert_eq!(rests, [500, 1_000, 2_000, 4_000, 5_000, 5_000]);
        assert!(rest.answered(now));
        assert!(!rest.answered(now));
        assert!(rest.failed(now, now, None));
        assert_eq!(rest.left(now), Some(SHORTEST));
    }

    #[test]
    fn what_was_asked_before_a_rest_is_one_failure() {
        let mut rest = Rest::default();
        let begin = NOW.checked_sub(SECOND).unwrap();
        for n in 0..100 {
            assert_eq!(rest.failed(begin, NOW, None), n == 0);
        }
        assert_eq!(rest.left(NOW), Some(SHORTEST));
        // An answer that was on its way does not end it, either.
        assert!(!rest.answered(begin));
        assert_eq!(rest.left(NOW), Some(SHORTEST));
    }

    #[test]
    fn the_authority_may_ask_for_more_within_bounds() {
        for (wanted, left) in [
            (Duration::ZERO, SHORTEST),
            (30 * SECOND, 30 * SECOND),
            (Duration::MAX, LONGEST_ASKED_FOR),
        ] {
            let mut rest = Rest::default();
            rest.failed(NOW, NOW, Some(wanted));
            assert_eq!(rest.left(NOW), Some(left));
            // A later failure without a wish does not shorten it.
            rest.failed(NOW, NOW, None);
            assert_eq!(rest.left(NOW), Some(left));
        }
    }
}
