//! What a model is asked.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Number, Value};

use crate::form::{Form, Members, Written, filled, for_revision};
use crate::revision::Revision;
use crate::sampling::message::Part;
use crate::sampling::{ModelPreferences, SamplingMessage};
use crate::tools::Tool;

/// What a model is asked, by way of the client.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateMessageParams {
    /// The conversation so far. A message without content is not written.
    pub messages: Vec<SamplingMessage>,
    /// Which model would be good.
    #[serde(default)]
    pub model_preferences: Option<ModelPreferences>,
    /// What the model should know beforehand; the client may change it or leave it out.
    #[serde(default)]
    pub system_prompt: Option<String>,
    /// What the client should add of its own.
    #[serde(default)]
    pub include_context: Option<IncludeContext>,
    /// How freely the model should choose its words.
    #[serde(default)]
    pub temperature: Option<Number>,
    /// The most tokens that it may answer with.
    pub max_tokens: u64,
    /// Texts that end the answer.
    #[serde(default)]
    pub stop_sequences: Vec<String>,
    /// Anything for the provider of the model.
    #[serde(default)]
    pub metadata: Option<Map<String, Value>>,
    /// The tools at hand (from 2025-11-25; the client must have the capability `sampling.tools`).
    #[serde(default)]
    pub tools: Option<Vec<Tool>>,
    /// Whether to use them (from 2025-11-25).
    #[serde(default)]
    pub tool_choice: Option<ToolChoice>,
}

impl CreateMessageParams {
    /// These messages, to be answered with at most `max_tokens` tokens.
    pub fn new(messages: Vec<SamplingMessage>, max_tokens: u64) -> Self {
        CreateMessageParams {
            messages,
            max_tokens,
            ..CreateMessageParams::default()
        }
    }

    /// One message of text, to be answered with at most `max_tokens` tokens.
    pub fn text(text: impl Into<String>, max_tokens: u64) -> Self {
        CreateMessageParams::new(vec![SamplingMessage::user(text.into())], max_tokens)
    }
}

for_revision!(CreateMessageParams);

impl Written for CreateMessageParams {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let has_tools = form.writes(Revision::has_sampling_tools);
        let mut members = Members::begin(form, serializer)?;
        members.put_each("messages", Part::all_of(&self.messages, form).iter())?;
        members.put_some("modelPreferences", self.model_preferences.as_ref())?;
        members.put_some("systemPrompt", self.system_prompt.as_ref())?;
        members.put_some("includeContext", self.include_context.as_ref())?;
        members.put_some("temperature", self.temperature.as_ref())?;
        members.put("maxTokens", &self.max_tokens)?;
        members.put_some("stopSequences", filled(&self.stop_sequences))?;
        members.put_some("metadata", self.metadata.as_ref())?;
        if let Some(tools) = self.tools.as_ref().filter(|_| has_tools) {
            members.put_each("tools", tools.iter())?;
        }
        members.put_since(
            Revision::has_sampling_tools,
            "toolChoice",
            self.tool_choice.as_ref(),
        )?;
        members.end()
    }
}

/// What the client should add of its own to what the model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum IncludeContext {
    /// What it has of all servers.
    AllServers,
    /// Nothing.
    None,
    /// What it has of the server that asks.
    ThisServer,
}

/// Whether a model uses its tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolChoice {
    /// Whether (not said: as it likes).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ToolChoiceMode>,
}

/// Whether a model uses its tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ToolChoiceMode {
    /// As it likes.
    Auto,
    /// It must not.
    None,
    /// It must use at least one.
    Required,
}
