//! An MCP endpoint: what is sent there, and what the heads of its answers say.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION,
    RETRY_AFTER,
};
use http::{Method, StatusCode};
use thyra_oauth::{FetchError, Fetcher, Streamed, Trust, is_same_origin, printable, printable_url};
use thyra_protocol::{Revision, method as methods};
use url::Url;

use super::credentials::Shown;
use super::fixed_headers::FixedHeaders;
use super::has_sessions;
use super::session::{SESSION_ID, Session};
use super::value::header_value;
use crate::transport::{HeaderArgument, TransportError};

/// An MCP endpoint.
pub(crate) struct Endpoint {
    fetcher: Fetcher,
    url: Url,
    trust: Trust,
    fixed: FixedHeaders,
    /// The most bytes that one message may have.
    pub(super) max_bytes: usize,
}

/// What the head of a request says.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    /// The MCP method; none for an answer of the client.
    pub(super) method: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) arguments: &'a [HeaderArgument],
    pub(super) revision: Revision,
    pub(super) session: Option<&'a Session>,
    pub(super) token: Shown<'a>,
}

impl Endpoint {
    /// The endpoint at `url`, which is sent the `fixed` headers with `fetcher`, and of which no
    /// message may be larger than `max_bytes`.
    pub(crate) fn new(
        fetcher: Fetcher,
        url: Url,
        trust: Trust,
        fixed: FixedHeaders,
        max_bytes: usize,
    ) -> Self {
        Self {
            fetcher,
            url,
            trust,
            fixed,
            max_bytes,
        }
    }

    /// The endpoint that an event of this one names: a URL, or a path, with the same origin.
    pub(super) fn named(&self, reference: &[u8]) -> Result<Self, TransportError> {
        let refused = |problem| TransportError::Endpoint { problem };
        let reference = std::str::from_utf8(reference).map_err(|_| refused("it is no text"))?;
        let url = self.url.join(reference.trim());
        let url = url.map_err(|_| refused("it is no URL"))?;
        if !is_same_origin(&url, &self.url) {
            return Err(refused("it has another origin than the stream"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(refused("it has a user name, a password or a fragment"));
        }
        Ok(Self {
            fetcher: self.fetcher.clone(),
            url,
            trust: self.trust.clone(),
            fixed: self.fixed.clone(),
            max_bytes: self.max_bytes,
        })
    }

    /// Posts a message.
    pub(super) async fn post(
        &self,
        head: &Head<'_>,
        json: Vec<u8>,
    ) -> Result<Streamed, TransportError> {
        let mut headers = head.headers()?;
        headers.insert(
            ACCEPT,
            HeaderValue::from_static("application/json, text/event-stream"),
        );
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.fixed.add_to(&mut headers);
        let json = Bytes::from(json);
        let post = |headers| {
            let (url, trust) = (&self.url, self.trust.clone());
            self.fetcher
                .post_streamed(url, headers, json.clone(), trust)
        };
        self.presenting(head.token, &Method::POST, headers, post)
            .await
    }

    /// Sends a request without a body: GET opens or resumes a stream, DELETE ends a session.
    pub(super) async fn send(
        &self,
        method: Method,
        head: &Head<'_>,
        last_event_id: Option<&str>,
    ) -> Result<Streamed, TransportError> {
        let mut headers = head.headers()?;
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        if let Some(id) = last_event_id {
            let id = HeaderValue::from_str(id)
                .map_err(|_| TransportError::Unsendable("id of the last event"))?;
            headers.insert(HeaderName::from_static("last-event-id"), id);
        }
        self.fixed.add_to(&mut headers);
        let send = |headers| {
            let (url, trust) = (&self.url, self.trust.clone());
            self.fetcher
                .send_streamed(method.clone(), url, headers, trust)
        };
        self.presenting(head.token, &method, headers, send).await
    }

    /// Sends a request that shows `token`: once, or twice if the server wants a nonce in the proof
    /// that comes with it (RFC 9449 section 9). A server that says so has not looked at the rest.
    async fn presenting<S: Future<Output = Result<Streamed, FetchError>>>(
        &self,
        token: Shown<'_>,
        method: &Method,
        headers: HeaderMap,
        send: impl Fn(HeaderMap) -> S,
    ) -> Result<Streamed, TransportError> {
        let presented = token.present(method, &self.url)?;
        let mut all = headers.clone();
        all.extend(presented.headers().clone());
        let response = send(all).await?;
        if !presented.answered(response.status(), response.headers()) {
            return Ok(response);
        }
        let presented = token.present(method, &self.url)?;
        let mut all = headers;
        all.extend(presented.headers().clone());
        let response = send(all).await?;
        presented.answered(response.status(), response.headers());
        Ok(response)
    }
}

/// Without the query, which names the session at servers of the old transport, and at others holds
/// a key.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &printable_url(self.url.as_str()))
            .finish_non_exhaustive()
    }
}

