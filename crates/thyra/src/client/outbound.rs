//! Outbound HTTP of the login: bounded, without redirects, and kept out of networks that are none of
//! the server's business.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thyra_auth::{FetchError, FetchLimits, Fetcher, Secret, Trust};
use url::Url;

use super::learned::{is_internal, is_internal_address};

const USER_AGENT: &str = concat!("thyra/", env!("CARGO_PKG_VERSION"));

/// Bounds of every request of the login.
const LIMITS: FetchLimits = FetchLimits {
    max_bytes: 256 * 1024,
    timeout: Duration::from_secs(30),
};

/// HTTP to where an MCP server sends its client.
pub(super) struct Http {
    fetcher: Fetcher,
    poster: reqwest::Client,
    server: Url,
}

/// What came back, whatever its status.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

impl Http {
    pub(super) fn new(server: &Url) -> Result<Self, HttpError> {
        let mut poster = base();
        if !is_internal(server) {
            poster = poster.dns_resolver(PublicOnly);
        }
        Ok(Self {
            fetcher: Fetcher::new(),
            poster: poster
                .build()
                .map_err(|source| HttpError::Setup { source })?,
            server: server.clone(),
        })
    }

    pub(super) async fn get(&self, url: &Url) -> Result<Reply, HttpError> {
        let trust = Trust::Learned {
            from: self.server.clone(),
        };
        let fetched = self.fetcher.get(url, LIMITS, trust).await?;
        Ok(Reply {
            status: fetched.status.as_u16(),
            body: fetched.body,
        })
    }

    /// `url` is one that [`learned`](super::learned::learned) let pass.
    pub(super) async fn post(&self, url: &Url, body: Body) -> Result<Reply, HttpError> {
        let host = url.host_str().unwrap_or_default();
        let request = self
            .poster
            .post(url.clone())
            .header(ACCEPT, "application/json");
        let request = match body {
            Body::Json(json) => request.header(CONTENT_TYPE, "application/json").body(json),
            Body::Form {
                fields,
                authorization,
            } => {
                let request = match authorization {
                    Some(authorization) => request.header(AUTHORIZATION, authorization),
                    None => request,
                };
                request
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(fields.expose().clone())
            }
        };
        let exchange = async {
            let response = request
                .send()
                .await
                .map_err(|source| HttpError::failed(host, source))?;
            let status = response.status().as_u16();
            Ok(Reply {
                status,
                body: read(response, LIMITS.max_bytes).await?,
            })
        };
        let late = HttpError::Timeout {
            host: host.to_owned(),
            timeout: LIMITS.timeout,
        };
        tokio::time::timeout(LIMITS.timeout, exchange)
            .await
            .unwrap_or(Err(late))
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
    /// It took too long.
    #[error("{host} did not answer within {timeout:?}")]
    Timeout {
        /// The host.
        host: String,
        /// The bound.
        timeout: Duration,
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

/// Resolves names as the machine does, and leaves out what is not for everybody. The connection goes
/// to exactly the address that was judged.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found
                .filter(|address| !is_internal_address(address.ip()))
                .collect();
            if public.is_empty() {
                return Err("the name leads into a private network".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}
