//! Whether a token is good, and whose it is.

mod algorithm;
mod any_of;
mod cache;
mod debug;
mod discovery;
mod fixed;
mod introspection;
mod jwks;
pub(crate) mod jws;
mod jwt;
mod key;
mod key_set;
mod location;
mod lookup;
#[cfg(test)]
pub(crate) mod testing;
mod vendor_api;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use thiserror::Error;

use crate::principal::Principal;

pub use algorithm::{Algorithm, Algorithms, UnknownAlgorithm};
pub use any_of::{AnyOf, AnyOfBuilder, AnyOfError};
pub use debug::DebugVerifier;
pub use discovery::{Discovery, IssuerMetadataError};
pub use fixed::StaticTokens;
pub use introspection::{
    Introspection, IntrospectionBuilder, IntrospectionClient, IntrospectionError,
};
pub use jwks::{Jwks, JwksBuilder};
pub use jwt::{
    Audience, AudienceDemand, AudienceUnchecked, IssuerPattern, Issuers, JwtVerifier,
    JwtVerifierBuilder, KeySource, VerifierError,
};
pub(crate) use jwt::{ClaimNames, claim_setters};
pub use key::{KeyError, VerifyingKey};
pub use key_set::{KeySet, KeySetError};
pub use location::{KeySetLocation, KeySetUrl, LocationError};
#[cfg(test)]
pub(crate) use lookup::testing as lookup_testing;
pub use lookup::{Known, LookupError, LookupVerifier, LookupVerifierBuilder, TokenLookup};
pub use vendor_api::{DiscordLookup, GitHubLookup, GoogleLookup, UserInfoLookup};

/// Judges bearer tokens. It is object-safe: a resource holds an `Arc<dyn TokenVerifier>`.
pub trait TokenVerifier: fmt::Debug + Send + Sync {
    /// The verdict on a token that was verified before, without waiting for anything. `None` means
    /// that [`verify`](Self::verify) has to decide.
    fn check_cached(&self, _token: &BearerToken<'_>) -> Option<Verdict> {
        None
    }

    /// The verdict on a token. Dropping the future cancels the judgement.
    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict>;

    /// Whether the token that `principal` was admitted with has been revoked since, before its end.
    /// Streams ask it again before each message and every few seconds, so it must neither block nor
    /// wait. By default nothing is revoked.
    fn is_revoked(&self, _principal: &Principal) -> bool {
        false
    }

    /// Whether tokens of this issuer (`iss`) may be accepted. [`AnyOf`] asks such verifiers first,
    /// with an issuer that nobody has verified yet. By default no issuer is known.
    fn knows_issuer(&self, _issuer: &str) -> bool {
        false
    }

    /// What whoever starts the server must be told, because it is dangerous in production; a
    /// sentence each. By default nothing.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

impl<T: TokenVerifier + ?Sized> TokenVerifier for Arc<T> {
    fn check_cached(&self, token: &BearerToken<'_>) -> Option<Verdict> {
        (**self).check_cached(token)
    }

    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        (**self).verify(token)
    }

    fn is_revoked(&self, principal: &Principal) -> bool {
        (**self).is_revoked(principal)
    }

    fn knows_issuer(&self, issuer: &str) -> bool {
        (**self).knows_issuer(issuer)
    }

    fn warnings(&self) -> Vec<String> {
        (**self).warnings()
    }
}

/// The result of judging a token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// The token is good, and this is who calls.
    Accepted(Arc<Principal>),
    /// The token is not good.
    Rejected(TokenRejected),
    /// The token could not be judged, which is not the caller's fault.
    Unavailable(Unavailable),
}

/// The token could not be judged, because the authorization server cannot be reached or does not
/// answer as it should. The reason is in the log.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("tokens cannot be verified at the moment")]
pub struct Unavailable {
    /// After how long it is worth trying again.
    pub retry_after: Duration,
}

