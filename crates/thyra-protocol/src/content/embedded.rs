//! Resources inside content (MCP `server/resources`, resource contents).

use std::fmt;

use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serializer};
use serde_json::{Map, Value};

use crate::annotations::Annotations;
use crate::form::{Form, Members, Written, for_revision};
use crate::meta::set;
use crate::revision::Revision;
use crate::text::Text;

/// A resource with its contents.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct EmbeddedResource {
    /// What it holds.
    pub resource: ResourceContents,
    /// Annotations: hints for the client.
    #[serde(default)]
    pub annotations: Option<Annotations>,
    /// Metadata (from 2025-06-18).
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

/// What a resource holds: bytes or text. On the wire the member `blob` or `text` tells which;
/// both or neither is an error.
#[derive(Clone, Debug, PartialEq)]
pub enum ResourceContents {
    /// Bytes.
    Blob(BlobResourceContents),
    /// Text.
    Text(TextResourceContents),
}

impl ResourceContents {
    /// The text, when it holds text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            ResourceContents::Text(contents) => Some(&contents.text),
            ResourceContents::Blob(_) => None,
        }
    }
}

/// A resource that holds bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlobResourceContents {
    /// Where it is.
    pub uri: String,
    /// Its media type, when known.
    pub mime_type: Option<String>,
    /// The bytes in Base64.
    pub blob: String,
    /// Metadata (from 2025-06-18).
    pub meta: Option<Map<String, Value>>,
}

/// A resource that holds text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextResourceContents {
    /// Where it is.
    pub uri: String,
    /// Its media type, when known.
    pub mime_type: Option<String>,
    /// The text.
    pub text: String,
    /// Metadata (from 2025-06-18).
    pub meta: Option<Map<String, Value>>,
}

impl From<BlobResourceContents> for ResourceContents {
    fn from(contents: BlobResourceContents) -> Self {
        ResourceContents::Blob(contents)
    }
}

impl From<TextResourceContents> for ResourceContents {
    fn from(contents: TextResourceContents) -> Self {
        ResourceContents::Text(contents)
    }
}

for_revision!(ResourceContents);

impl Written for ResourceContents {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let (uri, mime_type, name, value, meta) = match self {
            ResourceContents::Blob(it) => (&it.uri, &it.mime_type, "blob", &it.blob, &it.meta),
            ResourceContents::Text(it) => (&it.uri, &it.mime_type, "text", &it.text, &it.meta),
        };
        let mut members = Members::begin(form, serializer)?;
        members.put("uri", uri)?;
        members.put_some("mimeType", mime_type.as_ref())?;
        members.put(name, value)?;
        members.put_since(Revision::has_item_meta, "_meta", meta.as_ref())?;
        members.end()
    }
}

impl<'de> Deserialize<'de> for ResourceContents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ContentsVisitor)
    }
}

struct ContentsVisitor;

impl<'de> Visitor<'de> for ContentsVisitor {
    type Value = ResourceContents;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("resource contents: an object with \"uri\" and one of \"text\" and \"blob\"")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ResourceContents, A::Error> {
        let mut uri: Option<String> = None;
        let mut mime_type: Option<Option<String>> = None;
        let mut text: Option<String> = None;
        let mut blob: Option<String> = None;
        let mut meta: Option<Option<Map<String, Value>>> = None;
        while let Some(Text(key)) = map.next_key()? {
            match &*key {
                "uri" => set(&mut uri, "uri", map.next_value()?)?,
                "mimeType" => set(&mut mime_type, "mimeType", map.next_value()?)?,
                "text" => set(&mut text, "text", map.next_value()?)?,
                "blob" => set(&mut blob, "blob", map.next_value()?)?,
                "_meta" => set(&mut meta, "_meta", map.next_value()?)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let uri = uri.ok_or_else(|| de::Error::missing_field("uri"))?;
        let (mime_type, meta) = (mime_type.flatten(), meta.flatten());
        match (text, blob) {
            (Some(text), None) => Ok(ResourceContents::Text(TextResourceContents {
                uri,
                mime_type,
                text,
                meta,
            })),
            (None, Some(blob)) => Ok(ResourceContents::Blob(BlobResourceContents {
                uri,
                mime_type,
                blob,
                meta,
            })),
            (Some(_), Some(_)) => Err(de::Error::custom(
                "resource contents have both \"text\" and \"blob\"; one is allowed",
            )),
            (None, None) => Err(de::Error::custom(
                "resource contents have neither \"text\" nor \"blob\"; one is required",
            )),
        }
    }
}
