//! Messages, as Anthropic has them (<https://docs.anthropic.com/en/api/messages>).

use serde::Deserialize;
use serde_json::{Map, Value, json};
use thyra_protocol::{
    Content, CreateMessageResult, ImageContent, Role, SamplingContent, ToolChoiceMode,
    ToolResultContent, ToolUseContent,
};

use super::{Asked, Dialect, ModelError, tool_text};

#[derive(Debug)]
pub(super) struct Anthropic;

impl Dialect for Anthropic {
    fn home(&self) -> &'static str {
        "https://api.anthropic.com"
    }

    fn path(&self, _: &str) -> Vec<String> {
        vec!["v1".to_owned(), "messages".to_owned()]
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("x-api-key", "")
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", "2023-06-01")]
    }

    fn write(&self, asked: &Asked<'_>) -> Result<Value, ModelError> {
        let question = asked.question;
        let mut messages = Vec::new();
        for message in &question.messages {
            let role = if message.role == Role::Assistant {
                "assistant"
            } else {
                "user"
            };
            let mut content = Vec::new();
            // The results of tools have to come first.
            let is_result =
                |block: &&SamplingContent| matches!(block, SamplingContent::ToolResult(_));
            let results = message.content.iter().filter(is_result);
            for block in results.chain(message.content.iter().filter(|block| !is_result(block))) {
                content.extend(written(block, asked)?);
            }
            if !content.is_empty() {
                messages.push(json!({ "role": role, "content": content }));
            }
        }
        let mut body = json!({
            "model": asked.model,
            "max_tokens": question.max_tokens,
            "messages": messages,
        });
        if let Some(prompt) = &question.system_prompt {
            body["system"] = prompt.as_str().into();
        }
        if let Some(temperature) = &question.temperature {
            body["temperature"] = temperature.clone().into();
        }
        if !question.stop_sequences.is_empty() {
            body["stop_sequences"] = question.stop_sequences.clone().into();
        }
        if let Some(tools) = asked.offered() {
            let tools = tools.iter().map(|tool| {
                let mut written = json!({
                    "name": asked.tools.there(&tool.name),
                    "input_schema": tool.input_schema,
                });
                if let Some(description) = &tool.description {
                    written["description"] = description.as_str().into();
                }
                written
            });
            body["tools"] = tools.collect();
            let mode = question.tool_choice.and_then(|choice| choice.mode);
            let choice = mode.map(|mode| match mode {
                ToolChoiceMode::Required => "any",
                ToolChoiceMode::None => "none",
                _ => "auto",
            });
            if let Some(choice) = choice {
                body["tool_choice"] = json!({ "type": choice });
            }
        }
        Ok(body)
    }

    fn read(&self, body: &[u8], asked: &Asked<'_>) -> Result<CreateMessageResult, ModelError> {
        let answer: Answer = serde_json::from_slice(body)?;
        let content: Vec<SamplingContent> = answer
            .content
            .into_iter()
            .filter_map(|block| match block {
                Block::Text { text } => Some(text.into()),
                Block::ToolUse { id, name, input } => {
                    Some(SamplingContent::ToolUse(ToolUseContent {
                        id,
                        name: asked.tools.back(name),
                        input,
                        meta: None,
                    }))
                }
                Block::Other => None,
            })
            .collect();
        if content.is_empty() && answer.stop_reason.as_deref() == Some("refusal") {
            return Err(ModelError::filtered("refusal"));
        }
        let stop_reason = match answer.stop_reason.as_deref() {
            Some("end_turn") => Some("endTurn".to_owned()),
            Some("max_tokens") => Some("maxTokens".to_owned()),
            Some("stop_sequence") => Some("stopSequence".to_owned()),
            Some("tool_use") => Some("toolUse".to_owned()),
            _ => answer.stop_reason,
        };
        Ok(asked.result(answer.model, content, stop_reason))
    }
}

/// One block, or nothing for an empty text, which the interface refuses.
fn written(block: &SamplingContent, asked: &Asked<'_>) -> Result<Option<Value>, ModelError> {
    Ok(Some(match block {
        SamplingContent::Image(picture) => image(picture),
        SamplingContent::Text(text) if text.text.is_empty() => return Ok(None),
        SamplingContent::Text(text) => json!({ "type": "text", "text": text.text }),
        SamplingContent::ToolResult(result) => tool_result(result),
        SamplingContent::ToolUse(call) => json!({
            "type": "tool_use",
            "id": call.id,
            "name": asked.tools.there(&call.name),
            "input": call.input,
        }),
        _ => return Err(ModelError::unsupported("sound")),
    }))
}

fn image(picture: &ImageContent) -> Value {
    json!({
        "type": "image",
        "source": { "type": "base64", "media_type": picture.mime_type, "data": picture.data },
    })
}

fn tool_result(result: &ToolResultContent) -> Value {
    let text = |text: String| (!text.is_empty()).then(|| json!({ "type": "text", "text": text }));
    let content: Vec<Value> = if result.content.is_empty() {
        text(tool_text::of(result)).into_iter().collect()
    } else {
        let blocks = result.content.iter();
        let blocks = blocks.filter_map(|block| match block {
            Content::Image(picture) => Some(image(picture)),
            other => text(tool_text::block(other)),
        });
        blocks.collect()
    };
    let mut written = json!({ "type": "tool_result", "tool_use_id": result.tool_use_id });
    if !content.is_empty() {
        written["content"] = content.into();
    }
    if result.is_error {
        written["is_error"] = true.into();
    }
    written
}

#[derive(Deserialize)]
struct Answer {
    model: Option<String>,
    content: Vec<Block>,
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Text {
        text: String,
    },
    ToolUse {
        id: String,
        name: String,
        input: Map<String, Value>,
    },
    /// What the model thinks, for instance.
    #[serde(other)]
    Other,
}
