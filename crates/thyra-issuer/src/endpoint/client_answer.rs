//! The answer to the client, which the browser carries (OAuth 2.1 section 4.1.2, RFC 9207).

use std::borrow::Cow;

use bytes::Bytes;
use http::Response;
use thyra_oauth::Secret;

use crate::answer;
use crate::client::RedirectUri;

/// Where the answer to an authorization request goes: a redirect URI that was checked, and what the
/// client wants back. Each answer names this server once.
#[derive(Debug)]
pub(super) struct ClientAnswer<'a> {
    pub(super) redirect_uri: &'a RedirectUri,
    pub(super) state: Option<&'a str>,
    pub(super) issuer: &'a str,
}

/// What an authorization response may say in `error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuthorizationError {
    AccessDenied,
    InvalidRequest,
    InvalidScope,
    /// RFC 8707 section 2.
    InvalidTarget,
    /// `OpenID` Connect Core section 3.1.2.6.
    RequestNotSupported,
    /// As above.
    RequestUriNotSupported,
    ServerError,
    TemporarilyUnavailable,
    UnauthorizedClient,
    UnsupportedResponseType,
}

impl AuthorizationError {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::RequestNotSupported => "request_not_supported",
            Self::RequestUriNotSupported => "request_uri_not_supported",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedResponseType => "unsupported_response_type",
        }
    }
}

/// An error for the client. The text is ours, and never that of the identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) error: AuthorizationError,
    pub(super) description: Cow<'static, str>,
}

impl Refused {
    pub(super) fn new(
        error: AuthorizationError,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            error,
            description: description.into(),
        }
    }
}

impl ClientAnswer<'_> {
    pub(super) fn code(&self, code: &Secret) -> Response<Bytes> {
        self.send(vec![("code", code.expose())])
    }

    pub(super) fn error(&self, refused: &Refused) -> Response<Bytes> {
        self.send(vec![
            ("error", refused.error.as_str()),
            ("error_description", &refused.description),
        ])
    }

    fn send<'b>(&'b self, mut parameters: Vec<(&'b str, &'b str)>) -> Response<Bytes> {
        if let Some(state) = self.state {
            parameters.push(("state", state));
        }
        parameters.push(("iss", self.issuer));
        answer::redirect(&self.redirect_uri.with(&parameters))
    }
}
