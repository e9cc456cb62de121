//! Why the identity provider gave nothing.

use std::error::Error;
use std::time::Duration;

use thiserror::Error as ThisError;
use thyra_oauth::TokenError;

/// Why the identity provider gave no answer that counts. The texts hold no secret. What it said
/// itself is in the sources, for the log only: shortened, and of printable characters.
#[derive(Debug, ThisError)]
#[non_exhaustive]
pub enum UpstreamError {
    /// It does not accept this server as a client, or not in this way. Somebody must correct the
    /// settings; the person who signs in cannot.
    #[error("the identity provider refuses this server")]
    Client {
        /// What it said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Its tokens do not say who signed in, or are not for this server.
    #[error("the identity provider's tokens are not accepted")]
    Identity {
        /// What is wrong with them.
        source: Box<dyn Error + Send + Sync>,
    },
    /// It no longer accepts the code or the refresh token: the login is over.
    #[error("the identity provider has ended the login")]
    Refused {
        /// What it said.
        source: TokenError,
    },
    /// It cannot be reached, has a problem of its own, or answers with something else.
    #[error("the identity provider does not answer as it should")]
    Unavailable {
        /// What went wrong.
        source: Box<dyn Error + Send + Sync>,
        /// After how long it wants to be asked again, if it said so; ten minutes at most.
        retry_after: Option<Duration>,
    },
}

impl UpstreamError {
    /// The tokens are not accepted, for this reason.
    pub(crate) fn identity(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Identity {
            source: reason.into(),
        }
    }

    /// There is no answer, for this reason.
    pub(crate) fn unavailable(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable {
            source: reason.into(),
            retry_after: None,
        }
    }

    /// Whether the login cannot go on, whatever is tried.
    pub(crate) fn ends_login(&self) -> bool {
        matches!(self, Self::Identity { .. } | Self::Refused { .. })
    }
}
