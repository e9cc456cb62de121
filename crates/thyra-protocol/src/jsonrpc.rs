//! JSON-RPC 2.0 messages: one message in, one message out (MCP `basic`, messages).

mod envelope;
mod fault;
mod id;
mod write;

use std::borrow::Cow;

use serde_json::value::RawValue;

pub use fault::{EnvelopeError, EnvelopeFault, Member};
pub use id::RequestId;
pub use write::{write_error, write_notification, write_request, write_result};

use crate::error::ErrorObject;

/// One JSON-RPC message, borrowed from the bytes it came in.
#[derive(Clone, Debug)]
pub enum Message<'a> {
    /// A message that asks for an answer.
    Request(Request<'a>),
    /// A message that asks for no answer.
    Notification(Notification<'a>),
    /// An answer.
    Response(Response<'a>),
}

/// A message that asks for an answer.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The id that the answer must carry.
    pub id: RequestId,
    /// The method name; borrowed unless it was written with escapes.
    pub method: Cow<'a, str>,
    /// A JSON object, not decoded yet.
    pub params: Option<&'a RawValue>,
}

/// A message that asks for no answer.
#[derive(Clone, Debug)]
pub struct Notification<'a> {
    /// The method name; borrowed unless it was written with escapes.
    pub method: Cow<'a, str>,
    /// A JSON object, not decoded yet.
    pub params: Option<&'a RawValue>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response<'a> {
    /// The id of the request. A result always has one; an error lacks it if its sender could not
    /// read it.
    pub id: Option<RequestId>,
    /// The result, a JSON object not decoded yet, or the error.
    pub outcome: Result<&'a RawValue, ErrorObject>,
}

impl<'a> Message<'a> {
    /// Reads exactly one message, in one pass and without copying. It allocates for a string id, a
    /// method name with escapes and an error object; for JSON nested in `params` the scanner
    /// allocates one buffer of one byte per level.
    ///
    /// Strict in shape: `jsonrpc` is `"2.0"`, an id is a string or a 64-bit integer, `params` and
    /// `result` are objects, no member that JSON-RPC names appears twice, and nothing follows the
    /// message. Other members are skipped. Batches are refused, even in 2025-03-26.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError`] says what is wrong and which id the refusal should echo.
    ///
    /// # Examples
    ///
    /// ```
    /// use thyra_protocol::{Message, write_error};
    ///
    /// let Ok(Message::Request(request)) =
    ///     Message::parse(br#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#)
    /// else {
    ///     panic!("not a request");
    /// };
    /// assert_eq!(request.method, "ping");
    ///
    /// let refusal = Message::parse(br#"{"id":7,"method":"ping"}"#).unwrap_err();
    /// let mut reply = Vec::new();
    /// write_error(&mut reply, refusal.id(), &refusal.error_object());
    /// assert!(reply.starts_with(br#"{"jsonrpc":"2.0","id":7,"error":{"code":-32600,"#));
    /// ```
    pub fn parse(bytes: &'a [u8]) -> Result<Message<'a>, EnvelopeError> {
        envelope::parse(bytes)
    }
}

#[cfg(test)]
mod tests;
