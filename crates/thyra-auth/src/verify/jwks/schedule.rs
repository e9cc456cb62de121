//! When a key set is fetched: only the decisions, without clock, network or waiting.

use std::time::Duration;

/// How soon after the start of a failed attempt the next may start while there are no keys at all.
pub(super) const COLD_SPACING: Duration = Duration::from_millis(500);
/// The same, while there are keys that can still be used.
pub(super) const STALE_SPACING: Duration = Duration::from_secs(5);
/// How soon after the start of any attempt one for an unknown `kid` may start.
pub(super) const UNKNOWN_SPACING: Duration = Duration::from_secs(1);
/// The same, once several such attempts have found nothing new.
pub(super) const FLOOD_SPACING: Duration = Duration::from_secs(5);
/// How many such attempts in a row make a flood.
pub(super) const FRUITLESS_LIMIT: u8 = 4;
/// How long no unknown `kid` must appear before a flood is over.
pub(super) const FLOOD_END: Duration = Duration::from_mins(1);

/// Decides when attempts start, and numbers them from one on. At most one is under way, and at most
/// one is planned.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// The number of the last attempt that started.
    started: u64,
    /// The number of the last attempt that ended.
    finished: u64,
    last_start: Option<Duration>,
    last_failed: bool,
    flight: Option<Purpose>,
    planned: Option<Plan>,
    /// How many attempts for unknown `kid`s in a row changed nothing.
    fruitless: u8,
    last_unknown: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Plan {
    at: Duration,
    purpose: Purpose,
}

/// What an attempt is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Any keys.
    Keys,
    /// A `kid` that is not known.
    Unknown,
}

/// What a request with an unknown `kid` should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Advice {
    /// Wait for the planned attempt.
    Wait,
    /// Give up: there is a flood of unknown `kid`s, and an attempt is planned in any case.
    GiveUp,
}

/// A finished attempt, by how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The set has changed.
    Changed,
    /// There is no set.
    Failed,
    /// The set is the same as before.
    Unchanged,
}

impl Schedule {
    /// There are no keys, and a request waits for some.
    pub(super) fn cold(&mut self, now: Duration) {
        let at = self.not_before(now, COLD_SPACING);
        self.plan(at, Purpose::Keys);
    }

    /// The keys are past their lifetime.
    pub(super) fn stale(&mut self, now: Duration) {
        if self.flight.is_none() && self.planned.is_none() {
            let spacing = if self.last_failed {
                STALE_SPACING
            } else {
                COLD_SPACING
            };
            let at = self.not_before(now, spacing);
            self.plan(at, Purpose::Keys);
        }
    }

    /// A request has a `kid` that is not among the keys.
    pub(super) fn unknown(&mut self, now: Duration) -> Advice {
        if self
            .last_unknown
            .is_some_and(|last| now.saturating_sub(last) >= FLOOD_END)
        {
            self.fruitless = 0;
        }
        self.last_unknown = Some(now);
        let (spacing, advice) = if self.fruitless < FRUITLESS_LIMIT {
            (UNKNOWN_SPACING, Advice::Wait)
        } else {
            (FLOOD_SPACING, Advice::GiveUp)
        };
        let at = self.not_before(now, spacing);
        self.plan(at, Purpose::Unknown);
        advice
    }

    /// When the next attempt is to start, if one is.
    pub(super) fn next(&self) -> Option<Duration> {
        self.planned.map(|plan| plan.at)
    }

    /// The planned attempt starts.
    pub(super) fn start(&mut self, now: Duration) {
        let plan = self.planned.take();
        self.flight = Some(plan.map_or(Purpose::Keys, |plan| plan.purpose));
        self.started += 1;
        self.last_start = Some(now);
    }

    /// The attempt under way has ended.
    pub(super) fn finish(&mut self, outcome: Attempt) {
        let purpose = self.flight.take();
        self.finished = self.started;
        self.last_failed = outcome == Attempt::Failed;
        match outcome {
            Attempt::Changed => self.fruitless = 0,
            Attempt::Failed | Attempt::Unchanged if purpose == Some(Purpose::Unknown) => {
                self.fruitless = self.fruitless.saturating_add(1);
            }
            Attempt::Failed | Attempt::Unchanged => {}
        }
        // Requests that only wanted keys have them.
        if outcome != Attempt::Failed {
            self.planned = self.planned.filter(|plan| plan.purpose == Purpose::Unknown);
        }
    }

    /// The attempt under way was cut off, so it has to be made again.
    pub(super) fn abandon(&mut self) {
        if let Some(purpose) = self.flight.take() {
            self.plan(self.last_start.unwrap_or_default(), purpose);
        }
    }

    /// The number of the first attempt that starts from now on.
    pub(super) fn upcoming(&self) -> u64 {
        self.started + 1
    }

    /// How attempt `number` or a later one ended; `None` as long as it has not.
    pub(super) fn ended(&self, number: u64) -> Option<Ended> {
        (self.finished >= number).then_some(if self.last_failed {
            Ended::Failed
        } else {
            Ended::Well
        })
    }

    fn not_before(&self, now: Duration, spacing: Duration) -> Duration {
        self.last_start
            .map_or(now, |last| now.max(last.saturating_add(spacing)))
    }

    /// Plans an attempt; an earlier one serves all purposes.
    fn plan(&mut self, at: Duration, purpose: Purpose) {
        let planned = self.planned.get_or_insert(Plan { at, purpose });
        planned.at = planned.at.min(at);
        if purpose == Purpose::Unknown {
            planned.purpose = purpose;
        }
    }
}

/// How an attempt ended, as far as its number matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// There is no set.
    Failed,
    /// There is one.
    Well,
}

#[cfg(test)]
mod tests;
