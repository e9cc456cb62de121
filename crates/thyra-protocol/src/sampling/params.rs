//! The params of `sampling/createMessage`.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Number, Value};

use crate::form::{Form, Members, Written, filled, for_revision};
use crate::revision::Revision;
use crate::sampling::message::Part;
use crate::sampling::{ModelPreferences, SamplingMessage};
use crate::tools::Tool;

/// The params of `sampling/createMessage`: what the client's model is asked.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateMessageParams {
    /// The conversation so far. A message without content is not written.
    pub messages: Vec<SamplingMessage>,
    /// Which model the server would like.
    #[serde(default)]
    pub model_preferences: Option<ModelPreferences>,
    /// The system prompt; the client may change it or leave it out.
    #[serde(default)]
    pub system_prompt: Option<String>,
    /// The context that the client should add.
    #[serde(default)]
    pub include_context: Option<IncludeContext>,
    /// The temperature of the model.
    #[serde(default)]
    pub temperature: Option<Number>,
    /// The maximum number of tokens in the answer.
    pub max_tokens: u64,
    /// Texts at which the model stops.
    #[serde(default)]
    pub stop_sequences: Vec<String>,
    /// Metadata for the provider of the model.
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
    /// Asks with these messages for an answer of at most `max_tokens` tokens.
    pub fn new(messages: Vec<SamplingMessage>, max_tokens: u64) -> Self {
        CreateMessageParams {
            messages,
            max_tokens,
            ..CreateMessageParams::default()
        }
    }

    /// Asks with one text message for an answer of at most `max_tokens` tokens.
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

/// The context that the client should add to the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum IncludeContext {
    /// The context of all its servers.
    AllServers,
    /// No context.
    None,
    /// The context of the server that asks.
    ThisServer,
}

/// Whether a model uses its tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolChoice {
    /// The mode (default: [`ToolChoiceMode::Auto`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ToolChoiceMode>,
}

/// Whether a model uses its tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ToolChoiceMode {
    /// The model decides.
    Auto,
    /// It must not.
    None,
    /// It must use at least one.
    Required,
}
