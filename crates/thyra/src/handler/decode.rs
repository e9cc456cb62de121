//! One JSON value into one Rust type.
//!
//! serde decides, on the bytes as they came. Only what it refuses is held against the type's schema
//! ([`fit`]): `5.0` for an integer, `null` for a member that may be left out, and a value in a
//! string, as language models like to send it.

use std::fmt;

use schemars::{JsonSchema, Schema};
use serde::de::{self, DeserializeOwned, Deserializer, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::argument_error::ArgumentError;
use super::fit::{self, Fit, Misfit, Step};
use super::raw::Members;
use super::schema;

/// Decodes the argument `name`.
pub(super) fn decode<T: DeserializeOwned + JsonSchema>(
    name: &str,
    value: &RawValue,
) -> Result<T, ArgumentError> {
    serde_json::from_str(value.get()).or_else(|error| decode_failed(name, value.get(), &error))
}

/// Decodes all arguments of a call as one value.
pub(super) fn decode_all<T: DeserializeOwned + JsonSchema>(
    arguments: Option<&RawValue>,
) -> Result<T, ArgumentError> {
    let text = match arguments.map(RawValue::get) {
        None | Some("null") => "{}",
        Some(text) => text,
    };
    serde_json::from_str(text).or_else(|error| {
        if text.starts_with('{') {
            decode_failed("", text, &error)
        } else {
            // Arguments are an object, not a string that holds one.
            Err(ArgumentError::wrong("", &error.to_string()))
        }
    })
}

/// The arguments that have none of the `known` names. Without such a list all are welcome.
pub(super) fn strays(arguments: Option<&RawValue>, known: Option<&[String]>) -> Vec<ArgumentError> {
    /// An error lists far fewer than this.
    const MOST: usize = 64;
    let (Some(arguments), Some(known)) = (arguments, known) else {
        return Vec::new();
    };
    let Ok(Members(members)) = serde_json::from_str::<Members<'_>>(arguments.get()) else {
        return Vec::new();
    };
    let names = members.iter().map(|(name, _)| name);
    let strays = names.filter(|name| !known.contains(name)).take(MOST);
    let unknown = |name: &String| ArgumentError::unknown(name, known.iter().map(String::as_str));
    strays.map(unknown).collect()
}

/// The value of an argument that has a default and came as `null`, for a type that knows `null`.
pub(super) fn null<T: DeserializeOwned>() -> Option<T> {
    serde_json::from_str("null").ok()
}

/// The value of an argument that was left out, for a type that has one: `Option<T>`.
pub(super) fn absent<T: DeserializeOwned>() -> Option<T> {
    T::deserialize(Absent).ok()
}

/// The names of all members that a struct reads, with their aliases. Empty for a type that is no
/// plain struct, such as one with a flattened field.
pub(super) fn field_names<T: DeserializeOwned>() -> &'static [&'static str] {
    match T::deserialize(Absent) {
        Err(NotThere { fields }) => fields,
        Ok(_) => &[],
    }
}

/// The argument `name` was left out, and has to be there.
#[cold]
pub(super) fn missing<T: JsonSchema>(name: &str) -> ArgumentError {
    let schema = schema::literal::<T>();
    ArgumentError::missing(name, fit::wanted(&schema, &schema))
}

#[cold]
fn decode_failed<T: DeserializeOwned + JsonSchema>(
    name: &str,
    text: &str,
    error: &serde_json::Error,
) -> Result<T, ArgumentError> {
    let mut fit = fit::fit(&schema::literal::<T>(), text);
    match fit.rewritten.take() {
        Some(text) => {
            serde_json::from_str(&text).map_err(|error| explain::<T>(name, &text, fit, &error))
        }
        None => Err(explain::<T>(name, text, fit, error)),
    }
}

/// Decodes again, now watching where in the value it fails, and says what the schema wants there.
fn explain<T: DeserializeOwned>(
    name: &str,
    text: &str,
    fit: Fit,
    error: &serde_json::Error,
) -> ArgumentError {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let located = serde_path_to_error::deserialize::<_, T>(&mut deserializer);
    let (place, error) = match located {
        Ok(_) => (Vec::new(), error.to_string()),
        Err(located) => (Step::of_path(located.path()), located.inner().to_string()),
    };
    match fit.blamed(&place, &error) {
        Some(Misfit {
            path,
            mistake: Some(mistake),
        }) => ArgumentError::new(&Step::path(name, &path), mistake),
        _ => ArgumentError::wrong(&Step::path(name, &place), &error),
    }
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
struct NotThere {
    /// The fields that the type would have read.
    fields: &'static [&'static str],
}

impl NotThere {
    const VALUE: Self = Self { fields: &[] };
}

impl<'de> Deserializer<'de> for Absent {
    type Error = NotThere;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, NotThere> {
        Err(NotThere::VALUE)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotThere> {
        visitor.visit_none()
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, NotThere> {
        Err(NotThere { fields })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

impl fmt::Display for NotThere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value is missing")
    }
}

impl std::error::Error for NotThere {}

impl de::Error for NotThere {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::VALUE
    }
}
