//! Why there is no token, and how the client is told.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use crate::answer;
use crate::client::ClientAuthError;
use crate::code::CodeError;
use crate::form::FormError;
use crate::grant::GrantError;

/// After how long it is worth trying again when nobody says anything else.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Why there is no token: an error of OAuth 2.1 section 3.2.4, or that of an extension. Clients
/// throw their refresh token away at `invalid_grant`, so trouble of ours is never called that.
#[derive(Debug)]
pub(in crate::endpoint) enum Refused {
    Client(ClientAuthError),
    InvalidGrant(&'static str),
    InvalidRequest(FormError),
    InvalidScope,
    InvalidTarget,
    Request(&'static str),
    Unavailable(Duration),
    UnauthorizedClient,
    UnsupportedGrantType,
}

impl Refused {
    /// Something failed that the client can do nothing about.
    pub(in crate::endpoint) fn trouble(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::warn!(error, "a token request cannot be answered");
        Self::Unavailable(RETRY_AFTER)
    }

    pub(in crate::endpoint) fn answer(self) -> Response<Bytes> {
        let (error, description) = match self {
            Self::Client(error) => return error.answer(),
            Self::Unavailable(retry_after) => return unavailable(retry_after),
            Self::InvalidRequest(error) => {
                let problem = error.to_string();
                return answer::error(StatusCode::BAD_REQUEST, "invalid_request", &problem);
            }
            Self::Request(problem) => ("invalid_request", problem),
            Self::InvalidGrant(problem) => ("invalid_grant", problem),
            Self::InvalidScope => ("invalid_scope", "a scope was not granted, or is none"),
            Self::InvalidTarget => (
                "invalid_target",
                "`resource` is not the resource of this server",
            ),
            Self::UnauthorizedClient => {
                let problem = "the client is not registered for this grant type";
                ("unauthorized_client", problem)
            }
            Self::UnsupportedGrantType => {
                ("unsupported_grant_type", "this grant type is not supported")
            }
        };
        answer::error(StatusCode::BAD_REQUEST, error, description)
    }
}

/// It is not the client's fault.
fn unavailable(retry_after: Duration) -> Response<Bytes> {
    let problem = "there are no tokens at the moment; try again soon";
    let error = "temporarily_unavailable";
    let mut response = answer::error(StatusCode::SERVICE_UNAVAILABLE, error, problem);
    // Rounded up: whoever waits for less comes too early.
    let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
    let retry_after = HeaderValue::from(seconds.max(1));
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, retry_after);
    response
}

impl From<FormError> for Refused {
    fn from(error: FormError) -> Self {
        Self::InvalidRequest(error)
    }
}

impl From<ClientAuthError> for Refused {
    fn from(error: ClientAuthError) -> Self {
        Self::Client(error)
    }
}

impl From<CodeError> for Refused {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Unknown | CodeError::Replayed { .. } => {
                Self::InvalidGrant("the authorization code is not known, or was used")
            }
            CodeError::NoRandomness(_) | CodeError::Record(_) => Self::trouble(&error),
        }
    }
}

impl From<GrantError> for Refused {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Over => Self::InvalidGrant("the login is over; log in again"),
            GrantError::Reused => {
                Self::InvalidGrant("the refresh token was used before; log in again")
            }
            GrantError::Unknown => Self::InvalidGrant("there is no such login; log in again"),
            GrantError::Scope => Self::InvalidScope,
            GrantError::Upstream { retry_after } => {
                Self::Unavailable(retry_after.unwrap_or(RETRY_AFTER))
            }
            GrantError::Contended
            | GrantError::Key(_)
            | GrantError::NoRandomness(_)
            | GrantError::Record(_)
            | GrantError::Shared(_) => Self::trouble(&error),
        }
    }
}
