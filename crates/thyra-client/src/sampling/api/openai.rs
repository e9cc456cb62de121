//! Chat completions, as `OpenAI` has them
//! (<https://platform.openai.com/docs/api-reference/chat/create>).

use serde::Deserialize;
use serde_json::{Map, Value, json};
use thyra_protocol::{CreateMessageResult, Role, SamplingContent, SamplingMessage, ToolUseContent};

use super::{Asked, Dialect, ModelError, tool_text};

#[derive(Debug)]
pub(super) struct OpenAi;

impl Dialect for OpenAi {
    fn home(&self) -> &'static str {
        "https://api.openai.com/v1"
    }

    fn path(&self, _: &str) -> Vec<String> {
        vec!["chat".to_owned(), "completions".to_owned()]
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("authorization", "Bearer ")
    }

    fn write(&self, asked: &Asked<'_>) -> Result<Value, ModelError> {
        let question = asked.question;
        let mut messages = Vec::new();
        if let Some(prompt) = &question.system_prompt {
            messages.push(json!({ "role": "system", "content": prompt }));
        }
        for message in &question.messages {
            if message.role == Role::Assistant {
                messages.push(assistant(message, asked)?);
            } else {
                user(message, &mut messages)?;
            }
        }
        // Servers that only speak like it know the older name, and new models of its own do not.
        let limit = if asked.is_home {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        let mut body = json!({
            "model": asked.model,
            "messages": messages,
            limit: question.max_tokens,
        });
        if let Some(temperature) = &question.temperature {
            body["temperature"] = temperature.clone().into();
        }
        if !question.stop_sequences.is_empty() {
            body["stop"] = question.stop_sequences.clone().into();
        }
        if let Some(tools) = asked.offered() {
            let tools = tools.iter().map(|tool| {
                let mut function = json!({
                    "name": asked.tools.there(&tool.name),
                    "parameters": tool.input_schema,
                });
                if let Some(description) = &tool.description {
                    function["description"] = description.as_str().into();
                }
                json!({ "type": "function", "function": function })
            });
            body["tools"] = tools.collect();
            if let Some(mode) = question.tool_choice.and_then(|choice| choice.mode) {
                body["tool_choice"] = json!(mode);
            }
        }
        Ok(body)
    }

    fn read(&self, body: &[u8], asked: &Asked<'_>) -> Result<CreateMessageResult, ModelError> {
        let answer: Answer = serde_json::from_slice(body)?;
        let mut choices = answer.choices.into_iter();
        let Choice {
            message,
            finish_reason,
        } = choices
            .next()
            .ok_or_else(|| ModelError::answer("it has no choices"))?;
        if finish_reason.as_deref() == Some("content_filter") {
            return Err(ModelError::filtered("content_filter"));
        }
        let mut content = Vec::new();
        let text = message.content.filter(|text| !text.is_empty());
        content.extend(text.map(SamplingContent::from));
        let calls = message.tool_calls.unwrap_or_default();
        let has_calls = !calls.is_empty();
        for (number, call) in (asked.calls_before()..).zip(calls) {
            content.push(SamplingContent::ToolUse(ToolUseContent {
                id: call.id.unwrap_or_else(|| format!("call_{number}")),
                name: asked.tools.back(call.function.name),
                input: arguments(call.function.arguments)?,
                meta: None,
            }));
        }
        let stop_reason = match finish_reason.as_deref() {
            _ if has_calls => Some("toolUse".to_owned()),
            Some("stop") => Some("endTurn".to_owned()),
            Some("length") => Some("maxTokens".to_owned()),
            _ => finish_reason,
        };
        if content.is_empty()
            && let Some(refusal) = message.refusal
        {
            let refusal = vec![refusal.into()];
            return Ok(asked.result(answer.model, refusal, Some("refusal".to_owned())));
        }
        Ok(asked.result(answer.model, content, stop_reason))
    }
}

/// What the person says. Each result of a tool is a message of its own.
fn user(message: &SamplingMessage, messages: &mut Vec<Value>) -> Result<(), ModelError> {
    let mut parts = Vec::new();
    for block in &message.content {
        parts.push(match block {
            SamplingContent::Audio(sound) => {
                let format = match sound.mime_type.as_str() {
                    "audio/mp3" | "audio/mpeg" => "mp3",
                    "audio/vnd.wave" | "audio/wav" | "audio/wave" | "audio/x-wav" => "wav",
                    other => {
                        return Err(ModelError::unsupported(&format!("sound of type {other}")));
                    }
                };
                json!({
                    "type": "input_audio",
                    "input_audio": { "data": sound.data, "format": format },
                })
            }
            SamplingContent::Image(picture) => {
                let url = format!("data:{};base64,{}", picture.mime_type, picture.data);
                json!({ "type": "image_url", "image_url": { "url": url } })
            }
            SamplingContent::Text(text) => json!({ "type": "text", "text": text.text }),
            SamplingContent::ToolResult(result) => {
                let text = tool_text::of(result);
                let failed = if result.is_error {
                    "The tool failed: "
                } else {
                    ""
                };
                messages.push(json!({
                    "role": "tool",
                    "tool_call_id": result.tool_use_id,
                    "content": format!("{failed}{text}"),
                }));
                continue;
            }
            _ => return Err(ModelError::unsupported("tool calls by the user")),
        });
    }
    // A text alone is written as every server reads it.
    let content: Value = match (parts.as_slice(), message.content.as_slice()) {
        ([], _) => return Ok(()),
        (_, [SamplingContent::Text(only)]) => only.text.as_str().into(),
        _ => parts.into(),
    };
    messages.push(json!({ "role": "user", "content": content }));
    Ok(())
}

/// What the model said before.
fn assistant(message: &SamplingMessage, asked: &Asked<'_>) -> Result<Value, ModelError> {
    let mut texts = Vec::new();
    let mut calls = Vec::new();
    for block in &message.content {
        match block {
            SamplingContent::Text(text) => texts.push(text.text.as_str()),
            SamplingContent::ToolUse(call) => calls.push(json!({
                "id": call.id,
                "type": "function",
                "function": {
                    "name": asked.tools.there(&call.name),
                    "arguments": Value::Object(call.input.clone()).to_string(),
                },
            })),
            _ => {
                return Err(ModelError::unsupported(
                    "pictures, sound or results of tools in what the model said",
                ));
            }
        }
    }
    let text = (!texts.is_empty()).then(|| texts.join("\n"));
    let mut written = json!({ "role": "assistant", "content": text });
    if !calls.is_empty() {
        written["tool_calls"] = calls.into();
    }
    Ok(written)
}

/// The arguments of a call: JSON within a string, or an object from servers that take it less
/// exactly.
fn arguments(arguments: Value) -> Result<Map<String, Value>, ModelError> {
    let parsed = match arguments {
        Value::Object(arguments) => return Ok(arguments),
        Value::Null => return Ok(Map::new()),
        Value::String(text) if text.trim().is_empty() => return Ok(Map::new()),
        Value::String(text) => serde_json::from_str(&text).ok(),
        _ => None,
    };
    parsed.ok_or_else(|| ModelError::answer("the arguments of a tool are no JSON object"))
}

#[derive(Deserialize)]
struct Answer {
    model: Option<String>,
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<Call>>,
}

#[derive(Deserialize)]
struct Call {
    id: Option<String>,
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    #[serde(default)]
    arguments: Value,
}
