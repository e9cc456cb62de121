//! `generateContent`, as Google has it (<https://ai.google.dev/api/generate-content>).

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use thyra_protocol::{CreateMessageResult, Role, SamplingContent, ToolChoiceMode, ToolUseContent};

use super::{Asked, Dialect, ModelError, tool_text};

/// Where the signature of a call travels: in the `_meta` of the `tool_use` block. Models that think
/// want it back with the call.
const SIGNATURE: &str = "ai.google.dev/thoughtSignature";

#[derive(Debug)]
pub(super) struct Google;

impl Dialect for Google {
    fn home(&self) -> &'static str {
        "https://generativelanguage.googleapis.com"
    }

    fn path(&self, model: &str) -> Vec<String> {
        let method = format!("{model}:generateContent");
        vec!["v1beta".to_owned(), "models".to_owned(), method]
    }

    fn key_header(&self) -> (&'static str, &'static str) {
        ("x-goog-api-key", "")
    }

    fn write(&self, asked: &Asked<'_>) -> Result<Value, ModelError> {
        let question = asked.question;
        let mut called = HashMap::new();
        let mut contents = Vec::new();
        for message in &question.messages {
            let role = if message.role == Role::Assistant {
                "model"
            } else {
                "user"
            };
            let mut parts = Vec::new();
            for block in &message.content {
                if let SamplingContent::ToolUse(call) = block {
                    called.insert(call.id.as_str(), asked.tools.there(&call.name));
                }
                parts.push(part(block, &called)?);
            }
            if !parts.is_empty() {
                contents.push(json!({ "role": role, "parts": parts }));
            }
        }
        let mut generation = json!({ "maxOutputTokens": question.max_tokens });
        if let Some(temperature) = &question.temperature {
            generation["temperature"] = temperature.clone().into();
        }
        if !question.stop_sequences.is_empty() {
            generation["stopSequences"] = question.stop_sequences.clone().into();
        }
        let mut body = json!({ "contents": contents, "generationConfig": generation });
        if let Some(prompt) = &question.system_prompt {
            body["systemInstruction"] = json!({ "parts": [{ "text": prompt }] });
        }
        if let Some(tools) = asked.offered() {
            let tools = tools.iter().map(|tool| {
                let mut function = json!({
                    "name": asked.tools.there(&tool.name),
                    "parametersJsonSchema": tool.input_schema,
                });
                if let Some(description) = &tool.description {
                    function["description"] = description.as_str().into();
                }
                function
            });
            let tools: Vec<Value> = tools.collect();
            body["tools"] = json!([{ "functionDeclarations": tools }]);
            let mode = question.tool_choice.and_then(|choice| choice.mode);
            let mode = mode.map(|mode| match mode {
                ToolChoiceMode::Required => "ANY",
                ToolChoiceMode::None => "NONE",
                _ => "AUTO",
            });
            if let Some(mode) = mode {
                body["toolConfig"] = json!({ "functionCallingConfig": { "mode": mode } });
            }
        }
        Ok(body)
    }

    fn read(&self, body: &[u8], asked: &Asked<'_>) -> Result<CreateMessageResult, ModelError> {
        let answer: Answer = serde_json::from_slice(body)?;
        if let Some(reason) = answer
            .prompt_feedback
            .and_then(|feedback| feedback.block_reason)
        {
            return Err(ModelError::filtered(&reason));
        }
        let mut candidates = answer.candidates.into_iter();
        let candidate = candidates
            .next()
            .ok_or_else(|| ModelError::answer("it has no candidates"))?;
        let mut content = Vec::new();
        let mut calls = asked.calls_before();
        for part in candidate.content.parts {
            if let Some(call) = part.function_call {
                let id = call.id.unwrap_or_else(|| format!("call_{calls}"));
                let signature = part.thought_signature;
                let meta = signature
                    .map(|signature| Map::from_iter([(SIGNATURE.to_owned(), signature.into())]));
                content.push(SamplingContent::ToolUse(ToolUseContent {
                    id,
                    name: asked.tools.back(call.name),
                    input: call.args,
                    meta,
                }));
                calls += 1;
            } else if let Some(text) = part.text.filter(|text| !text.is_empty() && !part.thought) {
                content.push(text.into());
            }
        }
        let has_calls = calls > asked.calls_before();
        let stop_reason = match candidate.finish_reason.as_deref() {
            Some(
                reason @ ("BLOCKLIST" | "IMAGE_SAFETY" | "PROHIBITED_CONTENT" | "RECITATION"
                | "SAFETY" | "SPII"),
            ) => return Err(ModelError::filtered(reason)),
            Some("MALFORMED_FUNCTION_CALL") => {
                return Err(ModelError::answer("the call of a tool is malformed"));
            }
            _ if has_calls => Some("toolUse".to_owned()),
            Some("MAX_TOKENS") => Some("maxTokens".to_owned()),
            Some("STOP") => Some("endTurn".to_owned()),
            _ => candidate.finish_reason,
        };
        Ok(asked.result(answer.model_version, content, stop_reason))
    }
}

/// One part of a message. `called` has the names of the tools that were called, by id.
fn part(block: &SamplingContent, called: &HashMap<&str, &str>) -> Result<Value, ModelError> {
    let inline =
        |kind: &str, data: &str| json!({ "inlineData": { "mimeType": kind, "data": data } });
    Ok(match block {
        SamplingContent::Audio(sound) => inline(&sound.mime_type, &sound.data),
        SamplingContent::Image(picture) => inline(&picture.mime_type, &picture.data),
        SamplingContent::Text(text) => json!({ "text": text.text }),
        SamplingContent::ToolResult(result) => {
            let name = called.get(result.tool_use_id.as_str());
            let name = name.ok_or_else(|| {
                ModelError::unsupported("the result of a tool that was not called")
            })?;
            let key = if result.is_error { "error" } else { "output" };
            json!({
                "functionResponse": {
                    "id": result.tool_use_id,
                    "name": name,
                    "response": { key: tool_text::of(result) },
                },
            })
        }
        SamplingContent::ToolUse(call) => {
            let name = called.get(call.id.as_str());
            let function = json!({ "id": call.id, "name": name, "args": call.input });
            let mut part = json!({ "functionCall": function });
            let signature = call.meta.as_ref().and_then(|meta| meta.get(SIGNATURE));
            if let Some(signature) = signature.filter(|signature| signature.is_string()) {
                part["thoughtSignature"] = signature.clone();
            }
            part
        }
        _ => return Err(ModelError::unsupported("content of this kind")),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    candidates: Vec<Candidate>,
    prompt_feedback: Option<Feedback>,
    model_version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    #[serde(default)]
    content: Parts,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Parts {
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    text: Option<String>,
    /// Whether the text is what the model thinks.
    #[serde(default)]
    thought: bool,
    thought_signature: Option<String>,
    function_call: Option<Call>,
}

#[derive(Deserialize)]
struct Call {
    id: Option<String>,
    name: String,
    #[serde(default)]
    args: Map<String, Value>,
}
