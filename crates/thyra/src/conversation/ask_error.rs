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
    /// The client did not declare the capability that this needs.
    #[error("this needs a client that declares the capability {0}")]
    Unsupported(ClientCapability),
    /// The client's protocol revision does not have this kind of question.
    #[error("{question} needs revision {since} of MCP, and this client speaks {spoken}")]
    Revision {
        /// The kind of question.
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
    /// The client's answer is not in the form that the protocol defines.
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
    /// The client's model came to no answer in the rounds that it had: see
    /// [`Context::sampling`](crate::Context::sampling).
    #[error("the model came to no answer to `{key}` in {rounds} rounds")]
    Unanswered {
        /// The question.
        key: String,
        /// How often the model was asked.
        rounds: u8,
    },
    /// The client's model gave no value that fits its type.
    #[error("the model's answer to `{key}` is not usable: {reason}")]
    Unfit {
        /// The question.
        key: String,
        /// What is wrong with its last answer.
        reason: String,
    },
    /// There is no way to ask. Up to 2025-11-25, asking needs a session whose client listens. In
    /// 2026-07-28, tools, prompts and resources can ask; completions and methods of extensions
    /// cannot.
    #[error(
        "this call cannot ask the client: up to 2025-11-25 it needs an open session with its client, \
         and in 2026-07-28 completions and methods of extensions cannot ask"
    )]
    NobodyThere,
    /// The question was asked within the work of [`Context::once`](crate::Context::once), which it
    /// would end.
    #[error(
        "the question `{key}` is asked within the work of `once`, which it would end: ask before it or beside it"
    )]
    WithinOnce {
        /// The question.
        key: String,
    },
    /// The question cannot be asked: too many wait for an answer, two questions share a key, the
    /// key is too long, the URL is not that of a web page, or there is nothing to choose from.
    #[error("the question `{key}` cannot be asked: {reason}")]
    Refused {
        /// The question.
        key: String,
        /// Why.
        reason: &'static str,
    },
}

impl AskError {
    /// The error that the client gets when the handler passes this error on.
    ///
    /// `Some` if the protocol has an error for it. A declined or dismissed question, for example,
    /// is reported to the model instead.
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
