//! What others signed: clients about themselves (RFC 7523 section 2.2), and issuers about their
//! subjects (section 2.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

/// A token whose signature was checked.
#[derive(Debug)]
pub(crate) struct Assertion {
    /// `typ` of its header.
    pub(crate) kind: Option<String>,
    claims: Map<String, Value>,
}

impl Assertion {
    /// Reads `token` if one of the public `keys` (RFC 7517) fits its signature. ES256 and RS256 are
    /// taken.
    pub(crate) fn read(token: &str, keys: &[Value]) -> Option<Self> {
        let header = decode_header(token).ok()?;
        if !matches!(header.alg, Algorithm::ES256 | Algorithm::RS256) {
            return None;
        }
        let mut rules = Validation::new(header.alg);
        // Time goes by the emulator's clock.
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        let claims = keys.iter().find_map(|key| {
            let jwk = serde_json::from_value(key.clone()).ok()?;
            let key = DecodingKey::from_jwk(&jwk).ok()?;
            let decoded = decode::<Map<String, Value>>(token, &key, &rules).ok()?;
            Some(decoded.claims)
        })?;
        Some(Self {
            kind: header.typ,
            claims,
        })
    }

    pub(crate) fn into_claims(self) -> Map<String, Value> {
        self.claims
    }

    pub(crate) fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim)?.as_str()
    }

    /// Whether it is for one of `audiences`.
    pub(crate) fn is_for(&self, audiences: &[&str]) -> bool {
        let is_one = |value: &Value| value.as_str().is_some_and(|text| audiences.contains(&text));
        match self.claims.get("aud") {
            Some(Value::Array(all)) => all.iter().any(is_one),
            Some(one) => is_one(one),
            None => false,
        }
    }

    pub(crate) fn is_over(&self, now: u64) -> bool {
        let end = self.claims.get("exp").and_then(Value::as_u64);
        end.is_none_or(|end| end <= now)
    }
}

/// The claim of a token that nobody has checked.
pub(crate) fn unchecked(token: &str, claim: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Map<String, Value> = serde_json::from_slice(&payload).ok()?;
    Some(claims.get(claim)?.as_str()?.to_owned())
}
