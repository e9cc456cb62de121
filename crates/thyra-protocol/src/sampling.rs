//! `sampling/createMessage`: asking the client's language model (MCP `client/sampling`).

mod content;
mod message;
mod params;
mod preferences;
mod result;

pub use content::{SamplingContent, ToolResultContent, ToolUseContent};
pub use message::SamplingMessage;
pub use params::{CreateMessageParams, IncludeContext, ToolChoice, ToolChoiceMode};
pub use preferences::{ModelHint, ModelPreferences};
pub use result::CreateMessageResult;

#[cfg(test)]
mod tests;
