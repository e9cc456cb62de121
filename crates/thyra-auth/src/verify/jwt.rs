//! JSON Web Tokens as access tokens (RFC 7519, RFC 9068 and the practices of RFC 8725).

mod builder;
mod claim_names;
mod claims;
mod demand;
mod issuer_pattern;
pub(super) mod json;
mod parts;

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use thyra_oauth::Clock;

use super::algorithm::Algorithms;
use super::cache::{TokenCache, TokenHash};
use super::jwks::Jwks;
use super::key::VerifyingKey;
use super::key_set::KeySet;
use super::{BearerToken, TokenRejected, TokenVerifier, Unavailable, Verdict};

use crate::principal::{Principal, Retirement};

pub use builder::{JwtVerifierBuilder, VerifierError};
pub(crate) use claim_names::{ClaimNames, claim_setters};
pub(super) use claims::ClaimRules;
pub use demand::{Audience, AudienceDemand, AudienceUnchecked, Issuers};
pub use issuer_pattern::IssuerPattern;
pub(super) use parts::{Parts, claimed_issuer};

/// How long a token may be. Most servers accept no headers that would hold a longer one.
pub(super) const MAX_TOKEN: usize = 16 * 1024;

/// Asks about the identifier (`jti`) of a token; `true` refuses it.
type DenyHook = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Verifies access tokens that are JSON Web Tokens in compact form, signed.
///
/// - The algorithm is one that both the settings and the key allow; the token only says which of
///   them. Keys that the token brings along, or points to, are ignored.
/// - The signature is checked before any claim is believed.
/// - `exp`, `iss`, `aud` and `sub` must be there. `iss` is compared byte for byte. `exp`, `nbf` and
///   `iat` are compared with a leeway of 30 seconds, unless set otherwise.
/// - Header and claims are read strictly: base64url without padding, each member once, each claim
///   of the type that its specification gives it.
/// - Good tokens are remembered until their `exp`, or until the issuer withdraws their key.
///
/// ```
/// use thyra_auth::{Audience, Issuers, Jwks, JwtVerifier};
///
/// let keys = Jwks::new("https://issuer.example/keys")?;
/// let issuers = Issuers::any_of(["https://issuer.example"])?;
/// let audience = Audience::any_of(["https://mcp.example.com/mcp"])?;
/// let verifier = JwtVerifier::builder(keys, issuers, audience).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct JwtVerifier {
    keys: KeySource,
    algorithms: Algorithms,
    types: Vec<Box<str>>,
    rules: ClaimRules,
    deny: Option<DenyHook>,
    clock: Arc<dyn Clock>,
    cache: TokenCache,
}

/// Where the keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// They never change.
    Fixed(Arc<KeySet>),
    /// The issuer publishes them.
    Remote(Jwks),
}

impl JwtVerifier {
    /// Begins a verifier. The keys, the issuers and the audience decide which tokens are meant for
    /// this server, so they have no defaults.
    pub fn builder(
        keys: impl Into<KeySource>,
        issuers: Issuers,
        audience: impl Into<AudienceDemand>,
    ) -> JwtVerifierBuilder {
        JwtVerifierBuilder::new(keys.into(), issuers, audience.into())
    }

    /// Refuses a token whose claims would not be enough even if they were true, which saves a fetch
    /// of the key set.
    fn check_unverified(&self, parts: &Parts<'_>) -> Result<(), TokenRejected> {
        let claims = parts.claims()?;
        self.rules.check_addressed(&claims, self.clock.unix())
    }

    fn judge(
        &self,
        token: &str,
        parts: &Parts<'_>,
        keys: &KeySet,
    ) -> Result<Verdict, TokenRejected> {
        let key = signer(parts, keys)?;
        let claims = parts.claims()?;
        let principal = self.rules.judge(claims, self.clock.unix())?;
        let principal = Arc::new(principal.key(key.retirement()).build());
        if self.denies(principal.token_id()) {
            return Err(TokenRejected::Denied);
        }
        // There is one: the rules demand it.
        if let Some(end) = principal.expires_at() {
            let token = TokenHash::of(token);
            self.cache.insert(token, Arc::clone(&principal), end);
        }
        Ok(Verdict::Accepted(principal))
    }

    fn denies(&self, token_id: Option<&str>) -> bool {
        match (&self.deny, token_id) {
            (Some(deny), Some(token_id)) => deny(token_id),
            _ => false,
        }
    }

