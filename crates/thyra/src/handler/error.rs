//! Why a call has no result of its own.

use std::any::Any;
use std::error::Error;
use std::fmt::Write as _;

use thyra_auth::ScopeSet;
use thyra_protocol::{CallToolResult, ErrorObject};

use super::tool_error::{Told, said};
use super::{ArgumentErrors, ToolError};
use crate::context::MissingScopes;
use crate::throttled::unless_many;

/// Why a call has no result of its own.
#[derive(Debug)]
#[non_exhaustive]
pub enum CallError {
    /// The arguments are not what the component takes.
    Arguments(ArgumentErrors),
    /// The handler ran and failed.
    Failed(ToolError),
    /// The caller lacks some of these scopes, as the handler found out.
    InsufficientScope(ScopeSet),
    /// The handler's code panicked with this message.
    Panicked(String),
    /// The client gets this JSON-RPC error.
    Protocol(ErrorObject),
    /// A value that the handler wants from the server is not there.
    Rejected(Rejection),
}

/// Why a value cannot be injected. The caller reads its text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The arguments are not what the component takes.
    #[error(transparent)]
    Arguments(ArgumentErrors),
    /// Dependencies of the call want each other. The text names their types.
    #[error("its dependencies form a circle: {circle}")]
    Circle {
        /// The way round: `A wants B wants A`.
        circle: String,
    },
    /// The caller's token lacks the claims that the handler wants, or has others of that name.
    #[error("it needs claims that the caller's token does not carry as it should")]
    Claims(#[source] serde_json::Error),
    /// The server could not get the value, because of this error. The log tells it, the caller is
    /// not told.
    #[error("the server could not get what it needs")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
    /// The request did not come over HTTP.
    #[error("it needs the headers of an HTTP request, and this request did not come over HTTP")]
    NoHeaders,
    /// The request did not come over HTTP, or nobody told the server from where.
    #[error("it needs the address of the client, and the server does not know it")]
    NoPeerAddr,
    /// Nobody is signed in.
    #[error("it needs to know who is calling, and nobody is signed in")]
    NoPrincipal,
    /// The server was built without a value of this type.
    #[error("it needs `State<{type_name}>`, and the server has none: add `.state(..)` to it")]
    NoState {
        /// The type's name.
        type_name: &'static str,
    },
    /// The request did not come over HTTP.
    #[error("it needs the URL of an HTTP request, and this request did not come over HTTP")]
    NoTarget,
    /// An extractor's own reason, in words for the caller.
    #[error("{0}")]
    Other(String),
}

impl Rejection {
    /// Failed because of `error`, as in `.map_err(Rejection::failed)`. The log tells it, the caller
    /// is not told.
    pub fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }
}

impl CallError {
    /// The result that tells the caller: `isError`, with a text that it can act on (MCP 2025-11-25,
    /// server/tools, error handling).
    ///
    /// This also logs what the caller must not see, under the name of the `tool`.
    pub fn into_result(self, tool: &str) -> CallToolResult {
        let text = match self {
            Self::Arguments(errors) => errors.to_string(),
            Self::Failed(error) => {
                if let Some(source) = error.source() {
                    Subject::Component(tool).fails(&chain(source));
                }
                error.message().to_owned()
            }
            Self::InsufficientScope(needed) => lacks_scopes(needed),
            Self::Panicked(message) => {
                Subject::Component(tool).fails(&format!("it panicked: {message}"));
                ToolError::MASKED.to_owned()
            }
            Self::Protocol(error) => error.message.into_owned(),
            Self::Rejected(rejection) => {
                Subject::Component(tool).rejects(&rejection);
                format!("The call was rejected: {rejection}.")
            }
        };
        CallToolResult::error(text)
    }

