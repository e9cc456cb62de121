//! Access to a server: who may send requests, and who sent them.

#[cfg(test)]
pub(crate) mod testing;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use thyra_auth::{Principal, Protection, Refusal, ScopeSet};

use crate::check::{CheckedCaller, Inquiry, Operation, Subject};
use crate::selector::{Asked, Viewer};

/// Whether a server asks its callers for a token.
pub(crate) enum Door {
    /// It asks nobody for a token.
    Open,
    /// It admits callers without a token, and those with one as this protection decides.
    Optional(Protection),
    /// It admits callers as this protection decides.
    Protected(Protection),
}

/// Who sent a message.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// A caller who has no token, and whom nobody asked for one.
    Anybody,
    /// The user who started this process. Nobody else can reach the server this way, so no scopes
    /// are required.
    Local,
    /// A caller whom a protected server admitted.
    Principal(Arc<Principal>),
}

impl Door {
    /// Checks an HTTP request, and returns who sent it.
    ///
    /// # Errors
    ///
    /// The refusal of a request that is not admitted.
    pub(crate) async fn admit(&self, parts: &mut Parts) -> Result<Identity, Refusal> {
        match self {
            Self::Open => Ok(Identity::Anybody),
            Self::Optional(protection) => {
                let caller = protection.admit_anyone(parts).await?;
                Ok(caller.map_or(Identity::Anybody, Identity::Principal))
            }
            Self::Protected(protection) => protection.admit(parts).await.map(Identity::Principal),
        }
    }

    /// Checks that an admitted caller has these scopes.
    ///
    /// # Errors
    ///
    /// The refusal, which says what is needed.
    pub(crate) fn check_scopes(&self, who: &Identity, scopes: &ScopeSet) -> Result<(), Refusal> {
        match (self.protection(), who) {
            (_, Identity::Local) => Ok(()),
            _ if scopes.is_empty() => Ok(()),
            (Some(protection), Identity::Principal(principal)) => {
                protection.check_scopes(principal, scopes)
            }
            // This does not happen on an open server: one with scopes that nobody checks does not
            // start.
            _ => Err(Refusal::TokenNeeded {
                needed: scopes.clone(),
            }),
        }
    }

    /// The same for what needs more by its checks: a caller who is found to miss something is
    /// refused, whatever scopes it has.
    ///
    /// # Errors
    ///
    /// The refusal, which says all that is needed.
    pub(crate) fn check(
        &self,
        who: &Identity,
        scopes: &ScopeSet,
        missing: Option<&ScopeSet>,
    ) -> Result<(), Refusal> {
        let Some(missing) = missing else {
            return self.check_scopes(who, scopes);
        };
        let needed = scopes.union(missing);
        match who {
            Identity::Principal(_) => {
                self.check_scopes(who, &needed)?;
                Err(Refusal::InsufficientScope { needed })
            }
            Identity::Anybody | Identity::Local => Err(Refusal::TokenNeeded { needed }),
        }
    }

    /// `viewer`, who is `who`, with what the checks of `subjects` say. They have to answer within
    /// `time`.
    pub(crate) async fn asked<'v>(
        &self,
        who: &Identity,
        viewer: Viewer<'v>,
        subjects: Vec<Subject>,
        operation: Operation,
        time: Duration,
    ) -> Viewer<'v> {
        if subjects.is_empty() {
            return viewer;
        }
        let protection = self.protection().cloned();
        let can_bring_more = match who {
            Identity::Principal(_) => protection.is_some(),
            Identity::Anybody | Identity::Local => self.lets_sign_in(who),
        };
        let inquiry = Inquiry {
            caller: CheckedCaller::new(who.principal().cloned(), protection, can_bring_more),
            operation,
            time,
        };
        // Boxed, because most servers have no checks.
        let answers = Box::pin(inquiry.ask(subjects)).await;
        Viewer {
            asked: Asked::Answered(Arc::new(answers)),
            ..viewer
        }
    }

    /// Whether the token of an admitted caller has been revoked since.
    pub(crate) fn has_revoked(&self, who: &Identity) -> bool {
        match (self.protection(), who) {
            (Some(protection), Identity::Principal(principal)) => protection.is_revoked(principal),
            _ => false,
        }
    }

    /// Whether callers can come in without a token.
    pub(crate) fn admits_anybody(&self) -> bool {
        matches!(self, Self::Open | Self::Optional(_))
    }

    /// Whether a caller without a token could come back with one.
    pub(crate) fn lets_sign_in(&self, who: &Identity) -> bool {
        matches!((self, who), (Self::Optional(_), Identity::Anybody))
    }

    /// The protection, if there is one.
    pub(crate) fn protection(&self) -> Option<&Protection> {
        match self {
            Self::Open => None,
            Self::Optional(protection) | Self::Protected(protection) => Some(protection),
        }
    }
}

impl Identity {
    /// Which checks stand in the way, before any was asked: none of whoever started the process.
    pub(crate) fn unasked(&self) -> Asked {
        match self {
            Self::Anybody | Self::Principal(_) => Asked::Nothing,
            Self::Local => Asked::Exempt,
        }
    }

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
            Self::Optional(protection) | Self::Protected(protection) => {
                fmt::Debug::fmt(protection, f)
            }
        }
    }
}
