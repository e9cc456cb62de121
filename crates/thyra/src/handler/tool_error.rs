//! A handler's own failure: what the caller is told, and what only the log is told.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;

use thyra_auth::ScopeSet;
use thyra_protocol::{ErrorCode, ErrorObject};

use super::error::chain;
use crate::context::{MissingScopes, OwnServerError};
use crate::conversation::AskError;
use crate::views::ViewError;

/// A tool's failure. The caller gets a result with `isError` set and the message as its text.
///
/// There are two kinds. [`ToolError::new`] is a sentence for the caller, who sees it word for word.
/// Any other error, from `?` or [`ToolError::internal`], may name hosts, paths or secrets: the log
/// gets it with all its causes, and the caller gets a plain sentence.
/// [`Server::mask_error_details`](crate::Server::mask_error_details) changes that; with debug
/// assertions, details are not masked by default.
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
///     // A failure here reaches the log; in a release build not the caller.
///     Ok(std::fs::read_to_string(format!("notes/{id}.txt"))?)
/// }
/// ```
///
/// Resources and prompts fail with the same type, under the names [`ResourceError`] and
/// [`PromptError`]; their callers get a JSON-RPC error with the message.
pub struct ToolError {
    message: Cow<'static, str>,
    kind: Kind,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// A resource's failure: a [`ToolError`].
pub type ResourceError = ToolError;

/// A prompt's failure: a [`ToolError`].
pub type PromptError = ToolError;

/// What a failure says to the caller.
#[derive(Debug)]
enum Kind {
    /// Nothing but that there was one.
    Masked,
    /// That there is no such thing.
    NotFound,
    /// That the caller lacks some of these scopes.
    MissingScopes(ScopeSet),
    /// A JSON-RPC error.
    Protocol(Box<ErrorObject>),
    /// The message.
    Said,
}

impl ToolError {
    /// What the caller is told instead of a masked error.
    pub(super) const MASKED: &'static str = "The tool failed. The reason is in the server's log.";

    /// A failure whose `message` the caller sees word for word.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_kind(Kind::Said, message.into())
    }

    /// A failure that is not the caller's: the `error` goes to the log. Where details are masked
    /// ([`Server::mask_error_details`](crate::Server::mask_error_details)), the caller sees a plain
    /// sentence.
    pub fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::of_kind(Kind::Masked, Self::MASKED.into()).with_source(error)
    }

    /// The thing asked for does not exist. For a resource, the caller gets the protocol's own
    /// error.
    pub fn not_found() -> Self {
        Self::of_kind(Kind::NotFound, "There is no such thing.".into())
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
        let message = error.message.clone();
        Self::of_kind(Kind::Protocol(Box::new(error)), message)
    }

    /// What the caller of a handler is told that got nothing from its own server.
    fn of_own_server(error: &OwnServerError) -> Self {
        match error {
            OwnServerError::MissingScopes(missing) => missing.clone().into(),
            OwnServerError::Failed { error, .. }
                if error.code == ErrorCode::MISSING_CLIENT_CAPABILITY =>
            {
                Self::protocol(error.clone())
            }
            error => Self::new(said(error)),
        }
    }

    fn of_kind(kind: Kind, message: Cow<'static, str>) -> Self {
        Self {
            message,
            kind,
            source: None,
        }
    }

    /// Adds the `error` behind this one, for the log. The caller does not see it.
    #[must_use]
    pub fn with_source(mut self, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(error.into());
        self
    }

    /// What the caller is told.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The error behind this one: for the log, and for the caller where details are not masked.
    pub fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }

    pub(super) fn into_message(self) -> String {
        self.message.into_owned()
    }

    /// The same failure, with the error behind it for the caller too.
    pub(super) fn detailed(mut self) -> Self {
        if let Some(source) = self.source() {
            self.message = chain(source).into();
            self.kind = Kind::Said;
        }
        self
    }

    pub(super) fn is_masked(&self) -> bool {
        matches!(self.kind, Kind::Masked)
    }

    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self.kind, Kind::NotFound)
    }

    /// The JSON-RPC error, if that is what it is.
    pub(super) fn into_protocol(self) -> Result<ErrorObject, Self> {
        match self.kind {
            Kind::Protocol(error) => Ok(*error),
            _ => Err(self),
        }
    }

    /// The scopes that the caller lacks, if that is what it is.
    pub(super) fn into_missing_scopes(self) -> Result<ScopeSet, Self> {
        match self.kind {
            Kind::MissingScopes(scopes) => Ok(scopes),
            _ => Err(self),
        }
    }
}

// `ToolError` is no `Error` itself: only so can it be made from every other one.
impl<E: Error + Send + Sync + 'static> From<E> for ToolError {
    fn from(error: E) -> Self {
        // An unanswered question, or a caller without a view, is no secret: it is the client's or
        // the user's own doing.
        if let Some(unanswered) = (&error as &dyn Any).downcast_ref::<AskError>() {
            return match unanswered.error_object() {
                Some(error) => Self::protocol(error),
                None => Self::new(said(unanswered)),
            };
        }
        if let Some(error) = (&error as &dyn Any).downcast_ref::<ViewError>() {
            return Self::new(said(error));
        }
        if let Some(error) = (&error as &dyn Any).downcast_ref::<MissingScopes>() {
            let needed = error.needed.clone();
            return Self::of_kind(Kind::MissingScopes(needed), said(error).into());
        }
        if let Some(error) = (&error as &dyn Any).downcast_ref::<OwnServerError>() {
            return Self::of_own_server(error);
        }
        Self::internal(error)
    }
}

/// An error as a sentence.
pub(super) fn said(error: &dyn Error) -> String {
    let mut sentence = error.to_string();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolError")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("source", &self.source)
            .finish()
    }
}
