//! How often something may be done.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thyra_oauth::Clock;

/// How often something may be done by all callers together: in bursts, and at a rate in the long
/// run.
#[derive(Debug)]
pub(crate) struct Rate {
    interval: Duration,
    /// How far ahead of the rate a burst may be.
    ahead: Duration,
    clock: Arc<dyn Clock>,
    /// When everything that was done so far would have been done at the rate itself.
    due: Mutex<Duration>,
}

impl Rate {
    /// `per_second` and `burst` count as 1 when they are 0.
    pub(crate) fn new(per_second: u32, burst: u32, clock: Arc<dyn Clock>) -> Self {
        let interval = Duration::from_secs(1) / per_second.max(1);
        Self {
            interval,
            ahead: interval * (burst.max(1) - 1),
            clock,
            due: Mutex::default(),
        }
    }

    /// Counts one.
    ///
    /// # Errors
    ///
    /// When it is too early, after how long it is not.
    pub(crate) fn take(&self) -> Result<(), Duration> {
        let (mut due, now) = self.due()?;
        *due = due.max(now).saturating_add(self.interval);
        Ok(())
    }

    /// Whether one could be counted.
    ///
    /// # Errors
    ///
    /// As [`Rate::take`].
    pub(crate) fn check(&self) -> Result<(), Duration> {
        self.due().map(|_| ())
    }

    fn due(&self) -> Result<(MutexGuard<'_, Duration>, Duration), Duration> {
        let now = self.clock.monotonic();
        // The lock guards one number, which is never half written.
        let due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = due.saturating_sub(now.saturating_add(self.ahead));
        if wait.is_zero() {
            Ok((due, now))
        } else {
            Err(wait)
        }
    }
}

#[cfg(test)]
mod tests {
    use thyra_oauth::ManualClock;

    use super::*;

    #[test]
    fn a_burst_and_then_the_rate() {
        let clock = ManualClock::new(Duration::ZERO);
        let rate = Rate::new(5, 50, Arc::new(clock.clone()));
        let taken = |most: u32| (0..most).filter(|_| rate.take().is_ok()).count();
        assert_eq!(taken(1000), 50);
        assert_eq!(rate.take(), Err(Duration::from_millis(200)));
        clock.advance(Duration::from_millis(199));
        assert_eq!(rate.check(), Err(Duration::from_millis(1)));
        assert_eq!(rate.take(), Err(Duration::from_millis(1)));
        clock.advance(Duration::from_millis(1));
        assert_eq!((rate.check(), taken(1000)), (Ok(()), 1));
        clock.advance(Duration::from_secs(2));
        assert_eq!(taken(1000), 10);
        clock.advance(Duration::from_hours(1));
        assert_eq!(taken(1000), 50);
    }

    #[test]
    fn a_rate_of_nothing_is_one_a_second() {
        let clock = ManualClock::new(Duration::ZERO);
        let rate = Rate::new(0, 0, Arc::new(clock));
        assert_eq!(
            (rate.take(), rate.take()),
            (Ok(()), Err(Duration::from_secs(1)))
        );
    }
}
