//! The experimental tasks of 2025-11-25 (`basic/utilities/tasks`): the client asks for a task, if
//! the tool can run as one, and asks for the result on its own.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thyra_protocol::{
    CallToolParams, RequestMeta, Revision, TaskStatus, TaskSupport, Tool, method as methods,
};

use super::super::Client;
use super::super::request::{Subject, parsed, unusable};
use super::{TaskReport, params};
use crate::error::ClientError;

/// The most tools of which it is remembered that they run as tasks, and the most pages and tasks of
/// a list of tasks.
const MOST_TOOLS: usize = 10_000;
const MOST_PAGES: usize = 100;
const MOST_TASKS: usize = 10_000;

/// Which tools can run as tasks, as the server listed them last; `None` before it did.
#[derive(Debug, Default)]
pub(crate) struct TaskSupports(Mutex<Option<HashMap<String, TaskSupport>>>);

impl TaskSupports {
    fn replace(&self, tools: &[Tool]) {
        let support = |tool: &Tool| {
            let support = tool.execution?.task_support?;
            (support != TaskSupport::Forbidden).then(|| (tool.name.clone(), support))
        };
        let known = tools.iter().filter_map(support).take(MOST_TOOLS).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }

    /// Whether a tool can run as a task; `None` when no list says so.
    fn of(&self, tool: &str) -> Option<TaskSupport> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let support = known.as_ref()?.get(tool).copied();
        Some(support.unwrap_or(TaskSupport::Forbidden))
    }
}

/// The params of a call that is to become a task. How long the server keeps it is its own choice.
#[derive(Serialize)]
pub(in super::super) struct AsTask<'a> {
    #[serde(flatten)]
    pub(in super::super) call: CallToolParams<'a>,
    pub(in super::super) task: Wish,
}

#[derive(Serialize)]
pub(in super::super) struct Wish {}

impl Client {
    /// Remembers which tools can run as tasks.
    pub(in super::super) fn learn_tasks(&self, tools: &[Tool]) {
        let revision = self.0.conversation.revision();
        if revision.is_some_and(Revision::has_core_tasks) {
            self.0.task_supports.replace(tools);
        }
    }

    /// Whether the server makes tasks of calls that ask for it.
    pub(in super::super) async fn has_core_tasks(&self) -> Result<bool, ClientError> {
        self.core_tasks(&["requests", "tools", "call"]).await
    }

    /// Whether the server's capability `tasks` has this member.
    async fn core_tasks(&self, path: &[&str]) -> Result<bool, ClientError> {
        if !self.0.has_tasks || !self.revision().await?.has_core_tasks() {
            return Ok(false);
        }
        let has = self.capabilities().await?;
        let tasks = has.and_then(|has| has.tasks).map(serde_json::Value::Object);
        let member = path.iter().try_fold(tasks.as_ref(), |value, name| {
            value.map(|value| value.get(name))
        });
        Ok(member.flatten().is_some())
    }

    /// Whether a call of `tool` has to become a task, as far as that is known.
    pub(in super::super) async fn must_be_task(&self, tool: &str) -> Result<bool, ClientError> {
        Ok(self.has_core_tasks().await?
            && self.0.task_supports.of(tool) == Some(TaskSupport::Required))
    }

    /// Whether a call of `tool` can become a task. If that is not known, the server lists its
    /// tools.
    pub(in super::super) async fn may_be_task(&self, tool: &str) -> Result<bool, ClientError> {
        if !self.has_core_tasks().await? {
            return Ok(false);
        }
        if self.0.task_supports.of(tool).is_none() {
            Box::pin(self.list_tools()).await?;
        }
        let support = self.0.task_supports.of(tool);
        Ok(support.is_some_and(|support| support != TaskSupport::Forbidden))
    }

    /// Waits for the result of the task `id`. What the task asks comes while this waits.
    pub(super) async fn core_result(&self, id: &str) -> Result<Box<RawValue>, ClientError> {
        let subject = Subject {
            name: Some(id),
            ..Subject::of(methods::TASKS_RESULT)
        };
        self.send(subject, params(id), &mut |_| {}).await
    }

    /// Lists the tasks that the server has for this client (MCP `tasks/list`). Only 2025-11-25 has
    /// such a list; without one, it is empty.
    ///
    /// # Errors
    ///
    /// [`ClientError`], also when the list has more than 100 pages or 10 000 tasks.
    pub async fn list_tasks(&self) -> Result<Vec<(String, TaskReport)>, ClientError> {
        #[derive(Serialize)]
        struct Params<'a> {
            #[serde(rename = "_meta", skip_serializing_if = "RequestMeta::is_empty")]
            meta: RequestMeta<'a>,
            #[serde(skip_serializing_if = "Option::is_none")]
            cursor: Option<&'a str>,
        }

        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Page {
            tasks: Vec<Entry>,
            #[serde(default)]
            next_cursor: Option<String>,
        }

        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Entry {
            task_id: String,
            status: TaskStatus,
            #[serde(default)]
            status_message: Option<String>,
        }

        let method = methods::TASKS_LIST;
        let mut tasks = Vec::new();
        if !self.core_tasks(&["list"]).await? {
            return Ok(tasks);
        }
        let mut cursor: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let params = |meta, _| Params {
                meta,
                cursor: cursor.as_deref(),
            };
            let page = self.send(Subject::of(method), params, &mut |_| {}).await?;
            let page: Page = parsed(method, &page)?;
            tasks.extend(page.tasks.into_iter().map(|entry| {
                let report = TaskReport {
                    status: entry.status,
                    message: entry.status_message,
                };
                (entry.task_id, report)
            }));
            if tasks.len() > MOST_TASKS {
                break;
            }
            match page.next_cursor.filter(|next| !next.is_empty()) {
                None => return Ok(tasks),
                // A cursor that leads to itself does not end.
                next if next == cursor => break,
                next => cursor = next,
            }
        }
        Err(unusable(method, "the list does not end"))
    }
}

/// The id of the task that the server has made of a call; `None` if it has answered at once.
pub(in super::super) fn begun(result: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Created {
        task: Begun,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Begun {
        task_id: String,
    }

    let created: Created = serde_json::from_str(result.get()).ok()?;
    Some(created.task.task_id)
}
