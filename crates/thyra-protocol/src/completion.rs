//! `completion/complete` (MCP `server/utilities/completion`).

mod params;
mod result;

pub use params::{CompleteParams, CompletionArgument, CompletionReference};
pub use result::CompleteResult;

#[cfg(test)]
mod tests;
