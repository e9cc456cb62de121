//! Prompts: messages that a server offers for a person to choose (MCP `server/prompts`).

mod get;
mod list;
mod prompt;

pub use get::{GetPromptParams, GetPromptResult, PromptMessage};
pub use list::{ListPromptsParams, ListPromptsResult};
pub use prompt::{Prompt, PromptArgument};

#[cfg(test)]
mod tests;
