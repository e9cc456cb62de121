//! A tool's own failure: what the caller is told, and what only the log is told.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// A tool's failure. The caller gets a result with `isError` set and the message as its text.
///
/// There are two kinds. [`ToolError::new`] is a sentence written for the caller, who sees it word for word. Every other error, by `?`
/// or by [`ToolError::internal`], was written for somebody else and may name hosts, paths or secrets: the caller
/// sees a plain sentence, the log gets the error with all its causes.
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
pub struct ToolError {
    message: Cow<'static, str>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ToolError {
    /// What a caller is told of an error that was not written for it.
    pub(super) const MASKED: &'static str = "The tool failed. The reason is in the server's log.";

    /// A failure whose `message` the caller sees word for word.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    /// A failure that the caller has no part in: the `error` goes to the log, the caller sees a plain sentence.
    pub fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Self::MASKED).with_source(error)
    }

    /// Keeps the `error` behind this one for the log; the caller does not see it.
    #[must_use]
    pub fn with_source(mut self, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(error.into());
        self
    }

    /// What the caller is told.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What only the log is told.
    pub fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn Error + 'static))
    }

    pub(super) fn into_message(self) -> String {
        self.message.into_owned()
    }
}

// `ToolError` is no `Error` itself: only so can it be made from every other one.
impl<E: Error + Send + Sync + 'static> From<E> for ToolError {
    fn from(error: E) -> Self {
        Self::internal(error)
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolError")
            .field("message", &self.message)
            .field("source", &self.source)
            .finish()
    }
}
