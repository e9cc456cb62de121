//! What a function returns, as the messages of a prompt.

use std::borrow::Cow;

use thyra_protocol::{Content, GetPromptResult, PromptMessage};

use super::{Audio, CallError, CallerError, Custom, Fallible, File, Image};

/// A value that a prompt may return. `Marker` is found by inference and is never written.
///
/// | a prompt returns | messages |
/// |---|---|
/// | `String`, `&'static str`, [`Content`], [`Image`], [`Audio`], [`File`] | one, of the user |
/// | `Vec` of one of these | one of the user for each |
/// | [`PromptMessage`], `Vec<PromptMessage>`, [`GetPromptResult`] | as it is |
/// | `Result<T, E>` of a [`CallerError`] | as for `T` |
#[diagnostic::on_unimplemented(
    message = "a prompt cannot return `{Self}`",
    label = "not something that becomes the messages of a prompt",
    note = "return text, `Vec<PromptMessage>`, or `GetPromptResult`",
    note = "or `PromptMessage`, `Content`, `Vec<String>`, or `Result` of one of these with an error that becomes a `PromptError`"
)]
pub trait IntoMessages<Marker = Custom>: Sized {
    /// The messages. A description that is not there is the prompt's own.
    ///
    /// # Errors
    ///
    /// The value is a failure.
    fn into_messages(self) -> Result<GetPromptResult, CallError>;
}

impl<T, E, Marker> IntoMessages<Fallible<Marker>> for Result<T, E>
where
    T: IntoMessages<Marker>,
    E: CallerError,
{
    fn into_messages(self) -> Result<GetPromptResult, CallError> {
        match self {
            Ok(value) => value.into_messages(),
            Err(error) => Err(error.into_tool_error().into()),
        }
    }
}

impl IntoMessages for GetPromptResult {
    fn into_messages(self) -> Result<GetPromptResult, CallError> {
        Ok(self)
    }
}

impl IntoMessages for Vec<PromptMessage> {
    fn into_messages(self) -> Result<GetPromptResult, CallError> {
        Ok(GetPromptResult::new(self))
    }
}

impl IntoMessages for PromptMessage {
    fn into_messages(self) -> Result<GetPromptResult, CallError> {
        Ok(GetPromptResult::new(vec![self]))
    }
}

macro_rules! of_the_user {
    ($($content:ty),*) => {$(
        impl IntoMessages for $content {
            fn into_messages(self) -> Result<GetPromptResult, CallError> {
                PromptMessage::user(Content::from(self)).into_messages()
            }
        }

        impl IntoMessages for Vec<$content> {
            fn into_messages(self) -> Result<GetPromptResult, CallError> {
                let messages = self.into_iter().map(|content| PromptMessage::user(Content::from(content)));
                Ok(GetPromptResult::new(messages.collect()))
            }
        }
    )*};
}

of_the_user!(&'static str, Audio, Content, File, Image, String);

impl IntoMessages for Cow<'static, str> {
    fn into_messages(self) -> Result<GetPromptResult, CallError> {
        self.into_owned().into_messages()
    }
}
