//! The requests of lookups over HTTP, and which of their answers count.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value};
use thiserror::Error;
use thyra_oauth::{Clock, FetchError, Fetched, Fetcher, Trust, freshness};
use url::Url;

use super::LookupError;
use crate::verify::jwt::json;

/// How many bytes an answer may have.
const MAX_BYTES: usize = 256 * 1024;

/// Sends the requests of a lookup. Their time is limited by the verifier.
#[derive(Clone, Copy)]
pub(in crate::verify) struct Asker<'a> {
    pub(in crate::verify) fetcher: &'a Fetcher,
    pub(in crate::verify) clock: &'a dyn Clock,
}

/// An answer with a status that says nothing about the token.
#[derive(Debug, Error)]
#[error("{host} answered with the status {status}{hint}")]
struct OddStatus {
    host: String,
    status: StatusCode,
    hint: &'static str,
}

impl Asker<'_> {
    /// Gets a document. Statuses that mean an outage are errors.
    pub(in crate::verify) async fn get(
        self,
        url: &Url,
        headers: HeaderMap,
        trust: Trust,
    ) -> Result<Fetched, LookupError> {
        let sent = self
            .fetcher
            .send_streamed(Method::GET, url, headers, trust)
            .await;
        let answer = match sent {
            Ok(streamed) => streamed.read(MAX_BYTES).await,
            Err(error) => Err(error),
        };
        self.judge(url, answer)
    }

    /// Posts a body. Statuses that mean an outage are errors.
    pub(in crate::verify) async fn post(
        self,
        url: &Url,
        headers: HeaderMap,
        body: Bytes,
        trust: Trust,
    ) -> Result<Fetched, LookupError> {
        let sent = self.fetcher.post_streamed(url, headers, body, trust).await;
        let answer = match sent {
            Ok(streamed) => streamed.read(MAX_BYTES).await,
            Err(error) => Err(error),
        };
        self.judge(url, answer)
    }

    fn judge(self, url: &Url, answer: Result<Fetched, FetchError>) -> Result<Fetched, LookupError> {
        let answer = match answer {
            Ok(answer) => answer,
            // Somebody answered, and it may have to do with this token.
            Err(error @ FetchError::TooLarge { .. }) => return Err(LookupError::bad_answer(error)),
            Err(error) => return Err(LookupError::no_answer(error)),
        };
        let is_limited = matches!(
            answer.status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        );
        if !is_limited {
            return Ok(answer);
        }
        Err(LookupError::NoAnswer {
            source: of_status(url, answer.status, "").into(),
            retry_after: freshness::retry_after(&answer.headers, self.clock.unix()),
        })
    }
}

/// The authority refuses to speak with this server at all, as it would for every token.
pub(in crate::verify) fn refused_us(
    url: &Url,
    answer: &Fetched,
    hint: &'static str,
) -> LookupError {
    LookupError::no_answer(of_status(url, answer.status, hint))
}

/// An answer of a status that says nothing about the token.
pub(in crate::verify) fn odd_status(url: &Url, answer: &Fetched) -> LookupError {
    LookupError::bad_answer(of_status(url, answer.status, ""))
}

fn of_status(url: &Url, status: StatusCode, hint: &'static str) -> OddStatus {
    OddStatus {
        host: url.host_str().unwrap_or_default().to_owned(),
        status,
        hint,
    }
}

/// The members of an answer, each of which comes once.
pub(in crate::verify) fn object(body: &[u8]) -> Result<Map<String, Value>, LookupError> {
    // What serde says about a wrong value may repeat it.
    json::object(body)
        .map_err(|_| LookupError::bad_answer("it is no JSON object, or a member of it comes twice"))
}
