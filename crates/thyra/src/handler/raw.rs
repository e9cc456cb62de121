//! JSON objects and arrays with their values as they came, taken apart and put together again.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in their order.
pub(super) struct Members<'a>(pub(super) Vec<(String, &'a RawValue)>);

/// Writes an array that may differ from the one that came.
#[derive(Default)]
pub(super) struct ArrayWriter {
    text: String,
    differs: bool,
}

/// Writes an object that may differ from the one that came.
#[derive(Default)]
pub(super) struct ObjectWriter {
    text: String,
    differs: bool,
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Read)
    }
}

impl ArrayWriter {
    /// Adds an item: `rewritten`, or as it came.
    pub(super) fn push(&mut self, came: &str, rewritten: Option<&str>) {
        self.differs |= rewritten.is_some();
        self.text.push(if self.text.is_empty() { '[' } else { ',' });
        self.text.push_str(rewritten.unwrap_or(came));
    }

    /// The array, if it differs.
    pub(super) fn finish(mut self) -> Option<String> {
        self.text.push(']');
        self.differs.then_some(self.text)
    }
}

impl ObjectWriter {
    /// Adds a member: `rewritten`, or as it came.
    pub(super) fn push(&mut self, name: &str, came: &str, rewritten: Option<&str>) {
        self.differs |= rewritten.is_some();
        self.text.push(if self.text.is_empty() { '{' } else { ',' });
        self.text
            .push_str(&serde_json::Value::from(name).to_string());
        self.text.push(':');
        self.text.push_str(rewritten.unwrap_or(came));
    }

    /// Adds no member where there was one.
    pub(super) fn leave_out(&mut self) {
        self.differs = true;
    }

    /// The object, if it differs.
    pub(super) fn finish(mut self) -> Option<String> {
        if self.text.is_empty() {
            self.text.push('{');
        }
        self.text.push('}');
        self.differs.then_some(self.text)
    }
}
