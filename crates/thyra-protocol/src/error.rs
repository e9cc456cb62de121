//! JSON-RPC errors: their codes, their wire form and the HTTP status that goes with them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::capabilities::ClientCapabilities;
use crate::revision::{Era, Revision};

/// What went wrong, as a number (JSON-RPC 2.0 section 5.1; MCP `basic`, error codes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErrorCode(pub i32);

impl ErrorCode {
    /// The message is not JSON.
    pub const PARSE_ERROR: ErrorCode = ErrorCode(-32700);
    /// The message is JSON, but not one JSON-RPC message.
    pub const INVALID_REQUEST: ErrorCode = ErrorCode(-32600);
    /// No such method.
    pub const METHOD_NOT_FOUND: ErrorCode = ErrorCode(-32601);
    /// The method's parameters are wrong, or name something that does not exist.
    pub const INVALID_PARAMS: ErrorCode = ErrorCode(-32602);
    /// An internal error.
    pub const INTERNAL_ERROR: ErrorCode = ErrorCode(-32603);
    /// No such resource (up to 2025-11-25; later it is [`ErrorCode::INVALID_PARAMS`]).
    pub const RESOURCE_NOT_FOUND: ErrorCode = ErrorCode(-32002);
    /// An HTTP header contradicts the body, or a required one is missing (from 2026-07-28).
    pub const HEADER_MISMATCH: ErrorCode = ErrorCode(-32020);
    /// The request needs a capability that the client did not declare (from 2026-07-28).
    pub const MISSING_CLIENT_CAPABILITY: ErrorCode = ErrorCode(-32021);
    /// The request uses a protocol revision that we do not support (from 2026-07-28).
    pub const UNSUPPORTED_PROTOCOL_VERSION: ErrorCode = ErrorCode(-32022);
    /// The user has to visit pages first; `data.elicitations` has them (2025-11-25 only).
    pub const URL_ELICITATION_REQUIRED: ErrorCode = ErrorCode(-32042);
}

/// The `error` member of a JSON-RPC response (JSON-RPC 2.0 section 5.1).
///
/// The code [`ErrorCode::INVALID_PARAMS`] has two uses that HTTP tells apart: a request with a bad
/// `_meta` is refused as a whole (400), while an operation that cannot be done (an unknown tool, a
/// bad cursor) is a good request with a negative answer (200). The constructor decides:
/// [`ErrorObject::invalid_meta`] or [`ErrorObject::invalid_params`]. The difference is not on the
/// wire, so an error read from a peer counts as the latter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ErrorObject {
    /// What went wrong, as a number.
    pub code: ErrorCode,
    /// One sentence for people. It goes to the peer: no secrets.
    pub message: Cow<'static, str>,
    /// Details that a program can use.
    #[serde(
        default,
        deserialize_with = "crate::present::raw",
        skip_serializing_if = "Option::is_none"
    )]
    pub data: Option<Box<RawValue>>,
    #[serde(skip)]
    refused: Refused,
}

/// What an error refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Refused {
    /// The operation that the request asks for.
    #[default]
    Operation,
    /// The whole request.
    Request,
}

/// The longest requested version that an error echoes, in bytes.
const ECHO_LIMIT: usize = 64;

/// The longest URI that an error echoes, in bytes.
const URI_ECHO_LIMIT: usize = 2048;

