//! Handlers as `#[tool]` and `Tool::new` make them, called without a server around.

mod arguments;
mod blocking;
mod closed;
mod dependencies;
mod errors;
mod inject;
mod integers;
mod left_out;
mod misfits;
mod outputs;
mod schemas;

use serde_json::Value;
use serde_json::value::RawValue;
use thyra_protocol::{CallToolResult, Content, RequestId, Revision};

use super::CallError;
use crate::component::tool::{IntoTool, Tool};
use crate::context::{RequestScope, RequestScopeBuilder};

fn scope() -> RequestScope {
    builder().build()
}

fn builder() -> RequestScopeBuilder {
    RequestScope::builder(Revision::V2025_11_25, RequestId::Number(1))
}

async fn call_in<Marker>(
    scope: &RequestScope,
    tool: impl IntoTool<Marker>,
    arguments: &str,
) -> Result<CallToolResult, CallError> {
    let arguments =
        RawValue::from_string(arguments.to_owned()).expect("the test's arguments are JSON");
    tool.into_tool().try_call(Some(&arguments), scope).await
}

async fn call<Marker>(
    tool: impl IntoTool<Marker>,
    arguments: &str,
) -> Result<CallToolResult, CallError> {
    call_in(&scope(), tool, arguments).await
}

/// What the caller reads when a server answers.
async fn call_through_server<Marker>(tool: impl IntoTool<Marker>, arguments: &str) -> String {
    let tool = tool.into_tool();
    let name = tool.name().to_owned();
    let arguments: Value = serde_json::from_str(arguments).expect("the test's arguments are JSON");
    let server = crate::Server::new("test").tool(tool);
    text_of(
        &server
            .call_tool(&name, &arguments)
            .await
            .expect("the server answers"),
    )
}

/// What the caller reads, of an answer or of an error.
async fn text<Marker>(tool: impl IntoTool<Marker>, arguments: &str) -> String {
    let arguments =
        RawValue::from_string(arguments.to_owned()).expect("the test's arguments are JSON");
    text_of(&tool.into_tool().call(Some(&arguments), &scope()).await)
}

fn text_of(result: &CallToolResult) -> String {
    let texts = result.content.iter().map(|content| match content {
        Content::Text(text) => text.text.clone(),
        other => panic!("not a text: {other:?}"),
    });
    texts.collect::<Vec<_>>().join("\n---\n")
}

fn input_schema<Marker>(tool: impl IntoTool<Marker>) -> String {
    pretty(&tool.into_tool().definition().input_schema)
}

fn output_schema<Marker>(tool: impl IntoTool<Marker>) -> Option<String> {
    tool.into_tool()
        .definition()
        .output_schema
        .as_deref()
        .map(pretty)
}

fn pretty(json: &RawValue) -> String {
    let value: Value = serde_json::from_str(json.get()).expect("a schema is JSON");
    serde_json::to_string_pretty(&value).expect("JSON can be written")
}

/// A tool whose handler was made by hand.
fn problems(tool: &Tool) -> String {
    tool.problems().join("\n")
}