/// Why a token was not accepted. `Display` is for the log, and contains nothing of the token.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenRejected {
    /// Its algorithm is not allowed, or not with this key.
    #[error("its algorithm is not allowed, or not with its key")]
    AlgorithmNotAllowed,
    /// It was issued for somebody else.
    #[error("its audience is not this resource")]
    AudienceMismatch,
    /// A claim does not have the value that the settings demand, or is missing.
    #[error("a claim does not have the value that the settings demand")]
    ClaimNotAccepted,
    /// The `jti` hook denied it.
    #[error("its identifier was denied")]
    Denied,
    /// It has expired.
    #[error("it has expired")]
    Expired,
    /// The authority that was asked about it says that it is not active.
    #[error("the authority that was asked says that it is not active")]
    Inactive,
    /// A claim has a type or a value that it must not have.
    #[error("its claim `{0}` is malformed")]
    InvalidClaim(ClaimName),
    /// It comes from an issuer that is not accepted.
    #[error("its issuer is not accepted")]
    IssuerMismatch,
    /// It is not a token of the expected form at all.
    #[error("it is not well formed")]
    Malformed,
    /// A required claim is missing.
    #[error("its claim `{0}` is missing")]
    MissingClaim(ClaimName),
    /// It is not valid yet.
    #[error("it is not valid yet")]
    NotYetValid,
    /// Its `resource` is a different one.
    #[error("its resource is not this one")]
    ResourceMismatch,
    /// Its signature does not verify.
    #[error("its signature is invalid")]
    SignatureInvalid,
    /// It is longer than any token should be.
    #[error("it is too large")]
    TooLarge,
    /// Its `typ` says that it is no access token.
    #[error("its type is not that of an access token")]
    TypeNotAllowed,
    /// It was signed with a key that is not among the issuer's.
    #[error("its key is not known")]
    UnknownKey,
    /// It is not in the list of accepted tokens.
    #[error("it is not known")]
    UnknownToken,
    /// It demands an extension that is not supported (`crit`, RFC 7515 section 4.1.11).
    #[error("it demands an extension that is not supported")]
    UnsupportedCritical,
}

impl TokenRejected {
    /// One value of every kind, for tables and metrics.
    pub const ALL: &[Self] = &[
        Self::AlgorithmNotAllowed,
        Self::AudienceMismatch,
        Self::ClaimNotAccepted,
        Self::Denied,
        Self::Expired,
        Self::Inactive,
        Self::InvalidClaim(ClaimName::Exp),
        Self::IssuerMismatch,
        Self::Malformed,
        Self::MissingClaim(ClaimName::Exp),
        Self::NotYetValid,
        Self::ResourceMismatch,
        Self::SignatureInvalid,
        Self::TooLarge,
        Self::TypeNotAllowed,
        Self::UnknownKey,
        Self::UnknownToken,
        Self::UnsupportedCritical,
    ];
}

/// A claim that the verifier reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClaimName {
    /// `aud`
    Aud,
    /// `azp`
    Azp,
    /// `client_id`
    ClientId,
    /// `cnf`
    Cnf,
    /// `exp`
    Exp,
    /// `iat`
    Iat,
    /// `iss`
    Iss,
    /// `jti`
    Jti,
    /// A further claim that holds scopes, whatever its name is.
    MoreScopes,
    /// `nbf`
    Nbf,
    /// The claim that names the organisation, whatever its name is.
    Organization,
    /// `resource`
    Resource,
    /// `scope`
    Scope,
    /// `scopes`
    Scopes,
    /// `scp`
    Scp,
    /// `sub`
    Sub,
}

impl ClaimName {
    /// The claim's name in a token.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Aud => "aud",
            Self::Azp => "azp",
            Self::ClientId => "client_id",
            Self::Cnf => "cnf",
            Self::Exp => "exp",
            Self::Iat => "iat",
            Self::Iss => "iss",
            Self::Jti => "jti",
            Self::MoreScopes => "more scopes",
            Self::Nbf => "nbf",
            Self::Organization => "organization",
            Self::Resource => "resource",
            Self::Scope => "scope",
            Self::Scopes => "scopes",
            Self::Scp => "scp",
            Self::Sub => "sub",
        }
    }
}

impl fmt::Display for ClaimName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A token as it was received (RFC 6750). Formatting it does not show it.
#[derive(Clone, Copy)]
pub struct BearerToken<'a>(&'a str);

impl<'a> BearerToken<'a> {
    /// A token, without the scheme before it.
    pub const fn new(token: &'a str) -> Self {
        Self(token)
    }

    /// The token itself. Keep it out of logs and error messages.
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}

impl fmt::Debug for BearerToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken(***)")
    }
}
