//! Why a client's operation failed, and at which stage.

use thyra_login::LoginError;
use thyra_oauth::{FetcherError, Printable, ScopeSet, UrlRefused, printable};
use thyra_protocol::{CallToolResult, Content, ErrorCode, ErrorObject, Revision};

use crate::form::FormError;
use crate::hop::Stage;
use crate::skill::SkillError;
use crate::transport::TransportError;

/// Why an operation of a [`Client`](crate::Client) failed. [`ClientError::stage`] names the part of
/// the way, and the text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// A function that the builder was given could not answer the server's question.
    #[error("{} needs an answer to {question}, which failed: {}", printable(.method), Printable(.source))]
    Answer {
        /// The MCP method of the request.
        method: String,
        /// The MCP method of the question.
        question: &'static str,
        /// What the function said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The arguments of a tool or a prompt are not a JSON object.
    #[error("the arguments of `{}` {}", printable(.name), .source.as_ref().map_or_else(|| "must be a JSON object".to_owned(), |source| format!("cannot be written as JSON: {}", Printable(source))))]
    Arguments {
        /// The tool or the prompt.
        name: String,
        /// Why they cannot be written as JSON; `None` when they are JSON, but not an object.
        source: Option<serde_json::Error>,
    },
    /// The server asks something that the client did not offer to answer.
    #[error("the server answers {} with the question {}, {advice}", printable(.method), printable(.question))]
    Asked {
        /// The MCP method of the request.
        method: String,
        /// The MCP method of the question.
        question: String,
        /// What to do.
        advice: &'static str,
    },
    /// The client cannot announce an extension
    /// ([`ClientBuilder::extension`](crate::ClientBuilder::extension)).
    #[error("the extension `{}` cannot be announced: {problem}", printable(.identifier))]
    Extension {
        /// Its identifier.
        identifier: String,
        /// What is wrong with it, and what to do.
        problem: &'static str,
    },
    /// The proxy or a certificate authority cannot be used.
    #[error(transparent)]
    Fetcher(#[from] FetcherError),
    /// The caller lacks scopes that the server wants, and could not get them by logging in again.
    #[error("{} needs {}, which the caller was not granted; ask whoever grants its scopes for them", printable(.method), .needed.as_ref().map_or_else(|| "more scopes".to_owned(), |needed| format!("the scopes {}", Printable(needed))))]
    Forbidden {
        /// The MCP method.
        method: String,
        /// The scopes that the request needs, if the server names them.
        needed: Option<ScopeSet>,
    },
    /// The server asks for a form that nobody can fill in.
    #[error("{} cannot go on: {source}", printable(.method))]
    Form {
        /// The MCP method of the request.
        method: String,
        /// What is wrong with the form.
        source: FormError,
    },
    /// A header of your own cannot be sent
    /// ([`ClientBuilder::header`](crate::ClientBuilder::header)).
    #[error("the header `{}` cannot be sent: {problem}", printable(.name))]
    Header {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The task as which a call went on was cancelled at the server.
    #[error("the task of `{}` was cancelled at the server", printable(.name))]
    Cancelled {
        /// The tool, or the id of the task.
        name: String,
    },
    /// The login failed.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// The `_meta` of a call cannot be sent. Nothing was sent.
    #[error("`{}` in the _meta of `{}` {problem}", printable(.key), printable(.name))]
    Meta {
        /// The tool, the prompt or the URI.
        name: String,
        /// The key.
        key: String,
        /// What is wrong with it, and what to do.
        problem: &'static str,
    },
    /// Roots cannot be offered later if they were not offered when the client was built.
    #[error(
        "servers were told that this client has no roots; give its builder .roots([]) to offer some later"
    )]
    NoRoots,
    /// The server wants to send the user to a page with an unsafe URL.
    #[error("{} sends the user to a page; nobody was asked, for {source}", printable(.method))]
    Page {
        /// The MCP method of the request.
        method: String,
        /// What is wrong with the page's URL.
        source: UrlRefused,
    },
    /// The server asks too many questions.
    #[error("{} asks more than {most} questions in all; it was given up", printable(.method))]
    Questions {
        /// The MCP method of the request.
        method: String,
        /// The most that the client answers.
        most: usize,
    },
    /// A message cannot be sent by hand ([`Client::request_raw`](crate::Client::request_raw)).
    #[error("`{}` was not sent: {problem}", printable(.method))]
    Raw {
        /// The MCP method.
        method: String,
        /// What is wrong with it, and what to do.
        problem: &'static str,
    },
    /// The result is not one of this method.
    #[error("the result of {} cannot be used: {}", printable(.method), Printable(.problem))]
    Result {
        /// The MCP method.
        method: String,
        /// What is wrong.
        problem: String,
    },
    /// Client and server have no protocol revision in common.
    #[error("the server speaks {}; {}", .offered, revision_advice(*.wanted))]
    Revision {
        /// The one that the builder was told, if it was.
        wanted: Option<Revision>,
        /// What the server offers.
        offered: String,
    },
    /// The server keeps asking.
    #[error("{} has no answer after {rounds} rounds of questions; it was given up", printable(.method))]
    Rounds {
        /// The MCP method.
        method: String,
        /// How many there were.
        rounds: usize,
    },
    /// The server answered with a JSON-RPC error.
    #[error("{} failed: {} (error {})", printable(.method), printable(&.error.message), .error.code.0)]
    Rpc {
        /// The MCP method.
        method: String,
        /// The error.
        error: Box<ErrorObject>,
    },
    /// A skill is not what the server announced, or breaks the rules.
    #[error("{}: {source}", printable(.uri))]
    Skill {
        /// The URI of its `SKILL.md`.
        uri: String,
        /// What is wrong.
        source: SkillError,
    },
    /// A subscription was lost, and could not be opened again.
    #[error(
        "the subscription was given up after {attempts} attempts to open it again; the last one failed: {source}"
    )]
    Subscription {
        /// How many there were.
        attempts: u32,
        /// Why the last one failed.
        source: Box<ClientError>,
    },
    /// The tool failed, so that there is no value
    /// ([`Client::call_tool_as`](crate::Client::call_tool_as)).
    #[error("`{}` failed: {}", printable(.tool), said(.result))]
    Tool {
        /// The tool.
        tool: String,
        /// The whole result.
        result: Box<CallToolResult>,
    },
    /// The request got no answer.
    #[error("{} failed: {source}", printable(.method))]
    Transport {
        /// The MCP method.
        method: String,
        /// What went wrong.
        source: TransportError,
    },
    /// The server wants a token, and the client has none, cannot get one, or got one that the
    /// server does not accept.
    #[error("{} was refused with status 401: {advice}", printable(.method))]
    Unauthorized {
        /// The MCP method.
        method: String,
        /// What to do.
        advice: &'static str,
    },
    /// The URL of the server cannot be used.
    #[error("`{}` cannot be the URL of an MCP server: {problem}", printable(.url))]
    Url {
        /// What was given, without user name, password and query.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl ClientError {
    /// The error of a transport, while it carried a request of `method`.
    pub(crate) fn from_transport(method: &str, source: TransportError) -> Self {
        match source {
            TransportError::Login(error) => Self::Login(*error),
            source => Self::Transport {
                method: method.to_owned(),
                source,
            },
        }
    }

    /// Whether the server may be back in a moment.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Rpc { error, .. } => error.code == ErrorCode::INTERNAL_ERROR,
            Self::Transport { source, .. } => match source {
                TransportError::Status { status, .. } => {
                    matches!(status, 408 | 425 | 429) || *status >= 500
                }
                TransportError::Ended { .. }
                | TransportError::Http(_)
                | TransportError::NoAnswerToProbe
                | TransportError::Other(_)
                | TransportError::SessionLost
                | TransportError::StreamEnded
                | TransportError::Timeout(_)
                | TransportError::TooManyRequests { .. } => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// The part of the way that failed.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Login(error) => Stage::Login(error.stage()),
            Self::Answer { .. }
            | Self::Arguments { .. }
            | Self::Asked { .. }
            | Self::Cancelled { .. }
            | Self::Extension { .. }
            | Self::Fetcher(_)
            | Self::Forbidden { .. }
            | Self::Form { .. }
            | Self::Meta { .. }
            | Self::Header { .. }
            | Self::NoRoots
            | Self::Page { .. }
            | Self::Questions { .. }
            | Self::Raw { .. }
            | Self::Result { .. }
            | Self::Revision { .. }
            | Self::Rounds { .. }
            | Self::Rpc { .. }
            | Self::Skill { .. }
            | Self::Subscription { .. }
            | Self::Tool { .. }
            | Self::Transport { .. }
            | Self::Unauthorized { .. }
            | Self::Url { .. } => Stage::Call,
        }
    }
}

/// What a user does about a revision that does not fit.
fn revision_advice(wanted: Option<Revision>) -> String {
    match wanted {
        Some(wanted) => format!(
            "the client was told to speak {wanted} only; leave out .revision(...) to let them agree"
        ),
        None => {
            "this client speaks 2024-11-05 to 2026-07-28; a newer version of it may help".to_owned()
        }
    }
}

/// The first text of a result.
fn said(result: &CallToolResult) -> String {
    let text = result.content.iter().find_map(Content::as_text);
    printable(text.unwrap_or("it does not say how"))
}
