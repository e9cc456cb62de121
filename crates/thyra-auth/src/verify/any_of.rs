//! Several verifiers as one.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use thiserror::Error;

use super::jwt::claimed_issuer;
use super::{BearerToken, TokenRejected, TokenVerifier, Unavailable, Verdict};
use crate::principal::Principal;

/// Accepts the tokens that any of several verifiers accepts, such as those of two identity
/// providers, or of a provider and of machines with fixed tokens.
///
/// - Each verifier has a name. It becomes the [source](Principal::source) of the principals that
///   the verifier admits, and part of their ids. So two verifiers never admit the same caller, even
///   if they know the same issuer, subject and client.
/// - They are asked one after the other until one accepts. Those that
///   [know](TokenVerifier::knows_issuer) the issuer which the token claims to have come first, and
///   otherwise they are asked in the order in which they were added.
/// - If none accepts and one could not judge, the verdict is [`Verdict::Unavailable`], with the
///   shortest time after which it is worth trying again: the token may be one of that verifier's.
/// - If all reject, the reason is that of the verifier in which the token came furthest, because
///   that is the one which the caller can do something about. A token that has expired at one
///   verifier and has the wrong issuer for another has expired.
/// - Whether a token was revoked is asked of the verifier that accepted it, and of no other.
///
/// A token that two verifiers accept is admitted by the one that is asked first. Keep their issuers
/// or their audiences apart.
///
/// A verifier that asks somebody about tokens, such as a [`LookupVerifier`](crate::LookupVerifier),
/// shows them the tokens that the verifiers before it rejected. So add it last, and do not add one
/// whose owner must not see the tokens of the others.
///
/// ```
/// use thyra_auth::{AnyOf, Audience, Issuers, Jwks, JwtVerifier, Principal, StaticTokens};
///
/// let keys = Jwks::new("https://issuer.example/keys")?;
/// let issuers = Issuers::any_of(["https://issuer.example"])?;
/// let audience = Audience::any_of(["https://mcp.example.com/mcp"])?;
/// let people = JwtVerifier::builder(keys, issuers, audience).build()?;
///
/// let nightly = Principal::builder("https://mcp.example.com", "nightly-job").build();
/// let machines = StaticTokens::default().token("a-long-made-up-token", nightly);
///
/// let verifier = AnyOf::builder()
///     .verifier("people", people)
///     .verifier("machines", machines)
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct AnyOf {
    /// At least one, and no two of the same name.
    sources: Vec<Source>,
}

/// Makes an [`AnyOf`]; made by [`AnyOf::builder`].
#[derive(Debug, Default)]
#[must_use = "there is no verifier before `build`"]
pub struct AnyOfBuilder {
    sources: Vec<Source>,
}

#[derive(Clone)]
struct Source {
    name: Arc<str>,
    verifier: Arc<dyn TokenVerifier>,
}

/// Why several verifiers cannot be one.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnyOfError {
    /// A name that is blank, or that could be mistaken for another.
    #[error(
        "the verifier's name {0:?} cannot be used: a name must not be blank, begin or end with a \
         space, or hold slashes or control characters"
    )]
    Name(String),
    /// There is no verifier.
    #[error("no verifier was given, so no token could ever be accepted; add one with `verifier`")]
    NoVerifier,
    /// Two verifiers have the same name.
    #[error(
        "two verifiers are named {0:?}, so their callers could not be told apart; rename one of them"
    )]
    SameName(String),
}

impl AnyOf {
    /// Begins to put verifiers together.
    pub fn builder() -> AnyOfBuilder {
        AnyOfBuilder::default()
    }

    /// The sources, first the ones that know the issuer which the token claims to have. The claim
    /// is not verified, so it decides about the order alone.
    fn in_order(&self, token: &BearerToken<'_>) -> impl Iterator<Item = &Source> {
        let issuer = claimed_issuer(token.as_str());
        let knows = |source: &&Source| {
            issuer
                .as_deref()
                .is_some_and(|issuer| source.verifier.knows_issuer(issuer))
        };
        let (first, last): (Vec<_>, Vec<_>) = self.sources.iter().partition(knows);
        first.into_iter().chain(last)
    }
}

impl AnyOfBuilder {
    /// Adds a verifier. `name` becomes the source of its principals and part of their ids, so keep
    /// it: with another name, the same callers are strangers to their sessions and tasks.
    pub fn verifier(
        mut self,
        name: impl Into<String>,
        verifier: impl TokenVerifier + 'static,
    ) -> Self {
        self.sources.push(Source {
            name: name.into().into(),
            verifier: Arc::new(verifier),
        });
        self
    }

