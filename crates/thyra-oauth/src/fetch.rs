//! Guarded outbound HTTP: bounded in size and time, without redirects, and only to addresses that
//! its URL may lead to.

pub(crate) mod address;
mod builder;
mod clients;
mod http_client;
mod resolve;
mod streamed;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::USER_AGENT as USER_AGENT_HEADER;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use thiserror::Error;
use url::Url;

use self::builder::Outward;
pub use self::builder::{FetcherBuilder, FetcherError};
use self::clients::Clients;
pub use self::http_client::{HttpBody, HttpClient, HttpRequest};
use self::resolve::{AddressRefused, SystemLookup};
pub use self::streamed::Streamed;

const USER_AGENT: &str = concat!("thyra/", env!("CARGO_PKG_VERSION"));

/// Fetches documents, such as key sets and metadata, and posts to the endpoints that they name.
///
/// No request follows a redirect or keeps a cookie, none uses a proxy unless it is told to
/// ([`Fetcher::builder`]), and each connects only to the addresses that its [`Trust`] allows. Names
/// are resolved here, and the connection goes to exactly the address that was checked. Clones are
/// cheap and share their connections.
///
/// URLs are [`url::Url`], not text: whoever decides that a URL may be fetched has parsed it, and
/// what is fetched must be what was judged.
#[derive(Clone)]
pub struct Fetcher(Arc<Sends>);

/// What sends the requests.
enum Sends {
    Given(Box<dyn HttpClient>),
    Ours(Clients),
}

/// Bounds of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// How many bytes the body may have.
    pub max_bytes: usize,
    /// How long all of it may take, from the name's resolution to the last byte.
    pub timeout: Duration,
}

/// Where a URL comes from, which decides how far it is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trust {
    /// The operator wrote it. It must be `https`, or `http` for a loopback host, and may lead to
    /// any address but unspecified, multicast, broadcast and link-local ones (where clouds answer
    /// with a machine's credentials).
    Configured,
    /// It was learned from another document. It must be `https` and lead to a global unicast
    /// address, unless it has the origin of `from`, which is as good as configured; when `from` is
    /// a loopback host, it may lead to loopback hosts as well.
    Learned {
        /// The configured URL that vouches for it.
        from: Url,
    },
    /// Somebody else chose it, and nothing vouches for it: a user of a hosted service, say. It must
    /// be `https` and lead to a global unicast address.
    Public,
    /// As [`Trust::Configured`], but the request carries no secret, so `http` may lead to other
    /// machines, too.
    WithoutSecrets,
}

/// An answer, whatever its status; redirects included.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, all of it.
    pub body: Bytes,
}

