//! How a client reaches its server: over Streamable HTTP, or within one process.
//!
//! Over HTTP it is one `POST` for each request, answered by one JSON document or by a stream that ends with the answer
//! (MCP 2026-07-28, `basic/transports/streamable-http`).

mod in_process;
mod name;
mod report;
mod sse;

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use http::StatusCode;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use serde::Serialize;
use serde_json::value::RawValue;
use thyra_auth::{ScopeSet, Secret};
use thyra_protocol::{ErrorObject, Message, RequestId, Revision, write_request};
use url::Url;

pub(super) use self::in_process::InProcess;
use self::report::report;
pub(super) use self::report::{OnReport, Report};
use super::challenge::BearerChallenge;
use super::outbound::{self, HttpError};
use super::printable::printable;

/// The most that a refusal without a readable answer may say.
const MAX_REFUSAL: usize = 64 * 1024;

/// The way to one MCP server.
pub(super) struct Transport {
    way: Way,
    call_time: Duration,
    next_id: AtomicI64,
}

enum Way {
    Http(Box<Endpoint>),
    InProcess(InProcess),
}

/// An MCP endpoint.
struct Endpoint {
    http: reqwest::Client,
    url: Url,
    max_bytes: usize,
}

/// A request, but for its id and its token.
pub(super) struct Outgoing<'a, P> {
    pub(super) method: &'a str,
    /// What `Mcp-Name` repeats.
    pub(super) name: Option<&'a str>,
    pub(super) params: &'a P,
}

/// How a request ended.
#[derive(Debug)]
pub(super) enum Incoming {
    Error(ErrorObject),
    /// The same as the next where there is no HTTP, and so neither a challenge nor another token.
    Forbidden {
        needed: ScopeSet,
    },
    /// 403 for want of scopes.
    InsufficientScope(BearerChallenge),
    Result(Box<RawValue>),
    /// 401.
    Unauthorized(Option<BearerChallenge>),
}

impl Transport {
    pub(super) fn new(url: Url, max_bytes: usize, call_time: Duration) -> Result<Self, HttpError> {
        let http = outbound::base()
            .build()
            .map_err(|source| HttpError::Setup { source })?;
        let endpoint = Endpoint {
            http,
            url,
            max_bytes,
        };
        Ok(Self {
            way: Way::Http(Box::new(endpoint)),
            call_time,
            next_id: AtomicI64::new(1),
        })
    }

    /// The way to a server within this process.
    pub(super) fn in_process(server: InProcess, call_time: Duration) -> Self {
        Self {
            way: Way::InProcess(server),
            call_time,
            next_id: AtomicI64::new(1),
        }
    }

    /// Sends a request and waits for its end.
    pub(super) async fn exchange<P: Serialize>(
        &self,
        outgoing: &Outgoing<'_, P>,
        token: Option<&Secret>,
        on_report: OnReport<'_>,
    ) -> Result<Incoming, TransportError> {
        let id = RequestId::Number(self.next_id.fetch_add(1, Ordering::Relaxed));
        let mut body = Vec::new();
        write_request(&mut body, &id, outgoing.method, outgoing.params)?;
        let exchange = async {
            match &self.way {
                Way::Http(endpoint) => {
                    let headers = headers(outgoing.method, outgoing.name, token)?;
                    endpoint.exchange(headers, body, &id, on_report).await
                }
                Way::InProcess(server) => server.exchange(body, &id, on_report).await,
            }
        };
        match tokio::time::timeout(self.call_time, exchange).await {
            Ok(incoming) => incoming,
            Err(_) => Err(TransportError::Timeout(self.call_time)),
        }
    }
}

impl Endpoint {
    async fn exchange(
        &self,
        headers: HeaderMap,
        body: Vec<u8>,
        id: &RequestId,
        on_report: OnReport<'_>,
    ) -> Result<Incoming, TransportError> {
        let request = self.http.post(self.url.clone()).headers(headers).body(body);
        let response = request.send().await.map_err(|source| self.failed(source))?;
        self.receive(response, id, on_report).await
    }

    async fn receive(
        &self,
        response: reqwest::Response,
        id: &RequestId,
        on_report: OnReport<'_>,
    ) -> Result<Incoming, TransportError> {
        let status = response.status();
        if status == StatusCode::UNAUTHORIZED {
            return Ok(Incoming::Unauthorized(BearerChallenge::from_headers(
                response.headers(),
            )));
        }
        if status == StatusCode::FORBIDDEN
            && let Some(challenge) = BearerChallenge::from_headers(response.headers())
            && challenge.is_insufficient_scope()
        {
            return Ok(Incoming::InsufficientScope(challenge));
        }
        let content_type = media_type(response.headers());
        match content_type.as_str() {
            "application/json" => {
                let refusal = (!status.is_success()).then(|| refusal(status, response.headers()));
                let limit = if refusal.is_some() {
                    MAX_REFUSAL.min(self.max_bytes)
                } else {
                    self.max_bytes
                };
                let body = outbound::read(response, limit).await?;
                match (answer(&body, id), refusal) {
                    (Ok(Some(incoming)), _) => Ok(incoming),
                    (_, Some(refusal)) => Err(refusal),
                    (Ok(None), None) => Err(TransportError::NotTheAnswer),
                    (Err(error), None) => Err(error),
                }
            }
            "text/event-stream" if status.is_success() => {
                self.stream(response, id, on_report).await
            }
            _ if status.is_success() => Err(TransportError::ContentType {
                found: printable(&content_type),
            }),
            _ => Err(refusal(status, response.headers())),
        }
    }

