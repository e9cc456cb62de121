//! How Scalekit's tokens are verified.

use std::{fmt, sync::Arc, time::Duration};

use url::Url;

use crate::{
    clock::{Clock, SystemClock},
    fetch::Fetcher,
    provider::ProviderError,
    resource::ResourceUrl,
    verify::TokenVerifier,
};

/// What can be tuned about the verification of tokens.
#[derive(Clone)]
pub(super) struct Verification {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) fetcher: Fetcher,
    pub(super) leeway: Duration,
    pub(super) deny: Option<Arc<dyn Fn(&str) -> bool + Send + Sync>>,
}

impl Verification {
    pub(super) fn verifier(
        &self,
        _keys_url: &str,
        _issuers: &[String],
        _audience: &[String],
        _resource: &ResourceUrl,
    ) -> Result<Arc<dyn TokenVerifier>, ProviderError> {
        Err(ProviderError::OfflineAccessRequired)
    }
}

impl Default for Verification {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            fetcher: Fetcher::new(),
            leeway: Duration::from_secs(30),
            deny: None,
        }
    }
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification")
            .field("clock", &self.clock)
            .field("leeway", &self.leeway)
            .field("deny", &self.deny.is_some())
            .finish_non_exhaustive()
    }
}

/// A URL made of checked parts.
pub(super) fn url(text: &str) -> Result<Url, ProviderError> {
    Url::parse(text).map_err(|error| ProviderError::Verifier {
        source: error.into(),
    })
}
