//! Whether a login asks for tokens that are bound to a key of its own: DPoP (RFC 9449).

use std::sync::Arc;

use thyra_oauth::{Challenge, SigningKey, SigningKeyError, UrlRefused, printable};

use crate::discovery::Discovered;

/// What proofs are signed with.
const ALGORITHM: &str = "ES256";

/// When a login asks for tokens that are bound to a key (DPoP, RFC 9449). Whoever steals such a
/// token can do nothing with it, because the key stays in the program and its store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dpop {
    /// Always. An authorization server that gives no such token is an error.
    Always,
    /// Never, even if the resource takes nothing else.
    Never,
    /// When the resource asks for it, in its challenge or its metadata. If the resource takes
    /// Bearer tokens as well, the authorization server must offer DPoP, too. Its offer alone does
    /// not count: many make it, and most of the resources behind them take Bearer tokens only.
    #[default]
    WhenAsked,
}

/// How far a login wants a bound token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demand {
    /// A Bearer token will do if the authorization server gives no other.
    Preferred,
    Required,
}

/// The key that a login's tokens are bound to.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) key: Arc<SigningKey>,
    /// Whether the authorization server may not give a Bearer token instead.
    pub(crate) is_required: bool,
}

impl Dpop {
    /// What the tokens of a login are to be bound to: a new key, or nothing. `challenge` is what
    /// the resource said last. With `has_bound`, it takes a token that is bound, and wants a better
    /// one.
    pub(crate) fn binding(
        self,
        challenge: Option<&Challenge<'_>>,
        has_bound: bool,
        discovered: &Discovered,
    ) -> Result<Option<Binding>, DpopError> {
        let Some(demand) = self.demand(challenge, has_bound, discovered)? else {
            return Ok(None);
        };
        Ok(Some(Binding {
            key: Arc::new(SigningKey::generate()?),
            is_required: demand == Demand::Required,
        }))
    }

    /// Whether a token may be used that was kept, and is bound or not.
    pub(crate) fn allows(self, is_bound: bool) -> bool {
        match self {
            Self::Always => is_bound,
            Self::Never => !is_bound,
            Self::WhenAsked => true,
        }
    }

    fn demand(
        self,
        challenge: Option<&Challenge<'_>>,
        has_bound: bool,
        discovered: &Discovered,
    ) -> Result<Option<Demand>, DpopError> {
        let resource = &discovered.resource;
        let server = &discovered.authorization_server;
        let offer = challenge.and_then(|challenge| challenge.dpop.as_ref());
        let named = offer
            .map(|offer| offer.algorithms.as_slice())
            .unwrap_or_default();
        let lists = [
            (named, &resource.resource),
            (&resource.dpop_algorithms, &resource.resource),
            (&server.dpop_algorithms, &server.issuer),
        ];
        let is_required = match self {
            Self::Always => true,
            Self::Never => false,
            Self::WhenAsked => {
                has_bound
                    || resource.requires_dpop
                    || offer.is_some_and(|offer| !offer.beside_bearer)
            }
        };
        let misfit = lists.into_iter().find(|(offered, _)| {
            !offered.is_empty() && !offered.iter().any(|one| one == ALGORITHM)
        });
        if is_required {
            return match misfit {
                Some((offered, server)) => Err(DpopError::Algorithm {
                    server: printable(server),
                    offered: printable(&offered.join(", ")),
                }),
                None => Ok(Some(Demand::Required)),
            };
        }
        let is_offered = offer.is_some() || !resource.dpop_algorithms.is_empty();
        let is_preferred = self == Self::WhenAsked
            && is_offered
            && misfit.is_none()
            && !server.dpop_algorithms.is_empty();
        Ok(is_preferred.then_some(Demand::Preferred))
    }
}

/// Why there is no token that is bound to a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DpopError {
    /// A server takes other proofs.
    #[error(
        "{server} takes DPoP proofs that are signed with {offered}, and this program signs with {ALGORITHM}"
    )]
    Algorithm {
        /// The resource or the authorization server.
        server: String,
        /// What it takes.
        offered: String,
    },
    /// The authorization server gives Bearer tokens only.
    #[error(
        "the authorization server {issuer} gave a Bearer token in place of one that is bound to a key (DPoP); it is not used"
    )]
    NotBound {
        /// The issuer.
        issuer: String,
    },
    /// The token is bound to a key that the program does not know.
    #[error(
        "the authorization server {issuer} gave a token that is bound to a key (DPoP), and none was shown; it is not used"
    )]
    Unasked {
        /// The issuer.
        issuer: String,
    },
    /// The authorization server does not take its own nonce.
    #[error(
        "the authorization server wants another nonce in each DPoP proof; ask its operator for help, or try again"
    )]
    Nonces,
    /// No header can hold the token.
    #[error("no header can hold the token; log in again")]
    Unsendable,
    /// The token is not sent to such a URL.
    #[error(transparent)]
    Url(#[from] UrlRefused),
    /// There is no key, or it does not sign.
    #[error(transparent)]
    Key(#[from] SigningKeyError),
}

#[cfg(test)]
mod tests;
