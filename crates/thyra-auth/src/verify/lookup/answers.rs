//! What was answered about tokens, by their hash.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use thyra_oauth::Clock;

use crate::principal::{Principal, PrincipalBuilder, Retirement};
use crate::verify::TokenRejected;
use crate::verify::cache::{TokenHash, weight};

/// How many refused tokens are remembered.
const MOST_REFUSED: u64 = 10_000;

/// What was answered about tokens. Good tokens and refused ones have places of their own, so that
/// nobody pushes the good ones out by sending any number of bad ones.
pub(super) struct Answers {
    good: Cache<TokenHash, Good>,
    refused: Cache<TokenHash, Refused>,
}

/// An answer that still counts.
pub(super) enum Answer {
    /// It is this caller's.
    Good(Arc<Principal>),
    /// There was no answer that could be used; it can be asked for again after this time.
    None(Duration),
    /// It is refused.
    Refused(TokenRejected),
}

/// A good token. It stays after its time, so that whoever was let in with it can be told when it
/// turns out to be bad.
#[derive(Clone)]
struct Good {
    principal: Arc<Principal>,
    /// Monotonic.
    until: Duration,
}

#[derive(Clone, Copy)]
struct Refused {
    /// `None`: the answer could not be used.
    reason: Option<TokenRejected>,
    /// Monotonic.
    until: Duration,
}

impl Answers {
    /// Answers of which the good ones may use about this many bytes.
    pub(super) fn of(bytes: u64) -> Self {
        Self {
            good: Cache::builder()
                .max_capacity(bytes)
                .weigher(|_: &TokenHash, good: &Good| weight(&good.principal))
                .build(),
            refused: Cache::new(MOST_REFUSED),
        }
    }

    /// The answer about a token that still counts.
    pub(super) fn get(&self, token: TokenHash, clock: &dyn Clock) -> Option<Answer> {
        let now = clock.monotonic();
        if let Some(good) = self.good.get(&token) {
            let has_ended = |end| clock.unix() >= end;
            if now < good.until && !good.principal.expires_at().is_some_and(has_ended) {
                return Some(Answer::Good(good.principal));
            }
        }
        let refused = self.refused.get(&token)?;
        let left = refused.until.checked_sub(now)?;
        if left.is_zero() {
            return None;
        }
        Some(refused.reason.map_or(Answer::None(left), Answer::Refused))
    }

    /// The token is good, and counts as good until this time.
    pub(super) fn accept(
        &self,
        token: TokenHash,
        principal: PrincipalBuilder,
        until: Duration,
    ) -> Arc<Principal> {
        // Whoever was let in before has the same token.
        let before = self.good.get(&token);
        let before = before.and_then(|good| good.principal.key().cloned());
        let retirement = before.unwrap_or_default();
        let principal = Arc::new(principal.key(retirement).build());
        let good = Good {
            principal: Arc::clone(&principal),
            until,
        };
        self.good.insert(token, good);
        self.refused.invalidate(&token);
        principal
    }

    /// The token is bad, and so is everybody who was let in with it.
    pub(super) fn refuse(&self, token: TokenHash, reason: TokenRejected, until: Duration) {
        if let Some(good) = self.good.remove(&token)
            && let Some(retirement) = good.principal.key()
        {
            Retirement::begin(retirement);
        }
        let reason = Some(reason);
        self.refused.insert(token, Refused { reason, until });
    }

    /// Nobody can say what the token is; until this time, nobody is asked about it.
    pub(super) fn no_answer(&self, token: TokenHash, until: Duration) {
        let reason = None;
        self.refused.insert(token, Refused { reason, until });
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers")
            .field("good", &self.good.entry_count())
            .field("refused", &self.refused.entry_count())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use thyra_oauth::ManualClock;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ada() -> PrincipalBuilder {
        Principal::builder("https://issuer", "ada")
    }

    #[test]
    fn a_flood_of_bad_tokens_pushes_no_good_one_out() {
        let answers = Answers::of(1024 * 1024);
        let clock = ManualClock::new(SECOND);
        let good = TokenHash::of("good");
        answers.accept(good, ada(), SECOND);
        for n in 0..3 * MOST_REFUSED {
            let bad = TokenHash::of(&n.to_string());
            answers.refuse(bad, TokenRejected::UnknownToken, SECOND);
        }
        answers.refused.run_pending_tasks();
        assert!(answers.refused.entry_count() <= MOST_REFUSED);
        assert!(matches!(answers.get(good, &clock), Some(Answer::Good(_))));
    }

    #[test]
    fn the_good_ones_are_bounded_in_memory() {
        let answers = Answers::of(100 * 1024);
        for n in 0..1_000 {
            answers.accept(TokenHash::of(&n.to_string()), ada(), SECOND);
        }
        answers.good.run_pending_tasks();
        assert!(answers.good.weighted_size() <= 100 * 1024);
    }

    #[test]
    fn a_token_that_turns_out_bad_ends_everything_that_began_with_it() {
        let answers = Answers::of(1024 * 1024);
        let token = TokenHash::of("token");
        let first = answers.accept(token, ada(), SECOND);
        let second = answers.accept(token, ada(), 2 * SECOND);
        let other = answers.accept(TokenHash::of("other"), ada(), SECOND);
        let is_over = |principal: &Principal| principal.key().unwrap().has_begun();
        assert!(!is_over(&first) && !is_over(&second));
        answers.refuse(token, TokenRejected::UnknownToken, SECOND);
        assert!(is_over(&first) && is_over(&second) && !is_over(&other));
        // A token that is good again is a new beginning.
        assert!(!is_over(&answers.accept(token, ada(), SECOND)));
    }
}
