//! The record of a task.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thyra_auth::{PrincipalId, SubjectId};
use thyra_protocol::{DetailedTask, ErrorObject, InputRequests, TaskState, TaskStatus};

/// The longest status message, in bytes.
const LONGEST_MESSAGE: usize = 1024;

/// Everything that is known about a task. It serialises to JSON for stores outside this process.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TaskRecord {
    /// The identifier that the client uses: 192 random bits.
    pub id: String,
    /// Who may see it.
    pub owner: TaskOwner,
    /// The tool that was called.
    pub tool: String,
    /// The version of the tool, if it has one.
    pub tool_version: Option<String>,
    /// Whether the tool had scopes or checks when it was called. If it is gone, nobody can be asked
    /// any more who may see its result.
    pub guarded: bool,
    /// How far the task has got.
    pub stage: TaskStage,
    /// What the task is doing, in words for people.
    pub status_message: Option<String>,
    /// When the task was started, since 1970.
    pub created: Duration,
    /// When the record was last changed, since 1970.
    pub updated: Duration,
    /// How long the record is kept, counted from the start of the task.
    pub ttl: Duration,
    /// How often clients should poll.
    pub poll_interval: Duration,
    /// How often the record was changed. A store only accepts a change to the version that it
    /// holds, and then counts up.
    pub version: u64,
}

/// The owner of a task. All callers without a token are one owner: only the task's id keeps their
/// tasks apart.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize,
)]
#[serde(transparent)]
pub struct TaskOwner(Option<PrincipalId>);

/// How far a task has got. The last three stages are final.
#[derive(Clone, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaskStage {
    /// It is working, or waiting for answers.
    Running(RunningTask),
    /// The tool has answered. This is its result, as JSON.
    Completed(Box<RawValue>),
    /// The call ended with a JSON-RPC error.
    Failed(ErrorObject),
    /// It was cancelled.
    Cancelled,
}

/// The questions and answers of a task that has not ended.
#[derive(Clone, Default, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RunningTask {
    /// The questions without an answer, by key.
    pub outstanding: InputRequests,
    /// The answers that the task has not fetched yet.
    pub answers: BTreeMap<String, Box<RawValue>>,
}

/// The tool that a task runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunTool<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: Option<&'a str>,
    /// Whether it has scopes or checks.
    pub(crate) guarded: bool,
}

impl TaskRecord {
    pub(super) fn new(
        id: String,
        owner: TaskOwner,
        tool: RunTool<'_>,
        now: Duration,
        ttl: Duration,
        poll_interval: Duration,
    ) -> Self {
        Self {
            id,
            owner,
            tool: tool.name.to_owned(),
            tool_version: tool.version.map(str::to_owned),
            guarded: tool.guarded,
            stage: TaskStage::Running(RunningTask::default()),
            status_message: None,
            created: now,
            updated: now,
            ttl,
            poll_interval,
            version: 0,
        }
    }

    /// When the record is forgotten, since 1970.
    pub fn expires(&self) -> Duration {
        self.created.saturating_add(self.ttl)
    }

    /// The status that clients see.
    pub fn status(&self) -> TaskStatus {
        match &self.stage {
            TaskStage::Running(running) if running.outstanding.is_empty() => TaskStatus::Working,
            TaskStage::Running(_) => TaskStatus::InputRequired,
            TaskStage::Completed(_) => TaskStatus::Completed,
            TaskStage::Failed(_) => TaskStatus::Failed,
            TaskStage::Cancelled => TaskStatus::Cancelled,
        }
    }

    /// Everything that clients see of the task.
    pub(crate) fn detailed(&self) -> DetailedTask {
        let status = match &self.stage {
            TaskStage::Running(running) if running.outstanding.is_empty() => TaskState::Working,
            TaskStage::Running(running) => TaskState::InputRequired(running.outstanding.clone()),
            TaskStage::Completed(result) => TaskState::Completed(result.clone()),
            TaskStage::Failed(error) => TaskState::Failed(error.clone()),
            TaskStage::Cancelled => TaskState::Cancelled,
        };
        DetailedTask {
            task_id: self.id.clone(),
            status,
            status_message: self.status_message.clone(),
            created_at: iso_8601(self.created),
            last_updated_at: iso_8601(self.updated),
            ttl_ms: Some(milliseconds(self.ttl)),
            poll_interval_ms: Some(milliseconds(self.poll_interval)),
        }
    }

    /// The part that changes while the task runs; `None` when it has ended.
    pub(super) fn running_mut(&mut self) -> Option<&mut RunningTask> {
        match &mut self.stage {
            TaskStage::Running(running) => Some(running),
            _ => None,
        }
    }

    /// Ends the task, if it has not ended yet.
    pub(super) fn end(&mut self, stage: TaskStage) -> Option<()> {
        self.running_mut()?;
        self.stage = stage;
        Some(())
    }

    /// Sets the status message.
    pub(super) fn say(&mut self, text: &str) -> Option<()> {
        self.running_mut()?;
        let text = text.get(..text.floor_char_boundary(LONGEST_MESSAGE))?;
        self.status_message = Some(text.to_owned());
        Some(())
    }
}

impl RunningTask {
    /// Keeps `answer` for the task to fetch, if its question is outstanding.
    pub(super) fn answer(&mut self, key: &str, answer: &RawValue) -> bool {
        let known = self.outstanding.remove(key).is_some();
        if known {
            self.answers.insert(key.to_owned(), answer.to_owned());
        }
        known
    }
}

impl TaskOwner {
    /// The owner of tasks that this caller starts; pass `None` for a caller without a token.
    pub fn of(principal: Option<&PrincipalId>) -> Self {
        Self(principal.copied())
    }

    /// Whose tasks count together in a quota: all of one person, whichever clients they use. `None`
    /// for callers without a token.
    pub fn subject(&self) -> Option<SubjectId> {
        self.0.map(|id| id.subject())
    }

    /// Whether this stands for all callers without a token, who cannot be told apart.
    pub fn is_anybody(&self) -> bool {
        self.0.is_none()
    }
}

/// `time` since 1970, in UTC, to the millisecond.
fn iso_8601(time: Duration) -> String {
    /// 9999-12-31, the last day whose year has four digits.
    const LAST: Duration = Duration::from_hours(2_932_896 * 24);
    humantime::format_rfc3339_millis(UNIX_EPOCH + time.min(LAST)).to_string()
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Debug for TaskStage {
    /// Leaves out results, which are private to the caller.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running(running) => fmt::Debug::fmt(running, f),
            Self::Completed(_) => f.write_str("Completed(..)"),
            Self::Failed(error) => f.debug_tuple("Failed").field(&error.code).finish(),
            Self::Cancelled => f.write_str("Cancelled"),
        }
    }
}

impl fmt::Debug for RunningTask {
    /// Only the keys: questions and answers are private to the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningTask")
            .field("outstanding", &self.outstanding.keys())
            .field("answers", &self.answers.keys())
            .finish()
    }
}
