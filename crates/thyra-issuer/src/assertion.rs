//! Identity assertions (ID-JAG, SEP-990): an enterprise's identity provider signs that a person may
//! use this server with a client, and the client gets a token without a login here.

mod seen;
mod settings;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;
use thyra_auth::{
    BearerToken, ClaimName, JwtVerifier, Principal, ScopeSet, TokenRejected, TokenVerifier, Verdict,
};

use crate::record::RecordError;
use seen::Seen;
pub use settings::IdentityAssertion;

/// The type of such assertions.
const TYPE: &str = "oauth-id-jag+jwt";

/// How long an assertion may live.
const LONGEST: Duration = Duration::from_mins(5);

/// The longest assertion, in bytes.
const MAX_LENGTH: usize = 16 * 1024;

/// Judges assertions.
#[derive(Debug)]
pub(crate) struct Assertions {
    issuers: Vec<TrustedIssuer>,
    required_scopes: ScopeSet,
    access_token_lifetime: Duration,
    shares_subjects: bool,
    seen: Seen,
}

#[derive(Debug)]
struct TrustedIssuer {
    issuer: String,
    verifier: JwtVerifier,
}

/// What an assertion says.
#[derive(Debug)]
pub(crate) struct Asserted {
    /// The person: unique among those of this server.
    pub(crate) subject: String,
    pub(crate) claims: Map<String, Value>,
    /// What is granted; `None` leaves it to this server.
    pub(crate) scopes: Option<ScopeSet>,
}

/// Whom an assertion must be for.
pub(crate) struct Addressee<'a> {
    /// The client that has authenticated.
    pub(crate) client_id: &'a str,
    /// Whether a resource is that of this server.
    pub(crate) is_resource: &'a (dyn Fn(&str) -> bool + Sync),
}

impl Assertions {
    /// How long a token lives that comes of an assertion.
    pub(crate) fn access_token_lifetime(&self) -> Duration {
        self.access_token_lifetime
    }

    /// Judges an assertion. One that is good is good once; one that is not for this client or this
    /// resource is not used up.
    pub(crate) async fn judge(
        &self,
        assertion: &str,
        addressee: Addressee<'_>,
    ) -> Result<Asserted, AssertionRefused> {
        if assertion.len() > MAX_LENGTH {
            return Err(TokenRejected::TooLarge.into());
        }
        check_type(assertion)?;
        let issuer: Issuer = part(assertion, 1).ok_or(TokenRejected::Malformed)?;
        // Nothing is fetched for an issuer that nobody trusts.
        let trusted = self.issuers.iter().find(|one| one.issuer == issuer.iss);
        let trusted = trusted.ok_or(TokenRejected::IssuerMismatch)?;
        let principal = match trusted.verifier.verify(&BearerToken::new(assertion)).await {
            Verdict::Accepted(principal) => principal,
            Verdict::Rejected(reason) => return Err(reason.into()),
            Verdict::Unavailable(outage) => {
                let retry_after = outage.retry_after;
                return Err(AssertionRefused::Unavailable { retry_after });
            }
            _ => return Err(TokenRejected::Malformed.into()),
        };
        let end = check_lifetime(&principal)?;
        let scopes = match principal.claim("scope") {
            None => None,
            Some(Value::String(scope)) => Some(ScopeSet::parse(scope)),
            Some(_) => return Err(TokenRejected::InvalidClaim(ClaimName::Scope).into()),
        };
        let held = scopes.clone().unwrap_or_default();
        if !self.required_scopes.is_subset(&held) {
            return Err(AssertionRefused::Scopes);
        }
        check_addressee(&principal, &addressee)?;
        let jti = text(&principal, "jti").ok_or(TokenRejected::MissingClaim(ClaimName::Jti))?;
        let name = [&*trusted.issuer, addressee.client_id, jti];
        if !self.seen.is_new(name, end).await? {
            return Err(AssertionRefused::Replayed);
        }
        Ok(self.asserted(trusted, &principal, scopes))
    }

    fn asserted(
        &self,
        trusted: &TrustedIssuer,
        principal: &Principal,
        scopes: Option<ScopeSet>,
    ) -> Asserted {
        let mut claims: Map<_, _> = principal
            .claims()
            .iter()
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .collect();
        let issuer = trusted.issuer.clone();
        claims.insert("assertion_iss".to_owned(), issuer.into());
        // A number at one issuer may be somebody else's number at another.
        let subject = if self.shares_subjects {
            principal.subject().to_owned()
        } else {
            format!("{} {}", trusted.issuer, principal.subject())
        };
        Asserted {
            subject,
            claims,
            scopes,
        }
    }
}

#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

#[derive(Deserialize)]
struct Header {
    typ: String,
}

/// Part `place` of a token in compact form. Nothing of it is verified.
fn part<T: DeserializeOwned>(token: &str, place: usize) -> Option<T> {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(place)?).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// An access token or an ID token of the same issuer is no assertion.
fn check_type(assertion: &str) -> Result<(), AssertionRefused> {
    let header: Option<Header> = part(assertion, 0);
    let header = header.ok_or(TokenRejected::TypeNotAllowed)?;
    // A media type may be given in full (RFC 7515 section 4.1.9).
    let typ = header.typ.to_ascii_lowercase();
    if typ.strip_prefix("application/").unwrap_or(&typ) == TYPE {
        Ok(())
    } else {
        Err(TokenRejected::TypeNotAllowed.into())
    }
}

/// When it ends. It must say when it was made, and must not live long.
fn check_lifetime(principal: &Principal) -> Result<Duration, AssertionRefused> {
    let end = principal.expires_at();
    let end = end.ok_or(TokenRejected::MissingClaim(ClaimName::Exp))?;
    let made = principal.claim("iat").and_then(Value::as_f64);
    let made = made.and_then(|made| Duration::try_from_secs_f64(made).ok());
    let made = made.ok_or(TokenRejected::MissingClaim(ClaimName::Iat))?;
    match end.checked_sub(made) {
        Some(life) if life <= LONGEST => Ok(end),
        _ => Err(AssertionRefused::TooLong),
    }
}

fn check_addressee(
    principal: &Principal,
    addressee: &Addressee<'_>,
) -> Result<(), AssertionRefused> {
    if text(principal, "client_id") != Some(addressee.client_id) {
        return Err(AssertionRefused::OtherClient);
    }
    match text(principal, "resource") {
        Some(resource) if (addressee.is_resource)(resource) => Ok(()),
        _ => Err(TokenRejected::ResourceMismatch.into()),
    }
}

/// A claim that is text and not empty.
fn text<'p>(principal: &'p Principal, name: &str) -> Option<&'p str> {
    let text = principal.claim(name)?.as_str()?;
    Some(text).filter(|text| !text.is_empty())
}

/// Why an assertion gives nothing. Clients are told no more than that.
#[derive(Debug, Error)]
pub(crate) enum AssertionRefused {
    /// It was made for another client.
    #[error("it is for another client")]
    OtherClient,
    /// The store failed.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It is not a good token.
    #[error(transparent)]
    Rejected(#[from] TokenRejected),
    /// It was used before.
    #[error("it was used before")]
    Replayed,
    /// It lacks scopes that the operator demands.
    #[error("it lacks a scope that is demanded")]
    Scopes,
    /// It lives for too long.
    #[error("it lives for more than five minutes")]
    TooLong,
    /// The keys of its issuer cannot be had.
    #[error("the keys of its issuer cannot be had")]
    Unavailable {
        /// After how long it is worth trying again.
        retry_after: Duration,
    },
}

#[cfg(test)]
mod tests;
