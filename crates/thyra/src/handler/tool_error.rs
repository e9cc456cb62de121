//! A handler's own failure: what the caller is told, and what only the log is told.

mod conversion;

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use thyra_auth::ScopeSet;
use thyra_protocol::ErrorObject;

pub(super) use self::conversion::said;
pub use self::conversion::{CallerError, Never, OwnError, Telling, tool_error};
use super::error::chain;
use crate::context::MissingScopes;

/// A tool's failure. The caller gets a result with `isError` set and the message as its text.
///
/// There are two kinds. [`ToolError::new`], and a `String` or `&'static str` with `?`, is a
/// sentence for the caller, who sees it word for word. Any other error, from `?` or
/// [`ToolError::internal`], may name hosts, paths or secrets: the log gets it with all its causes,
/// and the caller gets a general sentence.
/// [`Server::mask_error_details`](crate::Server::mask_error_details) changes that.
///
/// An error type of your own says for each variant what the caller is told:
/// [`#[derive(CallerError)]`](macro@crate::CallerError).
///
/// ```
/// use thyra::prelude::*;
///
/// /// Reads a note.
/// #[tool]
/// async fn note(id: u32) -> Result<String, ToolError> {
///     if id == 0 {
///         return Err(ToolError::new("Notes are numbered from 1."));
///     }
///     // A failure here reaches the log, not the caller.
///     Ok(std::fs::read_to_string(format!("notes/{id}.txt"))?)
/// }
/// ```
///
/// Resources and prompts fail with the same type, under the names [`ResourceError`] and
/// [`PromptError`]; their callers get a JSON-RPC error with the message.
pub struct ToolError {
    told: Told,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// A resource's failure: a [`ToolError`].
pub type ResourceError = ToolError;

/// A prompt's failure: a [`ToolError`].
pub type PromptError = ToolError;

/// What the caller is told.
#[derive(Debug)]
pub(super) enum Told {
    /// Nothing but that there was a failure.
    Masked,
    /// That the caller lacks some of these scopes, in these words where it cannot be challenged.
    MissingScopes(ScopeSet, Cow<'static, str>),
    /// That there is no such thing: in these words, or else in general ones.
    NotFound(Option<Cow<'static, str>>),
    /// A JSON-RPC error.
    Protocol(Box<ErrorObject>),
    /// These words.
    Said(Cow<'static, str>),
}

impl ToolError {
    /// What the caller is told instead of a masked error.
    pub(super) const MASKED: &'static str = "The tool failed. The reason is in the server's log.";

    /// A failure whose `message` the caller sees word for word.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self::telling(Told::Said(message.into()))
    }

    /// A failure that is not the caller's: the `error` goes to the log, and the caller sees a
    /// general sentence, unless details are shown
    /// ([`Server::mask_error_details`](crate::Server::mask_error_details)).
    pub fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::telling(Told::Masked).with_source(error)
    }

    /// The thing asked for does not exist. For a resource, the caller gets the protocol's own
    /// error: -32002, or -32602 from 2026-07-28. For a prompt it is -32602.
    pub fn not_found() -> Self {
        Self::telling(Told::NotFound(None))
    }

    /// The caller lacks a scope that this call needs, which may depend on the arguments. `scopes`
    /// are all of them. [`Context::require_scopes`](crate::Context::require_scopes) checks and says
    /// the same.
    ///
    /// Over HTTP, a signed-in caller gets 403 with a challenge that names them, beside those of the
    /// component and the server, so that one more authorization is enough. When something was sent
    /// already, such as progress, and on stdio and in a task, it is a failure in words.
    pub fn insufficient_scope(scopes: impl Into<ScopeSet>) -> Self {
        MissingScopes::new(scopes).into()
    }

    /// A failure of the protocol rather than of the work: the client gets this JSON-RPC error in
    /// place of a result. Models do not see it, so use it for what only the client can fix.
    pub fn protocol(error: ErrorObject) -> Self {
        Self::telling(Told::Protocol(Box::new(error)))
    }

    fn telling(told: Told) -> Self {
        Self { told, source: None }
    }

    /// Tells the caller this `message`, word for word, in place of what it would be told. A failure
    /// for missing scopes keeps its words.
    ///
    /// ```
    /// use thyra::ToolError;
    ///
    /// let error = ToolError::not_found().with_message("There is no note 7.");
    /// assert_eq!(error.message(), "There is no note 7.");
    /// ```
    #[must_use]
    pub fn with_message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        let message = message.into();
        self.told = match self.told {
            Told::Masked | Told::Said(_) => Told::Said(message),
            Told::NotFound(_) => Told::NotFound(Some(message)),
            told @ Told::MissingScopes(..) => told,
            Told::Protocol(mut error) => {
                error.message = message;
                Told::Protocol(error)
            }
        };
        self
    }

    /// Adds the `error` behind this one, for the log. The caller does not see it.
    #[must_use]
    pub fn with_source(mut self, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(error.into());
        self
    }

    /// What the caller of a tool is told.
    pub fn message(&self) -> &str {
        match &self.told {
            Told::Masked => Self::MASKED,
            Told::NotFound(message) => message.as_deref().unwrap_or("There is no such thing."),
            Told::Protocol(error) => &error.message,
            Told::MissingScopes(_, message) | Told::Said(message) => message,
        }
    }

    /// The error behind this one: for the log, and for the caller where details are not masked.
    pub fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }

    /// The same failure, with the error behind a masked one for the caller too.
    pub(super) fn detailed(mut self) -> Self {
        if let (Told::Masked, Some(source)) = (&self.told, self.source()) {
            self.told = Told::Said(chain(source).into());
        }
        self
    }

    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self.told, Told::NotFound(_))
    }

    pub(super) fn told(self) -> Told {
        self.told
    }

    /// The JSON-RPC error, if that is what it is.
    pub(super) fn into_protocol(self) -> Result<ErrorObject, Self> {
        match self.told {
            Told::Protocol(error) => Ok(*error),
            _ => Err(self),
        }
    }

    /// The scopes that the caller lacks, if that is what it is.
    pub(super) fn into_missing_scopes(self) -> Result<ScopeSet, Self> {
        match self.told {
            Told::MissingScopes(scopes, _) => Ok(scopes),
            _ => Err(self),
        }
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl fmt::Debug for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolError")
            .field("told", &self.told)
            .field("source", &self.source)
            .finish()
    }
}