impl ErrorObject {
    /// An error without `data`.
    pub fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        ErrorObject {
            code,
            message: message.into(),
            data: None,
            refused: Refused::Operation,
        }
    }

    /// No such method (-32601). The message does not repeat the name: the peer knows it.
    pub fn method_not_found() -> Self {
        ErrorObject::new(ErrorCode::METHOD_NOT_FOUND, "Method not found")
    }

    /// The operation cannot be done (-32602, HTTP 200): an unknown tool, a bad cursor, arguments of
    /// the wrong shape.
    pub fn invalid_params(message: impl Into<Cow<'static, str>>) -> Self {
        ErrorObject::new(ErrorCode::INVALID_PARAMS, message)
    }

    /// The request's `_meta` lacks a required member or holds a wrong one (-32602, HTTP 400 in
    /// the sessionless era).
    pub fn invalid_meta(message: impl Into<Cow<'static, str>>) -> Self {
        ErrorObject {
            refused: Refused::Request,
            ..ErrorObject::new(ErrorCode::INVALID_PARAMS, message)
        }
    }

    /// An internal error (-32603). The details belong in the log, not in `message`.
    pub fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        ErrorObject::new(ErrorCode::INTERNAL_ERROR, message)
    }

    /// A header contradicts the body or is missing (-32020).
    pub fn header_mismatch(message: impl Into<Cow<'static, str>>) -> Self {
        ErrorObject::new(ErrorCode::HEADER_MISMATCH, message)
    }

    /// The request needs capabilities that the client did not declare (-32021); `required` goes
    /// into `data.requiredCapabilities`.
    pub fn missing_client_capability(
        required: &ClientCapabilities,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Data<C> {
            required_capabilities: C,
        }

        ErrorObject::new(ErrorCode::MISSING_CLIENT_CAPABILITY, message).with_data_of(&Data {
            required_capabilities: required.for_revision(Revision::LATEST),
        })
    }

    /// The request uses a revision that we do not support (-32022). `data` holds the `requested`
    /// one, cut to 64 bytes, and all that we support, newest first.
    pub fn unsupported_version(requested: &str) -> Self {
        #[derive(Serialize)]
        struct Data<'a> {
            supported: [Revision; Revision::ALL.len()],
            requested: &'a str,
        }

        let mut supported = Revision::ALL;
        supported.reverse();
        ErrorObject::new(
            ErrorCode::UNSUPPORTED_PROTOCOL_VERSION,
            "Unsupported protocol version",
        )
        .with_data_of(&Data {
            supported,
            requested: cut(requested, ECHO_LIMIT),
        })
    }

    /// No such resource (MCP `server/resources`, error handling): -32002 in the handshake era,
    /// -32602 in the sessionless one. `data.uri` repeats the URI, cut to 2048 bytes.
    pub fn resource_not_found(uri: &str, era: Era) -> Self {
        #[derive(Serialize)]
        struct Data<'a> {
            uri: &'a str,
        }

        let code = match era {
            Era::Handshake => ErrorCode::RESOURCE_NOT_FOUND,
            Era::Sessionless => ErrorCode::INVALID_PARAMS,
        };
        ErrorObject::new(code, "Resource not found").with_data_of(&Data {
            uri: cut(uri, URI_ECHO_LIMIT),
        })
    }

    /// The same error with `data`.
    #[must_use]
    pub fn with_data(mut self, data: Box<RawValue>) -> Self {
        self.data = Some(data);
        self
    }

    /// The HTTP status for a response that carries this error (MCP `basic/transports`,
    /// Streamable HTTP).
    ///
    /// | error | sessionless | handshake |
    /// |---|---|---|
    /// | -32700, -32600 | 400 | 400 |
    /// | -32601 | 404 | 200 |
    /// | -32602 for `_meta` | 400 | 200 |
    /// | -32602 otherwise | 200 | 200 |
    /// | -32020, -32021, -32022 | 400 | 200 |
    /// | anything else | 200 | 200 |
    pub fn http_status(&self, era: Era) -> u16 {
        match (era, self.code) {
            (_, ErrorCode::PARSE_ERROR | ErrorCode::INVALID_REQUEST)
            | (
                Era::Sessionless,
                ErrorCode::HEADER_MISMATCH
                | ErrorCode::MISSING_CLIENT_CAPABILITY
                | ErrorCode::UNSUPPORTED_PROTOCOL_VERSION,
            ) => 400,
            (Era::Sessionless, ErrorCode::INVALID_PARAMS) if self.refused == Refused::Request => {
                400
            }
            (Era::Sessionless, ErrorCode::METHOD_NOT_FOUND) => 404,
            _ => 200,
        }
    }

    fn with_data_of<T: Serialize>(self, data: &T) -> Self {
        #[expect(
            clippy::expect_used,
            reason = "the callers' types hold strings and JSON maps with string keys, which always serialise"
        )]
        let data = to_raw_value(data).expect("plain data serialises");
        self.with_data(data)
    }
}

/// At most `limit` bytes of `text`, cut between characters.
fn cut(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

#[cfg(test)]
mod tests;
