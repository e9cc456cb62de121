//! Why a client is not registered.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use thiserror::Error;
use thyra_oauth::NoRandomness;
use thyra_store::StoreError;

use super::MAX_BODY;
use crate::answer;
use crate::client::RedirectRefused;

/// Why a client is not registered (RFC 7591 section 3.2.2). The text is safe to show.
#[derive(Debug, Error)]
pub(crate) enum RegistrationRefused {
    #[error("this server registers no clients; ask its operator to set the client up")]
    Closed,
    #[error("{0}")]
    Metadata(&'static str),
    #[error("the metadata is not the JSON of RFC 7591 section 2: {0}")]
    Syntax(#[source] serde_json::Error),
    #[error("the redirect URI number {} is not accepted: {reason}", at + 1)]
    RedirectUri { at: usize, reason: RedirectRefused },
    #[error("{0}")]
    RedirectUris(&'static str),
    #[error("the metadata is longer than {MAX_BODY} bytes")]
    TooLarge,
    #[error("too many clients register at the moment; try again in {} s", whole_seconds(*retry_after))]
    TooMany { retry_after: Duration },
    #[error("clients cannot be registered at the moment; try again")]
    Store(#[from] StoreError),
    #[error("clients cannot be registered at the moment; try again")]
    Randomness(#[from] NoRandomness),
}

impl RegistrationRefused {
    /// The answer of the registration endpoint.
    pub(crate) fn answer(&self) -> Response<Bytes> {
        let (status, error) = match self {
            Self::Closed => (StatusCode::FORBIDDEN, "access_denied"),
            Self::Metadata(_) | Self::Syntax(_) => {
                (StatusCode::BAD_REQUEST, "invalid_client_metadata")
            }
            Self::RedirectUri { .. } | Self::RedirectUris(_) => {
                (StatusCode::BAD_REQUEST, "invalid_redirect_uri")
            }
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "invalid_client_metadata"),
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable"),
            Self::Store(_) | Self::Randomness(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
            }
        };
        let mut response = answer::error(status, error, &self.to_string());
        if let Self::TooMany { retry_after } = self {
            let seconds = HeaderValue::from(whole_seconds(*retry_after));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

/// Rounded up, so that whoever waits that long does not come too early.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
