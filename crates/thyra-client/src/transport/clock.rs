//! The time that a server may take to answer.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The time that is left for an answer. It stands still while the server waits for the client.
#[derive(Debug)]
pub(crate) struct CallClock {
    /// `None` when the end lies beyond what the clock can say.
    deadline: Option<Instant>,
    paused: Option<Instant>,
}

impl CallClock {
    pub(crate) fn start(limit: Duration) -> Self {
        Self {
            deadline: Instant::now().checked_add(limit),
            paused: None,
        }
    }

    pub(crate) fn pause(&mut self) {
        self.paused.get_or_insert_with(Instant::now);
    }

    pub(crate) fn go_on(&mut self) {
        if let Some(paused) = self.paused.take() {
            self.deadline = self
                .deadline
                .and_then(|deadline| deadline.checked_add(paused.elapsed()));
        }
    }

    /// How much time is left.
    pub(crate) fn left(&self) -> Duration {
        let now = self.paused.unwrap_or_else(Instant::now);
        self.deadline
            .map_or(Duration::MAX, |deadline| deadline.duration_since(now))
    }

    /// Waits until the time is up. Pending forever while the clock stands still.
    pub(crate) async fn expired(&self) {
        match (self.deadline, self.paused) {
            (Some(deadline), None) => sleep_until(deadline).await,
            _ => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_time_in_which_the_server_waits_does_not_count() {
        let begun = Instant::now();
        let mut clock = CallClock::start(Duration::from_mins(1));
        advance(Duration::from_secs(20)).await;
        clock.pause();
        advance(Duration::from_hours(1)).await;
        // A second question does not begin the pause anew.
        clock.pause();
        let hour = Duration::from_hours(1);
        assert!(tokio::time::timeout(hour, clock.expired()).await.is_err());
        assert_eq!(clock.left(), Duration::from_secs(40));
        clock.go_on();
        clock.go_on();
        clock.expired().await;
        assert_eq!(begun.elapsed(), Duration::from_mins(121));
        assert_eq!(clock.left(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_beyond_all_clocks_never_ends() {
        let clock = CallClock::start(Duration::MAX);
        let day = Duration::from_hours(24);
        assert!(tokio::time::timeout(day, clock.expired()).await.is_err());
    }
}
