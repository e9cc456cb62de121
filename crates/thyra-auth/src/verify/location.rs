//! Where a key set is.

use std::error::Error;
use std::fmt;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use thiserror::Error as ThisError;
use thyra_oauth::Trust;
use url::Url;

/// Knows where a key set is, or finds out.
pub trait KeySetLocation: fmt::Debug + Send + Sync {
    /// The place. It is asked before every attempt to fetch the set, so remember what took work to
    /// find out.
    fn locate(&self) -> BoxFuture<'_, Result<KeySetUrl, LocationError>>;

    /// The set could not be fetched from there, so what was found out may no longer be true.
    fn forget(&self) {}
}

/// The URL of a key set, and who named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetUrl {
    pub(super) url: Url,
    pub(super) trust: Trust,
}

impl KeySetUrl {
    /// A URL that the operator configured. It may lead to a private address.
    ///
    /// # Errors
    ///
    /// [`LocationError`] when the text is not an absolute URL.
    pub fn configured(url: &str) -> Result<Self, LocationError> {
        Ok(Self {
            url: parse(url)?,
            trust: Trust::Configured,
        })
    }

    /// A URL that the document at `named_by` names. It must not lead further inside a network than
    /// that document did.
    ///
    /// # Errors
    ///
    /// [`LocationError`] when one of the two is not an absolute URL.
    pub fn learned(url: &str, named_by: &str) -> Result<Self, LocationError> {
        Ok(Self {
            url: parse(url)?,
            trust: Trust::Learned {
                from: parse(named_by)?,
            },
        })
    }

    /// A URL that somebody else chose, whom nothing vouches for: a client, say, in a document about
    /// itself. It must be `https` and lead to a public address.
    ///
    /// # Errors
    ///
    /// [`LocationError`] when the text is not an absolute URL.
    pub fn public(url: &str) -> Result<Self, LocationError> {
        Ok(Self {
            url: parse(url)?,
            trust: Trust::Public,
        })
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }
}

impl KeySetLocation for KeySetUrl {
    fn locate(&self) -> BoxFuture<'_, Result<KeySetUrl, LocationError>> {
        let place = self.clone();
        async { Ok(place) }.boxed()
    }
}

/// Why a key set could not be located.
#[derive(Debug, ThisError)]
#[error(transparent)]
pub struct LocationError(Box<dyn Error + Send + Sync>);

impl LocationError {
    /// Wraps the reason, which is written to the log with all its sources.
    pub fn new(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(reason.into())
    }
}

fn parse(url: &str) -> Result<Url, LocationError> {
    Url::parse(url).map_err(|_| LocationError::new("the URL of a key set must be absolute"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_vouches_for_what_a_stranger_chose() {
        let chosen = KeySetUrl::public("https://app.example/keys").unwrap();
        assert_eq!(chosen.trust, Trust::Public);
        assert_eq!(chosen.as_str(), "https://app.example/keys");
        assert!(KeySetUrl::public("keys").is_err());
        let configured = KeySetUrl::configured("https://app.example/keys").unwrap();
        assert_eq!(configured.trust, Trust::Configured);
    }
}
