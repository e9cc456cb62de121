//! The errors of the token endpoint (RFC 6749 section 5.2).

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::answer;
use crate::key::CryptoError;
use crate::parameters::Repeated;
use crate::vendor::Row;

/// Why there are no tokens. The texts say what to do next and hold nothing of the request.
#[derive(Debug)]
pub(crate) enum TokenError {
    Crypto(CryptoError),
    InvalidClient(&'static str),
    InvalidDpopProof(&'static str),
    InvalidGrant(&'static str),
    InvalidRefreshToken(&'static str),
    InvalidRequest(Cow<'static, str>),
    InvalidScope(&'static str),
    /// A token to be revoked that is none.
    InvalidToken(&'static str),
    /// A resource that the vendor refuses: the code and the description.
    InvalidTarget(&'static str, &'static str),
    UnauthorizedClient,
    UnsupportedGrantType,
}

impl From<CryptoError> for TokenError {
    fn from(error: CryptoError) -> Self {
        Self::Crypto(error)
    }
}

impl From<Repeated> for TokenError {
    fn from(Repeated(name): Repeated) -> Self {
        Self::InvalidRequest(Cow::Owned(format!("`{name}` must come once")))
    }
}

impl TokenError {
    pub(crate) fn respond(self, vendor: &Row) -> Response {
        let (status, body) = match self.spelt(vendor) {
            Ok(spelt) => spelt,
            Err(error) => return error.into_response(),
        };
        let mut response = answer::uncached(status, body);
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::try_from(format!("Basic realm=\"{}\"", vendor.realm));
            response
                .headers_mut()
                .extend(challenge.map(|challenge| (header::WWW_AUTHENTICATE, challenge)));
        }
        response
    }

    /// Status and body, as the vendor spells them.
    pub(crate) fn spelt(self, vendor: &Row) -> Result<(StatusCode, Value), CryptoError> {
        let (status, error, description) = match self {
            Self::Crypto(error) => return Err(error),
            Self::InvalidClient(text) => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                Cow::Borrowed(text),
            ),
            Self::InvalidDpopProof(text) => (
                StatusCode::BAD_REQUEST,
                "invalid_dpop_proof",
                Cow::Borrowed(text),
            ),
            Self::InvalidGrant(text) => (
                vendor.tokens.invalid_grant,
                "invalid_grant",
                Cow::Borrowed(text),
            ),
            Self::InvalidRefreshToken(text) => (
                vendor.tokens.invalid_grant,
                vendor.tokens.invalid_refresh_token,
                Cow::Borrowed(text),
            ),
            Self::InvalidRequest(text) => (StatusCode::BAD_REQUEST, "invalid_request", text),
            Self::InvalidScope(text) => (
                StatusCode::BAD_REQUEST,
                "invalid_scope",
                Cow::Borrowed(text),
            ),
            Self::InvalidToken(text) => (
                StatusCode::BAD_REQUEST,
                "invalid_token",
                Cow::Borrowed(text),
            ),
            Self::InvalidTarget(error, text) => {
                (StatusCode::BAD_REQUEST, error, Cow::Borrowed(text))
            }
            Self::UnauthorizedClient => (
                StatusCode::BAD_REQUEST,
                "unauthorized_client",
                Cow::Borrowed(
                    "client credentials are for confidential clients without redirect URIs",
                ),
            ),
            Self::UnsupportedGrantType => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                Cow::Borrowed(
                    "use authorization_code, refresh_token, client_credentials, jwt-bearer or token-exchange",
                ),
            ),
        };
        Ok((status, (vendor.oauth_error)(error, &description)))
    }
}
