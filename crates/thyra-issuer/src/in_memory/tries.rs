//! How often somebody may guess a password.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thyra_oauth::Clock;

/// How many wrong passwords rest a user.
const MOST: u32 = 5;

/// For how long a user rests.
const REST: Duration = Duration::from_mins(1);

/// The wrong passwords of each user since the last good one. There is one place a user, so guessing
/// names takes no memory.
#[derive(Debug)]
pub(super) struct Tries {
    clock: Arc<dyn Clock>,
    users: Mutex<Vec<Wrong>>,
}

#[derive(Clone, Debug, Default)]
struct Wrong {
    count: u32,
    /// When the last one came, by the monotonic clock.
    last: Duration,
}

impl Tries {
    pub(super) fn new(users: usize, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            users: Mutex::new(vec![Wrong::default(); users]),
        }
    }

    /// Notes a try, whose password was good or not, and says whether the user may sign in. Nobody
    /// may while the user rests.
    pub(super) fn judge(&self, user: usize, good: bool) -> bool {
        let now = self.clock.monotonic();
        // The lock guards numbers, which are never half written.
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(wrong) = users.get_mut(user) else {
            return false;
        };
        if now.saturating_sub(wrong.last) >= REST {
            wrong.count = 0;
        }
        if wrong.count >= MOST {
            return false;
        }
        if good {
            wrong.count = 0;
        } else {
            wrong.count += 1;
            wrong.last = now;
        }
        good
    }
}

#[cfg(test)]
mod tests {
    use thyra_oauth::ManualClock;

    use super::*;

    #[test]
    fn five_wrong_passwords_rest_a_user_for_a_minute() {
        let clock = ManualClock::new(Duration::from_secs(1_000_000));
        let tries = Tries::new(2, Arc::new(clock.clone()));
        for _ in 0..4 {
            assert!(!tries.judge(0, false));
        }
        assert!(tries.judge(0, true), "four are no reason");
        for _ in 0..5 {
            assert!(!tries.judge(0, false));
        }
        assert!(!tries.judge(0, true));
        assert!(tries.judge(1, true), "another user does not rest");

        clock.advance(REST.checked_sub(Duration::from_secs(1)).unwrap());
        assert!(!tries.judge(0, true));
        clock.advance(Duration::from_secs(1));
        assert!(tries.judge(0, true));
    }

    #[test]
    fn tries_while_a_user_rests_do_not_make_it_longer() {
        let clock = ManualClock::new(Duration::ZERO);
        let tries = Tries::new(1, Arc::new(clock.clone()));
        for _ in 0..5 {
            tries.judge(0, false);
        }
        clock.advance(Duration::from_secs(59));
        assert!(!tries.judge(0, false));
        clock.advance(Duration::from_secs(1));
        assert!(tries.judge(0, true));
    }
}
