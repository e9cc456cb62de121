//! How a [`LookupVerifier`] is made.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use thyra_oauth::{Clock, SystemClock};

use super::answers::Answers;
use super::flights::Flights;
use super::log::LookupLog;
use super::rest::Rest;
use super::{DenyHook, LookupVerifier, Shared, TokenLookup};
use crate::verify::cache::DEFAULT_CACHE_BYTES;

const DEFAULT_KEEP: Duration = Duration::from_mins(1);
const DEFAULT_KEEP_REFUSALS: Duration = Duration::from_secs(5);
const DEFAULT_LEEWAY: Duration = Duration::from_secs(30);
const MAX_LEEWAY: Duration = Duration::from_mins(5);
const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(5);
const DEFAULT_MOST_AT_ONCE: usize = 64;

/// Makes a [`LookupVerifier`]; made by [`LookupVerifier::builder`].
#[must_use = "there is no verifier before `build`"]
pub struct LookupVerifierBuilder {
    lookup: Box<dyn TokenLookup>,
    keep: Duration,
    keep_refusals: Duration,
    leeway: Duration,
    time_limit: Duration,
    most_at_once: usize,
    deny: Option<DenyHook>,
    clock: Arc<dyn Clock>,
    cache_bytes: u64,
}

impl LookupVerifierBuilder {
    pub(super) fn new(lookup: Box<dyn TokenLookup>) -> Self {
        Self {
            lookup,
            keep: DEFAULT_KEEP,
            keep_refusals: DEFAULT_KEEP_REFUSALS,
            leeway: DEFAULT_LEEWAY,
            time_limit: DEFAULT_TIME_LIMIT,
            most_at_once: DEFAULT_MOST_AT_ONCE,
            deny: None,
            clock: Arc::new(SystemClock),
            cache_bytes: DEFAULT_CACHE_BYTES,
        }
    }

    /// How long a good answer counts before the authority is asked again; a minute by default. It
    /// is also how long a token goes on working after it was revoked. With zero, every request
    /// asks.
    pub fn keep(mut self, time: Duration) -> Self {
        self.keep = time;
        self
    }

    /// How long a refused token is refused without asking again; five seconds by default.
    pub fn keep_refusals(mut self, time: Duration) -> Self {
        self.keep_refusals = time;
        self
    }

    /// How far the authority's clock and this machine's may differ: 30 seconds by default, and five
    /// minutes at most. More than that counts as five minutes.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway.min(MAX_LEEWAY);
        self
    }

    /// How long one lookup may take, with all its requests; five seconds by default. What takes
    /// longer counts as an outage.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// How many lookups may be under way at a time; 64 by default, and at least one. Callers with
    /// the same token share one.
    pub fn most_at_once(mut self, most: usize) -> Self {
        self.most_at_once = most.max(1);
        self
    }

    /// Refuses tokens by their identifier (`jti`), where the authority names it. The hook is called
    /// for every request, so it must not block.
    pub fn deny(mut self, hook: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.deny = Some(Box::new(hook));
        self
    }

    /// The clock that tokens are judged by and that answers age by. The time limit of a lookup is
    /// tokio's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// About how much memory good answers may use; 32 MiB by default. Refused tokens have a place
    /// of their own, with room for ten thousand.
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Makes the verifier. Nobody is asked yet.
    pub fn build(self) -> LookupVerifier {
        LookupVerifier(Arc::new(Shared {
            lookup: self.lookup,
            clock: self.clock,
            deny: self.deny,
            leeway: self.leeway,
            keep: self.keep,
            keep_refusals: self.keep_refusals,
            time_limit: self.time_limit,
            answers: Answers::of(self.cache_bytes),
            flights: Flights::of(self.most_at_once),
            rest: Mutex::new(Rest::default()),
            log: LookupLog::default(),
        }))
    }
}

impl fmt::Debug for LookupVerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookupVerifierBuilder")
            .field("lookup", &self.lookup)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}
