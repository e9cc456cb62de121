//! The identity provider's own metadata (`OpenID` Connect Discovery, RFC 8414), found when it is
//! first needed.

mod builder;
mod document;
mod error;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use http::StatusCode;
use thyra_auth::{KeySetLocation, KeySetUrl, LocationError};
use thyra_oauth::{Clock, FetchLimits, Fetcher, LocationOrder, Trust, configured_url, locations};
use url::Url;

use self::document::Document;
use super::endpoints::Places;

pub(crate) use self::builder::DiscoveryBuilder;
pub use self::error::DiscoveryError;

/// How many bytes a document may have.
const MAX_BYTES: usize = 256 * 1024;
/// How long what was found is used before it is looked for again.
const FRESH: Duration = Duration::from_mins(5);
/// How long a failure is remembered, so that an outage does not cause a storm of requests.
const COOL_DOWN: Duration = Duration::from_secs(5);
/// How long what was found is used while it cannot be found again.
const STALE_LIMIT: Duration = Duration::from_hours(24);

/// The forms of a metadata URL that end in it.
const SUFFIXES: [&str; 2] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
];

/// Finds the endpoints and the key set of an identity provider through its metadata.
///
/// Nothing is fetched before it is needed. One request is under way at a time, and all who wait
/// share it. What was found is used for five minutes, and for a day while it cannot be found again;
/// a failure is remembered for five seconds. Clones share everything.
#[derive(Clone)]
pub(crate) struct Discovery(Arc<Inner>);

struct Inner {
    rules: Rules,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

/// What to look for.
#[derive(Clone, Debug)]
struct Rules {
    /// Where the document may be, the best place first.
    places: Vec<Url>,
    /// What it may call its issuer.
    issuers: Vec<String>,
    strict: bool,
    timeout: Duration,
}

#[derive(Default)]
struct State {
    found: Option<(Arc<Found>, Duration)>,
    /// The last attempt failed then, for this reason.
    failed: Option<(Arc<DiscoveryError>, Duration)>,
    /// The request under way. It ends when nobody waits for it any more.
    flight: Option<WeakShared<BoxFuture<'static, ()>>>,
}

/// What the metadata says.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) issuer: String,
    pub(super) places: Arc<Places>,
    /// The key set, and the document that names it.
    keys: Option<KeySetUrl>,
}

impl Discovery {
    /// Finds what an issuer publishes.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError::Configured`] when it is not `https`, or `http` on this machine.
    pub(crate) fn of_issuer(issuer: &str) -> Result<DiscoveryBuilder, DiscoveryError> {
        let url = configured_url(issuer).map_err(DiscoveryError::Configured)?;
        let places = locations(&url, LocationOrder::SpecifiedFirst);
        Ok(DiscoveryBuilder::new(places, vec![issuer.to_owned()]))
    }

    /// Reads the document at this URL. Its issuer must be the one that such a URL belongs to,
    /// unless [another](DiscoveryBuilder::issuer) is set.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError::Configured`] when it is not `https`, or `http` on this machine.
    pub(crate) fn of_document(url: &str) -> Result<DiscoveryBuilder, DiscoveryError> {
        let place = configured_url(url).map_err(DiscoveryError::Configured)?;
        let path = place.path();
        let appended = SUFFIXES.iter().find_map(|suffix| path.strip_suffix(suffix));
        let inserted = SUFFIXES.iter().find_map(|prefix| path.strip_prefix(prefix));
        let issuers = appended.or(inserted).map_or_else(Vec::new, |path| {
            let base = format!("{}{path}", place.origin().ascii_serialization());
            // Both have their document there (`OpenID` Connect Discovery section 4.1).
            vec![format!("{base}/"), base]
        });
        Ok(DiscoveryBuilder::new(vec![place], issuers))
    }

    /// The issuers that the document may name.
    pub(crate) fn issuers(&self) -> &[String] {
        &self.0.rules.issuers
    }

    /// What sends the requests.
    pub(super) fn fetcher(&self) -> Fetcher {
        self.0.fetcher.clone()
    }

