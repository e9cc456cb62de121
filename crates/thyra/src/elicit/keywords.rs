//! Keywords of JSON Schemas.

use serde_json::{Map, Value};

/// Keywords of a schema, in order.
pub(super) fn keywords<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    let pairs = pairs.into_iter();
    pairs
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
