//! Reads optional members so that `null` counts as present.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::text::Text;

/// Reads a member as `Some`, even if it is `null`. To be used with `default`.
pub(crate) fn raw<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

/// Reads a member as `Some`, even if it is `null`. To be used with `default`.
pub(crate) fn value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Reads a member as text; `null` is refused. To be used with `default`.
pub(crate) fn text<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'a, str>>, D::Error> {
    Text::deserialize(deserializer).map(|Text(text)| Some(text))
}

/// Reads a member that must be an object, and keeps it raw. To be used with `default`.
pub(crate) fn object<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'a RawValue>, D::Error> {
    required_object(deserializer).map(Some)
}

/// Reads a member that must be an object, and keeps it raw.
pub(crate) fn required_object<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<&'a RawValue, D::Error> {
    let raw: &'de RawValue = Deserialize::deserialize(deserializer)?;
    if raw.get().starts_with('{') {
        Ok(raw)
    } else {
        Err(D::Error::custom(
            "arguments and input responses must be objects",
        ))
    }
}
