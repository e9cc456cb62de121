//! Time, passed in.

use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// Where the time comes from.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time since 1970-01-01 UTC, for what tokens say. It may jump when the machine's clock is set.
    fn unix(&self) -> Duration;

    /// The time since some fixed point, for spacing and lifetimes. It never goes back.
    fn monotonic(&self) -> Duration;
}

/// The machine's own clocks. The monotonic one follows tokio's, so a test may pause it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// The fixed point that monotonic times count from.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    fn unix(&self) -> Duration {
        // A clock before 1970 reads as 1970: every token is then not valid yet, which is the safe side.
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
    }

    fn monotonic(&self) -> Duration {
        let start = *START;
        Instant::now().saturating_duration_since(start)
    }
}

/// A clock that moves when it is told to, for tests. Clones are one clock.
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

    /// Moves both times on.
    pub fn advance(&self, by: Duration) {
        let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        times.unix += by;
        times.monotonic += by;
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
