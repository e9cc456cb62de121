//! Finds what an issuer's metadata names, such as its key set.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
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
pub struct Discovery(IssuerEndpoint);

/// Finds something of an issuer that its metadata names.
#[derive(Debug)]
pub(super) struct IssuerEndpoint {
    issuer: String,
    member: Member,
    url: Url,
    locations: Vec<Url>,
    fetcher: Fetcher,
    found: Mutex<Option<Url>>,
}

/// What is looked for in the metadata.
#[derive(Clone, Copy, Debug)]
pub(super) enum Member {
    Introspection,
    KeySet,
}

impl Discovery {
    /// Finds the key set of `issuer`, which the operator configured. Nothing is fetched yet.
    ///
    /// # Errors
    ///
    /// [`IssuerMetadataError::Issuer`] when the issuer is not a URL that metadata can be found at.
    pub fn new(issuer: &str, fetcher: Fetcher) -> Result<Self, IssuerMetadataError> {
        IssuerEndpoint::new(issuer, Member::KeySet, fetcher).map(Self)
    }
}

impl KeySetLocation for Discovery {
    fn locate(&self) -> BoxFuture<'_, Result<KeySetUrl, LocationError>> {
        async {
            let place = self.0.locate().await.map_err(LocationError::new)?;
            let (url, trust) = place;
            Ok(KeySetUrl { url, trust })
        }
        .boxed()
    }

    fn forget(&self) {
        self.0.forget();
    }
}

impl Member {
    const fn name(self) -> &'static str {
        match self {
            Self::Introspection => "introspection_endpoint",
            Self::KeySet => "jwks_uri",
        }
    }
}

impl IssuerEndpoint {
    pub(super) fn new(
        issuer: &str,
        member: Member,
        fetcher: Fetcher,
    ) -> Result<Self, IssuerMetadataError> {
        let url = Url::parse(issuer).map_err(|_| IssuerMetadataError::Issuer)?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(IssuerMetadataError::Issuer);
        }
        Ok(Self {
            issuer: issuer.to_owned(),
            member,
            locations: locations(&url, LocationOrder::OAuthFirst),
            url,
            fetcher,
            found: Mutex::default(),
        })
    }

    /// Where it is, and how far that is trusted.
    pub(super) async fn locate(&self) -> Result<(Url, Trust), IssuerMetadataError> {
        let known = self.found().clone();
        let url = match known {
            Some(url) => url,
            None => self.discover().await?,
        };
        *self.found() = Some(url.clone());
        let from = self.url.clone();
        Ok((url, Trust::Learned { from }))
    }

    /// It is not there any more.
    pub(super) fn forget(&self) {
        *self.found() = None;
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
        let member = self.member.name();
        let named = metadata.members.get(member).and_then(Value::as_str);
        let named = named.ok_or_else(|| IssuerMetadataError::NotNamed {
            url: location.to_string(),
            member,
        })?;
        Url::parse(named).map_err(|_| IssuerMetadataError::NoUrl {
            url: location.to_string(),
            member,
        })
    }

    /// Nothing that holds the lock can leave it half changed.
    fn found(&self) -> MutexGuard<'_, Option<Url>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why something of an issuer could not be found through its metadata.
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
    /// The document there is no metadata.
    #[error("{url} did not answer with metadata of an authorization server")]
    Metadata {
        /// Where it is.
        url: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// What the metadata names is not a URL.
    #[error("the metadata at {url} has a `{member}` that is no URL")]
    NoUrl {
        /// Where it is.
        url: String,
        /// The member's name.
        member: &'static str,
    },
    /// The metadata does not name it.
    #[error("the metadata at {url} has no `{member}`; configure the URL yourself")]
    NotNamed {
        /// Where it is.
        url: String,
        /// The member's name.
        member: &'static str,
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
    #[serde(flatten)]
    members: Map<String, Value>,
}

#[cfg(test)]
mod tests;
