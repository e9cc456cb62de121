//! Where the time comes from.

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where the time comes from.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time since 1970-01-01 UTC, to compare with what tokens say. It may jump when the
    /// machine's clock is set.
    fn unix(&self) -> Duration;

    /// The time since some fixed point, for intervals and lifetimes. It never goes back.
    fn monotonic(&self) -> Duration;
}

/// The machine's own clocks. The monotonic one follows tokio's, so a test may pause it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// The fixed point that monotonic times count from. It lies a day in the past, because a paused
/// tokio clock may lag behind the machine's.
static START: LazyLock<Instant> = LazyLock::new(|| {
    let now = Instant::now();
    now.checked_sub(Duration::from_hours(24)).unwrap_or(now)
});

impl Clock for SystemClock {
    fn unix(&self) -> Duration {
        // A clock before 1970 reads as 1970: every token is then not valid yet, which is the safe
        // side.
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
    }

    fn monotonic(&self) -> Duration {
        tokio::time::Instant::now()
            .into_std()
            .saturating_duration_since(*START)
    }
}

/// A clock for tests that moves only when told to. Clones share it.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Times>>);

#[derive(Clone, Copy, Debug)]
struct Times {
    unix: Duration,
    monotonic: Duration,
}

impl ManualClock {
    /// A clock that stands at `unix`, the time since 1970-01-01 UTC.
    pub fn new(unix: Duration) -> Self {
        Self(Arc::new(Mutex::new(Times {
            unix,
            monotonic: Duration::ZERO,
        })))
    }

    /// Moves both times forward.
    pub fn advance(&self, by: Duration) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.unix = times.unix.saturating_add(by);
        times.monotonic = times.monotonic.saturating_add(by);
    }

    /// Sets the time since 1970-01-01 UTC, forward or back, as somebody sets a machine's clock. The
    /// monotonic time stays.
    pub fn set_unix(&self, unix: Duration) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.unix = unix;
    }

    fn times(&self) -> Times {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn unix(&self) -> Duration {
        self.times().unix
    }

    fn monotonic(&self) -> Duration {
        self.times().monotonic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_and_its_clones_move_when_told() {
        let clock = ManualClock::new(Duration::from_secs(100));
        clock.clone().advance(Duration::from_secs(5));
        assert_eq!(clock.unix(), Duration::from_secs(105));
        assert_eq!(clock.monotonic(), Duration::from_secs(5));
        clock.set_unix(Duration::from_secs(7));
        assert_eq!(clock.unix(), Duration::from_secs(7));
        assert_eq!(clock.monotonic(), Duration::from_secs(5));
    }

    #[tokio::test(start_paused = true)]
    async fn the_system_clock_follows_a_paused_runtime() {
        let before = SystemClock.monotonic();
        tokio::time::advance(Duration::from_hours(1)).await;
        let passed = SystemClock.monotonic().checked_sub(before);
        assert_eq!(passed, Some(Duration::from_hours(1)));
    }
}
