//! An HTTP client of the user's own in place of the fetcher's.

use std::error::Error;
use std::fmt;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use http::{HeaderMap, Method, Response};
use url::Url;

use crate::printable::printable_url;

/// A body that is read as it comes.
pub type HttpBody = BoxStream<'static, Result<Bytes, Box<dyn Error + Send + Sync>>>;

/// Sends HTTP requests, in place of the client that a [`Fetcher`](crate::Fetcher) brings
/// ([`Fetcher::over`](crate::Fetcher::over)): a client with settings that this crate does not have,
/// or a service within the same process.
///
/// It sends the request as it is, follows no redirects, and keeps no cookies. It gives the answer
/// whatever its status, with the body as it comes. The fetcher keeps the bounds of time and size,
/// and refuses URLs that must not be reached. Where the *names* of hosts lead is up to the client:
/// it must not connect to an address of the internal network for a URL that a server named.
pub trait HttpClient: Send + Sync + 'static {
    /// Sends a request.
    ///
    /// # Errors
    ///
    /// Why there is no answer. The error must not show the URL, which may hold secrets. A
    /// [`FetchError`](crate::FetchError) is passed on as it is: with
    /// [`NotConnected`](crate::FetchError::NotConnected), whoever asks knows that nothing was sent.
    fn send(
        &self,
        request: HttpRequest,
    ) -> BoxFuture<'static, Result<Response<HttpBody>, Box<dyn Error + Send + Sync>>>;
}

/// A request for an [`HttpClient`]. Its debug output leaves out what may be a secret: the query and
/// the body.
#[derive(Clone)]
#[non_exhaustive]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// The headers. `Host` and `Content-Length` are not among them.
    pub headers: HeaderMap,
    /// The body; empty if there is none.
    pub body: Bytes,
}

impl HttpRequest {
    pub(super) fn new(method: Method, url: &Url) -> Self {
        Self {
            method,
            url: url.clone(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &printable_url(self.url.as_str()))
            .field("headers", &self.headers)
            .field("bytes", &self.body.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_debug_output_holds_a_secret() {
        let url = Url::parse("https://login.example.org/token?key=hush").unwrap();
        let request = HttpRequest {
            body: Bytes::from_static(b"refresh_token=hush"),
            ..HttpRequest::new(Method::POST, &url)
        };
        let shown = format!("{request:?}");
        assert!(shown.contains("https://login.example.org/token"), "{shown}");
        assert!(!shown.contains("hush"), "{shown}");
    }
}
