//! `elicitation/create`: asking the person for input (MCP `client/elicitation`, from 2025-06-18).

mod params;
mod result;

pub use params::{ElicitFormParams, ElicitParams, ElicitUrlParams};
pub use result::{ElicitAction, ElicitResult, ElicitationCompleteParams};

#[cfg(test)]
mod tests;
