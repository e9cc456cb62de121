//! Tokens that say nothing themselves: somebody has to be asked about each.

mod answers;
mod ask;
mod builder;
mod flights;
mod log;
mod rest;
#[cfg(test)]
pub(crate) mod testing;

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use thyra_oauth::{Clock, Secret};

use super::cache::TokenHash;
use super::jwt::MAX_TOKEN;
use super::{BearerToken, TokenRejected, TokenVerifier, Unavailable, Verdict};
use crate::principal::{Principal, PrincipalBuilder, Retirement};
use answers::{Answer, Answers};
use flights::Flights;
use log::LookupLog;
use rest::Rest;

pub(super) use ask::{Asker, object, odd_status, refused_us};
pub use builder::LookupVerifierBuilder;

/// What callers are told to wait when too many questions are under way.
const CROWDED: Duration = Duration::from_secs(1);

/// Asks the authority of a kind of tokens about one of them, such as an introspection endpoint (RFC
/// 7662) or the API of a vendor. A [`LookupVerifier`] makes a verifier of it.
///
/// It only asks and reads. The verifier around it remembers answers, compares times, bounds how
/// many questions are under way, and spares an authority that is down.
pub trait TokenLookup: fmt::Debug + Send + Sync {
    /// Asks about `token`, which is of visible ASCII characters and has at most 16 KiB. `clock` is
    /// the verifier's.
    ///
    /// Dropping the future must cancel the question: that is how the verifier limits its time.
    ///
    /// # Errors
    ///
    /// [`LookupError`] says whose fault it is that there is no principal, which decides what the
    /// caller is answered, and who is asked next.
    fn look_up<'a>(
        &'a self,
        token: BearerToken<'a>,
        clock: &'a dyn Clock,
    ) -> BoxFuture<'a, Result<Known, LookupError>>;
}

/// What the authority says of a good token.
#[derive(Clone, Debug)]
#[must_use = "it is the answer"]
pub struct Known {
    principal: PrincipalBuilder,
    not_before: Option<Duration>,
    keep: Option<Duration>,
}

impl Known {
    /// The token is this principal's. The verifier refuses it when the principal has
    /// [expired](PrincipalBuilder::expires_at).
    pub fn new(principal: PrincipalBuilder) -> Self {
        Self {
            principal,
            not_before: None,
            keep: None,
        }
    }

    /// The token is not good before this time, as the time since 1970.
    pub fn not_before(mut self, begin: Duration) -> Self {
        self.not_before = Some(begin);
        self
    }

    /// The answer must not be kept for longer than this, whatever the verifier's own time is.
    pub fn keep_at_most(mut self, time: Duration) -> Self {
        self.keep = Some(time);
        self
    }
}

