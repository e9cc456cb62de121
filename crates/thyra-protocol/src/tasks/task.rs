//! A task, and its state.

use serde::de::{Deserializer, Error as _};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::error::ErrorObject;
use crate::form::{Form, Members, Written, for_revision};
use crate::mrtr::InputRequests;

/// A task: a request that goes on after its first answer. `S` is its state: only the
/// [`TaskStatus`], or the whole [`TaskState`] in a [`DetailedTask`].
#[derive(Clone, Debug, PartialEq)]
pub struct Task<S = TaskStatus> {
    /// The id of the task. It must be unguessable.
    pub task_id: String,
    /// Its state.
    pub status: S,
    /// Its state in words for people. It must hold no secrets.
    pub status_message: Option<String>,
    /// When it began, as an ISO 8601 time.
    pub created_at: String,
    /// When it last changed, as an ISO 8601 time.
    pub last_updated_at: String,
    /// How long the task is kept after it began, in milliseconds; `None` means forever. It may
    /// change.
    pub ttl_ms: Option<u64>,
    /// How long to wait between two polls, in milliseconds. It may change.
    pub poll_interval_ms: Option<u64>,
}

/// A task with its whole state.
pub type DetailedTask = Task<TaskState>;

/// The state of a task, without details.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaskStatus {
    /// It was cancelled.
    Cancelled,
    /// It is done; its result may still say that the tool failed.
    Completed,
    /// It ended with a JSON-RPC error.
    Failed,
    /// It waits for the client.
    InputRequired,
    /// It is running.
    Working,
}

/// The state of a task, with its details.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TaskState {
    /// It was cancelled.
    Cancelled,
    /// It is done: the result of the request that began it, an object.
    Completed(Box<RawValue>),
    /// It ended with this error.
    Failed(ErrorObject),
    /// It waits for the client to answer these.
    InputRequired(InputRequests),
    /// It is running.
    Working,
}

impl TaskState {
    /// The state without its details.
    pub fn status(&self) -> TaskStatus {
        match self {
            TaskState::Cancelled => TaskStatus::Cancelled,
            TaskState::Completed(_) => TaskStatus::Completed,
            TaskState::Failed(_) => TaskStatus::Failed,
            TaskState::InputRequired(_) => TaskStatus::InputRequired,
            TaskState::Working => TaskStatus::Working,
        }
    }
}

impl TaskStatus {
    /// Whether the state is final.
    pub fn is_terminal(self) -> bool {
        matches!(
            self,
            TaskStatus::Cancelled | TaskStatus::Completed | TaskStatus::Failed
        )
    }
}

impl DetailedTask {
    /// The task without the details of its state.
    pub fn summary(&self) -> Task {
        Task {
            task_id: self.task_id.clone(),
            status: self.status.status(),
            status_message: self.status_message.clone(),
            created_at: self.created_at.clone(),
            last_updated_at: self.last_updated_at.clone(),
            ttl_ms: self.ttl_ms,
            poll_interval_ms: self.poll_interval_ms,
        }
    }
}

for_revision!(Task, DetailedTask);

impl Written for Task {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        self.put_summary(&mut members)?;
        members.end()
    }
}

impl Written for DetailedTask {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members::begin(form, serializer)?;
        self.put_all(&mut members)?;
        members.end()
    }
}

impl Task {
    /// Writes everything.
    pub(super) fn put_summary<M: SerializeMap>(
        &self,
        members: &mut Members<'_, M>,
    ) -> Result<(), M::Error> {
        self.put_members(self.status, members)
    }
}

impl<S> Task<S> {
    /// Writes everything but the details of the state.
    fn put_members<M: SerializeMap>(
        &self,
        status: TaskStatus,
        members: &mut Members<'_, M>,
    ) -> Result<(), M::Error> {
        members.put("taskId", &self.task_id)?;
        members.put("status", &status)?;
        members.put_some("statusMessage", self.status_message.as_ref())?;
        members.put("createdAt", &self.created_at)?;
        members.put("lastUpdatedAt", &self.last_updated_at)?;
        members.put("ttlMs", &self.ttl_ms)?;
        members.put_some("pollIntervalMs", self.poll_interval_ms.as_ref())
    }
}

impl DetailedTask {
    /// Writes everything.
    pub(super) fn put_all<M: SerializeMap>(
        &self,
        members: &mut Members<'_, M>,
    ) -> Result<(), M::Error> {
        self.put_members(self.status.status(), members)?;
        match &self.status {
            TaskState::Cancelled | TaskState::Working => Ok(()),
            TaskState::Completed(result) => members.put("result", result),
            TaskState::Failed(error) => members.put("error", error),
            TaskState::InputRequired(requests) => members.put_entries("inputRequests", requests),
        }
    }
}

/// A task on the wire: all members in one object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Flat {
    task_id: String,
    status: TaskStatus,
    #[serde(default)]
    status_message: Option<String>,
    created_at: String,
    last_updated_at: String,
    #[serde(default)]
    ttl_ms: Option<u64>,
    #[serde(default)]
    poll_interval_ms: Option<u64>,
    #[serde(default)]
    result: Option<Box<RawValue>>,
    #[serde(default)]
    error: Option<ErrorObject>,
    #[serde(default)]
    input_requests: Option<InputRequests>,
}

impl<'de> Deserialize<'de> for Task {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let flat = Flat::deserialize(deserializer)?;
        let status = flat.status;
        Ok(flat.with(status))
    }
}

impl<'de> Deserialize<'de> for DetailedTask {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut flat = Flat::deserialize(deserializer)?;
        let missing = D::Error::missing_field;
        let state = match flat.status {
            TaskStatus::Cancelled => TaskState::Cancelled,
            TaskStatus::Completed => {
                TaskState::Completed(flat.result.take().ok_or_else(|| missing("result"))?)
            }
            TaskStatus::Failed => {
                TaskState::Failed(flat.error.take().ok_or_else(|| missing("error"))?)
            }
            TaskStatus::InputRequired => TaskState::InputRequired(
                flat.input_requests
                    .take()
                    .ok_or_else(|| missing("inputRequests"))?,
            ),
            TaskStatus::Working => TaskState::Working,
        };
        Ok(flat.with(state))
    }
}

impl Flat {
    fn with<S>(self, status: S) -> Task<S> {
        Task {
            task_id: self.task_id,
            status,
            status_message: self.status_message,
            created_at: self.created_at,
            last_updated_at: self.last_updated_at,
            ttl_ms: self.ttl_ms,
            poll_interval_ms: self.poll_interval_ms,
        }
    }
}