    /// Makes the verifier.
    ///
    /// # Errors
    ///
    /// [`AnyOfError`] when there is no verifier, or when a name cannot be used.
    pub fn build(self) -> Result<AnyOf, AnyOfError> {
        let Self { sources } = self;
        if sources.is_empty() {
            return Err(AnyOfError::NoVerifier);
        }
        for (index, Source { name, .. }) in sources.iter().enumerate() {
            // A slash separates the names of verifiers within verifiers.
            let clear = |c: char| c != '/' && !c.is_control();
            if name.trim().is_empty() || name.trim() != &**name || !name.chars().all(clear) {
                return Err(AnyOfError::Name(name.to_string()));
            }
            if sources
                .iter()
                .skip(index + 1)
                .any(|other| other.name == *name)
            {
                return Err(AnyOfError::SameName(name.to_string()));
            }
        }
        Ok(AnyOf { sources })
    }
}

impl TokenVerifier for AnyOf {
    fn check_cached(&self, token: &BearerToken<'_>) -> Option<Verdict> {
        let mut refusals = Refusals::default();
        let mut all_settled = true;
        for source in &self.sources {
            match source.verifier.check_cached(token) {
                Some(Verdict::Accepted(principal)) => return Some(source.admit(&principal)),
                Some(refused) => refusals.note(&refused),
                None => all_settled = false,
            }
        }
        all_settled.then(|| refusals.verdict())
    }

    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        async move {
            let mut refusals = Refusals::default();
            for source in self.in_order(token) {
                let verdict = match source.verifier.check_cached(token) {
                    Some(verdict) => verdict,
                    None => source.verifier.verify(token).await,
                };
                match verdict {
                    Verdict::Accepted(principal) => return source.admit(&principal),
                    refused => refusals.note(&refused),
                }
            }
            refusals.verdict()
        }
        .boxed()
    }

    fn is_revoked(&self, principal: &Principal) -> bool {
        self.sources.iter().any(|source| {
            principal
                .known_to(&source.name)
                .is_some_and(|principal| source.verifier.is_revoked(&principal))
        })
    }

    fn knows_issuer(&self, issuer: &str) -> bool {
        let mut sources = self.sources.iter();
        sources.any(|source| source.verifier.knows_issuer(issuer))
    }

    fn warnings(&self) -> Vec<String> {
        let warnings = |Source { name, verifier }: &Source| {
            let warnings = verifier.warnings().into_iter();
            let named = warnings.map(|warning| format!("{warning} (source {name})"));
            named.collect::<Vec<_>>()
        };
        self.sources.iter().flat_map(warnings).collect()
    }
}

impl Source {
    fn admit(&self, principal: &Principal) -> Verdict {
        Verdict::Accepted(Arc::new(principal.admitted_by(&self.name)))
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source")
            .field(&self.name)
            .field(&self.verifier)
            .finish()
    }
}

/// What the sources said that did not accept a token.
#[derive(Default)]
struct Refusals {
    outage: Option<Unavailable>,
    rejection: Option<TokenRejected>,
}

impl Refusals {
    fn note(&mut self, refused: &Verdict) {
        match *refused {
            Verdict::Unavailable(outage) => {
                let longer = |noted: &Unavailable| noted.retry_after <= outage.retry_after;
                self.outage = Some(self.outage.filter(longer).unwrap_or(outage));
            }
            Verdict::Rejected(reason) => {
                let at_least = |noted: &TokenRejected| progress(*noted) >= progress(reason);
                self.rejection = Some(self.rejection.filter(at_least).unwrap_or(reason));
            }
            Verdict::Accepted(_) => {}
        }
    }

    fn verdict(self) -> Verdict {
        match self.outage {
            Some(outage) => Verdict::Unavailable(outage),
            None => Verdict::Rejected(self.rejection.unwrap_or(TokenRejected::UnknownToken)),
        }
    }
}

/// How far a token came in a verifier that rejected it. The further, the likelier it is one of that
/// verifier's own.
fn progress(reason: TokenRejected) -> u8 {
    match reason {
        // Whatever form tokens have, this is none, or none that is known.
        TokenRejected::Malformed | TokenRejected::TooLarge => 0,
        TokenRejected::Inactive | TokenRejected::UnknownToken => 1,
        TokenRejected::AlgorithmNotAllowed
        | TokenRejected::TypeNotAllowed
        | TokenRejected::UnsupportedCritical => 2,
        TokenRejected::IssuerMismatch => 3,
        // Its issuer is known from here on.
        TokenRejected::SignatureInvalid | TokenRejected::UnknownKey => 4,
        TokenRejected::InvalidClaim(_) | TokenRejected::MissingClaim(_) => 5,
        TokenRejected::AudienceMismatch | TokenRejected::ResourceMismatch => 6,
        TokenRejected::Expired | TokenRejected::NotYetValid => 7,
        TokenRejected::ClaimNotAccepted | TokenRejected::Denied => 8,
    }
}

#[cfg(test)]
mod tests;
