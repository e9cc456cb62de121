//! What a function returns, as the result of a call: text for models, structured content for
//! programs.

mod principal;
mod with_content;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use thyra_protocol::{CallToolResult, Content, Revision};

pub use self::principal::PrincipalReply;
pub use self::with_content::WithContent;
use super::schema::{self, OutputSchema};
use super::{Audio, CallError, CallerError, File, Image, ToolError};
use crate::finite::{self, Unwritable};

/// A value that a tool may return. `Marker` is found by inference and is never written.
///
/// | a tool returns | `content` | `structuredContent` and `outputSchema` |
/// |---|---|---|
/// | `String`, `&'static str` | the text | none |
/// | `()` | nothing | none |
/// | [`Content`], `Vec<Content>` | as it is | none |
/// | [`Image`], [`Audio`], [`File`], `Vec` of one of these | a block for each | none |
/// | [`Bytes`] | a file of unknown kind | none |
/// | a tuple of up to six of text, [`Content`], [`Image`], [`Audio`], [`File`] | a block for each | none |
/// | [`Json<T>`] of an object | its JSON | the object |
/// | numbers, `bool`, `Vec`, maps, [`Json<T>`] of anything else | its JSON | the value; before 2026-07-28 `{"result": value}` |
/// | `Option` and anything else that may be `null` | its JSON | `{"result": value}` |
/// | [`WithContent<T>`], from [`Json::with`] | what you say | as for [`Json<T>`] |
/// | `Json<Principal>` | its JSON | who is calling, without the other claims |
/// | [`serde_json::Value`] | its JSON | the value unless it is `null`, before 2026-07-28 only an object; no schema |
/// | [`CallToolResult`] | as it is | as it is; no schema unless [`Tool::output_schema`](crate::Tool::output_schema) gives one |
/// | `Result<T, E>` | as for `T`, or what the error says ([`CallerError`]) | as for `T`, or `isError` |
#[diagnostic::on_unimplemented(
    message = "a tool cannot return `{Self}`",
    label = "not something that becomes a result",
    note = "return `Json<T>` for a type with `#[derive(serde::Serialize, schemars::JsonSchema)]`",
    note = "or text, a number, `bool`, `()`, `Vec`, `Option`, `Content`, `CallToolResult`, or `Result` of one of these with an error that becomes a `ToolError`"
)]
pub trait IntoReply<Marker = Custom>: Sized {
    /// The shape of the result, worked out once when the tool is made. By default the value makes
    /// its result itself.
    fn output() -> Output {
        Output::custom()
    }

    /// The result. `shape` is what [`IntoReply::output`] said.
    ///
    /// # Errors
    ///
    /// The value is a failure, or cannot be written as JSON.
    fn into_reply(self, shape: Shape) -> Result<CallToolResult, CallError>;
}

/// A value that is sent as JSON: as text for models, as structured content for programs, and with
/// an output schema.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

/// What a tool returns: the shape of its structured content, and a schema if it promises one.
#[derive(Debug)]
pub struct Output {
    pub(crate) schema: Option<OutputSchema>,
    pub(crate) shape: Shape,
}

/// The structured content that a value becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// The value decides for each result; nothing is promised.
    Custom,
    /// The value, which is always an object.
    Object,
    /// The value as revisions allow it: from 2026-07-28 on unless it is `null`, before only an
    /// object. Nothing is promised.
    Open,
    /// None.
    Unstructured,
    /// The value, which is never `null`. Before 2026-07-28, when structured content is always an
    /// object, it is [`Shape::Wrapped`].
    Whole,
    /// The value as the member `result` of an object.
    Wrapped,
}

impl Shape {
    /// What becomes of it for clients of `revision`.
    pub(crate) fn on(self, revision: Revision) -> Self {
        match (self, revision.has_any_structured_output()) {
            (Self::Open, true) => Self::Whole,
            (Self::Whole, false) => Self::Wrapped,
            (shape, _) => shape,
        }
    }
}

