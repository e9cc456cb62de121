//! One JSON value into one Rust type, strictly, but for one thing: language models like to send a
//! value as a string that holds it.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema};
use serde::de::{self, DeserializeOwned, Deserializer, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::argument_error::ArgumentError;
use super::schema;

/// Decodes the argument `name`.
pub(super) fn decode<T: DeserializeOwned + JsonSchema>(
    name: &str,
    value: &RawValue,
) -> Result<T, ArgumentError> {
    serde_json::from_str(value.get()).or_else(|error| decode_failed(name, value, &error))
}

/// Decodes all arguments of a call as one value.
pub(super) fn decode_all<T: DeserializeOwned + JsonSchema>(
    arguments: Option<&RawValue>,
) -> Result<T, ArgumentError> {
    let text = match arguments.map(RawValue::get) {
        None | Some("null") => "{}",
        Some(text) => text,
    };
    serde_json::from_str(text).or_else(|error| decode_all_failed(text, &error))
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

#[cold]
fn decode_all_failed<T: DeserializeOwned + JsonSchema>(
    text: &str,
    error: &serde_json::Error,
) -> Result<T, ArgumentError> {
    let whole = schema::of::<T>();
    let properties = whole.get("properties").and_then(Value::as_object);
    if let Some(properties) = properties
        && let Ok(mut arguments) = serde_json::from_str::<Map<String, Value>>(text)
    {
        let mut decoded = false;
        for (name, value) in &mut arguments {
            if let Value::String(content) = value
                && let Some(property) = properties.get(name)
                && !schema::allows_string(property, whole.as_value())
                && let Ok(content) = serde_json::from_str(content)
            {
                *value = content;
                decoded = true;
            }
        }
        if decoded && let Ok(text) = serde_json::to_string(&arguments) {
            return serde_json::from_str(&text).map_err(|error| explain::<T>("", &text, &error));
        }
    }
    Err(explain::<T>("", text, error))
}

/// Decodes again, now watching where in the value it fails.
fn explain<T: DeserializeOwned>(
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
    expected_by(&schema::of::<T>()).into()
}

/// What a schema wants, in words.
pub(super) fn expected_by(schema: &Schema) -> &'static str {
    let name = |name: &str| match name {
        "array" => "an array",
        "boolean" => "true or false",
        "integer" => "an integer",
        "number" => "a number",
        "object" => "an object",
        "string" => "a string",
        _ => "a value",
    };
    match schema.get("type") {
        Some(Value::String(kind)) => name(kind),
        // `Option<T>` is a `T` where it is there.
        Some(Value::Array(kinds)) => match kinds.as_slice() {
            [Value::String(kind), Value::String(null)] if null == "null" => name(kind),
            _ => "a value",
        },
        _ => "a value",
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
