//! One attempt to get a key set.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::StatusCode;
use thiserror::Error;
use thyra_oauth::{FetchError, FetchLimits, Fetcher, freshness};

use crate::verify::key_set::{KeySet, KeySetError};
use crate::verify::location::{KeySetLocation, KeySetUrl, LocationError};

const LIMITS: FetchLimits = FetchLimits {
    max_bytes: 256 * 1024,
    timeout: Duration::from_secs(5),
};

/// Gets a key set from somewhere.
pub(super) trait Download: Send + Sync {
    fn download(&self) -> BoxFuture<'_, Result<Downloaded, DownloadError>>;
}

/// A key set, and what its answer said about keeping it.
#[derive(Debug)]
pub(super) struct Downloaded {
    pub(super) keys: KeySet,
    /// How long it may be kept (RFC 9111 section 5.2.2); zero for not at all, `None` when unsaid.
    pub(super) max_age: Option<Duration>,
}

/// Why there is no key set. The URLs have no query.
#[derive(Debug, Error)]
pub(super) enum DownloadError {
    #[error("{url} could not be fetched")]
    Fetch { url: String, source: FetchError },
    #[error("{url} did not answer with a key set")]
    KeySet { url: String, source: KeySetError },
    #[error("the key set could not be located")]
    Location { source: LocationError },
    #[error("{url} answered with the status {status}")]
    Status { url: String, status: StatusCode },
}

/// Gets it over HTTP.
pub(super) struct HttpDownload {
    pub(super) location: Box<dyn KeySetLocation>,
    pub(super) fetcher: Fetcher,
}

impl Download for HttpDownload {
    fn download(&self) -> BoxFuture<'_, Result<Downloaded, DownloadError>> {
        async {
            let place = self.location.locate().await;
            let place = place.map_err(|source| DownloadError::Location { source })?;
            let outcome = self.fetch(place).await;
            if outcome.is_err() {
                self.location.forget();
            }
            outcome
        }
        .boxed()
    }
}

impl HttpDownload {
    async fn fetch(&self, place: KeySetUrl) -> Result<Downloaded, DownloadError> {
        let mut shown = place.url.clone();
        shown.set_query(None);
        shown.set_fragment(None);
        let url = String::from(shown);
        let fetched = match self.fetcher.get(&place.url, LIMITS, place.trust).await {
            Ok(fetched) => fetched,
            Err(source) => return Err(DownloadError::Fetch { url, source }),
        };
        if fetched.status != StatusCode::OK {
            let status = fetched.status;
            return Err(DownloadError::Status { url, status });
        }
        match KeySet::from_jwks(&fetched.body) {
            Ok(keys) => Ok(Downloaded {
                keys,
                max_age: freshness::max_age(&fetched.headers),
            }),
            Err(source) => Err(DownloadError::KeySet { url, source }),
        }
    }
}