    /// The JSON-RPC error that tells the caller about a failed resource, prompt or completion,
    /// which have no error results.
    ///
    /// `subject` is the URI or name asked for. This also logs what the caller must not see, under
    /// the `subject`. `not_found` makes the error for something that does not exist.
    pub fn into_error(
        self,
        subject: &str,
        not_found: impl FnOnce(&str) -> ErrorObject,
    ) -> ErrorObject {
        const MASKED: &str = "The request failed. The reason is in the server's log.";
        match self {
            Self::Arguments(errors) => ErrorObject::invalid_params(errors.to_string()),
            Self::Failed(error) => {
                if let Some(source) = error.source() {
                    Subject::Asked(subject).fails(&chain(source));
                }
                match error.told() {
                    Told::Masked => ErrorObject::internal(MASKED),
                    Told::NotFound(message) => {
                        let mut error = not_found(subject);
                        if let Some(message) = message {
                            error.message = message;
                        }
                        error
                    }
                    Told::Protocol(error) => *error,
                    Told::MissingScopes(_, message) => ErrorObject::invalid_params(message),
                    Told::Said(message) => ErrorObject::internal(message),
                }
            }
            Self::InsufficientScope(needed) => ErrorObject::invalid_params(lacks_scopes(needed)),
            Self::Panicked(message) => {
                Subject::Asked(subject).fails(&format!("it panicked: {message}"));
                ErrorObject::internal(MASKED)
            }
            Self::Protocol(error) => error,
            Self::Rejected(rejection) => {
                Subject::Asked(subject).rejects(&rejection);
                ErrorObject::internal(format!("The request was rejected: {rejection}."))
            }
        }
    }
}

impl CallError {
    /// The same error, whose details the caller sees too unless they are `masked`.
    pub(crate) fn detailed_unless(self, masked: bool) -> Self {
        match self {
            Self::Failed(error) if !masked => Self::Failed(error.detailed()),
            Self::Panicked(message) if !masked => {
                let error = ToolError::internal(format!("the handler panicked: {message}"));
                Self::Failed(error.detailed())
            }
            told => told,
        }
    }

    /// What `catch_unwind` caught.
    pub(crate) fn from_panic(panic: &(dyn Any + Send)) -> Self {
        let message = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = message.or_else(|| panic.downcast_ref::<String>().cloned());
        Self::Panicked(message.unwrap_or_else(|| "a panic without a message".to_owned()))
    }
}

impl From<Rejection> for CallError {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Arguments(errors) => Self::Arguments(errors),
            other => Self::Rejected(other),
        }
    }
}

impl From<ToolError> for CallError {
    fn from(error: ToolError) -> Self {
        match error.into_protocol() {
            Ok(error) => Self::Protocol(error),
            Err(error) => match error.into_missing_scopes() {
                Ok(needed) => Self::InsufficientScope(needed),
                Err(error) => Self::Failed(error),
            },
        }
    }
}

/// What a caller reads who cannot be sent for more scopes.
fn lacks_scopes(needed: ScopeSet) -> String {
    said(&MissingScopes { needed })
}

/// What failed, as the log names it.
#[derive(Clone, Copy)]
enum Subject<'a> {
    /// A component, by the name that its author gave it.
    Component(&'a str),
    /// Something that the caller asked for, in the caller's words.
    Asked(&'a str),
}

impl Subject<'_> {
    fn fails(self, error: &str) {
        self.log("a component failed", error, |component| {
            tracing::error!(component, error, "a component failed");
        });
    }

    fn rejects(self, rejection: &Rejection) {
        let error = chain(rejection);
        self.log("a call was rejected", &error, |component| {
            tracing::warn!(component, error, "a call was rejected");
        });
    }

    fn log(self, line: &'static str, error: &str, write: impl FnOnce(&str)) {
        let (component, author_named) = match self {
            Self::Component(name) => (name, name),
            Self::Asked(subject) => (subject, ""),
        };
        unless_many(line, author_named, || {
            write(component);
            tell_without_a_log(component, error);
        });
    }
}

/// Callers read that the reason is in the log. Where the program has set up none, standard error
/// takes its place.
fn tell_without_a_log(component: &str, error: &str) {
    if !tracing::dispatcher::has_been_set() {
        // Escaped: parts of both may come from the caller, and a terminal obeys what it reads.
        eprintln!("thyra: {component:?} failed: {error:?}");
    }
}

/// An error and all its causes on one line.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a string does not fail.
        let _ = write!(line, ": {error}");
        cause = error.source();
    }
    line
}
