//! What a function returns, as the result of a call: text for models, structured content for
//! programs.

mod principal;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use thyra_protocol::{CallToolResult, Content};

pub use self::principal::PrincipalReply;
use super::schema::{self, Forms};
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
/// | numbers, `bool`, `Option`, `Vec`, maps, [`Json<T>`] of anything else | its JSON | `{"result": value}` |
/// | `Json<Principal>` | its JSON | who is calling, without the other claims |
/// | [`serde_json::Value`] | its JSON | the value if it is an object; no schema |
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
    pub(crate) schema: Option<Forms>,
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
    /// The value if it is an object, otherwise none; nothing is promised.
    Open,
    /// None.
    Unstructured,
    /// The value as the member `result` of an object, because structured content is always an
    /// object.
    Wrapped,
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

    /// The structured content of a `T`, in an object unless it is one.
    pub fn of<T: JsonSchema>() -> Self {
        let document = schema::document::<T>(schema::output_generator());
        let kind = document.get("type").and_then(Value::as_str);
        if kind == Some("object") {
            return Self {
                schema: Forms::of(document).ok(),
                shape: Shape::Object,
            };
        }
        if document.as_object().is_none_or(serde_json::Map::is_empty) {
            return Self {
                schema: None,
                shape: Shape::Open,
            };
        }
        Self {
            schema: Forms::of(wrapped::<T>()).ok(),
            shape: Shape::Wrapped,
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
    let text = finite::to_json(value, "result").map_err(unwritable)?;
    let is_object = text.starts_with('{');
    let structured = match shape {
        Shape::Object if is_object => Some(text.clone()),
        Shape::Object => {
            return Err(ToolError::internal(
                "the tool's output is no object, and its output schema says that it is",
            )
            .into());
        }
        Shape::Open => is_object.then(|| text.clone()),
        Shape::Custom | Shape::Unstructured => None,
        Shape::Wrapped => Some(["{\"result\":", &text, "}"].concat()),
    };
    let mut result = CallToolResult::text(text);
    if let Some(structured) = structured {
        result.structured_content =
            Some(RawValue::from_string(structured).map_err(ToolError::internal)?);
    }
    Ok(result)
}

/// The failure of a handler whose value has no JSON. What is not finite is the caller's to know: it
/// is where a number should be, and the names on the way to it are in the schema.
pub(super) fn unwritable(error: Unwritable) -> ToolError {
    match error {
        Unwritable::NotFinite { .. } => ToolError::new(format!("{error}.")).with_source(error),
        Unwritable::Json(error) => ToolError::internal(error),
    }
}

/// The schema of an object whose member `result` is a `T`.
fn wrapped<T: JsonSchema>() -> Schema {
    let mut generator = schema::output_generator();
    let result = schema::part::<T>(&mut generator);
    let definitions = schema::definitions(&mut generator);
    let mut schema = json_schema!({
        "type": "object",
        "properties": { "result": result },
        "required": ["result"],
        // By this keyword, FastMCP's clients know that the object is only there to hold the value,
        // and give their callers the value.
        "x-fastmcp-wrap-result": true,
    });
    if !definitions.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema
}
