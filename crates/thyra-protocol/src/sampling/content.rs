//! The content of messages to and from a model.

mod blocks;
mod tool;

use serde::{Deserialize, Serializer};

pub(super) use blocks::{Blocks, one_or_several};
pub use tool::{ToolResultContent, ToolUseContent};

use crate::content::{AudioContent, Content, ImageContent, TextContent};
use crate::form::{Form, Written, for_revision};
use crate::revision::Revision;

/// One block of a message to or from a model.
///
/// A revision that lacks a kind of block gets a text block in its place, which says what it stands
/// for.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SamplingContent {
    /// Sound (from 2025-03-26).
    Audio(AudioContent),
    /// A picture.
    Image(ImageContent),
    /// Text.
    Text(TextContent),
    /// What a tool answered the model (from 2025-11-25).
    ToolResult(ToolResultContent),
    /// A request by the model to call a tool (from 2025-11-25).
    ToolUse(ToolUseContent),
}

impl SamplingContent {
    /// A text block.
    pub fn text(text: impl Into<String>) -> Self {
        SamplingContent::Text(TextContent {
            text: text.into(),
            ..TextContent::default()
        })
    }

    /// The text, when it is a text block.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            SamplingContent::Text(content) => Some(&content.text),
            _ => None,
        }
    }
}

impl From<String> for SamplingContent {
    fn from(text: String) -> Self {
        SamplingContent::text(text)
    }
}

impl From<&str> for SamplingContent {
    fn from(text: &str) -> Self {
        SamplingContent::text(text)
    }
}

for_revision!(SamplingContent);

impl Written for SamplingContent {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let has_tools = form.writes(Revision::has_sampling_tools);
        let block = match self {
            SamplingContent::ToolUse(content) if has_tools => {
                return content.write(form, serializer);
            }
            SamplingContent::ToolResult(content) if has_tools => {
                return content.write(form, serializer);
            }
            SamplingContent::Audio(content) => Content::Audio(content.clone()),
            SamplingContent::Image(content) => Content::Image(content.clone()),
            SamplingContent::Text(content) => Content::Text(content.clone()),
            SamplingContent::ToolUse(content) => Content::text(format!(
                "[Call of the tool {}, left out: this protocol revision has no tools in sampling]",
                content.name
            )),
            SamplingContent::ToolResult(content) => {
                let texts: Vec<_> = content
                    .content
                    .iter()
                    .filter_map(Content::as_text)
                    .collect();
                Content::text(texts.join("\n"))
            }
        };
        block.write(form, serializer)
    }
}