/// Why a lookup gave no principal. The reasons of the last two go to the log: they must hold
/// nothing of the token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// The authority says that the token is not good, or its answer shows that it is not good here:
    /// 401.
    #[error("the token was not accepted: {0}")]
    Rejected(#[from] TokenRejected),
    /// The authority answered this one question with something that is no answer. The caller gets
    /// 503; other tokens are still asked about.
    #[error("the answer about a token cannot be used")]
    BadAnswer {
        /// What is wrong with it.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The authority cannot be reached, or answers nobody at the moment. The caller gets 503, and
    /// for a while nobody is asked about.
    #[error("there was no answer about a token")]
    NoAnswer {
        /// What went wrong.
        source: Box<dyn Error + Send + Sync>,
        /// After how long the authority wants to be asked again, if it said so.
        retry_after: Option<Duration>,
    },
}

impl LookupError {
    /// The answer cannot be used, for this reason.
    pub fn bad_answer(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::BadAnswer {
            source: reason.into(),
        }
    }

    /// The authority cannot be reached, for this reason.
    pub fn no_answer(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::NoAnswer {
            source: reason.into(),
            retry_after: None,
        }
    }
}

/// Verifies tokens by asking somebody about each of them: a [`TokenLookup`].
///
/// - A good answer counts for a minute, unless set otherwise, and never past the end of the token.
///   A bad one counts for five seconds. Tokens are kept as hashes only, and a flood of bad ones
///   pushes no good one out.
/// - Callers with the same token share one question. At most 64 are under way at a time; beyond
///   that, callers get 503.
/// - An authority that cannot be reached, or says that it is asked too often, is left alone for a
///   while: half a second at first, up to five, or as long as its `Retry-After` says, up to ten
///   minutes. Callers get 503 with `Retry-After` meanwhile, except for tokens that are still
///   remembered.
/// - A caller whose token is found to be bad after all loses its open streams
///   ([`TokenVerifier::is_revoked`]).
///
/// Clones share everything.
///
/// ```
/// use futures_util::future::{BoxFuture, FutureExt};
/// use thyra_auth::{
///     BearerToken, Clock, Known, LookupError, LookupVerifier, Principal, TokenLookup,
///     TokenRejected,
/// };
///
/// /// Asks a table of this process.
/// #[derive(Debug)]
/// struct Table;
///
/// impl TokenLookup for Table {
///     fn look_up<'a>(
///         &'a self,
///         token: BearerToken<'a>,
///         _: &'a dyn Clock,
///     ) -> BoxFuture<'a, Result<Known, LookupError>> {
///         async move {
///             match token.as_str() {
///                 "ada-token" => Ok(Known::new(Principal::builder("https://issuer", "ada"))),
///                 _ => Err(TokenRejected::UnknownToken.into()),
///             }
///         }
///         .boxed()
///     }
/// }
///
/// let verifier = LookupVerifier::builder(Table).build();
/// ```
#[derive(Clone)]
pub struct LookupVerifier(Arc<Shared>);

/// Asks about the identifier of a token; `true` refuses it.
type DenyHook = Box<dyn Fn(&str) -> bool + Send + Sync>;

struct Shared {
    lookup: Box<dyn TokenLookup>,
    clock: Arc<dyn Clock>,
    deny: Option<DenyHook>,
    leeway: Duration,
    /// How long a good answer counts, and a bad one.
    keep: Duration,
    keep_refusals: Duration,
    time_limit: Duration,
    answers: Answers,
    flights: Flights,
    rest: Mutex<Rest>,
    log: LookupLog,
}

impl LookupVerifier {
    /// Begins a verifier that asks `lookup`.
    pub fn builder(lookup: impl TokenLookup + 'static) -> LookupVerifierBuilder {
        LookupVerifierBuilder::new(Box::new(lookup))
    }
}

impl TokenVerifier for LookupVerifier {
    fn check_cached(&self, token: &BearerToken<'_>) -> Option<Verdict> {
        let token = token.as_str();
        if let Some(reason) = malformed(token) {
            return Some(Verdict::Rejected(reason));
        }
        let verdict = self.0.remembered(TokenHash::of(token));
        verdict.map(|verdict| self.0.unless_denied(verdict))
    }

    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        if let Some(verdict) = self.check_cached(token) {
            return ready(verdict).boxed();
        }
        async move {
            let verdict = self.0.asked(token.as_str()).await;
            self.0.unless_denied(verdict)
        }
        .boxed()
    }

    fn is_revoked(&self, principal: &Principal) -> bool {
        principal.key().is_some_and(Retirement::has_begun) || self.0.denies(principal)
    }
}

impl Shared {
    /// The verdict that needs no question.
    fn remembered(&self, token: TokenHash) -> Option<Verdict> {
        match self.answers.get(token, &*self.clock) {
            Some(Answer::Good(principal)) => return Some(Verdict::Accepted(principal)),
            Some(Answer::Refused(reason)) => return Some(Verdict::Rejected(reason)),
            Some(Answer::None(retry_after)) => return Some(unavailable(retry_after)),
            None => {}
        }
        let left = self.rest().left(self.clock.monotonic())?;
        Some(unavailable(left))
    }

    /// The verdict of a question that is under way already, or of a new one.
    async fn asked(self: &Arc<Self>, token: &str) -> Verdict {
        let hash = TokenHash::of(token);
        let flight = self.flights.join(hash, |seat| {
            let (shared, token) = (Arc::clone(self), Secret::new(token.to_owned()));
            async move {
                let verdict = shared.ask(hash, &token).await;
                // The answer is remembered by now, so nobody needs the flight any more.
                drop(seat);
                verdict
            }
            .boxed()
        });
        if let Some(flight) = flight {
            return flight.await;
        }
        self.log.crowded(self.clock.monotonic());
        unavailable(CROWDED)
    }

