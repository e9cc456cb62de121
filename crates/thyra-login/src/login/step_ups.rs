//! Which scopes were asked for because the resource demanded them. A person who has just refused
//! them, or has no right to them, is not asked again for every request (MCP, step-up
//! authorization).

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thyra_oauth::{Clock, ScopeSet};

/// How long the same scopes are not asked for again.
const PAUSE: Duration = Duration::from_mins(1);
/// The most scopes that are remembered.
const MOST: usize = 256;

/// The scopes that were asked for lately.
#[derive(Debug, Default)]
pub(super) struct StepUps(Mutex<Option<Asked>>);

#[derive(Debug)]
struct Asked {
    scopes: ScopeSet,
    /// When the last of them were, by the monotonic clock.
    at: Duration,
}

impl StepUps {
    /// Whether all of `scopes` were asked for less than a minute ago.
    pub(super) fn were_asked(&self, scopes: &ScopeSet, clock: &dyn Clock) -> bool {
        let asked = self.asked();
        let lately = asked.as_ref().filter(|asked| is_recent(asked, clock));
        lately.is_some_and(|asked| scopes.is_subset(&asked.scopes))
    }

    pub(super) fn note(&self, scopes: &ScopeSet, clock: &dyn Clock) {
        let mut asked = self.asked();
        let before = asked.as_ref().filter(|asked| is_recent(asked, clock));
        let together = before.map(|asked| asked.scopes.union(scopes));
        let together = together.filter(|together| together.len() <= MOST);
        *asked = Some(Asked {
            scopes: together.unwrap_or_else(|| scopes.clone()),
            at: clock.monotonic(),
        });
    }

    /// A new login began, so what was asked for before says nothing about it.
    pub(super) fn forget(&self) {
        *self.asked() = None;
    }

    fn asked(&self) -> MutexGuard<'_, Option<Asked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_recent(asked: &Asked, clock: &dyn Clock) -> bool {
    clock.monotonic().saturating_sub(asked.at) < PAUSE
}

#[cfg(test)]
mod tests {
    use thyra_oauth::ManualClock;

    use super::*;

    #[test]
    fn the_same_scopes_are_asked_for_once_a_minute() {
        let clock = ManualClock::new(Duration::ZERO);
        let step_ups = StepUps::default();
        let were_asked = |scopes| step_ups.were_asked(&ScopeSet::parse(scopes), &clock);
        assert!(!were_asked("a"));
        step_ups.note(&ScopeSet::parse("a"), &clock);
        step_ups.note(&ScopeSet::parse("b"), &clock);
        assert!(were_asked("a") && were_asked("a b"));
        assert!(!were_asked("a c"));
        clock.advance(PAUSE.saturating_sub(Duration::from_millis(1)));
        assert!(were_asked("a"));
        clock.advance(Duration::from_millis(1));
        assert!(!were_asked("a"));
        step_ups.note(&ScopeSet::parse("c"), &clock);
        assert!(!were_asked("a"));
        step_ups.forget();
        assert!(!were_asked("c"));
    }

    #[test]
    fn few_scopes_are_remembered() {
        let clock = ManualClock::new(Duration::ZERO);
        let step_ups = StepUps::default();
        for number in 0..1000 {
            step_ups.note(&ScopeSet::parse(&format!("s{number}")), &clock);
            assert!(step_ups.asked().as_ref().unwrap().scopes.len() <= MOST);
        }
        assert!(step_ups.were_asked(&ScopeSet::parse("s999"), &clock));
    }
}
