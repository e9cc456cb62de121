//! What a peer says it can do (MCP `basic/lifecycle` and `server/discover`, capabilities).

mod client;
mod server;

pub use client::{ClientCapabilities, ElicitationCapability, RootsCapability, SamplingCapability};
pub use server::{PromptsCapability, ResourcesCapability, ServerCapabilities, ToolsCapability};

#[cfg(test)]
mod tests;
