//! The token that a request presents.

use http::{HeaderMap, header};

use crate::refusal::{MalformedRequest, Refusal};
use crate::verify::{BearerToken, TokenRejected};

/// A token, and how it was presented.
#[derive(Clone, Copy, Debug)]
pub(super) struct Presented<'h> {
    pub(super) scheme: Scheme,
    pub(super) token: BearerToken<'h>,
}

/// What whoever presents a token says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    /// It is good for whoever has it (RFC 6750).
    Bearer,
    /// It is bound to a key, and a proof comes with it (RFC 9449 section 7.1).
    Dpop,
}

impl<'h> Presented<'h> {
    /// The token of the one `Authorization` header (RFC 6750 section 2.1, RFC 9449 section 7.1).
    ///
    /// No header, or one of another scheme, means that there is no token. The scheme, in upper or
    /// lower case, is followed by one or more spaces and a token made of the characters of
    /// `b64token`; anything else is a malformed token.
    pub(super) fn of(headers: &'h HeaderMap) -> Result<Self, Refusal> {
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
        let scheme = if scheme.eq_ignore_ascii_case(b"bearer") {
            Scheme::Bearer
        } else if scheme.eq_ignore_ascii_case(b"dpop") {
            Scheme::Dpop
        } else {
            return Err(Refusal::MissingToken);
        };
        let start = token.iter().position(|byte| *byte != b' ');
        let token = start
            .and_then(|start| token.get(start..))
            .unwrap_or_default();
        let token = std::str::from_utf8(token)
            .ok()
            .filter(|token| is_b64token(token))
            .ok_or(Refusal::InvalidToken(TokenRejected::Malformed))?;
        Ok(Self {
            scheme,
            token: BearerToken::new(token),
        })
    }
}

/// `b64token` (RFC 6750 section 2.1).
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty()
        && body
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}
