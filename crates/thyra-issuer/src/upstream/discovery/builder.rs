//! How a [`Discovery`] is made.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use thyra_oauth::{Clock, Fetcher, SystemClock};
use url::Url;

use super::{Discovery, DiscoveryError, Inner, Rules};

/// How long one request may take, unless it is set otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How a [`Discovery`] is made.
#[derive(Clone, Debug)]
#[must_use = "there is no discovery before `build`"]
pub(crate) struct DiscoveryBuilder {
    rules: Rules,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
}

impl DiscoveryBuilder {
    pub(super) fn new(places: Vec<Url>, issuers: Vec<String>) -> Self {
        Self {
            rules: Rules {
                places,
                issuers,
                strict: true,
                timeout: TIMEOUT,
            },
            fetcher: Fetcher::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// The issuer that the document must name, byte for byte, where the URL does not say it.
    pub(crate) fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.rules.issuers = vec![issuer.into()];
        self
    }

    /// Whether the document must have all that `OpenID` Connect Discovery section 3 demands. On by
    /// default; otherwise the endpoints are enough.
    pub(crate) fn strict(mut self, strict: bool) -> Self {
        self.rules.strict = strict;
        self
    }

    /// How long one request may take; ten seconds by default.
    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.rules.timeout = timeout;
        self
    }

    /// What sends the requests.
    pub(crate) fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.fetcher = fetcher;
        self
    }

    /// What lifetimes are measured with.
    pub(crate) fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// [`DiscoveryError::NoIssuer`] when it is not known which issuer the document must name.
    pub(crate) fn build(self) -> Result<Discovery, DiscoveryError> {
        if self.rules.issuers.is_empty() {
            return Err(DiscoveryError::NoIssuer);
        }
        Ok(Discovery(Arc::new(Inner {
            rules: self.rules,
            fetcher: self.fetcher,
            clock: self.clock,
            state: Mutex::default(),
        })))
    }
}
