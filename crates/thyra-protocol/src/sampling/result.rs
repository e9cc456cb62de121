//! What a model answers.

use serde::{Deserialize, Serializer};
use serde_json::{Map, Value};

use crate::annotations::Role;
use crate::form::{Form, Members, Written, for_revision};
use crate::sampling::SamplingContent;
use crate::sampling::content::{Blocks, one_or_several};

/// What a model answers. Before 2025-11-25 only its first block is written.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreateMessageResult {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    #[serde(deserialize_with = "one_or_several")]
    pub content: Vec<SamplingContent>,
    /// The name of the model.
    pub model: String,
    /// Why it stopped, when known: `endTurn`, `stopSequence`, `maxTokens`, `toolUse` (from
    /// 2025-11-25) or a word of the provider's own.
    #[serde(default)]
    pub stop_reason: Option<String>,
    /// Metadata.
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl CreateMessageResult {
    /// An answer by the model of this name, as the assistant.
    pub fn new(model: impl Into<String>, content: Vec<SamplingContent>) -> Self {
        CreateMessageResult {
            role: Role::Assistant,
            content,
            model: model.into(),
            stop_reason: None,
            meta: None,
        }
    }

    /// The text of the answer: its text blocks, one after the other.
    pub fn text(&self) -> String {
        self.content
            .iter()
            .filter_map(SamplingContent::as_text)
            .collect()
    }
}

for_revision!(CreateMessageResult);

impl Written for CreateMessageResult {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        members.put("role", &self.role)?;
        members.put_written(
            "content",
            Some(&Blocks::of_one_message(&self.content, form)),
        )?;
        members.put("model", &self.model)?;
        members.put_some("stopReason", self.stop_reason.as_ref())?;
        members.put_some("_meta", self.meta.as_ref())?;
        members.end()
    }
}
