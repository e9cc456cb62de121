//! Where the identity provider is asked.

use std::sync::Arc;

use thyra_oauth::{Trust, UrlRefused, configured_url};
use url::Url;

use super::discovery::Discovery;
use super::error::UpstreamError;

/// Where the identity provider is asked: at URLs of the settings, or at those of its metadata.
#[derive(Clone, Debug)]
pub(crate) enum Endpoints {
    /// Its metadata names them.
    Discovered(Discovery),
    /// They were given.
    Given(Arc<Places>),
}

/// The endpoints of an identity provider.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// What it calls itself, if that is known.
    pub(super) issuer: Option<String>,
    /// Its authorization responses name it (RFC 9207).
    pub(super) names_itself: bool,
    /// Where a person signs in.
    pub(super) authorization: Url,
    /// Where codes become tokens.
    pub(super) token: Place,
    /// Where tokens are revoked.
    pub(super) revocation: Option<Place>,
}

/// A URL that requests go to, and how far it is trusted.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) url: Url,
    pub(super) trust: Trust,
}

impl Endpoints {
    /// These, which the operator wrote: `https`, or `http` on this machine.
    ///
    /// # Errors
    ///
    /// [`UrlRefused`] names the one that cannot be used.
    pub(crate) fn given(
        authorization: &str,
        token: &str,
        revocation: Option<&str>,
    ) -> Result<Self, UrlRefused> {
        let place = |url: &str| {
            Ok(Place {
                url: configured_url(url)?,
                trust: Trust::Configured,
            })
        };
        Ok(Self::Given(Arc::new(Places {
            issuer: None,
            names_itself: false,
            authorization: configured_url(authorization)?,
            token: place(token)?,
            revocation: revocation.map(place).transpose()?,
        })))
    }

    /// The same, where the issuer is known: authorization responses that name another one are
    /// refused.
    #[must_use]
    pub(crate) fn of_issuer(self, issuer: impl Into<String>) -> Self {
        match self {
            Self::Given(places) => Self::Given(Arc::new(Places {
                issuer: Some(issuer.into()),
                ..Arc::unwrap_or_clone(places)
            })),
            discovered @ Self::Discovered(_) => discovered,
        }
    }

    pub(super) async fn locate(&self) -> Result<Arc<Places>, UpstreamError> {
        match self {
            Self::Discovered(discovery) => {
                let found = discovery.find().await.map_err(UpstreamError::unavailable)?;
                Ok(Arc::clone(&found.places))
            }
            Self::Given(places) => Ok(Arc::clone(places)),
        }
    }
}