impl Head<'_> {
    pub(super) fn headers(&self) -> Result<HeaderMap, TransportError> {
        let mut headers = HeaderMap::new();
        let is_in_session = has_sessions(self.revision);
        // With `initialize`, the revision is still to be agreed on.
        if !is_in_session || (self.revision.has_version_header() && !self.opens()) {
            headers.insert(
                HeaderName::from_static("mcp-protocol-version"),
                HeaderValue::from_static(self.revision.as_str()),
            );
        }
        if is_in_session {
            if let Some(session) = self.session {
                headers.insert(SESSION_ID, session.id.clone());
            }
        } else {
            let method = HeaderValue::from_str(self.method)
                .map_err(|_| TransportError::Unsendable("method"))?;
            headers.insert(HeaderName::from_static("mcp-method"), method);
            if let Some(name) = self.name {
                let name = header_value(name).ok_or(TransportError::Unsendable("name"))?;
                headers.insert(HeaderName::from_static("mcp-name"), name);
            }
            for argument in self.arguments {
                let text =
                    header_value(&argument.text).ok_or(TransportError::Unsendable("argument"))?;
                headers.insert(argument.header.clone(), text);
            }
        }
        Ok(headers)
    }

    /// Whether it opens a session.
    pub(super) fn opens(&self) -> bool {
        self.method == methods::INITIALIZE
    }
}

/// The media type of an answer, in lower case and without parameters.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = value.split_once(';').map_or(value, |(essence, _)| essence);
    essence.trim().to_ascii_lowercase()
}

/// Checks that an answer is not compressed. The client asks for no compression, so that an answer
/// is as large as what comes over the wire.
pub(super) fn uncompressed(headers: &HeaderMap) -> Result<(), TransportError> {
    match headers.get(CONTENT_ENCODING) {
        Some(encoding) if !encoding.as_bytes().eq_ignore_ascii_case(b"identity") => {
            Err(TransportError::Compressed {
                encoding: printable(&String::from_utf8_lossy(encoding.as_bytes())),
            })
        }
        _ => Ok(()),
    }
}

/// The error of an answer whose status says no.
pub(super) fn refusal(status: StatusCode, headers: &HeaderMap) -> TransportError {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    match text(LOCATION) {
        Some(to) if status.is_redirection() => TransportError::Redirected { to: printable(to) },
        _ => TransportError::Status {
            status: status.as_u16(),
            retry_after: text(RETRY_AFTER).and_then(|value| retry_after(value, SystemTime::now())),
        },
    }
}

/// How many seconds after `now` the server may be asked again (RFC 9110 section 10.2.3): it gives a
/// number of them, or a date.
fn retry_after(value: &str, now: SystemTime) -> Option<u64> {
    value.parse().ok().or_else(|| {
        let date = httpdate::parse_http_date(value).ok()?;
        let left = date.duration_since(now).unwrap_or_default();
        Some(left.as_secs() + u64::from(left.subsec_nanos() > 0))
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_server_says_in_seconds_or_as_a_date_when_to_come_back() {
        let now = UNIX_EPOCH + Duration::from_millis(1_500);
        for (value, wanted) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("Thu, 01 Jan 1970 00:00:09 GMT", Some(8)),
            ("Thu, 01 Jan 1970 00:00:01 GMT", Some(0)),
            ("-1", None),
            ("99999999999999999999", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after(value, now), wanted, "{value}");
        }
    }
}
