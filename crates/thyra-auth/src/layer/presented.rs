//! The token that a request presents.

use http::{HeaderMap, header};

use crate::refusal::{MalformedRequest, Refusal};
use crate::verify::{BearerToken, TokenRejected};

/// The token of the one `Authorization` header (RFC 6750 section 2.1).
///
/// No header, or one of another scheme, means that there is no token. `Bearer`, in upper or lower
/// case, is followed by one or more spaces and a token made of the characters of `b64token`;
/// anything else is a malformed token.
pub(super) fn bearer_token(headers: &HeaderMap) -> Result<BearerToken<'_>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Err(Refusal::MissingToken);
    };
    if values.next().is_some() {
        return Err(Refusal::MalformedRequest(
            MalformedRequest::SeveralAuthorizationHeaders,
        ));
    }
    let value = value.as_bytes();
    let scheme_end = value
        .iter()
        .position(|byte| *byte == b' ')
        .unwrap_or(value.len());
    let (scheme, token) = value.split_at(scheme_end);
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Err(Refusal::MissingToken);
    }
    let start = token.iter().position(|byte| *byte != b' ');
    let token = start
        .and_then(|start| token.get(start..))
        .unwrap_or_default();
    std::str::from_utf8(token)
        .ok()
        .filter(|token| is_b64token(token))
        .map(BearerToken::new)
        .ok_or(Refusal::InvalidToken(TokenRejected::Malformed))
}

/// `b64token` (RFC 6750 section 2.1).
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty()
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}
