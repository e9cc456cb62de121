//! Requests that take several rounds: the server's questions, and the client's answers (MCP
//! `basic/patterns/mrtr`, from 2026-07-28).

mod request;
mod required;
mod responses;

pub use request::{InputRequest, InputRequestParams, InputRequests};
pub use required::InputRequiredResult;
pub use responses::InputResponses;

#[cfg(test)]
mod tests;
