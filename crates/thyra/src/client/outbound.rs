//! HTTP to the MCP server: bounded, and without redirects.

use bytes::{Bytes, BytesMut};

const USER_AGENT: &str = concat!("thyra/", env!("CARGO_PKG_VERSION"));

/// The settings that all our HTTP clients have.
pub(super) fn base() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
}

/// The whole body, when it is not larger than `max_bytes`.
pub(super) async fn read(
    mut response: reqwest::Response,
    max_bytes: usize,
) -> Result<Bytes, HttpError> {
    let host = response.url().host_str().unwrap_or_default().to_owned();
    let mut body = BytesMut::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|source| HttpError::failed(&host, source))?
    {
        if chunk.len() > max_bytes.saturating_sub(body.len()) {
            return Err(HttpError::TooLarge { host, max_bytes });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Why there is no answer. It names the host, and never the path or the query.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The host could not be reached, or broke off.
    #[error("{host} could not be reached, or broke off")]
    Failed {
        /// The host.
        host: String,
        /// What went wrong.
        source: reqwest::Error,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client cannot be set up; check the machine's root certificates")]
    Setup {
        /// What went wrong.
        source: reqwest::Error,
    },
    /// The answer is too large.
    #[error("{host} answered with more than {max_bytes} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// The bound.
        max_bytes: usize,
    },
}

impl HttpError {
    pub(super) fn failed(host: &str, source: reqwest::Error) -> Self {
        Self::Failed {
            host: host.to_owned(),
            source: source.without_url(),
        }
    }
}
