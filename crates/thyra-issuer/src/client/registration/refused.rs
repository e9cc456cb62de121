//! Why a client is not registered.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use thiserror::Error;
use thyra_oauth::NoRandomness;
use thyra_store::StoreError;

use super::MAX_BODY;
use crate::answer;
use crate::client::metadata::MetadataRefused;

/// Why a client is not registered (RFC 7591 section 3.2.2). The text is safe to show.
#[derive(Debug, Error)]
pub(crate) enum RegistrationRefused {
    #[error("this server registers no clients; ask its operator to set the client up")]
    Closed,
    #[error(transparent)]
    Metadata(#[from] MetadataRefused),
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
            Self::Metadata(refused) => (StatusCode::BAD_REQUEST, refused.code()),
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
