//! Why a question has no answer.

use thyra_protocol::{ErrorObject, Revision};

use super::ClientCapability;
use crate::elicit::ElicitError;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The user read the question and said no.
    #[error("the user declined to answer")]
    Declined,
    /// The user closed the question without an answer.
    #[error("the user dismissed the question")]
    Cancelled,
    /// The client did not say that it can do this.
    #[error("this needs a client that declares the capability {0}")]
    Unsupported(ClientCapability),
    /// The revision that the client speaks has no such question.
    #[error("{question} needs revision {since} of MCP, and this client speaks {spoken}")]
    Revision {
        /// What was to be asked.
        question: &'static str,
        /// The first revision that has it.
        since: Revision,
        /// The revision of this call.
        spoken: Revision,
    },
    /// The answer does not fit the question.
    #[error("the answer to `{key}` does not fit the question: {source}")]
    Invalid {
        /// The question.
        key: String,
        /// What is wrong with it.
        source: ElicitError,
    },
    /// The client's answer is not what the protocol says it is.
    #[error("the client's answer to `{key}` cannot be read: {source}")]
    Malformed {
        /// The question.
        key: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The client answered with an error.
    #[error("the client could not answer: {}", .0.message)]
    Client(ErrorObject),
    /// There is no way to ask. Up to 2025-11-25 asking takes a session whose client listens; in 2026-07-28
    /// tools, prompts and resources can ask, but not completions and methods of extensions.
    #[error(
        "nobody can be asked from here: up to 2025-11-25 a call needs an open session with its client, \
         and in 2026-07-28 completions and methods of extensions cannot ask"
    )]
    NobodyThere,
    /// The question cannot be asked: too many wait for an answer, two questions share a key, the key is too
    /// long, the URL is not a page's, or there is nothing to choose.
    #[error("the question `{key}` cannot be asked: {reason}")]
    Refused {
        /// The question.
        key: String,
        /// Why.
        reason: &'static str,
    },
}

impl AskError {
    /// What the client is told when the handler passes the error on.
    ///
    /// `Some` where the protocol has an error for it; a declined or dismissed question is a matter for the model.
    pub(crate) fn error_object(&self) -> Option<ErrorObject> {
        match self {
            Self::Unsupported(capability) => Some(ErrorObject::missing_client_capability(
                &capability.declaration(),
                format!("This needs a client that declares {capability}"),
            )),
            Self::Invalid { .. } | Self::Malformed { .. } => {
                Some(ErrorObject::invalid_params(self.to_string()))
            }
            _ => None,
        }
    }
}
