//! Proofs that whoever shows a token has its key: DPoP (RFC 9449).

mod nonces;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderName, HeaderValue, Method};
use serde::Serialize;
use serde_json::Map;
use url::Url;

pub use self::nonces::DpopNonces;
use crate::clock::Clock;
use crate::random::unguessable;
use crate::secret::Secret;
use crate::signing_key::{SigningKey, SigningKeyError};

/// The header of a proof.
pub const DPOP: HeaderName = HeaderName::from_static("dpop");

/// The header of a nonce that a server wants in proofs (RFC 9449 section 8.1).
pub const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// What a client proves with one request: that it has the key of a token, or of the one that it
/// asks for (RFC 9449 section 4.2).
#[derive(Clone, Copy, Debug)]
pub struct DpopProof<'a> {
    /// The method of the request.
    pub method: &'a Method,
    /// Where it goes. Query and fragment are left out.
    pub url: &'a Url,
    /// The access token that is shown with it.
    pub token: Option<&'a Secret>,
    /// What the server wants in it ([`DpopNonces`]).
    pub nonce: Option<&'a str>,
}

impl DpopProof<'_> {
    /// The proof, for the header [`DPOP`]. It is good for one request, so make another when the
    /// request is repeated.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError`].
    pub fn sign(
        &self,
        key: &SigningKey,
        clock: &dyn Clock,
    ) -> Result<HeaderValue, SigningKeyError> {
        #[derive(Serialize)]
        struct Claims<'a> {
            jti: &'a str,
            htm: &'a str,
            htu: &'a str,
            iat: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            ath: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            nonce: Option<&'a str>,
        }

        let jti = unguessable::<16>().map_err(|_| SigningKeyError::NoRandomness)?;
        let mut url = self.url.clone();
        url.set_query(None);
        url.set_fragment(None);
        let claims = Claims {
            jti: jti.expose(),
            htm: self.method.as_str(),
            htu: url.as_str(),
            iat: clock.unix().as_secs(),
            ath: self.token.map(hash),
            nonce: self.nonce,
        };
        let header = Map::from_iter([
            ("typ".to_owned(), "dpop+jwt".into()),
            ("jwk".to_owned(), key.public_jwk()),
        ]);
        let proof = key.sign(header, &claims)?;
        let mut value = HeaderValue::from_str(proof.expose()).map_err(|_| SigningKeyError::Sign)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

fn hash(token: &Secret) -> String {
    let digest = digest::digest(&digest::SHA256, token.expose().as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}

#[cfg(test)]
mod tests;
