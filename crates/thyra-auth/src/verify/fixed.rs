//! A fixed list of tokens, for development and tests.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use thyra_oauth::{Clock, SystemClock};

use super::cache::TokenHash;
use super::{BearerToken, TokenRejected, TokenVerifier, Verdict};
use crate::principal::Principal;

/// Accepts a fixed list of tokens, for development and tests. Never use it where anybody else can
/// reach the server: a token that was written down is a token that leaks.
///
/// ```
/// use thyra_auth::{Principal, StaticTokens};
///
/// let ada = Principal::builder("https://issuer.example", "ada").build();
/// let tokens = StaticTokens::default().token("ada-token", ada);
/// ```
#[derive(Clone)]
pub struct StaticTokens {
    /// By hash, so that looking one up says nothing about the others through its timing.
    tokens: HashMap<TokenHash, Arc<Principal>>,
    clock: Arc<dyn Clock>,
}

impl StaticTokens {
    /// Accepts a token as this principal's, until the principal expires if it does.
    #[must_use]
    pub fn token(mut self, token: impl AsRef<str>, principal: Principal) -> Self {
        let token = TokenHash::of(token.as_ref());
        self.tokens.insert(token, Arc::new(principal));
        self
    }

    /// The clock that tokens expire by.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    fn judge(&self, token: &BearerToken<'_>) -> Verdict {
        let Some(principal) = self.tokens.get(&TokenHash::of(token.as_str())) else {
            return Verdict::Rejected(TokenRejected::UnknownToken);
        };
        if principal
            .expires_at()
            .is_some_and(|end| self.clock.unix() >= end)
        {
            return Verdict::Rejected(TokenRejected::Expired);
        }
        Verdict::Accepted(Arc::clone(principal))
    }
}

impl Default for StaticTokens {
    fn default() -> Self {
        Self {
            tokens: HashMap::new(),
            clock: Arc::new(SystemClock),
        }
    }
}

impl TokenVerifier for StaticTokens {
    fn check_cached(&self, token: &BearerToken<'_>) -> Option<Verdict> {
        Some(self.judge(token))
    }

    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        ready(self.judge(token)).boxed()
    }
}

impl fmt::Debug for StaticTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticTokens")
            .field("tokens", &self.tokens.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use thyra_oauth::ManualClock;

    use super::*;

    #[tokio::test]
    async fn tokens_are_known_or_not_and_expire() {
        let clock = Arc::new(ManualClock::new(Duration::from_secs(100)));
        let end = Duration::from_secs(101);
        let tokens = StaticTokens::default()
            .token("lasting", Principal::builder("i", "ada").build())
            .token(
                "ending",
                Principal::builder("i", "bob").expires_at(end).build(),
            )
            .clock(clock.clone());
        let judge = async |token: &str| match tokens.verify(&BearerToken::new(token)).await {
            Verdict::Accepted(principal) => Ok(principal.subject().to_owned()),
            Verdict::Rejected(reason) => Err(reason),
            Verdict::Unavailable(_) => panic!("nothing can be unavailable"),
        };
        assert_eq!(judge("lasting").await.unwrap(), "ada");
        assert_eq!(judge("ending").await.unwrap(), "bob");
        assert_eq!(judge("Lasting").await, Err(TokenRejected::UnknownToken));
        assert_eq!(judge("").await, Err(TokenRejected::UnknownToken));
        clock.advance(Duration::from_secs(1));
        assert_eq!(judge("ending").await, Err(TokenRejected::Expired));
        assert_eq!(judge("lasting").await.unwrap(), "ada");
        assert!(!format!("{tokens:?}").contains("lasting"));
    }
}
