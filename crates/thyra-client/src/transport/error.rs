//! Why a request got no answer.

use std::time::Duration;

use thyra_login::LoginError;
use thyra_oauth::FetchError;

/// Why a request got no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The reply is compressed.
    #[error(
        "the reply is compressed (`{encoding}`), which the client did not ask for; turn compression off at the server or at what stands before it"
    )]
    Compressed {
        /// How.
        encoding: String,
    },
    /// The reply is neither JSON nor an event stream.
    #[error(
        "the reply is of the type `{found}`, not application/json or text/event-stream; is this the URL of an MCP endpoint?"
    )]
    ContentType {
        /// Its type.
        found: String,
    },
    /// A server of the old HTTP+SSE transport names no endpoint to which messages can be posted.
    #[error("the server names no endpoint for messages that can be used: {problem}")]
    Endpoint {
        /// What is wrong.
        problem: &'static str,
    },
    /// The program of the server has ended.
    #[error(
        "the server's program ended{}; the call may or may not have been carried out; its error output says more", .status.as_ref().map(|status| format!(" ({status})")).unwrap_or_default()
    )]
    Ended {
        /// How, if that is known.
        status: Option<String>,
        /// The last lines of its error output, printable: 20 at most, none if it goes elsewhere.
        last_lines: Vec<String>,
    },
    /// One event of the stream, or one line of a program, is too large.
    #[error("an event of more than {max_bytes} bytes came; the client's limit can be raised")]
    EventTooLarge {
        /// The most that is read.
        max_bytes: usize,
    },
    /// There is no HTTP reply.
    #[error(transparent)]
    Http(#[from] FetchError),
    /// The login that the server asked for failed.
    #[error(transparent)]
    Login(Box<LoginError>),
    /// Something came that is not a JSON-RPC message.
    #[error("the reply is not a JSON-RPC message: {problem}")]
    Message {
        /// What is wrong with it.
        problem: String,
    },
    /// The program of the server says nothing to its first message.
    #[error("the server says nothing to server/discover")]
    NoAnswerToProbe,
    /// The transport sends no notifications, and a server of the handshake era needs them.
    #[error(
        "the server needs a handshake, and the transport cannot send notifications; implement Transport::send"
    )]
    NoNotifications,
    /// The message does not answer this request.
    #[error("the reply answers another request")]
    NotTheAnswer,
    /// The old HTTP+SSE transport does not carry messages of this revision.
    #[error(
        "the old HTTP+SSE transport carries revisions up to 2025-11-25; leave out .revision(...), or name one of these"
    )]
    OldTransport,
    /// Something else went wrong, in a transport that is not this crate's.
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
    /// The server asks too many questions about one request.
    #[error("the server asks more than {most} questions about one call; it was given up")]
    Questions {
        /// The most that the client answers.
        most: usize,
    },
    /// The server redirects, and the client does not follow: its token is for one place.
    #[error("the server redirects to `{to}`; use that URL if you trust it")]
    Redirected {
        /// Where to.
        to: String,
    },
    /// The request cannot be written as JSON.
    #[error("the request cannot be written as JSON: {0}")]
    Request(#[from] serde_json::Error),
    /// The id that the server gives its session breaks the rules (MCP `basic/transports`, session
    /// management).
    #[error(
        "the server gives its session an id that is no visible ASCII, or has more than {longest} bytes"
    )]
    SessionId {
        /// The most bytes that an id may have.
        longest: usize,
    },
    /// The server no longer knows the session, and has not carried out the request.
    #[error("the server no longer knows the session; the call was not carried out")]
    SessionLost,
    /// The reply has an HTTP status that says no, and no MCP answer.
    #[error("the server answered with status {status}{}", .retry_after.map(|seconds| format!("; try again in {seconds} s")).unwrap_or_default())]
    Status {
        /// The status.
        status: u16,
        /// When to try again, in seconds, if the server says so.
        retry_after: Option<u64>,
    },
    /// The program of the server cannot be started.
    #[error("`{program}` cannot be started: {source}; is it installed, and in PATH?")]
    Start {
        /// The program.
        program: String,
        /// What went wrong.
        source: std::io::Error,
    },
    /// The stream ended before the answer came.
    #[error(
        "the stream ended before the answer came; the call may or may not have been carried out"
    )]
    StreamEnded,
    /// The server took too long.
    #[error("no answer came within {0:?}; the call was given up")]
    Timeout(Duration),
    /// Too many requests are under way.
    #[error("{most} requests are under way; wait until some are answered")]
    TooManyRequests {
        /// The most that may be.
        most: usize,
    },
    /// The token, the name or an argument cannot be sent in an HTTP header.
    #[error("the {0} cannot be sent in an HTTP header")]
    Unsendable(&'static str),
}

impl From<LoginError> for TransportError {
    fn from(error: LoginError) -> Self {
        Self::Login(Box::new(error))
    }
}
