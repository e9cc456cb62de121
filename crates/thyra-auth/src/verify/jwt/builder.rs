//! How a [`JwtVerifier`] is made.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use thyra_oauth::{Clock, SystemClock};

use super::claim_names::{ClaimNames, claim_setters};
use super::claims::ClaimRules;
use super::demand::named;
use super::{AudienceDemand, DenyHook, Issuers, JwtVerifier, KeySource};
use crate::verify::algorithm::{Algorithm, Algorithms};
use crate::verify::cache::{DEFAULT_CACHE_BYTES, TokenCache};
use crate::verify::key::VerifyingKey;

const DEFAULT_LEEWAY: Duration = Duration::from_secs(30);
const MAX_LEEWAY: Duration = Duration::from_mins(5);
/// A plain JWT, and an access token by RFC 9068 section 2.1.
const DEFAULT_TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];

/// Makes a [`JwtVerifier`]; made by [`JwtVerifier::builder`].
#[must_use = "there is no verifier before `build`"]
pub struct JwtVerifierBuilder {
    keys: KeySource,
    issuers: Issuers,
    audience: AudienceDemand,
    algorithms: Option<Algorithms>,
    leeway: Duration,
    types: Option<Vec<String>>,
    claims: ClaimNames,
    resource: Vec<String>,
    deny: Option<DenyHook>,
    clock: Arc<dyn Clock>,
    cache_bytes: u64,
}

impl JwtVerifierBuilder {
    pub(super) fn new(keys: KeySource, issuers: Issuers, audience: AudienceDemand) -> Self {
        Self {
            keys,
            issuers,
            audience,
            algorithms: None,
            leeway: DEFAULT_LEEWAY,
            types: None,
            claims: ClaimNames::default(),
            resource: Vec::new(),
            deny: None,
            clock: Arc::new(SystemClock),
            cache_bytes: DEFAULT_CACHE_BYTES,
        }
    }

    /// The algorithms that are allowed, provided that the keys allow them too. By default these are
    /// all with a public key, and for fixed keys all that those allow.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = Some(algorithms.into_iter().collect());
        self
    }

    /// How far the issuer's clock and this machine's may differ: 30 seconds by default, five
    /// minutes at most. A token is good for that much longer than its `exp`, and that much before
    /// its `nbf` and `iat`.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// The values of `typ` that are allowed, in any case: `JWT`, `at+jwt` and `application/at+jwt`
    /// by default. A token without `typ` is always allowed.
    pub fn types<S: Into<String>>(mut self, types: impl IntoIterator<Item = S>) -> Self {
        self.types = Some(types.into_iter().map(Into::into).collect());
        self
    }

    claim_setters!(claims);

    pub(crate) fn claim_names(mut self, names: ClaimNames) -> Self {
        self.claims = names;
        self
    }

    /// The identifiers of this resource. A token that has a `resource` must name one of them. By
    /// default the claim is ignored.
    pub fn resource<S: Into<String>>(mut self, resource: impl IntoIterator<Item = S>) -> Self {
        self.resource = resource.into_iter().map(Into::into).collect();
        self
    }

    /// Refuses tokens by their identifier (`jti`), for example those that were revoked. The hook
    /// is called for every request, so it must not block.
    pub fn deny(mut self, hook: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.deny = Some(Arc::new(hook));
        self
    }

    /// The clock that tokens are judged by.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// About how much memory the cache of verified tokens may use; 32 MiB by default.
    pub fn cache_bytes(mut self, bytes: u64) -> Self {
        self.cache_bytes = bytes;
        self
    }

    /// Makes the verifier. Nothing is fetched.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when the settings could not accept a token, or would accept wrong ones.
    pub fn build(self) -> Result<JwtVerifier, VerifierError> {
        if self.leeway > MAX_LEEWAY {
            return Err(VerifierError::Leeway);
        }
        let algorithms = match &self.keys {
            KeySource::Fixed(keys) => {
                let possible = keys.iter().map(VerifyingKey::algorithms);
                let possible: Algorithms = possible.flat_map(Algorithms::iter).collect();
                self.algorithms
                    .map_or(possible, |allowed| allowed.intersection(possible))
            }
            KeySource::Remote(_) => {
                let allowed = self.algorithms.unwrap_or_else(Algorithms::asymmetric);
                if allowed.iter().any(Algorithm::is_symmetric) {
                    return Err(VerifierError::SharedSecret);
                }
                allowed
            }
        };
        if algorithms.is_empty() {
            return Err(VerifierError::Algorithms);
        }
        let types = match self.types {
            Some(types) => named(types, VerifierError::Types)?,
            None => DEFAULT_TYPES.map(Box::from).into(),
        };
        let resource = match &*self.resource {
            [] => Vec::new(),
            resource => named(resource, VerifierError::Resource)?,
        };
        Ok(JwtVerifier {
            keys: self.keys,
            algorithms,
            types,
            rules: ClaimRules {
                issuers: self.issuers,
                audience: self.audience,
                leeway: self.leeway,
                needs_end: true,
                names: self.claims,
                resource,
            },
            deny: self.deny,
            clock: self.clock,
            cache: TokenCache::of(self.cache_bytes),
        })
    }
}

impl fmt::Debug for JwtVerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtVerifierBuilder")
            .field("keys", &self.keys)
            .field("issuers", &self.issuers)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

/// Why a verifier cannot be made.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifierError {
    /// No algorithm is left.
    #[error("no algorithm is allowed by both the settings and the keys; allow one of the keys'")]
    Algorithms,
    /// There is no audience, or a blank one.
    #[error(
        "the audience must be named, and no value may be blank; it is what keeps tokens for other \
         services out"
    )]
    Audience,
    /// There is no issuer, or a blank one.
    #[error("the issuers must be named, and none may be blank")]
    Issuer,
    /// The parts of an issuer pattern do not leave one segment free.
    #[error(
        "an issuer pattern is an `https` URL with one free segment in its path: give it a prefix \
         that ends with a slash, and a suffix that is empty or begins with one"
    )]
    IssuerPattern,
    /// The leeway is too large.
    #[error("the leeway must be at most 300 seconds; correct the machine's clock instead")]
    Leeway,
    /// A blank resource.
    #[error("no resource may be blank")]
    Resource,
    /// An HMAC algorithm together with a published key set.
    #[error(
        "HMAC algorithms need a secret, and published key sets have none; give the secret as the \
         key, or remove the HMAC algorithms"
    )]
    SharedSecret,
    /// There is no type, or a blank one.
    #[error("the allowed token types must be named, and none may be blank")]
    Types,
}
