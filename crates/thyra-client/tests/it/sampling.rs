//! Models behind the interfaces of providers, emulated on a port of this machine: they look at
//! what they are sent, and answer according to it.

mod anthropic;
mod errors;
mod google;
mod openai;

use serde_json::{Map, Value, json};
use thyra_client::protocol::{
    AudioContent, Content, ImageContent, ModelHint, ModelPreferences, SamplingContent,
    SamplingMessage, Tool, ToolChoice, ToolChoiceMode, ToolResultContent, ToolUseContent,
};
use thyra_client::{CreateMessageParams, CreateMessageResult, ModelApi, ModelError, Sampler as _};

use crate::scripted::Scripted;

impl Scripted {
    /// The model at this server, with a key.
    fn model(&self, model: ModelApi, version: &str) -> ModelApi {
        let base = format!("{}{version}", self.origin());
        let key = thyra_client::Secret::new("a-key".to_owned());
        model.base_url(&base).unwrap().key(key)
    }
}

async fn ask(
    model: &ModelApi,
    question: CreateMessageParams,
) -> Result<CreateMessageResult, ModelError> {
    let answer = model.sample(question).await;
    answer.map_err(|error| *error.downcast().unwrap())
}

/// A question with everything that a question can have.
fn everything() -> CreateMessageParams {
    CreateMessageParams {
        system_prompt: Some("Be brief.".to_owned()),
        temperature: serde_json::Number::from_f64(0.5),
        stop_sequences: vec!["END".to_owned()],
        model_preferences: Some(ModelPreferences {
            hints: vec![ModelHint {
                name: Some("large".to_owned()),
            }],
            ..ModelPreferences::default()
        }),
        ..CreateMessageParams::new(vec![said_by_user(vec!["Look.".into(), picture()])], 700)
    }
}

fn said_by_user(content: Vec<SamplingContent>) -> SamplingMessage {
    SamplingMessage {
        content,
        ..SamplingMessage::user("")
    }
}

fn picture() -> SamplingContent {
    SamplingContent::Image(ImageContent {
        data: "AAAA".to_owned(),
        mime_type: "image/png".to_owned(),
        ..ImageContent::default()
    })
}

fn sound(mime_type: &str) -> SamplingContent {
    SamplingContent::Audio(AudioContent {
        data: "BBBB".to_owned(),
        mime_type: mime_type.to_owned(),
        ..AudioContent::default()
    })
}

/// A question about the weather, with a tool whose name no provider takes.
fn weather() -> CreateMessageParams {
    let schema = r#"{"type":"object","properties":{"city":{"type":"string"}}}"#;
    let tool = Tool {
        description: Some("The weather".to_owned()),
        ..Tool::new("weather.now", serde_json::from_str(schema).unwrap())
    };
    CreateMessageParams {
        tools: Some(vec![tool]),
        tool_choice: Some(ToolChoice {
            mode: Some(ToolChoiceMode::Required),
        }),
        ..CreateMessageParams::text("Weather in Rome?", 100)
    }
}

/// The call of the tool in an answer.
fn call(answer: &CreateMessageResult) -> &ToolUseContent {
    assert_eq!(answer.stop_reason.as_deref(), Some("toolUse"));
    let Some(SamplingContent::ToolUse(call)) = answer.content.last() else {
        unreachable!("{answer:?}");
    };
    call
}

/// What the server asks after it has run the tool that the model called.
fn with_result(answer: &CreateMessageResult, text: &str, is_error: bool) -> CreateMessageParams {
    let mut question = weather();
    question.tool_choice = None;
    question.messages.push(SamplingMessage {
        content: answer.content.clone(),
        ..SamplingMessage::assistant("")
    });
    question
        .messages
        .push(said_by_user(vec![SamplingContent::ToolResult(
            ToolResultContent {
                tool_use_id: call(answer).id.clone(),
                content: vec![Content::text(text)],
                is_error,
                ..ToolResultContent::default()
            },
        )]));
    question
}

/// The whole way with a tool: the model calls it, and uses its result.
async fn use_the_tool(model: &ModelApi) {
    let answer = ask(model, weather()).await.unwrap();
    let called = call(&answer);
    assert_eq!(called.name, "weather.now");
    assert_eq!(
        called.input,
        Map::from_iter([("city".to_owned(), json!("Rome"))])
    );
    let told = ask(model, with_result(&answer, "sunny", false))
        .await
        .unwrap();
    assert_eq!(
        (told.text().as_str(), told.stop_reason.as_deref()),
        ("It is sunny.", Some("endTurn"))
    );
    let told = ask(model, with_result(&answer, "no data", true))
        .await
        .unwrap();
    assert_eq!(told.text(), "It failed.");
}