impl Output {
    /// The value makes its result itself.
    pub fn custom() -> Self {
        Self {
            schema: None,
            shape: Shape::Custom,
        }
    }

    /// No structured content.
    pub fn unstructured() -> Self {
        Self {
            schema: None,
            shape: Shape::Unstructured,
        }
    }

    /// The structured content of a `T`.
    ///
    /// A `T` that may be `null` is always in an object: clients take a `null` for no structured
    /// content at all.
    pub fn of<T: JsonSchema>() -> Self {
        let document = schema::document::<T>(schema::output_generator());
        if document.as_object().is_none_or(serde_json::Map::is_empty) {
            return Self {
                schema: None,
                shape: Shape::Open,
            };
        }
        let (schema, shape) = if document.get("type").is_some_and(|kind| kind == "object") {
            (OutputSchema::of_object(document), Shape::Object)
        } else if schema::allows_null(document.as_value()) {
            let document = schema::wrapped(document);
            (OutputSchema::of_object(document), Shape::Wrapped)
        } else {
            (OutputSchema::of_value(document), Shape::Whole)
        };
        Self {
            schema: schema.ok(),
            shape,
        }
    }
}

/// The marker of a type that implements [`IntoReply`] itself.
#[derive(Debug)]
pub enum Custom {}

/// The marker of values that are written as JSON.
#[derive(Debug)]
pub enum Structured {}

/// The marker of results.
#[derive(Debug)]
pub struct Fallible<Marker>(Marker);

impl<T: Serialize + JsonSchema> IntoReply for Json<T> {
    fn output() -> Output {
        Output::of::<T>()
    }

    fn into_reply(self, shape: Shape) -> Result<CallToolResult, CallError> {
        json(&self.0, shape)
    }
}

impl<T, E, Marker> IntoReply<Fallible<Marker>> for Result<T, E>
where
    T: IntoReply<Marker>,
    E: CallerError,
{
    fn output() -> Output {
        T::output()
    }

    fn into_reply(self, shape: Shape) -> Result<CallToolResult, CallError> {
        match self {
            Ok(value) => value.into_reply(shape),
            Err(error) => Err(error.into_tool_error().into()),
        }
    }
}

impl IntoReply for () {
    fn output() -> Output {
        Output::unstructured()
    }

    fn into_reply(self, _: Shape) -> Result<CallToolResult, CallError> {
        Ok(CallToolResult::default())
    }
}

impl IntoReply for CallToolResult {
    fn into_reply(self, _: Shape) -> Result<CallToolResult, CallError> {
        Ok(self)
    }
}

impl IntoReply for Content {
    fn output() -> Output {
        Output::unstructured()
    }

    fn into_reply(self, _: Shape) -> Result<CallToolResult, CallError> {
        Ok(CallToolResult::new(vec![self]))
    }
}

impl IntoReply for Vec<Content> {
    fn output() -> Output {
        Output::unstructured()
    }

    fn into_reply(self, _: Shape) -> Result<CallToolResult, CallError> {
        Ok(CallToolResult::new(self))
    }
}

/// Bytes without a name or a media type.
impl IntoReply for Bytes {
    fn output() -> Output {
        Output::unstructured()
    }

    fn into_reply(self, shape: Shape) -> Result<CallToolResult, CallError> {
        File::new("output.bin", self).into_reply(shape)
    }
}

macro_rules! blocks {
    ($($block:ty),*) => {$(
        impl IntoReply for $block {
            fn output() -> Output {
                Output::unstructured()
            }

            fn into_reply(self, _: Shape) -> Result<CallToolResult, CallError> {
                Ok(CallToolResult::new(vec![self.into()]))
            }
        }

        impl IntoReply for Vec<$block> {
            fn output() -> Output {
                Output::unstructured()
            }

            fn into_reply(self, _: Shape) -> Result<CallToolResult, CallError> {
                Ok(CallToolResult::new(self.into_iter().map(Into::into).collect()))
            }
        }
    )*};
}

