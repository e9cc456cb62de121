//! Where a key set is.

use std::fmt;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use thyra_oauth::Trust;
use url::Url;

use crate::verify::discovery::DiscoveryError;

/// Knows where a key set is, or finds out.
pub trait KeySetLocation: fmt::Debug + Send + Sync {
    /// The place. Asked before every attempt to fetch the set, so what had to be found out should be
    /// remembered.
    fn locate(&self) -> BoxFuture<'_, Result<KeySetUrl, DiscoveryError>>;

    /// The set could not be fetched from there. What was found out before may not be true any more.
    fn forget(&self) {}
}

/// The URL of a key set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetUrl {
    /// The URL.
    pub url: Url,
    /// Where it comes from.
    pub trust: Trust,
}

/// A URL that the operator configured.
impl KeySetLocation for Url {
    fn locate(&self) -> BoxFuture<'_, Result<KeySetUrl, DiscoveryError>> {
        let place = KeySetUrl {
            url: self.clone(),
            trust: Trust::Configured,
        };
        async { Ok(place) }.boxed()
    }
}
