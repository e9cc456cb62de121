//! Requests that go on after their first answer (extension `io.modelcontextprotocol/tasks`, from
//! 2026-07-28). They differ from the experimental tasks of 2025-11-25.

mod params;
mod result;
mod task;

pub use params::{CancelTaskParams, GetTaskParams, UpdateTaskParams};
pub use result::{CreateTaskResult, GetTaskResult};
pub use task::{DetailedTask, Task, TaskState, TaskStatus};

/// The identifier of the extension, the key of its (empty) settings in both sides' capabilities.
pub const TASKS_EXTENSION: &str = "io.modelcontextprotocol/tasks";

#[cfg(test)]
mod tests;
