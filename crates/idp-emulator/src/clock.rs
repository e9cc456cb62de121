//! The time of the environment.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;

/// How far the clock may be moved: about a hundred years, so that no sum with a lifetime overflows.
const MAX_SHIFT: i64 = 100 * 366 * 24 * 3600;

/// A change of the emulator's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockChange {
    /// Move by so many seconds, forwards or backwards. A running clock goes on running.
    #[serde(rename = "advance_seconds")]
    Advance(i64),
    /// Stand still at a time, in seconds since 1970.
    #[serde(rename = "set_unix")]
    Freeze(u64),
    /// Follow the machine's clock again.
    #[serde(rename = "system")]
    System,
}

/// The machine's clock, shifted or frozen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    frozen: Option<u64>,
    shift: i64,
}

impl Clock {
    /// Seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        let base = self.frozen.unwrap_or_else(|| {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |elapsed| elapsed.as_secs())
        });
        base.saturating_add_signed(self.shift)
    }

    /// Applies a change; one that leads out of the supported range is cut to it.
    pub(crate) fn change(&mut self, change: ClockChange) {
        match change {
            ClockChange::Advance(seconds) => {
                self.shift = self
                    .shift
                    .saturating_add(seconds)
                    .clamp(-MAX_SHIFT, MAX_SHIFT);
            }
            ClockChange::Freeze(unix) => {
                let unix = unix.min(MAX_SHIFT.unsigned_abs());
                *self = Self {
                    frozen: Some(unix),
                    shift: 0,
                };
            }
            ClockChange::System => *self = Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let mut clock = Clock::default();
        clock.change(ClockChange::Freeze(1_000));
        assert_eq!(clock.now(), 1_000);
        clock.change(ClockChange::Advance(-400));
        assert_eq!(clock.now(), 600);
        clock.change(ClockChange::Advance(i64::MIN));
        assert_eq!(clock.now(), 0);
        clock.change(ClockChange::System);
        assert!(clock.now() > 1_000_000);
    }

    #[test]
    fn extreme_times_are_cut_to_the_supported_range() {
        let mut clock = Clock::default();
        clock.change(ClockChange::Freeze(u64::MAX));
        clock.change(ClockChange::Advance(i64::MAX));
        assert_eq!(clock.now(), 2 * MAX_SHIFT.unsigned_abs());
    }
}
