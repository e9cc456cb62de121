//! Blocks of content (MCP `server/tools`, tool results).

mod embedded;
mod link;
mod stand_in;

use serde::{Deserialize, Serializer};
use serde_json::{Map, Value};

pub use embedded::{
    BlobResourceContents, EmbeddedResource, ResourceContents, TextResourceContents,
};
pub use link::ResourceLink;

use crate::annotations::Annotations;
use crate::content::stand_in::StandIn;
use crate::form::{Form, Members, Written, for_revision};
use crate::revision::Revision;

/// One block of content.
///
/// A revision that lacks a kind of block gets a text block in its place, which says what it stands
/// for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Content {
    /// Sound (from 2025-03-26).
    Audio(AudioContent),
    /// A picture.
    Image(ImageContent),
    /// A resource with its contents.
    Resource(EmbeddedResource),
    /// A link to a resource (from 2025-06-18).
    ResourceLink(ResourceLink),
    /// Text.
    Text(TextContent),
}

/// Text.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct TextContent {
    /// The text.
    pub text: String,
    /// Annotations: hints for the client.
    #[serde(default)]
    pub annotations: Option<Annotations>,
    /// Metadata (from 2025-06-18).
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

/// A picture.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageContent {
    /// The bytes in Base64.
    pub data: String,
    /// The media type, such as `image/png`.
    pub mime_type: String,
    /// Annotations: hints for the client.
    #[serde(default)]
    pub annotations: Option<Annotations>,
    /// Metadata (from 2025-06-18).
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

/// Sound.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AudioContent {
    /// The bytes in Base64.
    pub data: String,
    /// The media type, such as `audio/wav`.
    pub mime_type: String,
    /// Annotations: hints for the client.
    #[serde(default)]
    pub annotations: Option<Annotations>,
    /// Metadata (from 2025-06-18).
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl Content {
    /// A text block.
    pub fn text(text: impl Into<String>) -> Self {
        Content::Text(TextContent {
            text: text.into(),
            ..TextContent::default()
        })
    }

    /// A picture: its bytes in Base64, and its media type.
    pub fn image(data: impl Into<String>, mime_type: impl Into<String>) -> Self {
        Content::Image(ImageContent {
            data: data.into(),
            mime_type: mime_type.into(),
            ..ImageContent::default()
        })
    }

    /// Sound: its bytes in Base64, and its media type.
    pub fn audio(data: impl Into<String>, mime_type: impl Into<String>) -> Self {
        Content::Audio(AudioContent {
            data: data.into(),
            mime_type: mime_type.into(),
            ..AudioContent::default()
        })
    }

    /// A link to a resource: its URI and its name.
    pub fn resource_link(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Content::ResourceLink(ResourceLink::new(uri, name))
    }

    /// A resource with its contents.
    pub fn resource(contents: impl Into<ResourceContents>) -> Self {
        Content::Resource(EmbeddedResource {
            resource: contents.into(),
            annotations: None,
            meta: None,
        })
    }

    /// The text, when it is a text block.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Content::Text(content) => Some(&content.text),
            _ => None,
        }
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Content::text(text)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Content::text(text)
    }
}

for_revision!(Content);

impl Written for Content {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let stand_in = match (self, form.revision()) {
            (Content::Audio(audio), Some(revision)) if !revision.has_audio() => {
                Some(StandIn::Audio(audio))
            }
            (Content::ResourceLink(link), Some(revision)) if !revision.has_resource_links() => {
                Some(StandIn::ResourceLink(link))
            }
            _ => None,
        };
        if let Some(stand_in) = stand_in {
            return stand_in.write(form, serializer);
        }

        let mut members = Members::begin(form, serializer)?;
        let (annotations, meta) = match self {
            Content::Audio(content) => {
                members.put("type", "audio")?;
                members.put("data", &content.data)?;
                members.put("mimeType", &content.mime_type)?;
                (&content.annotations, &content.meta)
            }
            Content::Image(content) => {
                members.put("type", "image")?;
                members.put("data", &content.data)?;
                members.put("mimeType", &content.mime_type)?;
                (&content.annotations, &content.meta)
            }
            Content::Resource(content) => {
                members.put("type", "resource")?;
                members.put_written("resource", Some(&content.resource))?;
                (&content.annotations, &content.meta)
            }
            Content::ResourceLink(content) => {
                members.put("type", "resource_link")?;
                content.put_members(&mut members)?;
                (&content.annotations, &content.meta)
            }
            Content::Text(content) => {
                members.put("type", "text")?;
                members.put("text", &content.text)?;
                (&content.annotations, &content.meta)
            }
        };
        members.put_written("annotations", annotations.as_ref())?;
        members.put_since(Revision::has_item_meta, "_meta", meta.as_ref())?;
        members.end()
    }
}

#[cfg(test)]
mod tests;
