//! Who may come in.

use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use thyra_auth::{Principal, Protection, Refusal, ScopeSet};

/// Whether a server asks its callers for a token.
pub(crate) enum Door {
    /// It asks nobody.
    Open,
    /// It lets in whom this lets in.
    Protected(Protection),
}

/// Who sent a message.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// Somebody at an open door.
    Anybody,
    /// The user who started this process. Nobody else can speak there, so no scope is asked for.
    Local,
    /// Somebody who was let in at a protected door.
    Principal(Arc<Principal>),
}

impl Door {
    /// Judges an HTTP request by its headers, and says who sent it.
    ///
    /// # Errors
    ///
    /// The refusal of a request that may not come in.
    pub(crate) async fn admit(&self, headers: &mut HeaderMap) -> Result<Identity, Refusal> {
        match self {
            Self::Open => Ok(Identity::Anybody),
            Self::Protected(protection) => protection.admit(headers).await.map(Identity::Principal),
        }
    }

    /// Whether somebody who came in has these scopes.
    ///
    /// # Errors
    ///
    /// The refusal, which says what is needed.
    pub(crate) fn check_scopes(&self, who: &Identity, scopes: &ScopeSet) -> Result<(), Refusal> {
        match (self, who) {
            (_, Identity::Local) => Ok(()),
            _ if scopes.is_empty() => Ok(()),
            (Self::Protected(protection), Identity::Principal(principal)) => {
                protection.check_scopes(principal, scopes)
            }
            // Not at an open door: a server with scopes that nobody checks does not start.
            _ => Err(Refusal::MissingToken),
        }
    }

    /// Whether it asks nobody for a token.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// What guards it.
    pub(crate) fn protection(&self) -> Option<&Protection> {
        match self {
            Self::Open => None,
            Self::Protected(protection) => Some(protection),
        }
    }
}

impl Identity {
    /// The principal, where the server asks for a token.
    pub(crate) fn principal(&self) -> Option<&Arc<Principal>> {
        match self {
            Self::Anybody | Self::Local => None,
            Self::Principal(principal) => Some(principal),
        }
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("Open"),
            Self::Protected(protection) => fmt::Debug::fmt(protection, f),
        }
    }
}
