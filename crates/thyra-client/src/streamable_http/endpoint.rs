//! An MCP endpoint: one `POST` for each request, answered by one JSON document or by a stream that
//! ends with the answer.

use std::fmt;

use http::StatusCode;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER,
};
use thyra_oauth::{Challenge, Fetcher, Secret, Streamed, Trust, printable};
use thyra_protocol::{RequestId, Revision};
use url::Url;

use super::{name, sse};
use crate::transport::{Outcome, Outgoing, OutgoingMessage, Reports, TransportError};

/// The most bytes of a refusal that are read.
const MAX_REFUSAL: usize = 64 * 1024;

/// An MCP endpoint.
pub(crate) struct Endpoint {
    fetcher: Fetcher,
    url: Url,
    trust: Trust,
    max_bytes: usize,
}

/// What one `POST` brought.
#[derive(Debug)]
pub(super) enum Reply {
    /// 403 because the token lacks scopes.
    InsufficientScope(Challenge<'static>),
    Outcome(Outcome),
    /// 401.
    Unauthorized(Option<Challenge<'static>>),
}

impl Endpoint {
    /// The endpoint at `url`, of which no message may be larger than `max_bytes`.
    pub(crate) fn new(url: Url, trust: Trust, max_bytes: usize) -> Self {
        Self {
            fetcher: Fetcher::new(),
            url,
            trust,
            max_bytes,
        }
    }

    /// Sends a request once.
    pub(super) async fn post(
        &self,
        outgoing: &Outgoing<'_>,
        token: Option<&Secret>,
        reports: &mut Reports<'_>,
    ) -> Result<Reply, TransportError> {
        let headers = headers(outgoing.method, outgoing.name, token)?;
        let OutgoingMessage { id, json } = outgoing.message()?;
        let reply = async {
            let response = self
                .fetcher
                .post_streamed(&self.url, headers, json.into(), self.trust.clone())
                .await?;
            self.receive(response, &id, reports).await
        };
        outgoing.in_time(reply).await
    }

    async fn receive(
        &self,
        response: Streamed,
        id: &RequestId,
        reports: &mut Reports<'_>,
    ) -> Result<Reply, TransportError> {
        let status = response.status();
        if status == StatusCode::UNAUTHORIZED {
            return Ok(Reply::Unauthorized(Challenge::from_headers(
                response.headers(),
            )));
        }
        if status == StatusCode::FORBIDDEN
            && let Some(challenge) = Challenge::from_headers(response.headers())
            && challenge.is_insufficient_scope()
        {
            return Ok(Reply::InsufficientScope(challenge));
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
                let body = response.read(limit).await?.body;
                match (reports.receive(&body, id), refusal) {
                    (Ok(Some(outcome)), _) => Ok(Reply::Outcome(outcome)),
                    (_, Some(refusal)) => Err(refusal),
                    (Ok(None), None) => Err(TransportError::NotTheAnswer),
                    (Err(error), None) => Err(error),
                }
            }
            "text/event-stream" if status.is_success() => self.stream(response, id, reports).await,
            _ if status.is_success() => Err(TransportError::ContentType {
                found: printable(&content_type),
            }),
            _ => Err(refusal(status, response.headers())),
        }
    }

    async fn stream(
        &self,
        mut response: Streamed,
        id: &RequestId,
        reports: &mut Reports<'_>,
    ) -> Result<Reply, TransportError> {
        let mut decoder = sse::Decoder::new(self.max_bytes);
        while let Some(chunk) = response.chunk().await? {
            let events =
                decoder
                    .feed(&chunk)
                    .map_err(|sse::TooLarge| TransportError::EventTooLarge {
                        max_bytes: self.max_bytes,
                    })?;
            for event in events.iter().filter(|event| !event.is_empty()) {
                if let Some(outcome) = reports.receive(event, id)? {
                    return Ok(Reply::Outcome(outcome));
                }
            }
        }
        Err(TransportError::StreamEnded)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &self.url.as_str())
            .finish_non_exhaustive()
    }
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

#[cfg(test)]
mod tests;
