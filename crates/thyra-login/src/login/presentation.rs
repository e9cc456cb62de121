//! How tokens are shown to a resource: `Authorization`, and for those that are bound to a key, a
//! proof (RFC 6750 section 2.1, RFC 9449 section 7.1).

use std::fmt;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, Method};
use thyra_oauth::{Challenge, Clock, DPOP, DpopNonces, DpopProof, configured_url};
use url::Url;

use crate::dpop::DpopError;
use crate::tokens::Tokens;

/// What one request shows of its tokens, from [`Login::present`](crate::Login::present).
pub struct Presentation {
    headers: HeaderMap,
    proof: Option<Proof>,
}

/// What a proof was made with.
struct Proof {
    url: Url,
    nonce: Option<Arc<str>>,
    nonces: DpopNonces,
}

impl Presentation {
    pub(super) fn new(
        tokens: &Tokens,
        method: &Method,
        url: &str,
        nonces: &DpopNonces,
        clock: &dyn Clock,
    ) -> Result<Self, DpopError> {
        let mut headers = HeaderMap::new();
        let binding = tokens.origin().binding.as_ref();
        let binding = binding.filter(|_| tokens.is_bound());
        let scheme = if binding.is_some() { "DPoP" } else { "Bearer" };
        let value = format!("{scheme} {}", tokens.access().expose());
        let mut value = HeaderValue::try_from(value).map_err(|_| DpopError::Unsendable)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
        let Some(binding) = binding else {
            return Ok(Self {
                headers,
                proof: None,
            });
        };
        let url = configured_url(url)?;
        let nonce = nonces.of(&url);
        let proof = DpopProof {
            method,
            url: &url,
            token: Some(tokens.access()),
            nonce: nonce.as_deref(),
        };
        headers.insert(DPOP, proof.sign(&binding.key, clock)?);
        Ok(Self {
            headers,
            proof: Some(Proof {
                url,
                nonce,
                nonces: nonces.clone(),
            }),
        })
    }

    /// The headers of the request.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Takes note of the headers of the answer. Whether the request is to be sent once more, with
    /// another presentation: the resource did not look at it, and wants the nonce that it has just
    /// given (RFC 9449 section 9).
    pub fn answered(&self, headers: &HeaderMap) -> bool {
        self.proof.as_ref().is_some_and(|proof| {
            proof
                .nonces
                .learn(&proof.url, headers, proof.nonce.as_deref())
                && Challenge::from_headers(headers)
                    .is_some_and(|challenge| challenge.wants_dpop_nonce())
        })
    }
}

impl fmt::Debug for Presentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presentation")
            .field("with_proof", &self.proof.is_some())
            .finish_non_exhaustive()
    }
}
