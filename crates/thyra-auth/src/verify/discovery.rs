//! Finds an issuer's key set through its metadata.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::StatusCode;
use serde::Deserialize;
use thiserror::Error;
use thyra_oauth::{FetchError, FetchLimits, Fetcher, LocationOrder, Trust, locations};
use url::Url;

use super::location::{KeySetLocation, KeySetUrl, LocationError};

const LIMITS: FetchLimits = FetchLimits {
    max_bytes: 256 * 1024,
    timeout: Duration::from_secs(5),
};

/// Finds the key set of an issuer through its metadata: authorization server metadata (RFC 8414) or
/// `OpenID` Connect Discovery. The metadata's `issuer` must be the configured one, byte for byte.
///
/// What was found is remembered until the key set cannot be fetched from there.
#[derive(Debug)]
pub struct Discovery {
    issuer: String,
    url: Url,
    locations: Vec<Url>,
    fetcher: Fetcher,
    found: Mutex<Option<Url>>,
}

impl Discovery {
    /// Finds the key set of `issuer`, which the operator configured. Nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// [`IssuerMetadataError::Issuer`] when the issuer is not a URL that metadata can be found at.
    pub fn new(issuer: &str, fetcher: Fetcher) -> Result<Self, IssuerMetadataError> {
        let url = Url::parse(issuer).map_err(|_| IssuerMetadataError::Issuer)?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(IssuerMetadataError::Issuer);
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            locations: locations(&url, LocationOrder::OAuthFirst),
            url,
            fetcher,
            found: Mutex::default(),
        })
    }

    async fn discover(&self) -> Result<Url, IssuerMetadataError> {
        let mut failure = IssuerMetadataError::Issuer;
        for location in &self.locations {
            match self.read(location).await {
                Ok(url) => return Ok(url),
                // A server that does not answer here will not answer elsewhere, and a caller is
                // waiting.
                Err(error @ IssuerMetadataError::Fetch { .. }) => return Err(error),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    async fn read(&self, location: &Url) -> Result<Url, IssuerMetadataError> {
        let fetched = self.fetcher.get(location, LIMITS, Trust::Configured).await;
        let fetched = fetched.map_err(|source| IssuerMetadataError::Fetch {
            url: location.to_string(),
            source,
        })?;
        if fetched.status != StatusCode::OK {
            return Err(IssuerMetadataError::Status {
                url: location.to_string(),
                status: fetched.status,
            });
        }
        let metadata: Metadata = serde_json::from_slice(&fetched.body).map_err(|source| {
            IssuerMetadataError::Metadata {
                url: location.to_string(),
                source,
            }
        })?;
        if metadata.issuer != self.issuer {
            return Err(IssuerMetadataError::OtherIssuer {
                url: location.to_string(),
            });
        }
        Url::parse(&metadata.jwks_uri).map_err(|_| IssuerMetadataError::KeySetUrl {
            url: location.to_string(),
        })
    }
}

impl KeySetLocation for Discovery {
    fn locate(&self) -> BoxFuture<'_, Result<KeySetUrl, LocationError>> {
        async {
            let known = self
                .found
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            let url = match known {
                Some(url) => url,
                None => self.discover().await.map_err(LocationError::new)?,
            };
            *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(url.clone());
            Ok(KeySetUrl {
                url,
                trust: Trust::Learned {
                    from: self.url.clone(),
                },
            })
        }
        .boxed()
    }

    fn forget(&self) {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Why a key set could not be located.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IssuerMetadataError {
    /// The metadata could not be fetched.
    #[error("{url} could not be fetched")]
    Fetch {
        /// Where it should be.
        url: String,
        /// What went wrong.
        source: FetchError,
    },
    /// The issuer is not a URL that metadata can be found at.
    #[error("the issuer must be an https URL, so that its metadata can be found")]
    Issuer,
    /// The metadata's `jwks_uri` is not a URL.
    #[error("the metadata at {url} has a `jwks_uri` that is no URL")]
    KeySetUrl {
        /// Where it is.
        url: String,
    },
    /// The document there is not metadata with a key set.
    #[error("{url} did not answer with metadata that names a key set")]
    Metadata {
        /// Where it is.
        url: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The metadata belongs to a different issuer.
    #[error(
        "the metadata at {url} names another issuer: configure the issuer byte for byte as it \
         names itself there"
    )]
    OtherIssuer {
        /// Where it is.
        url: String,
    },
    /// There is no metadata there.
    #[error("{url} answered with the status {status}")]
    Status {
        /// Where it should be.
        url: String,
        /// The status.
        status: StatusCode,
    },
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

#[cfg(test)]
mod tests;
