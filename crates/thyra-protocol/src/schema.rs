//! What older revisions allow in the schemas of a tool.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::text::Text;

/// Whether the schema has `"type": "object"` at its root, which tool schemas need before
/// 2026-07-28.
pub(crate) fn is_of_objects(schema: &RawValue) -> bool {
    RawObject::of(schema).is_some_and(|object| {
        object
            .0
            .iter()
            .any(|(name, value)| name == "type" && value.get() == "\"object\"")
    })
}

/// Writes a schema so that property schemas at its root are objects: `true` becomes `{}` and
/// `false` becomes `{"not":{}}`, which mean the same.
pub(crate) struct ObjectProperties<'a>(pub(crate) &'a RawValue);

impl Serialize for ObjectProperties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(schema) = RawObject::of(self.0) else {
            return self.0.serialize(serializer);
        };
        let mut map = serializer.serialize_map(Some(schema.0.len()))?;
        for (name, value) in &schema.0 {
            match RawObject::of(value).filter(|_| name == "properties") {
                Some(properties) => map.serialize_entry(name, &Properties(&properties))?,
                None => map.serialize_entry(name, value)?,
            }
        }
        map.end()
    }
}

struct Properties<'a>(&'a RawObject<'a>);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.0
                .0
                .iter()
                .map(|(name, schema)| (name, Property(schema))),
        )
    }
}

struct Property<'a>(&'a RawValue);

impl Serialize for Property<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Anything {}
        #[derive(Serialize)]
        struct Nothing {
            not: Anything,
        }

        match self.0.get() {
            "true" => Anything {}.serialize(serializer),
            "false" => Nothing { not: Anything {} }.serialize(serializer),
            _ => self.0.serialize(serializer),
        }
    }
}

/// The members of an object in their order, values not decoded.
struct RawObject<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> RawObject<'a> {
    fn of(raw: &'a RawValue) -> Option<Self> {
        serde_json::from_str(raw.get()).ok()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RawObjectVisitor;

        impl<'de> Visitor<'de> for RawObjectVisitor {
            type Value = RawObject<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Text(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(RawObject(members))
            }
        }

        deserializer.deserialize_map(RawObjectVisitor)
    }
}

#[cfg(test)]
mod tests;
