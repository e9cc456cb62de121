//! `elicitation/create`: asking the person for input (MCP `client/elicitation`, from 2025-06-18).

mod format;
mod params;
mod result;

pub use format::TextFormat;
pub use params::{ElicitFormParams, ElicitParams, ElicitUrlParams};
pub use result::{ElicitAction, ElicitResult, ElicitationCompleteParams};

#[cfg(test)]
mod tests;