blocks!(Audio, File, Image);

macro_rules! mixed {
    ($($block:ident),+) => {
        /// Several blocks of content, in their order.
        impl<$($block: Into<Content>),+> IntoReply for ($($block,)+) {
            fn output() -> Output {
                Output::unstructured()
            }

            fn into_reply(self, _: Shape) -> Result<CallToolResult, CallError> {
                #[allow(non_snake_case, reason = "one name for a type and its value")]
                let ($($block,)+) = self;
                Ok(CallToolResult::new(vec![$($block.into()),+]))
            }
        }
    };
}

mixed!(A, B);
mixed!(A, B, C);
mixed!(A, B, C, D);
mixed!(A, B, C, D, E);
mixed!(A, B, C, D, E, F);

impl IntoReply for Value {
    fn output() -> Output {
        Output {
            schema: None,
            shape: Shape::Open,
        }
    }

    fn into_reply(self, shape: Shape) -> Result<CallToolResult, CallError> {
        json(&self, shape)
    }
}

macro_rules! texts {
    ($($text:ty),*) => {$(
        impl IntoReply for $text {
            fn output() -> Output {
                Output::unstructured()
            }

            fn into_reply(self, _: Shape) -> Result<CallToolResult, CallError> {
                Ok(CallToolResult::text(self))
            }
        }
    )*};
}

texts!(&'static str, Box<str>, Cow<'static, str>, String, char);

macro_rules! plain_values {
    ($([$($generic:tt)*] $value:ty),* $(,)?) => {$(
        impl<$($generic)*> IntoReply<Structured> for $value
        where
            Self: Serialize + JsonSchema,
        {
            fn output() -> Output {
                Output::of::<Self>()
            }

            fn into_reply(self, shape: Shape) -> Result<CallToolResult, CallError> {
                json(&self, shape)
            }
        }
    )*};
}

plain_values!(
    [] bool, [] f32, [] f64,
    [] i8, [] i16, [] i32, [] i64, [] i128, [] isize,
    [] u8, [] u16, [] u32, [] u64, [] u128, [] usize,
    [T] Option<T>, [T] Vec<T>, [T, const N: usize] [T; N],
    [K, V] BTreeMap<K, V>, [K, V, S] HashMap<K, V, S>,
);

fn json<T: Serialize>(value: &T, shape: Shape) -> Result<CallToolResult, CallError> {
    let json = json_of(value)?;
    let structured = structured(&json, shape)?;
    let mut result = CallToolResult::text(json);
    result.structured_content = structured;
    Ok(result)
}

fn json_of<T: Serialize>(value: &T) -> Result<String, ToolError> {
    finite::to_json(value, "result").map_err(unwritable)
}

/// The structured content of a value in this shape.
fn structured(json: &str, shape: Shape) -> Result<Option<Box<RawValue>>, ToolError> {
    let is_object = json.starts_with('{');
    let content = match shape {
        Shape::Object if !is_object => {
            return Err(ToolError::internal(
                "the tool's output is no object, and its output schema says that it is",
            ));
        }
        Shape::Open if !is_object => return Ok(None),
        Shape::Whole if json == "null" => return Ok(None),
        Shape::Object | Shape::Open | Shape::Whole => json.to_owned(),
        Shape::Wrapped => ["{\"result\":", json, "}"].concat(),
        Shape::Custom | Shape::Unstructured => return Ok(None),
    };
    RawValue::from_string(content)
        .map(Some)
        .map_err(ToolError::internal)
}

/// The failure of a handler whose value has no JSON. What is not finite is the caller's to know: it
/// is where a number should be, and the names on the way to it are in the schema.
pub(super) fn unwritable(error: Unwritable) -> ToolError {
    match error {
        Unwritable::NotFinite { .. } => ToolError::new(format!("{error}.")).with_source(error),
        Unwritable::Json(error) => ToolError::internal(error),
    }
}
