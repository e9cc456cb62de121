//! Messages to a model.

use serde::{Deserialize, Serializer};
use serde_json::{Map, Value};

use crate::annotations::Role;
use crate::form::{Form, Members, Written, for_revision};
use crate::revision::Revision;
use crate::sampling::SamplingContent;
use crate::sampling::content::{Blocks, one_or_several};

/// One message to or from a model.
///
/// Before 2025-11-25 a message has one block. For such a revision [`CreateMessageParams`] writes
/// several blocks as several messages, and a message by itself is written with its first block
/// only.
///
/// [`CreateMessageParams`]: crate::CreateMessageParams
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SamplingMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    #[serde(deserialize_with = "one_or_several")]
    pub content: Vec<SamplingContent>,
    /// Metadata (from 2025-11-25).
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl SamplingMessage {
    /// A message from the person.
    pub fn user(content: impl Into<SamplingContent>) -> Self {
        SamplingMessage {
            role: Role::User,
            content: vec![content.into()],
            meta: None,
        }
    }

    /// A message from the model.
    pub fn assistant(content: impl Into<SamplingContent>) -> Self {
        SamplingMessage {
            role: Role::Assistant,
            ..SamplingMessage::user(content)
        }
    }
}

for_revision!(SamplingMessage);

impl Written for SamplingMessage {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        Part {
            role: self.role,
            blocks: Blocks::of_one_message(&self.content, form),
            meta: self.meta.as_ref(),
        }
        .write(form, serializer)
    }
}

/// A message, or one block of it as a message of its own.
pub(super) struct Part<'a> {
    role: Role,
    blocks: Blocks<'a>,
    meta: Option<&'a Map<String, Value>>,
}

impl<'a> Part<'a> {
    /// The messages as the revision can express them.
    pub(super) fn all_of(messages: &'a [SamplingMessage], form: Form<'_>) -> Vec<Part<'a>> {
        let several = form.writes(Revision::has_sampling_tools);
        messages
            .iter()
            .flat_map(|message| {
                let size = if several {
                    message.content.len().max(1)
                } else {
                    1
                };
                message.content.chunks(size).map(|blocks| Part {
                    role: message.role,
                    blocks: Blocks(blocks),
                    meta: message.meta.as_ref(),
                })
            })
            .collect()
    }
}

impl Written for Part<'_> {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("role", &self.role)?;
        members.put_written("content", Some(&self.blocks))?;
        members.put_since(Revision::has_sampling_tools, "_meta", self.meta)?;
        members.end()
    }
}
