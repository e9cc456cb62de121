//! Tools that answer at once, and tools that report on the way.

use std::time::Duration;

use serde_json::json;
use thyra::prelude::*;
use thyra::{Audio, ClientCapability, Image, Selector, TextResourceContents};
use tokio::time::sleep;

use crate::RED_DOT;

/// How long each step of a slow tool takes.
const STEP: Duration = Duration::from_millis(50);

pub(crate) fn add_to(server: Server) -> Server {
    server
        .tool(test_simple_text)
        .tool(test_image_content)
        .tool(test_audio_content)
        .tool(test_embedded_resource)
        .tool(test_multiple_content_types)
        .tool(test_structured_content)
        .tool(test_error_handling)
        .tool(test_tool_with_progress)
        .tool(test_tool_with_logging)
        .tool(test_logging_tool)
        .tool(test_reconnection)
        .tool(test_x_mcp_header)
        .tool(test_missing_capability)
        .tool(test_trigger_tool_change)
        .tool(test_trigger_prompt_change)
        .tool(test_sometimes)
        .tool(json_schema_2020_12_tool())
}

/// Says something simple.
#[tool(read_only)]
async fn test_simple_text() -> &'static str {
    "This is a simple text response for testing."
}

/// Shows a red dot.
#[tool(read_only)]
async fn test_image_content() -> Content {
    Image::new(RED_DOT, "image/png").into()
}

/// Plays nothing for a moment.
#[tool(read_only)]
async fn test_audio_content() -> Content {
    // A WAV file of one silent sample: its two chunks, then two bytes of sound.
    let mut silence = Vec::from(*b"RIFF\x26\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0");
    silence.extend(*b"\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x02\0\0\0\0\0");
    Audio::new(silence, "audio/wav").into()
}

/// Hands over a resource within its answer.
#[tool(read_only)]
async fn test_embedded_resource() -> Content {
    embedded(
        "test://embedded-resource",
        "text/plain",
        "This is an embedded resource content.",
    )
}

/// Answers with text, an image and a resource.
#[tool(read_only)]
async fn test_multiple_content_types() -> Vec<Content> {
    vec![
        Content::text("Multiple content types test:"),
        Image::new(RED_DOT, "image/png").into(),
        embedded(
            "test://mixed-content-resource",
            "application/json",
            r#"{"test":"data","value":123}"#,
        ),
    ]
}

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Weather {
    /// Degrees Celsius
    temperature: f64,
    conditions: String,
}

/// The weather in a city, as it always is there.
#[tool(read_only)]
async fn test_structured_content(
    /// City name
    city: String,
) -> Json<Weather> {
    Json(Weather {
        temperature: 22.5,
        conditions: format!("Sunny in {city}"),
    })
}

/// Fails.
#[tool]
async fn test_error_handling() -> Result<String, ToolError> {
    Err(ToolError::new(
        "This tool intentionally returns an error for testing",
    ))
}

/// Reports progress on its way.
#[tool]
async fn test_tool_with_progress(ctx: Context) -> &'static str {
    ctx.progress(0, 100).await;
    sleep(STEP).await;
    ctx.progress(50, 100).await;
    sleep(STEP).await;
    ctx.progress(100, 100).await;
    // Some clients miss progress that arrives together with the answer.
    sleep(STEP).await;
    "Done, with progress"
}

/// Sends log messages on its way.
#[tool]
async fn test_tool_with_logging(ctx: Context) -> &'static str {
    ctx.info("Tool execution started").await;
    sleep(STEP).await;
    ctx.info("Tool processing data").await;
    sleep(STEP).await;
    ctx.info("Tool execution completed").await;
    "Done, with log messages"
}

/// Logs to whoever asked for it.
#[tool]
async fn test_logging_tool(ctx: Context) -> &'static str {
    ctx.info("Somebody called").await;
    ctx.debug(json!({ "revision": ctx.revision().as_str() }))
        .await;
    "Logged, if you asked for it"
}

/// Closes its event stream and ends a little later; clients come back for the answer.
#[tool]
async fn test_reconnection(ctx: Context) -> &'static str {
    ctx.close_stream();
    sleep(STEP).await;
    "You came back"
}

/// Wants its region repeated in an HTTP header, for those who route by it.
#[tool(read_only)]
async fn test_x_mcp_header(
    /// Where to look
    #[arg(header = "Region")]
    region: String,
    /// How far to look
    #[arg(header = "Limit")]
    limit: Option<i64>,
) -> String {
    format!("Looked in {region}, at most {}", limit.unwrap_or(10))
}

/// Needs a client that can ask its model.
#[tool]
async fn test_missing_capability(ctx: Context) -> Result<&'static str, ToolError> {
    ctx.require(ClientCapability::Sampling)?;
    Ok("This client can ask its model")
}

/// Comes and goes.
#[tool]
async fn test_sometimes() -> &'static str {
    "Here I am"
}

/// Makes the tool `test_sometimes` go, and come back with the next call.
#[tool]
async fn test_trigger_tool_change(ctx: Context) -> Result<&'static str, ToolError> {
    toggle(&ctx, Selector::tool("test_sometimes"))
}

/// Makes the prompt `test_sometimes` go, and come back with the next call.
#[tool]
async fn test_trigger_prompt_change(ctx: Context) -> Result<&'static str, ToolError> {
    toggle(&ctx, Selector::prompt("test_sometimes"))
}

fn toggle(ctx: &Context, selector: Selector) -> Result<&'static str, ToolError> {
    let server = ctx
        .server()
        .ok_or(ToolError::new("There is no server around this call."))?;
    if server.is_enabled(&selector) {
        server.disable(selector);
        Ok("Gone")
    } else {
        server.enable(selector);
        Ok("Back")
    }
}

/// A tool whose schema was written by hand, with all that JSON Schema 2020-12 has.
fn json_schema_2020_12_tool() -> Tool {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
            },
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    });
    Tool::new(
        "json_schema_2020_12_tool",
        |Args(contact): Args<Contact>| async move {
            contact.name.unwrap_or_else(|| "Somebody".to_owned())
        },
    )
    .description("Tool with JSON Schema 2020-12 features")
    .input_schema(schema)
}

/// The part of the schema above that the tool reads.
#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Contact {
    name: Option<String>,
}

fn embedded(uri: &str, mime_type: &str, text: &str) -> Content {
    Content::resource(TextResourceContents {
        uri: uri.to_owned(),
        mime_type: Some(mime_type.to_owned()),
        text: text.to_owned(),
        meta: None,
    })
}
