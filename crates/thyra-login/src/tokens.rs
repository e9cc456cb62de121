//! What the program has been granted, and for how long.

use std::fmt;
use std::time::Duration;

use thyra_oauth::{Clock, ScopeSet, Secret, TokenResponse};

/// How long before its end a token is renewed: a tenth of its life, but no more than a minute.
const EARLY_PART: u32 = 10;
const EARLY_MAX: Duration = Duration::from_mins(1);

/// What a program has been granted.
pub struct Tokens {
    access: Secret,
    pub(crate) refresh: Option<Secret>,
    pub(crate) scopes: Option<ScopeSet>,
    pub(crate) expires_in: Option<Duration>,
    /// When to renew it, by the monotonic clock.
    renew_at: Option<Duration>,
}

impl Tokens {
    /// What came in answer to a request at `asked_at`, by the monotonic clock. `scopes` are those
    /// that were asked for: they hold when the answer names none (OAuth 2.1 section 3.2.3).
    pub(crate) fn new(
        response: TokenResponse,
        asked_at: Duration,
        scopes: Option<&ScopeSet>,
    ) -> Self {
        Self {
            access: response.access_token,
            refresh: response.refresh_token,
            scopes: response.scope.or_else(|| scopes.cloned()),
            expires_in: response.expires_in,
            renew_at: response.expires_in.and_then(|life| {
                asked_at.checked_add(life.saturating_sub(EARLY_MAX.min(life / EARLY_PART)))
            }),
        }
    }

    /// The access token, to be sent as `Authorization: Bearer`.
    pub fn access(&self) -> &Secret {
        &self.access
    }

    /// The scopes of the access token, when they are known.
    pub fn scopes(&self) -> Option<&ScopeSet> {
        self.scopes.as_ref()
    }

    /// How long the access token lives, counted from when it was issued.
    pub fn expires_in(&self) -> Option<Duration> {
        self.expires_in
    }

    /// Whether there is a refresh token.
    pub fn is_renewable(&self) -> bool {
        self.refresh.is_some()
    }

    /// Whether the access token should be renewed now.
    pub(crate) fn is_stale(&self, clock: &dyn Clock) -> bool {
        self.renew_at
            .is_some_and(|renew_at| renew_at <= clock.monotonic())
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use thyra_oauth::ManualClock;

    use super::*;

    fn tokens(expires_in: Option<u64>) -> Tokens {
        let expires_in = expires_in.map_or("null".to_owned(), |life| life.to_string());
        let body =
            format!(r#"{{"access_token":"hush","token_type":"Bearer","expires_in":{expires_in}}}"#);
        let response = TokenResponse::read(200, body.as_bytes()).unwrap();
        Tokens::new(response, Duration::ZERO, Some(&ScopeSet::parse("a b")))
    }

    #[test]
    fn a_token_is_renewed_a_little_before_its_end() {
        for (life, renewed_after) in [(300, 270), (3600, 3540), (10, 9), (0, 0)] {
            let clock = ManualClock::new(Duration::ZERO);
            let tokens = tokens(Some(life));
            assert_eq!(tokens.expires_in(), Some(Duration::from_secs(life)));
            clock.advance(
                Duration::from_secs(renewed_after).saturating_sub(Duration::from_millis(1)),
            );
            assert_eq!(tokens.is_stale(&clock), renewed_after == 0, "{life}");
            clock.advance(Duration::from_millis(1));
            assert!(tokens.is_stale(&clock), "{life}");
        }
        for endless in [tokens(None), tokens(Some(u64::MAX))] {
            assert!(!endless.is_stale(&ManualClock::new(Duration::ZERO)));
        }
    }

    #[test]
    fn the_scopes_that_were_asked_for_hold_when_none_are_named() {
        assert_eq!(tokens(None).scopes(), Some(&ScopeSet::parse("a b")));
        assert!(!tokens(None).is_renewable());
    }

    #[test]
    fn no_debug_output_holds_a_token() {
        assert!(!format!("{:?}", tokens(None)).contains("hush"));
    }
}
