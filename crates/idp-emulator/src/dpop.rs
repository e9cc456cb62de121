//! Proofs of possession (RFC 9449) at the token endpoint.

use axum::http::HeaderMap;
use jsonwebtoken::jwk::ThumbprintHash;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use crate::environment::Environment;
use crate::vendor::Offer;

/// How far a proof's `iat` may be from now, in seconds.
const WINDOW: u64 = 300;

#[derive(Deserialize)]
struct Claims {
    htm: String,
    htu: String,
    iat: u64,
    jti: String,
}

impl Environment {
    /// The thumbprint (RFC 7638) of the key whose possession a request proves, if it has a proof
    /// and the vendor looks at it. An error says what is wrong with the proof.
    pub(crate) fn proven_key(
        &self,
        headers: &HeaderMap,
        url: &str,
    ) -> Result<Option<String>, &'static str> {
        let mut proofs = headers.get_all("dpop").iter();
        let Some(proof) = proofs.next().filter(|_| self.vendor.offers(Offer::Dpop)) else {
            return Ok(None);
        };
        if proofs.next().is_some() {
            return Err("there must be one DPoP header");
        }
        let proof = proof.to_str().map_err(|_| "the proof is not a JWT")?;
        let header = decode_header(proof).map_err(|_| "the proof is not a JWT")?;
        if header.typ.as_deref() != Some("dpop+jwt") || header.alg != Algorithm::ES256 {
            return Err("the proof must be of the type dpop+jwt, and signed with ES256");
        }
        let jwk = header.jwk.ok_or("the proof holds no key")?;
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| "the proof's key cannot be used")?;
        let mut rules = Validation::new(Algorithm::ES256);
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        let claims = decode::<Claims>(proof, &key, &rules)
            .map_err(|_| "the proof is not signed with its key, or a claim is missing")?
            .claims;
        if claims.htm != "POST" || claims.htu != url {
            return Err("the proof is for another request");
        }
        let mut state = self.state();
        if claims.iat.abs_diff(state.clock.now()) > WINDOW {
            return Err("the proof is too old, or of the future");
        }
        let used = format!("dpop {}", claims.jti);
        if state.assertions.get(&used).is_some() {
            return Err("the proof was used before");
        }
        state.assertions.insert(used, ());
        let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256);
        thumbprint
            .map(Some)
            .map_err(|_| "the proof's key cannot be used")
    }
}