    async fn ask(&self, hash: TokenHash, token: &Secret) -> Verdict {
        let asked_at = self.clock.monotonic();
        let token = BearerToken::new(token.expose());
        let question = self.lookup.look_up(token, &*self.clock);
        let outcome = match tokio::time::timeout(self.time_limit, question).await {
            Ok(outcome) => outcome,
            Err(_) => Err(LookupError::no_answer(format!(
                "it took longer than {:?}",
                self.time_limit
            ))),
        };
        self.settle(hash, asked_at, outcome)
    }

    /// Remembers the outcome of a question, and says what it means.
    fn settle(
        &self,
        hash: TokenHash,
        asked_at: Duration,
        outcome: Result<Known, LookupError>,
    ) -> Verdict {
        let now = self.clock.monotonic();
        let outcome = outcome.and_then(|known| Ok(self.check_times(known)?));
        match outcome {
            Ok(known) => {
                self.answered(asked_at);
                let keep = known.keep.map_or(self.keep, |most| most.min(self.keep));
                // Counted from the question: what the authority knows may be that old.
                let until = asked_at.saturating_add(keep);
                let principal = self.answers.accept(hash, known.principal, until);
                Verdict::Accepted(principal)
            }
            Err(LookupError::Rejected(reason)) => {
                self.answered(asked_at);
                let until = now.saturating_add(self.keep_refusals);
                self.answers.refuse(hash, reason, until);
                Verdict::Rejected(reason)
            }
            Err(LookupError::BadAnswer { source }) => {
                self.log.bad_answer(&*source, now);
                let until = now.saturating_add(rest::SHORTEST);
                self.answers.no_answer(hash, until);
                unavailable(rest::SHORTEST)
            }
            Err(LookupError::NoAnswer {
                source,
                retry_after,
            }) => {
                let (left, is_new) = {
                    let mut rest = self.rest();
                    let is_new = rest.failed(asked_at, now, retry_after);
                    (rest.left(now), is_new)
                };
                self.log.outage(&*source, is_new, now);
                unavailable(left.unwrap_or(rest::SHORTEST))
            }
        }
    }

    /// A token may be good for the authority, and yet past its end by the clock of this machine.
    fn check_times(&self, known: Known) -> Result<Known, TokenRejected> {
        let now = self.clock.unix();
        let begin = known.not_before.unwrap_or_default();
        if begin > now.saturating_add(self.leeway) {
            return Err(TokenRejected::NotYetValid);
        }
        let end = known.principal.end().unwrap_or(Duration::MAX);
        if now >= end.saturating_add(self.leeway) {
            return Err(TokenRejected::Expired);
        }
        Ok(known)
    }

    fn answered(&self, asked_at: Duration) {
        if self.rest().answered(asked_at) {
            self.log.recovered(self.clock.monotonic());
        }
    }

    fn unless_denied(&self, verdict: Verdict) -> Verdict {
        match verdict {
            Verdict::Accepted(principal) if self.denies(&principal) => {
                Verdict::Rejected(TokenRejected::Denied)
            }
            verdict => verdict,
        }
    }

    fn denies(&self, principal: &Principal) -> bool {
        match (&self.deny, principal.token_id()) {
            (Some(deny), Some(token_id)) => deny(token_id),
            _ => false,
        }
    }

    /// Nothing that holds the lock can leave the state half changed.
    fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LookupVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookupVerifier")
            .field("lookup", &self.0.lookup)
            .field("keep", &self.0.keep)
            .field("deny", &self.0.deny.is_some())
            .finish_non_exhaustive()
    }
}

const fn unavailable(retry_after: Duration) -> Verdict {
    Verdict::Unavailable(Unavailable { retry_after })
}

/// What nobody needs to be asked about. Everything else can go into a header or a form.
fn malformed(token: &str) -> Option<TokenRejected> {
    if token.len() > MAX_TOKEN {
        return Some(TokenRejected::TooLarge);
    }
    let is_visible = token.bytes().all(|byte| byte.is_ascii_graphic());
    (token.is_empty() || !is_visible).then_some(TokenRejected::Malformed)
}

#[cfg(test)]
mod tests;
