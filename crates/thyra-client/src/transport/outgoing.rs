//! A message on its way to a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use http::HeaderName;
use serde_json::value::RawValue;
use thyra_protocol::{ProgressToken, RequestId, Revision, write_notification, write_request};

use super::TransportError;
use crate::changes::Queue;

/// A request or a notification on its way to a server.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Outgoing<'a> {
    /// The MCP method.
    pub method: &'a str,
    /// The tool, prompt or resource that it is about, if it is about one. Streamable HTTP repeats
    /// it in the header `Mcp-Name`.
    pub name: Option<&'a str>,
    /// The arguments of a tool that Streamable HTTP repeats in headers. Another transport need not.
    pub header_arguments: &'a [HeaderArgument],
    /// The parameters.
    pub params: &'a RawValue,
    /// The token of its progress reports, if it wants any.
    pub progress_token: Option<&'a ProgressToken>,
    /// The revision in which it is written.
    pub revision: Revision,
    /// How long the server may take to answer. What a transport does beside it, such as a login,
    /// does not count.
    pub time_limit: Duration,
    /// Who hears of the changes that the server tells about this request.
    pub(crate) listener: Option<&'a Arc<Queue>>,
    /// Where the client's requests get their ids.
    pub(crate) next_id: &'a AtomicI64,
}

/// An argument of a tool that Streamable HTTP repeats in a header, so that proxies can route by it
/// (MCP `basic/transports/streamable-http`, `x-mcp-header`, from 2026-07-28).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeaderArgument {
    /// The header, such as `mcp-param-region`.
    pub header: HeaderName,
    /// The value. The header carries it encoded where it must be.
    pub text: String,
}

/// A request as a JSON-RPC message.
#[derive(Debug)]
pub struct OutgoingMessage {
    /// The id, which the answer repeats.
    pub id: RequestId,
    /// The whole message: one JSON object without line breaks.
    pub json: Vec<u8>,
}

impl Outgoing<'_> {
    /// Writes the request as a message, each time with an id that the client has not used before.
    ///
    /// # Errors
    ///
    /// [`TransportError::Request`] when it cannot be written as JSON.
    pub fn message(&self) -> Result<OutgoingMessage, TransportError> {
        let id = RequestId::Number(self.next_id.fetch_add(1, Ordering::Relaxed));
        let mut json = Vec::new();
        write_request(&mut json, &id, self.method, self.params)?;
        Ok(OutgoingMessage { id, json })
    }

    /// Writes the notification as a message: one JSON object without line breaks.
    ///
    /// # Errors
    ///
    /// [`TransportError::Request`] when it cannot be written as JSON.
    pub fn notification(&self) -> Result<Vec<u8>, TransportError> {
        let mut json = Vec::new();
        write_notification(&mut json, self.method, self.params)?;
        Ok(json)
    }

    /// Waits for `answer`, but not longer than the time limit.
    ///
    /// # Errors
    ///
    /// [`TransportError::Timeout`], and the errors of `answer`.
    pub async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, TransportError>>,
    ) -> Result<T, TransportError> {
        match tokio::time::timeout(self.time_limit, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(TransportError::Timeout(self.time_limit)),
        }
    }
}
