//! Forwards an authorization server's own metadata (RFC 8414), for clients that look for it at the
//! resource server.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use http::StatusCode;
use serde::Deserialize;
use thiserror::Error;
use thyra_oauth::{
    Clock, FetchError, FetchLimits, Fetcher, LocationOrder, Trust, freshness, locations,
};
use url::Url;

/// The bounds of one request: metadata documents have a few kilobytes.
const LIMITS: FetchLimits = FetchLimits {
    max_bytes: 256 * 1024,
    timeout: Duration::from_secs(5),
};
/// How long a document is served while it cannot be renewed.
const STALE_LIMIT: Duration = Duration::from_hours(24);
/// How long a failure is remembered, so that an outage does not cause a storm of requests.
const COOL_DOWN: Duration = Duration::from_secs(10);

/// The metadata of an authorization server, forwarded byte for byte.
///
/// The document is looked for where RFC 8414 section 3.1 puts it, then below the issuer's own path,
/// then where `OpenID` Connect Discovery puts it. It is never rewritten, so its `issuer` stays the
/// authorization server's. It is cached for as long as its response says (within bounds), fetched
/// by one request at a time, and served from the cache through an outage of up to a day.
#[derive(Clone)]
pub(crate) struct AuthorizationServerForward(Arc<Inner>);

struct Inner {
    issuer: String,
    locations: Vec<Url>,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    document: Option<Cached>,
    /// When the last attempt failed, if it did.
    failed_at: Option<Duration>,
    /// The request under way. It ends when nobody waits for it any more.
    flight: Option<WeakShared<BoxFuture<'static, ()>>>,
}

struct Cached {
    body: Bytes,
    fetched_at: Duration,
    fresh_until: Duration,
}

/// A document, and whether it may be outdated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Forwarded {
    Fresh(Bytes),
    /// From before an outage that still lasts.
    Stale(Bytes),
}

/// There is no document: none could be fetched, and none is cached. The reason was logged.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the authorization server's metadata could not be fetched")]
pub(crate) struct Unreachable;

/// Why one attempt brought no document.
#[derive(Debug, Error)]
enum Failure {
    #[error("{url} could not be fetched")]
    Fetch { url: Url, source: FetchError },
    #[error("{url} answered with a document that is no authorization server metadata")]
    NotMetadata { url: Url },
    #[error("{url} answered with the status {status}")]
    Status { url: Url, status: StatusCode },
    #[error("the issuer is no URL that metadata could be found at")]
    NoLocation,
}

impl AuthorizationServerForward {
    /// Forwards the metadata of `issuer`; nothing is fetched before the first request for it.
    ///
    /// The issuer is operator configuration: it may lead to a private address.
    pub(crate) fn new(issuer: &Url, fetcher: Fetcher, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            issuer: issuer.as_str().to_owned(),
            locations: locations(issuer, LocationOrder::OAuthFirst),
            fetcher,
            clock,
            state: Mutex::default(),
        }))
    }

    pub(crate) async fn document(&self) -> Result<Forwarded, Unreachable> {
        let flight = {
            let mut state = self.0.state();
            match state.answer(self.0.clock.monotonic()) {
                Some(answer) => return answer,
                None => self.flight(&mut state),
            }
        };
        flight.await;
        let now = self.0.clock.monotonic();
        self.0.state().answer(now).unwrap_or(Err(Unreachable))
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

impl Inner {
    /// Nothing that holds the lock can leave the state half changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch(&self) -> Result<(Bytes, Duration), Failure> {
        let mut failure = Failure::NoLocation;
        for url in &self.locations {
            let answer = self.fetcher.get(url, LIMITS, Trust::Configured).await;
            let fetched = answer.map_err(|source| Failure::Fetch {
                url: url.clone(),
                source,
            })?;
            let url = url.clone();
            if fetched.status != StatusCode::OK {
                let status = fetched.status;
                failure = Failure::Status { url, status };
            } else if !is_metadata(&fetched.body) {
                failure = Failure::NotMetadata { url };
            } else {
                return Ok((
                    fetched.body,
                    freshness::lifetime(freshness::max_age(&fetched.headers)),
                ));
            }
        }
        Err(failure)
    }

    fn settle(&self, result: Result<(Bytes, Duration), Failure>) {
        let now = self.clock.monotonic();
        let mut state = self.state();
        state.flight = None;
        match result {
            Ok((body, lifetime)) => {
                state.document = Some(Cached {
                    body,
                    fetched_at: now,
                    fresh_until: now.saturating_add(lifetime),
                });
                let outage = state.failed_at.take().is_some();
                drop(state);
                if outage {
                    tracing::info!(issuer = %self.issuer, "authorization server metadata can be read again");
                }
            }
            Err(failure) => {
                let first = state.failed_at.replace(now).is_none();
                let remembered = state.document.is_some();
                drop(state);
                // Once per outage; later attempts repeat it for those who look at debug messages.
                if first {
                    tracing::warn!(
                        issuer = %self.issuer,
                        error = &failure as &dyn std::error::Error,
                        remembered,
                        "authorization server metadata cannot be read",
                    );
                } else {
                    tracing::debug!(
                        issuer = %self.issuer,
                        error = &failure as &dyn std::error::Error,
                        "authorization server metadata still cannot be read",
                    );
                }
            }
        }
    }
}

impl State {
    /// The answer that needs no request, if there is one.
    fn answer(&self, now: Duration) -> Option<Result<Forwarded, Unreachable>> {
        if let Some(document) = &self.document
            && now < document.fresh_until
        {
            return Some(Ok(Forwarded::Fresh(document.body.clone())));
        }
        let cooling = self
            .failed_at
            .is_some_and(|at| now < at.saturating_add(COOL_DOWN));
        if !cooling {
            return None;
        }
        let usable = self
            .document
            .as_ref()
            .filter(|document| now < document.fetched_at.saturating_add(STALE_LIMIT));
        Some(match usable {
            Some(document) => Ok(Forwarded::Stale(document.body.clone())),
            None => Err(Unreachable),
        })
    }
}

impl fmt::Debug for AuthorizationServerForward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizationServerForward")
            .field("issuer", &self.0.issuer)
            .finish_non_exhaustive()
    }
}

/// The least that metadata must be: a JSON object with an `issuer` (RFC 8414 section 2). The client
/// sees the same bytes, and judges whether it is the right one.
fn is_metadata(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Metadata {
        #[expect(dead_code, reason = "its presence is what counts")]
        issuer: String,
    }
    // Serde would accept a sequence as well.
    body.trim_ascii_start().starts_with(b"{") && serde_json::from_slice::<Metadata>(body).is_ok()
}

#[cfg(test)]
mod tests;
