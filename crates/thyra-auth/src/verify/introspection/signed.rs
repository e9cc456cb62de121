//! Answers that the authorization server signs (RFC 9701).

use std::str;
use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};
use thyra_oauth::{Clock, Fetched, INTROSPECTION_JWT};

use crate::verify::algorithm::Algorithms;
use crate::verify::jwt::{ClaimRules, KeySource, Parts, signer};
use crate::verify::key_set::KeySet;
use crate::verify::lookup::LookupError;
use crate::verify::{ClaimName, TokenRejected, Unavailable};

/// How old an answer may be, and how far the clocks may differ.
const MAX_AGE: Duration = Duration::from_mins(5);

/// How answers must be signed.
#[derive(Clone, Debug)]
pub(super) struct SignedAnswers {
    pub(super) keys: KeySource,
    /// All with a public key.
    pub(super) algorithms: Algorithms,
}

impl SignedAnswers {
    /// The members of an answer (`token_introspection`), after everything around them was checked.
    /// It must be signed by the issuer, and for the client that asked: the server's answers to
    /// others say what those may know, and may be about other tokens.
    pub(super) async fn open(
        &self,
        answer: &Fetched,
        issuer: &str,
        client_id: &str,
        clock: &dyn Clock,
    ) -> Result<Map<String, Value>, LookupError> {
        if !is_signed(answer) {
            return Err(LookupError::bad_answer(
                "it is not of the type `application/token-introspection+jwt`, so it is not signed",
            ));
        }
        let text = str::from_utf8(&answer.body).map_err(LookupError::bad_answer)?;
        let unusable = |reason: TokenRejected| {
            LookupError::bad_answer(format!("as a signed answer, {reason}"))
        };
        let parts = Parts::parse_typed(text.trim_ascii(), self.algorithms, INTROSPECTION_JWT);
        let parts = parts.map_err(unusable)?;
        let keys = self.keys_for(parts.kid()).await?;
        signer(&parts, &keys).map_err(unusable)?;
        let claims = parts.claims().map_err(unusable)?;
        check(&claims, issuer, client_id, clock.unix()).map_err(unusable)?;
        match claims.get("token_introspection") {
            Some(Value::Object(members)) => Ok(members.clone()),
            _ => Err(LookupError::bad_answer(
                "its `token_introspection` is missing or no object",
            )),
        }
    }

    async fn keys_for(&self, kid: Option<&str>) -> Result<Arc<KeySet>, LookupError> {
        let jwks = match &self.keys {
            KeySource::Fixed(keys) => return Ok(Arc::clone(keys)),
            KeySource::Remote(jwks) => jwks,
        };
        let no_keys = |outage: Unavailable| LookupError::NoAnswer {
            source: "the keys that answers are signed with could not be fetched".into(),
            retry_after: Some(outage.retry_after),
        };
        let arrival = jwks.arrival();
        let keys = match jwks.at_hand() {
            Some(keys) => keys,
            None => jwks.keys(arrival).await.map_err(no_keys)?,
        };
        if keys.knows(kid) {
            return Ok(keys);
        }
        jwks.keys_with(kid, arrival).await.map_err(no_keys)
    }
}

fn is_signed(answer: &Fetched) -> bool {
    let media_type = answer.headers.get(CONTENT_TYPE);
    let media_type = media_type.and_then(|value| value.to_str().ok());
    let essence = media_type.and_then(|value| value.split(';').next());
    let subtype = essence.and_then(|essence| {
        let (top, subtype) = essence.trim().split_once('/')?;
        top.eq_ignore_ascii_case("application").then_some(subtype)
    });
    subtype.is_some_and(|subtype| subtype.eq_ignore_ascii_case(INTROSPECTION_JWT))
}

/// The claims around an answer (RFC 9701 section 5).
fn check(
    claims: &Map<String, Value>,
    issuer: &str,
    client_id: &str,
    now: Duration,
) -> Result<(), TokenRejected> {
    if claims.get("iss").is_none_or(|held| held != issuer) {
        return Err(TokenRejected::IssuerMismatch);
    }
    let is_ours = match claims.get("aud") {
        Some(Value::Array(held)) => held.iter().any(|one| one == client_id),
        Some(held) => held == client_id,
        None => false,
    };
    if !is_ours {
        return Err(TokenRejected::AudienceMismatch);
    }
    let made = ClaimRules::time_of(claims, ClaimName::Iat)?;
    let made = made.ok_or(TokenRejected::MissingClaim(ClaimName::Iat))?;
    if made > now.saturating_add(MAX_AGE) {
        return Err(TokenRejected::NotYetValid);
    }
    if made.saturating_add(MAX_AGE) < now {
        return Err(TokenRejected::Expired);
    }
    Ok(())
}
