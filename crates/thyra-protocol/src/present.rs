//! Members whose value may be `null` and still count as present.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// Reads a member that is there as `Some`, `null` included. To be used with `default`.
pub(crate) fn raw<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}
