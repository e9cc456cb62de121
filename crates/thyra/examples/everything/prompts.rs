//! Prompts: messages for a model, which people choose.

use thyra::prelude::*;
use thyra::{Image, PromptMessage, TextResourceContents};

use crate::RED_DOT;

pub(crate) fn add_to(server: Server) -> Server {
    server
        .prompt(test_simple_prompt)
        .prompt(test_prompt_with_arguments)
        .prompt(test_prompt_with_embedded_resource)
        .prompt(test_prompt_with_image)
        .prompt(test_input_required_result_prompt)
        .prompt(test_sometimes)
}

/// A prompt without arguments.
#[prompt]
async fn test_simple_prompt() -> &'static str {
    "This is a simple prompt for testing."
}

/// A prompt with two arguments.
#[prompt]
async fn test_prompt_with_arguments(
    /// First test argument
    #[arg(complete = thyra::completion_values(["paris", "park", "party"]))]
    arg1: String,
    /// Second test argument
    arg2: String,
) -> String {
    format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'")
}

/// A prompt that brings a resource along.
#[prompt]
async fn test_prompt_with_embedded_resource(
    /// URI of the resource to embed
    #[arg(name = "resourceUri")]
    resource_uri: String,
) -> Vec<PromptMessage> {
    let resource = Content::resource(TextResourceContents {
        uri: resource_uri,
        mime_type: Some("text/plain".to_owned()),
        text: "Embedded resource content for testing.".to_owned(),
        meta: None,
    });
    vec![
        PromptMessage::user(resource),
        PromptMessage::user("Please process the embedded resource above."),
    ]
}

/// A prompt that brings an image along.
#[prompt]
async fn test_prompt_with_image() -> Vec<PromptMessage> {
    vec![
        PromptMessage::user(Image::new(RED_DOT, "image/png")),
        PromptMessage::user("Please analyze the image above."),
    ]
}

#[derive(Elicit)]
struct Wanted {
    context: String,
}

/// A prompt that asks the user before it says anything.
#[prompt]
async fn test_input_required_result_prompt(ctx: Context) -> Result<String, ToolError> {
    let Wanted { context } = ctx
        .ask("user_context", "What context should the prompt use?")
        .await?;
    Ok(format!("Use this context: {context}"))
}

/// Comes and goes.
#[prompt]
async fn test_sometimes() -> &'static str {
    "Here I am"
}
