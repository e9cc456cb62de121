//! One attempt to get a key set.

use std::time::Duration;

use futures_util::{FutureExt, future::BoxFuture};
use http::{HeaderMap, StatusCode, header};
use thiserror::Error;

use super::location::{KeySetLocation, KeySetUrl};
use crate::{
    fetch::{FetchError, FetchLimits, Fetcher},
    verify::{
        discovery::DiscoveryError,
        key_set::{KeySet, KeySetError},
    },
};

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
    Location { source: DiscoveryError },
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
                max_age: max_age(&fetched.headers),
            }),
            Err(source) => Err(DownloadError::KeySet { url, source }),
        }
    }
}

fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let directives = headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim);
    let mut max_age = None;
    for directive in directives {
        if directive.eq_ignore_ascii_case("no-store") || directive.eq_ignore_ascii_case("no-cache")
        {
            return Some(Duration::ZERO);
        }
        if let Some((name, seconds)) = directive.split_once('=')
            && name.eq_ignore_ascii_case("max-age")
            && let Ok(seconds) = seconds.trim_matches('"').parse()
        {
            max_age = Some(Duration::from_secs(seconds));
        }
    }
    max_age
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_answer_says_about_keeping_it() {
        for (value, seconds) in [
            ("", None),
            ("public", None),
            ("max-age=60", Some(60)),
            ("public, Max-Age=\"120\"", Some(120)),
            ("max-age=many", None),
            ("max-age=-1", None),
            ("max-age=600, no-store", Some(0)),
            ("no-cache", Some(0)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CACHE_CONTROL, value.parse().unwrap());
            assert_eq!(
                max_age(&headers),
                seconds.map(Duration::from_secs),
                "{value}"
            );
        }
        assert_eq!(max_age(&HeaderMap::new()), None);
    }
}
