//! Outbound HTTP of the login: bounded, without redirects, and kept out of networks that are none of
//! the server's business.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use thyra_auth::{FetchError, FetchLimits, Fetched, Fetcher, Secret, Trust};
use url::Url;

const USER_AGENT: &str = concat!("thyra/", env!("CARGO_PKG_VERSION"));

/// Bounds of every request of the login.
const LIMITS: FetchLimits = FetchLimits {
    max_bytes: 256 * 1024,
    timeout: Duration::from_secs(30),
};

/// HTTP to where an MCP server sends its client.
pub(super) struct Http {
    fetcher: Fetcher,
    server: Url,
}

/// What came back, whatever its status.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

impl Http {
    pub(super) fn new(server: &Url) -> Self {
        Self {
            fetcher: Fetcher::new(),
            server: server.clone(),
        }
    }

    pub(super) async fn get(&self, url: &Url) -> Result<Reply, HttpError> {
        let fetched = self.fetcher.get(url, LIMITS, self.trust()).await?;
        Ok(fetched.into())
    }

    pub(super) async fn post(&self, url: &Url, body: Body) -> Result<Reply, HttpError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let (content_type, body) = match body {
            Body::Json(json) => ("application/json", json.into()),
            Body::Form {
                fields,
                authorization,
            } => {
                headers.extend(authorization.map(|value| (AUTHORIZATION, value)));
                let fields = fields.expose().clone();
                ("application/x-www-form-urlencoded", fields.into())
            }
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        let posted = self
            .fetcher
            .post(url, headers, body, LIMITS, self.trust())
            .await?;
        Ok(posted.into())
    }

    fn trust(&self) -> Trust {
        Trust::Learned {
            from: self.server.clone(),
        }
    }
}

impl From<Fetched> for Reply {
    fn from(fetched: Fetched) -> Self {
        Self {
            status: fetched.status.as_u16(),
            body: fetched.body,
        }
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

/// What is posted.
pub(super) enum Body {
    Form {
        fields: Secret,
        authorization: Option<HeaderValue>,
    },
    Json(Vec<u8>),
}

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
    /// A document could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
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
