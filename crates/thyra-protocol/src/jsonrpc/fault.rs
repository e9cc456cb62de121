//! What can be wrong with a message.

use std::fmt;
use std::str::Utf8Error;

use crate::error::{ErrorCode, ErrorObject};
use crate::jsonrpc::RequestId;

/// Why bytes are not one JSON-RPC message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// An array. No revision that we speak needs batches.
    #[error("batches are not supported: send one JSON-RPC message at a time")]
    Batch,
    /// Not UTF-8.
    #[error("the message is not UTF-8")]
    Encoding(#[source] Utf8Error),
    /// JSON, but not a JSON-RPC message.
    #[error("not a valid JSON-RPC message: {what}")]
    Invalid {
        /// The id to echo, when the message had one that could be read.
        id: Option<RequestId>,
        /// What is wrong.
        what: EnvelopeFault,
    },
    /// Not JSON, or something follows the message.
    #[error("the message is not valid JSON: {0}")]
    Syntax(#[source] serde_json::Error),
}

impl EnvelopeError {
    /// The id that the refusal should echo.
    pub fn id(&self) -> Option<&RequestId> {
        match self {
            EnvelopeError::Invalid { id, .. } => id.as_ref(),
            EnvelopeError::Batch | EnvelopeError::Encoding(_) | EnvelopeError::Syntax(_) => None,
        }
    }

    /// The refusal as a JSON-RPC error: -32700 if the message is not JSON, else -32600. It repeats
    /// nothing from the message.
    pub fn error_object(&self) -> ErrorObject {
        let code = match self {
            EnvelopeError::Batch | EnvelopeError::Invalid { .. } => ErrorCode::INVALID_REQUEST,
            EnvelopeError::Encoding(_) | EnvelopeError::Syntax(_) => ErrorCode::PARSE_ERROR,
        };
        ErrorObject::new(code, self.to_string())
    }
}

/// What is wrong with a message that is valid JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeFault {
    /// A member that JSON-RPC names appears twice.
    #[error("member \"{0}\" comes twice")]
    DuplicateMember(Member),
    /// `error` is not an object with an integer `code` and a string `message`.
    #[error("\"error\" must be an object with an integer \"code\" and a string \"message\"")]
    ErrorMalformed,
    /// A `result` without the id of its request.
    #[error("\"id\" is missing beside \"result\"")]
    IdMissing,
    /// `id` is neither a string nor an integer of 64 bits.
    #[error("\"id\" must be a string or an integer of 64 bits")]
    IdMalformed,
    /// `id` is `null`, which only an error may have.
    #[error("\"id\" must not be null")]
    IdNull,
    /// `method` is not a string.
    #[error("\"method\" must be a string")]
    MethodNotString,
    /// `method` beside `result` or `error`.
    #[error("a message has either \"method\" or an outcome, not both")]
    MethodWithOutcome,
    /// None of `method`, `result` and `error`.
    #[error("one of \"method\", \"result\" and \"error\" is required")]
    NoMethodNorOutcome,
    /// The message is not an object.
    #[error("a message is a JSON object")]
    NotObject,
    /// `params` is not an object.
    #[error("\"params\" must be an object")]
    ParamsNotObject,
    /// `params` beside `result` or `error`.
    #[error("\"params\" belongs to a request, not to a response")]
    ParamsWithOutcome,
    /// `result` and `error` at once.
    #[error("a response has either \"result\" or \"error\", not both")]
    ResultAndError,
    /// `result` is not an object.
    #[error("\"result\" must be an object")]
    ResultNotObject,
    /// `jsonrpc` is missing or not `"2.0"`.
    #[error("\"jsonrpc\" must be \"2.0\"")]
    VersionNot20,
}

/// A member that JSON-RPC names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the member of the same name")]
pub enum Member {
    Error,
    Id,
    JsonRpc,
    Method,
    Params,
    Result,
}

impl Member {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Member::Error => "error",
            Member::Id => "id",
            Member::JsonRpc => "jsonrpc",
            Member::Method => "method",
            Member::Params => "params",
            Member::Result => "result",
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
