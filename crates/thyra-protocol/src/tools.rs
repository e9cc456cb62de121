//! Tools: what they are, how they are listed and how they are called (MCP `server/tools`).

mod call;
mod list;
mod tool;

pub use call::{CallToolParams, CallToolResult};
pub use list::{ListToolsParams, ListToolsResult};
pub use tool::{TaskSupport, Tool, ToolAnnotations, ToolExecution};

#[cfg(test)]
mod tests;