/// Why a document could not be fetched. It names the host, but never the path or the query.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// None of the host's addresses may be connected to.
    #[error("{host} has no address that may be connected to: {reason}")]
    AddressRefused {
        /// The host.
        host: String,
        /// What is wrong with its addresses.
        reason: String,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client cannot be set up; check the machine's root certificates")]
    Client {
        /// What went wrong.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The request or its answer failed on the way.
    #[error("{host} could not be reached, or broke off")]
    Failed {
        /// The host.
        host: String,
        /// What went wrong.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// `http` is for loopback hosts only.
    #[error("{host} must be reached with https; http is for loopback hosts only")]
    Insecure {
        /// The host.
        host: String,
    },
    /// The URL has no host, has credentials, or is of another scheme.
    #[error("the URL must be http or https, with a host and without credentials")]
    InvalidUrl,
    /// The host took too long.
    #[error("{host} did not answer within {timeout:?}")]
    Timeout {
        /// The host.
        host: String,
        /// The bound.
        timeout: Duration,
    },
    /// There is no connection to the host, so it got nothing of the request.
    #[error("{host} could not be reached")]
    NotConnected {
        /// The host.
        host: String,
        /// What went wrong.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The body is too large.
    #[error("{host} answered with more than {max_bytes} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// The bound.
        max_bytes: usize,
    },
}

impl Fetcher {
    /// A fetcher that resolves names as the machine does.
    pub fn new() -> Self {
        Self::ours(Clients::new(Arc::new(SystemLookup), Outward::default()))
    }

    /// A fetcher with certificate authorities or a proxy of your own.
    pub fn builder() -> FetcherBuilder {
        FetcherBuilder::default()
    }

    /// A fetcher that sends its requests with `client`.
    pub fn over(client: impl HttpClient) -> Self {
        Self(Arc::new(Sends::Given(Box::new(client))))
    }

    fn ours(clients: Clients) -> Self {
        Self(Arc::new(Sends::Ours(clients)))
    }

    /// Gets a document.
    ///
    /// # Errors
    ///
    /// [`FetchError`]; a bad status is not an error.
    pub async fn get(
        &self,
        url: &Url,
        limits: FetchLimits,
        trust: Trust,
    ) -> Result<Fetched, FetchError> {
        let request = HttpRequest::new(Method::GET, url);
        self.exchange(request, limits, &trust).await
    }

    /// Posts `body`, which `headers` describe.
    ///
    /// # Errors
    ///
    /// As [`Fetcher::get`].
    pub async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
        limits: FetchLimits,
        trust: Trust,
    ) -> Result<Fetched, FetchError> {
        let request = HttpRequest::new(Method::POST, url);
        let request = HttpRequest {
            headers,
            body,
            ..request
        };
        self.exchange(request, limits, &trust).await
    }

    /// Starts to get a document, for the caller to read. The caller bounds the time.
    ///
    /// # Errors
    ///
    /// As [`Fetcher::get`].
    pub async fn get_streamed(&self, url: &Url, trust: Trust) -> Result<Streamed, FetchError> {
        self.open(HttpRequest::new(Method::GET, url), &trust).await
    }

    /// Posts `body`, which `headers` describe, for the caller to read the answer. The caller bounds
    /// the time.
    ///
    /// # Errors
    ///
    /// As [`Fetcher::get`].
    pub async fn post_streamed(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
        trust: Trust,
    ) -> Result<Streamed, FetchError> {
        let request = HttpRequest::new(Method::POST, url);
        let request = HttpRequest {
            headers,
            body,
            ..request
        };
        self.open(request, &trust).await
    }

    /// Sends a request without a body, described by `headers`, for the caller to read the answer.
    /// The caller bounds the time.
    ///
    /// # Errors
    ///
    /// As [`Fetcher::get`].
    pub async fn send_streamed(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
        trust: Trust,
    ) -> Result<Streamed, FetchError> {
        let request = HttpRequest::new(method, url);
        let request = HttpRequest { headers, ..request };
        self.open(request, &trust).await
    }

    async fn exchange(
        &self,
        request: HttpRequest,
        limits: FetchLimits,
        trust: &Trust,
    ) -> Result<Fetched, FetchError> {
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let exchange = async {
            let streamed = self.open(request, trust).await?;
            streamed.read(limits.max_bytes).await
        };
        match tokio::time::timeout(limits.timeout, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(FetchError::Timeout {
                host,
                timeout: limits.timeout,
            }),
        }
    }

    async fn open(&self, request: HttpRequest, trust: &Trust) -> Result<Streamed, FetchError> {
        let host = request.url.host_str().ok_or(FetchError::InvalidUrl)?;
        let host = host.to_owned();
        let reach = address::reach(&request.url, trust)?;
        match &*self.0 {
            Sends::Ours(clients) => {
                let client = clients.get_for(&host, reach)?;
                let builder = client.request(request.method.clone(), request.url);
                let mut builder = builder.headers(request.headers);
                if request.method == Method::POST {
                    builder = builder.body(request.body);
                }
                let response = builder.send().await;
                let response = response.map_err(|source| failure(&host, source))?;
                Ok(Streamed::ours(host, response))
            }
            Sends::Given(client) => {
                let mut request = request;
                request
                    .headers
                    .entry(USER_AGENT_HEADER)
                    .or_insert(HeaderValue::from_static(USER_AGENT));
                let response = client.send(request).await;
                let response = response.map_err(|source| given_failure(&host, source))?;
                Ok(Streamed::given(host, response))
            }
        }
    }
}

/// The error of the HTTP client, without the URL. When our resolver refused an address, its reason.
fn failure(host: &str, error: reqwest::Error) -> FetchError {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<AddressRefused>() {
            return FetchError::AddressRefused {
                host: host.to_owned(),
                reason: refused.to_string(),
            };
        }
        cause = error.source();
    }
    let host = host.to_owned();
    let is_connected = !error.is_connect();
    let source = error.without_url().into();
    if is_connected {
        FetchError::Failed { host, source }
    } else {
        FetchError::NotConnected { host, source }
    }
}

/// The error of a client of the user's own, which may say what it means in ours.
fn given_failure(host: &str, source: Box<dyn StdError + Send + Sync>) -> FetchError {
    match source.downcast() {
        Ok(error) => *error,
        Err(source) => FetchError::Failed {
            host: host.to_owned(),
            source,
        },
    }
}

impl Default for Fetcher {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
