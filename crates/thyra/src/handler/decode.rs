//! One JSON value into one Rust type, strictly, but for one thing: language models like to send a value as a string that holds it.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::de::{self, DeserializeOwned, Deserializer, Visitor};
use serde_json::value::RawValue;

use super::argument_error::ArgumentError;
use super::schema;

/// Decodes the argument `name`.
pub(super) fn decode<T: DeserializeOwned + JsonSchema>(
    name: &str,
    value: &RawValue,
) -> Result<T, ArgumentError> {
    serde_json::from_str(value.get()).or_else(|error| decode_failed(name, value, &error))
}

/// The value of an argument that was left out, for a type that has one: `Option<T>`.
pub(super) fn absent<T: DeserializeOwned>() -> Option<T> {
    T::deserialize(Absent).ok()
}

/// The argument `name` was left out, and has to be there.
#[cold]
pub(super) fn missing<T: JsonSchema>(name: &str) -> ArgumentError {
    ArgumentError::missing(name, expected::<T>())
}

#[cold]
fn decode_failed<T: DeserializeOwned + JsonSchema>(
    name: &str,
    value: &RawValue,
    error: &serde_json::Error,
) -> Result<T, ArgumentError> {
    // A string where the type has no place for one can only be meant as its content.
    if value.get().starts_with('"')
        && !schema::accepts_string::<T>()
        && let Ok(content) = serde_json::from_str::<String>(value.get())
        && let Ok(decoded) = serde_json::from_str(&content)
    {
        return Ok(decoded);
    }
    Err(explain::<T>(name, value.get(), error))
}

/// Decodes again, now watching where in the value it fails.
pub(super) fn explain<T: DeserializeOwned>(
    name: &str,
    json: &str,
    error: &serde_json::Error,
) -> ArgumentError {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    match serde_path_to_error::deserialize::<_, T>(&mut deserializer) {
        Ok(_) => ArgumentError::wrong(name, error),
        Err(located) => {
            let inside = located.path().to_string();
            let path = match inside.as_str() {
                "." => name.to_owned(),
                inside if name.is_empty() || inside.starts_with('[') => format!("{name}{inside}"),
                inside => format!("{name}.{inside}"),
            };
            ArgumentError::wrong(&path, located.inner())
        }
    }
}

fn expected<T: JsonSchema>() -> Cow<'static, str> {
    let schema = schema::of::<T>();
    let name = |name: &str| match name {
        "array" => "an array",
        "boolean" => "true or false",
        "integer" => "an integer",
        "number" => "a number",
        "object" => "an object",
        "string" => "a string",
        _ => "a value",
    };
    match schema.get("type").and_then(serde_json::Value::as_str) {
        Some(kind) => name(kind).into(),
        None => "a value".into(),
    }
}

/// A value that is not there: the deserializer that only an optional type can read.
struct Absent;

#[derive(Debug)]
struct NotOptional;

impl<'de> Deserializer<'de> for Absent {
    type Error = NotOptional;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NotOptional> {
        Err(NotOptional)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotOptional> {
        visitor.visit_none()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

impl fmt::Display for NotOptional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value is missing")
    }
}

impl std::error::Error for NotOptional {}

impl de::Error for NotOptional {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}
