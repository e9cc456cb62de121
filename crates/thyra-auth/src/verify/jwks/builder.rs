//! How a [`Jwks`] is made.

use std::sync::Arc;
use std::time::Duration;

use thyra_oauth::{Clock, Fetcher, SystemClock};

use super::Jwks;
use super::download::HttpDownload;
use crate::verify::location::KeySetLocation;

/// How long a set serves while it cannot be renewed.
pub(super) const DEFAULT_MAX_STALE: Duration = Duration::from_hours(24);

/// Makes a [`Jwks`]; made by [`Jwks::builder`].
#[derive(Debug)]
#[must_use = "there is no key set before `build`"]
pub struct JwksBuilder {
    location: Box<dyn KeySetLocation>,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
    max_stale: Duration,
}

impl JwksBuilder {
    pub(super) fn new(location: Box<dyn KeySetLocation>) -> Self {
        Self {
            location,
            fetcher: Fetcher::default(),
            clock: Arc::new(SystemClock),
            max_stale: DEFAULT_MAX_STALE,
        }
    }

    /// The client that fetches the set.
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.fetcher = fetcher;
        self
    }

    /// The clock that lifetimes are measured with. Waiting uses tokio's, so tests should pause that
    /// one instead.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How long a set serves after it was fetched, while it cannot be renewed; a day by default.
    /// After that, tokens cannot be verified.
    pub fn max_stale(mut self, max_stale: Duration) -> Self {
        self.max_stale = max_stale;
        self
    }

    /// Makes the key set. Nothing is fetched before it is needed.
    pub fn build(self) -> Jwks {
        let download = HttpDownload {
            location: self.location,
            fetcher: self.fetcher,
        };
        Jwks::with_download(Box::new(download), self.clock, self.max_stale)
    }
}