    async fn judge_remotely(&self, token: &str, jwks: &Jwks) -> Result<Verdict, Failure> {
        let arrival = jwks.arrival();
        let parts = Parts::parse(token, self.algorithms, &self.types)?;
        let mut keys = if let Some(keys) = jwks.at_hand() {
            keys
        } else {
            self.check_unverified(&parts)?;
            jwks.keys(arrival).await?
        };
        if !keys.knows(parts.kid()) {
            self.check_unverified(&parts)?;
            keys = jwks.keys_with(parts.kid(), arrival).await?;
        }
        Ok(self.judge(token, &parts, &keys)?)
    }
}

/// Why there is no principal.
enum Failure {
    Rejected(TokenRejected),
    Unavailable(Unavailable),
}

impl From<TokenRejected> for Failure {
    fn from(reason: TokenRejected) -> Self {
        Self::Rejected(reason)
    }
}

impl From<Unavailable> for Failure {
    fn from(outage: Unavailable) -> Self {
        Self::Unavailable(outage)
    }
}

impl TokenVerifier for JwtVerifier {
    fn check_cached(&self, token: &BearerToken<'_>) -> Option<Verdict> {
        let token = token.as_str();
        if token.len() > MAX_TOKEN {
            return Some(Verdict::Rejected(TokenRejected::TooLarge));
        }
        if let KeySource::Remote(jwks) = &self.keys
            && !jwks.keep_fresh()
        {
            return None;
        }
        let principal = self.cache.get(TokenHash::of(token), self.clock.unix())?;
        if self.denies(principal.token_id()) {
            return Some(Verdict::Rejected(TokenRejected::Denied));
        }
        Some(Verdict::Accepted(principal))
    }

    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        let token = token.as_str();
        match &self.keys {
            KeySource::Fixed(keys) => {
                let verdict = Parts::parse(token, self.algorithms, &self.types)
                    .and_then(|parts| self.judge(token, &parts, keys));
                ready(verdict.unwrap_or_else(Verdict::Rejected)).boxed()
            }
            KeySource::Remote(jwks) => async move {
                match self.judge_remotely(token, jwks).await {
                    Ok(verdict) => verdict,
                    Err(Failure::Rejected(reason)) => Verdict::Rejected(reason),
                    Err(Failure::Unavailable(outage)) => Verdict::Unavailable(outage),
                }
            }
            .boxed(),
        }
    }

    fn is_revoked(&self, principal: &Principal) -> bool {
        // Asking renews the keys, even where no requests come and only streams are open.
        let usable = match &self.keys {
            KeySource::Fixed(_) => true,
            KeySource::Remote(jwks) => jwks.keep_fresh(),
        };
        let key_is_gone = |key: &Retirement| !usable || key.has_begun();
        principal.key().is_some_and(key_is_gone) || self.denies(principal.token_id())
    }

    fn knows_issuer(&self, issuer: &str) -> bool {
        self.rules.issuers.know(issuer)
    }
}

impl fmt::Debug for JwtVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtVerifier")
            .field("keys", &self.keys)
            .field("algorithms", &self.algorithms)
            .field("rules", &self.rules)
            .field("deny", &self.deny.is_some())
            .finish_non_exhaustive()
    }
}

impl From<Jwks> for KeySource {
    fn from(keys: Jwks) -> Self {
        Self::Remote(keys)
    }
}

impl From<KeySet> for KeySource {
    fn from(keys: KeySet) -> Self {
        Self::Fixed(Arc::new(keys))
    }
}

impl From<VerifyingKey> for KeySource {
    fn from(key: VerifyingKey) -> Self {
        KeySet::from(key).into()
    }
}

/// The key that signed the token.
pub(super) fn signer(parts: &Parts<'_>, keys: &KeySet) -> Result<Arc<VerifyingKey>, TokenRejected> {
    let signature = parts.signature()?;
    keys.candidates(parts.kid(), parts.algorithm)?
        .find(|key| key.verify(parts.algorithm, parts.compact.signed(), &signature))
        .cloned()
        .ok_or(TokenRejected::SignatureInvalid)
}

impl KeySet {
    /// The payload of a JWS in compact form (RFC 7515), verified exactly as tokens are. Its meaning
    /// is left to the caller. For tokens, use a [`JwtVerifier`].
    ///
    /// # Errors
    ///
    /// [`TokenRejected`] when it is not signed by one of these keys with one of these algorithms.
    pub fn verify_jws(&self, jws: &str, algorithms: Algorithms) -> Result<Vec<u8>, TokenRejected> {
        let parts = Parts::parse_any_type(jws, algorithms)?;
        signer(&parts, self)?;
        parts.payload()
    }
}

#[cfg(test)]
mod tests;
