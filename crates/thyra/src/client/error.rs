//! Why a client's operation failed, and at which hop.

use thyra_auth::ScopeSet;
use thyra_protocol::{CallToolResult, Content, ErrorObject};

use super::discovery::DiscoveryError;
use super::hop::Stage;
use super::learned::UrlRefused;
use super::oauth::{AuthorizationError, RegistrationError, TokenError};
use super::outbound::HttpError;
use super::printable::printable;
use super::transport::TransportError;

/// Why an operation of a [`Client`](super::Client) failed. [`ClientError::stage`] names the hop, and
/// the text says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// What the builder was given to answer the server's questions failed.
    #[error("{method} needs an answer to {question}, which failed: {source}")]
    Answer {
        /// The MCP method of the request.
        method: String,
        /// The MCP method of the question.
        question: &'static str,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The arguments of a tool or a prompt are not a JSON object.
    #[error("the arguments of `{name}` {}", .source.as_ref().map_or_else(|| "must be a JSON object".to_owned(), |source| format!("cannot be written as JSON: {source}")))]
    Arguments {
        /// The tool or the prompt.
        name: String,
        /// Why they cannot be written; none when they can, and are something else than an object.
        source: Option<serde_json::Error>,
    },
    /// The server asks something that this client did not offer to answer.
    #[error("the server answers {method} with the question {question}, {advice}")]
    Asked {
        /// The MCP method of the request.
        method: String,
        /// The MCP method of the question.
        question: String,
        /// What to do.
        advice: &'static str,
    },
    /// The login page did not lead to a code.
    #[error("authorization failed: {0}")]
    Authorization(#[from] AuthorizationError),
    /// The authorization server cannot be found or trusted.
    #[error("{stage} failed: {source}")]
    Discovery {
        /// Which document is at fault.
        stage: Stage,
        /// What is wrong.
        source: DiscoveryError,
    },
    /// A document of discovery could not be fetched.
    #[error("{stage} failed: {source}")]
    Fetch {
        /// Which document.
        stage: Stage,
        /// What went wrong.
        source: HttpError,
    },
    /// The server wants scopes that the caller does not have, and logging in again, where that can be done, did not bring them.
    #[error("{method} needs {}, which the caller was not granted; ask whoever grants its scopes for them", .needed.as_ref().map_or_else(|| "more scopes".to_owned(), |needed| format!("the scopes {needed}")))]
    Forbidden {
        /// The MCP method.
        method: String,
        /// What it needs, if the server says so.
        needed: Option<ScopeSet>,
    },
    /// The server sends the user to a page that nobody should be sent to.
    #[error("{method} sends the user to a page; nobody was asked, for {source}")]
    Page {
        /// The MCP method of the request.
        method: String,
        /// What is wrong with the page's URL.
        source: UrlRefused,
    },
    /// The server asks too much.
    #[error("{method} asks more than {most} questions in all; it was given up")]
    Questions {
        /// The MCP method of the request.
        method: String,
        /// The most that are answered.
        most: usize,
    },
    /// The client cannot be registered.
    #[error("client registration failed: {0}")]
    Registration(#[from] RegistrationError),
    /// The result is not what the method promises.
    #[error("the result of {method} cannot be used: {problem}")]
    Result {
        /// The MCP method.
        method: String,
        /// What is wrong.
        problem: String,
    },
    /// The server goes on asking.
    #[error("{method} has no answer after {rounds} rounds of questions; it was given up")]
    Rounds {
        /// The MCP method.
        method: String,
        /// How many there were.
        rounds: usize,
    },
    /// The server answered with a JSON-RPC error.
    #[error("{method} failed: {} (error {})", printable(&.error.message), .error.code.0)]
    Rpc {
        /// The MCP method.
        method: String,
        /// The error.
        error: Box<ErrorObject>,
    },
    /// The HTTP client could not be made.
    #[error(transparent)]
    Setup(HttpError),
    /// There is no token.
    #[error("token failed: {0}")]
    Token(#[from] TokenError),
    /// The tool says that it failed, where its value was wanted.
    #[error("`{tool}` failed: {}", said(.result))]
    Tool {
        /// The tool.
        tool: String,
        /// All that it says.
        result: Box<CallToolResult>,
    },
    /// No answer came.
    #[error("{method} failed: {source}")]
    Transport {
        /// The MCP method.
        method: String,
        /// What went wrong.
        source: TransportError,
    },
    /// The server wants a token, and the client has no way to get one, or has just got one.
    #[error("{method} was refused with status 401: {advice}")]
    Unauthorized {
        /// The MCP method.
        method: String,
        /// What to do.
        advice: &'static str,
    },
    /// The URL of the server cannot be used.
    #[error("`{url}` cannot be the URL of an MCP server: {problem}")]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl ClientError {
    /// The error of a transport, while it carried a request of `method`.
    pub(super) fn from_transport(method: &str, source: TransportError) -> Self {
        match source {
            TransportError::Login(error) => *error,
            source => Self::Transport {
                method: method.to_owned(),
                source,
            },
        }
    }

    /// The hop that failed.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Authorization(_) => Stage::Authorization,
            Self::Discovery { stage, .. } | Self::Fetch { stage, .. } => *stage,
            Self::Registration(_) => Stage::Registration,
            Self::Token(_) => Stage::Token,
            Self::Answer { .. }
            | Self::Arguments { .. }
            | Self::Asked { .. }
            | Self::Forbidden { .. }
            | Self::Page { .. }
            | Self::Questions { .. }
            | Self::Result { .. }
            | Self::Rounds { .. }
            | Self::Rpc { .. }
            | Self::Setup(_)
            | Self::Tool { .. }
            | Self::Transport { .. }
            | Self::Unauthorized { .. }
            | Self::Url { .. } => Stage::Call,
        }
    }
}

pub(super) fn unauthorized(method: &str, advice: &'static str) -> ClientError {
    ClientError::Unauthorized {
        method: method.to_owned(),
        advice,
    }
}

/// The first text of a result.
fn said(result: &CallToolResult) -> String {
    let text = result.content.iter().find_map(Content::as_text);
    printable(text.unwrap_or("it does not say how"))
}