    async fn stream(
        &self,
        mut response: reqwest::Response,
        id: &RequestId,
        on_report: OnReport<'_>,
    ) -> Result<Incoming, TransportError> {
        let mut decoder = sse::Decoder::new(self.max_bytes);
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|source| self.failed(source))?
        {
            let events =
                decoder
                    .feed(&chunk)
                    .map_err(|sse::TooLarge| TransportError::EventTooLarge {
                        max_bytes: self.max_bytes,
                    })?;
            for event in events.iter().filter(|event| !event.is_empty()) {
                report(event, on_report)?;
                if let Some(incoming) = answer(event, id)? {
                    return Ok(incoming);
                }
            }
        }
        Err(TransportError::StreamEnded)
    }

    fn failed(&self, source: reqwest::Error) -> HttpError {
        HttpError::failed(self.url.host_str().unwrap_or_default(), source)
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut transport = f.debug_struct("Transport");
        match &self.way {
            Way::Http(endpoint) => transport.field("url", &endpoint.url.as_str()),
            Way::InProcess(server) => transport.field("server", server),
        };
        transport.finish_non_exhaustive()
    }
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The reply is neither JSON nor a stream.
    #[error(
        "the reply is of the type `{found}`, not application/json or text/event-stream; is this the URL of an MCP endpoint?"
    )]
    ContentType {
        /// The type.
        found: String,
    },
    /// One event of the stream is too large.
    #[error("an event of more than {max_bytes} bytes came; the client's limit can be raised")]
    EventTooLarge {
        /// The bound.
        max_bytes: usize,
    },
    /// No HTTP reply.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// Something came that is no JSON-RPC message.
    #[error("the reply is not a JSON-RPC message: {problem}")]
    Message {
        /// What is wrong with it.
        problem: String,
    },
    /// The message does not answer this request.
    #[error("the reply answers another request")]
    NotTheAnswer,
    /// The server sends the client elsewhere. Tokens are for one place, so it does not go.
    #[error("the server redirects to `{to}`; use that URL if you trust it")]
    Redirected {
        /// Where to.
        to: String,
    },
    /// The request cannot be written.
    #[error("the request cannot be written as JSON: {0}")]
    Request(#[from] serde_json::Error),
    /// An HTTP status without an MCP answer.
    #[error("the server answered with status {status}{}", .retry_after.map(|seconds| format!("; try again in {seconds} s")).unwrap_or_default())]
    Status {
        /// The status.
        status: u16,
        /// When to try again, in seconds, if the server says so.
        retry_after: Option<u64>,
    },
    /// The stream ended first.
    #[error(
        "the stream ended before the answer came; the call may or may not have been carried out"
    )]
    StreamEnded,
    /// It took too long.
    #[error("no answer came within {0:?}; the call was given up")]
    Timeout(Duration),
    /// A token or a name cannot be sent in a header.
    #[error("the {0} cannot be sent in an HTTP header")]
    Unsendable(&'static str),
}

fn headers(
    method: &str,
    name: Option<&str>,
    token: Option<&Secret>,
) -> Result<HeaderMap, TransportError> {
    let mut headers = HeaderMap::new();
    headers.insert(
        ACCEPT,
        HeaderValue::from_static("application/json, text/event-stream"),
    );
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        HeaderName::from_static("mcp-protocol-version"),
        HeaderValue::from_static(Revision::V2026_07_28.as_str()),
    );
    let method = HeaderValue::from_str(method).map_err(|_| TransportError::Unsendable("method"))?;
    headers.insert(HeaderName::from_static("mcp-method"), method);
    if let Some(name) = name {
        let name = name::header_value(name).ok_or(TransportError::Unsendable("name"))?;
        headers.insert(HeaderName::from_static("mcp-name"), name);
    }
    if let Some(token) = token {
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
            .map_err(|_| TransportError::Unsendable("token"))?;
        bearer.set_sensitive(true);
        headers.insert(AUTHORIZATION, bearer);
    }
    Ok(headers)
}

fn media_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = value.split_once(';').map_or(value, |(essence, _)| essence);
    essence.trim().to_ascii_lowercase()
}

fn refusal(status: StatusCode, headers: &HeaderMap) -> TransportError {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    match text(LOCATION) {
        Some(to) if status.is_redirection() => TransportError::Redirected { to: printable(to) },
        _ => TransportError::Status {
            status: status.as_u16(),
            retry_after: text(RETRY_AFTER).and_then(|seconds| seconds.parse().ok()),
        },
    }
}

fn parse(message: &[u8]) -> Result<Message<'_>, TransportError> {
    Message::parse(message).map_err(|error| TransportError::Message {
        problem: printable(&error.to_string()),
    })
}

/// What `message` answers to the request `id`; `None` when it is for somebody else.
fn answer(message: &[u8], id: &RequestId) -> Result<Option<Incoming>, TransportError> {
    let Message::Response(response) = parse(message)? else {
        return Ok(None);
    };
    match response.outcome {
        // An error without an id is about the one request of this POST.
        Err(error) if response.id.as_ref().is_none_or(|named| named == id) => {
            Ok(Some(Incoming::Error(error)))
        }
        Ok(result) if response.id.as_ref() == Some(id) => {
            Ok(Some(Incoming::Result(result.to_owned())))
        }
        Err(_) | Ok(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests;
