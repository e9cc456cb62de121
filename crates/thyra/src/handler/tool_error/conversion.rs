//! What other errors become: the author's own, everybody else's, and plain text.

use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::mem;

use thyra_protocol::ErrorCode;

use super::{Told, ToolError};
use crate::context::{MissingScopes, OwnServerError};
use crate::conversation::AskError;
use crate::session_state::SessionStateError;
use crate::views::ViewError;

/// An error that a tool, a resource or a prompt may fail with: everything that becomes a
/// [`ToolError`].
///
/// | a function returns `Result<_, E>`, or says `?` to an `E` | the caller is told |
/// |---|---|
/// | [`ToolError`] | what it says |
/// | your own type with [`#[derive(CallerError)]`](macro@crate::CallerError) | what each variant says |
/// | `String`, `&'static str`, `Cow<'static, str>` | the text |
/// | [`AskError`], [`ViewError`], [`MissingScopes`], [`OwnServerError`] | what went wrong: it is the caller's own doing, or was said to it before |
/// | any other [`Error`], `Box<dyn Error + Send + Sync>`, `anyhow::Error`, `eyre::Report` | a general sentence; the log has the error with all its causes |
///
/// Do not implement this trait. Derive it for a type that implements [`Error`]. A type that does
/// not can implement `From<YourError> for ToolError`.
#[diagnostic::on_unimplemented(
    message = "a tool, a resource or a prompt cannot fail with `{Self}`",
    label = "not an error that can become a `ToolError`",
    note = "give an error type of your own `#[derive(Debug, thiserror::Error, CallerError)]`, and say with `#[caller(shown)]` or `#[caller(not_found)]` which variants the caller may read",
    note = "or fail with `ToolError`, `String`, `anyhow::Error`, `Box<dyn std::error::Error + Send + Sync>`, or any `std::error::Error` that is `Send`, `Sync` and `'static`"
)]
pub trait CallerError: Sized {
    /// What the caller and the log are told of it.
    fn into_tool_error(self) -> ToolError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<ToolError>> CallerError for E {
    fn into_tool_error(self) -> ToolError {
        self.into()
    }
}

// Rust has no specialisation. A type that derives `CallerError` says that it is not `Unpin`, so
// that this covers every error but those, and each of them can have a conversion of its own.
// Nothing that errors are used for needs `Unpin`.
#[diagnostic::do_not_recommend]
impl<E> From<E> for ToolError
where
    E: Into<Box<dyn Error + Send + Sync>> + Unpin + 'static,
{
    fn from(mut error: E) -> Self {
        if let Some(text) = text(&mut error) {
            return Self::new(text);
        }
        let error = error.into();
        unmasked(&*error).unwrap_or_else(|| Self::internal(error))
    }
}

/// The text, if the error is nothing else. Somebody wrote it for the caller.
fn text(error: &mut dyn Any) -> Option<Cow<'static, str>> {
    if let Some(text) = error.downcast_mut::<String>() {
        return Some(mem::take(text).into());
    }
    if let Some(text) = error.downcast_mut::<Cow<'static, str>>() {
        return Some(mem::take(text));
    }
    error
        .downcast_ref::<&'static str>()
        .map(|text| (*text).into())
}

/// What the caller is told of an error of Thyra itself that is no secret: it is the client's or the
/// user's own doing, or the server said so already.
fn unmasked(error: &(dyn Error + Send + Sync + 'static)) -> Option<ToolError> {
    if let Some(unanswered) = error.downcast_ref::<AskError>() {
        return Some(match unanswered.error_object() {
            Some(error) => ToolError::protocol(error),
            None => ToolError::new(said(unanswered)),
        });
    }
    if let Some(missing) = error.downcast_ref::<MissingScopes>() {
        return Some(lacking(missing));
    }
    if let Some(error) = error.downcast_ref::<OwnServerError>() {
        return Some(of_own_server(error));
    }
    if let Some(
        error @ (SessionStateError::Nobody
        | SessionStateError::TooLarge { .. }
        | SessionStateError::TooMany { .. }),
    ) = error.downcast_ref()
    {
        return Some(ToolError::new(said(error)));
    }
    let unseen = error.downcast_ref::<ViewError>()?;
    Some(ToolError::new(said(unseen)))
}

fn lacking(missing: &MissingScopes) -> ToolError {
    let told = Told::MissingScopes(missing.needed.clone(), said(missing).into());
    ToolError::telling(told)
}

/// What the caller of a handler is told that got nothing from its own server.
fn of_own_server(error: &OwnServerError) -> ToolError {
    match error {
        OwnServerError::MissingScopes(missing) => lacking(missing),
        OwnServerError::Failed { error, .. }
            if error.code == ErrorCode::MISSING_CLIENT_CAPABILITY =>
        {
            ToolError::protocol(error.clone())
        }
        error => ToolError::new(said(error)),
    }
}

/// An error as a sentence.
pub(in crate::handler) fn said(error: &dyn Error) -> String {
    let mut sentence = error.to_string();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

/// What a variant under `#[derive(CallerError)]` tells the caller.
#[derive(Clone, Copy, Debug)]
pub enum Telling {
    /// A general sentence.
    Masked,
    /// Its text, and that there is no such thing.
    NotFound,
    /// Its text.
    Shown,
}

/// What `#[derive(CallerError)]` is for: an error of the author's own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no text for the caller or the log",
    label = "not a `std::error::Error` that is `Send`, `Sync` and `'static`",
    note = "derive `thiserror::Error` too, with an `#[error(\"..\")]` for each variant, or implement `std::error::Error`"
)]
pub trait OwnError: Error + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<E: Error + Send + Sync + 'static> OwnError for E {}

/// What no type implements: the condition under which a type with `#[derive(CallerError)]` is
/// `Unpin`.
pub trait Never<'a> {}

/// The conversion that `#[derive(CallerError)]` writes.
pub fn tool_error<E: OwnError>(error: E, telling: Telling) -> ToolError {
    let told = match telling {
        Telling::Masked => return ToolError::internal(error),
        Telling::NotFound => Told::NotFound(Some(error.to_string().into())),
        Telling::Shown => Told::Said(error.to_string().into()),
    };
    let told = ToolError::telling(told);
    // The caller has read all of an error without a cause: it is no news for the log.
    match error.source() {
        Some(_) => told.with_source(error),
        None => told,
    }
}