    /// What lifetimes are measured with.
    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.clock)
    }

    /// What was found, if need be after a request.
    pub(super) async fn find(&self) -> Result<Arc<Found>, Arc<DiscoveryError>> {
        let flight = {
            let mut state = self.0.state();
            match state.answer(self.0.clock.monotonic()) {
                Some(answer) => return answer,
                None => self.flight(&mut state),
            }
        };
        flight.await;
        let now = self.0.clock.monotonic();
        let answer = self.0.state().answer(now);
        // There is none only if the clock jumped past what was just remembered.
        answer.unwrap_or_else(|| Err(Arc::new(DiscoveryError::Outdated)))
    }

    /// The request under way, or a new one.
    fn flight(&self, state: &mut State) -> Shared<BoxFuture<'static, ()>> {
        if let Some(flight) = state.flight.as_ref().and_then(WeakShared::upgrade) {
            return flight;
        }
        let inner = Arc::clone(&self.0);
        let flight = async move {
            let result = inner.fetch().await;
            inner.settle(result);
        }
        .boxed()
        .shared();
        state.flight = flight.downgrade();
        flight
    }
}

impl KeySetLocation for Discovery {
    fn locate(&self) -> BoxFuture<'_, Result<KeySetUrl, LocationError>> {
        async {
            let found = self.find().await.map_err(LocationError::new)?;
            let keys = found.keys.clone();
            keys.ok_or_else(|| LocationError::new("the metadata has no `jwks_uri`"))
        }
        .boxed()
    }
}

impl Inner {
    /// Nothing that holds the lock can leave the state half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self) -> Result<Found, DiscoveryError> {
        let mut failure = DiscoveryError::NoIssuer;
        for place in &self.rules.places {
            match self.read(place).await {
                Ok(found) => return Ok(found),
                // A server that does not answer here will not answer elsewhere.
                Err(error @ DiscoveryError::Fetch { .. }) => return Err(error),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    async fn read(&self, place: &Url) -> Result<Found, DiscoveryError> {
        let limits = FetchLimits {
            max_bytes: MAX_BYTES,
            timeout: self.rules.timeout,
        };
        let fetched = self.fetcher.get(place, limits, Trust::Configured).await;
        let fetched = fetched.map_err(|source| DiscoveryError::Fetch {
            url: place.to_string(),
            source,
        })?;
        if fetched.status != StatusCode::OK {
            return Err(DiscoveryError::Status {
                url: place.to_string(),
                status: fetched.status,
            });
        }
        Document::read(&fetched.body, place)?.judge(place, &self.rules)
    }

    fn settle(&self, result: Result<Found, DiscoveryError>) {
        let now = self.clock.monotonic();
        let mut state = self.state();
        state.flight = None;
        match result {
            Ok(found) => {
                state.failed = None;
                state.found = Some((Arc::new(found), now));
            }
            Err(error) => {
                let error = Arc::new(error);
                state.failed = Some((Arc::clone(&error), now));
                let remembered = state.found.is_some();
                drop(state);
                let error: &dyn std::error::Error = &*error;
                tracing::warn!(
                    error,
                    remembered,
                    "the metadata of the identity provider cannot be read"
                );
            }
        }
    }
}

impl State {
    /// The answer that needs no request, if there is one.
    fn answer(&self, now: Duration) -> Option<Result<Arc<Found>, Arc<DiscoveryError>>> {
        let within = |at: &Duration, time: Duration| now < at.saturating_add(time);
        if let Some((found, at)) = &self.found
            && within(at, FRESH)
        {
            return Some(Ok(Arc::clone(found)));
        }
        let (error, _) = self
            .failed
            .as_ref()
            .filter(|(_, at)| within(at, COOL_DOWN))?;
        let found = self.found.as_ref();
        let usable = found.filter(|(_, at)| within(at, STALE_LIMIT));
        Some(match usable {
            Some((found, _)) => Ok(Arc::clone(found)),
            None => Err(Arc::clone(error)),
        })
    }
}

impl fmt::Debug for Discovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Discovery").field(&self.0.rules).finish()
    }
}

#[cfg(test)]
mod tests;
