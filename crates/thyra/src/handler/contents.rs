//! What a function returns, as the contents of a resource.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use thyra_protocol::{
    BlobResourceContents, ReadResourceResult, ResourceContents, TextResourceContents,
};

use super::reply::unwritable;
use super::{CallError, CallerError, Custom, Fallible, Json};
use crate::finite;

/// A value that a resource may return. `Marker` is found by inference and is never written.
///
/// | a resource returns | contents | media type, unless the resource names one |
/// |---|---|---|
/// | `String`, `&'static str` | the text | `text/plain` |
/// | `Vec<u8>`, [`Bytes`] | the bytes | `application/octet-stream` |
/// | [`Json<T>`], [`serde_json::Value`] | its JSON, as text | `application/json` |
/// | [`ResourceContents`], `Vec<ResourceContents>`, [`ReadResourceResult`] | as it is | as it is |
/// | `Result<T, E>` of a [`CallerError`] | as for `T` | as for `T` |
///
/// Contents without a URI get the one that is read.
#[diagnostic::on_unimplemented(
    message = "a resource cannot return `{Self}`",
    label = "not something that becomes the contents of a resource",
    note = "return text, bytes (`Vec<u8>`), or `Json<T>` for a type with `#[derive(serde::Serialize)]`",
    note = "or `ResourceContents`, `Vec<ResourceContents>`, `ReadResourceResult`, or `Result` of one of these with an error that becomes a `ResourceError`"
)]
pub trait IntoContents<Marker = Custom>: Sized {
    /// The media type of what is returned, when the type tells.
    fn mime_type() -> Option<&'static str> {
        None
    }

    /// The contents. An empty URI, and a media type that is not there, are filled in by the
    /// resource.
    ///
    /// # Errors
    ///
    /// The value is a failure, or cannot be written as JSON.
    fn into_contents(self) -> Result<ReadResourceResult, CallError>;
}

impl<T, E, Marker> IntoContents<Fallible<Marker>> for Result<T, E>
where
    T: IntoContents<Marker>,
    E: CallerError,
{
    fn mime_type() -> Option<&'static str> {
        T::mime_type()
    }

    fn into_contents(self) -> Result<ReadResourceResult, CallError> {
        match self {
            Ok(value) => value.into_contents(),
            Err(error) => Err(error.into_tool_error().into()),
        }
    }
}

impl IntoContents for ReadResourceResult {
    fn into_contents(self) -> Result<ReadResourceResult, CallError> {
        Ok(self)
    }
}

impl IntoContents for Vec<ResourceContents> {
    fn into_contents(self) -> Result<ReadResourceResult, CallError> {
        Ok(ReadResourceResult::new(self))
    }
}

impl IntoContents for ResourceContents {
    fn into_contents(self) -> Result<ReadResourceResult, CallError> {
        Ok(ReadResourceResult::new(vec![self]))
    }
}

impl<T: Serialize> IntoContents for Json<T> {
    fn mime_type() -> Option<&'static str> {
        Some("application/json")
    }

    fn into_contents(self) -> Result<ReadResourceResult, CallError> {
        let json = finite::to_json(&self.0, "contents").map_err(unwritable)?;
        Ok(text(json))
    }
}

impl IntoContents for Value {
    fn mime_type() -> Option<&'static str> {
        Some("application/json")
    }

    fn into_contents(self) -> Result<ReadResourceResult, CallError> {
        Ok(text(self.to_string()))
    }
}

macro_rules! texts {
    ($($text:ty),*) => {$(
        impl IntoContents for $text {
            fn mime_type() -> Option<&'static str> {
                Some("text/plain")
            }

            fn into_contents(self) -> Result<ReadResourceResult, CallError> {
                Ok(text(self))
            }
        }
    )*};
}

texts!(&'static str, Box<str>, Cow<'static, str>, String);

macro_rules! bytes {
    ($($bytes:ty),*) => {$(
        impl IntoContents for $bytes {
            fn mime_type() -> Option<&'static str> {
                Some("application/octet-stream")
            }

            fn into_contents(self) -> Result<ReadResourceResult, CallError> {
                Ok(blob(&self))
            }
        }
    )*};
}

bytes!(&'static [u8], Bytes, Vec<u8>);

pub(crate) fn text(text: impl Into<String>) -> ReadResourceResult {
    ReadResourceResult::new(vec![ResourceContents::Text(TextResourceContents {
        text: text.into(),
        ..TextResourceContents::default()
    })])
}

fn blob(bytes: &[u8]) -> ReadResourceResult {
    ReadResourceResult::new(vec![ResourceContents::Blob(BlobResourceContents {
        blob: STANDARD.encode(bytes),
        ..BlobResourceContents::default()
    })])
}
