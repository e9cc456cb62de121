//! Calls that go on as tasks (extension `io.modelcontextprotocol/tasks`, from 2026-07-28; in
//! 2025-11-25, an experimental part of the core).

mod core;
mod follow;

use std::borrow::Cow;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thyra_protocol::{
    CallToolResult, Era, GetTaskParams, RequestMeta, Revision, TaskStatus, method as methods,
};

pub(crate) use self::core::TaskSupports;
pub(super) use self::core::{AsTask, Wish, begun};
use self::follow::CancelOnDrop;
use super::Client;
use super::call::Outside;
use super::request::{Subject, unusable};
use super::rounds::Settled;
use crate::error::ClientError;

/// A call of a tool that may go on as a task ([`Client::call_task`], [`Client::task`]).
///
/// Dropping it changes nothing at the server: the task goes on, and [`Client::task`] finds it by
/// its id until the server forgets it.
#[derive(Clone, Debug)]
pub struct ToolTask {
    client: Client,
    state: State,
    outside: Option<Arc<dyn Outside<CallToolResult>>>,
}

#[derive(Clone, Debug)]
enum State {
    /// The server answered at once.
    Done(Box<CallToolResult>),
    Task {
        /// The server's id of it.
        id: String,
        /// What the caller calls it.
        shown: String,
        /// The call, if this program has begun it.
        begun: Option<Arc<Begun>>,
    },
}

/// A call that was sent.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) tool: String,
    /// What its `_meta` said.
    #[cfg_attr(
        not(feature = "output-validation"),
        expect(dead_code, reason = "only its output is held against it")
    )]
    pub(super) meta: Vec<(String, Box<RawValue>)>,
}

/// How far a task has come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskReport {
    /// Its state.
    pub status: TaskStatus,
    /// Its state in words for people, if the server says it. It may hold control characters: show
    /// it with [`Printable`](thyra_oauth::Printable).
    pub message: Option<String>,
}

impl Client {
    /// Calls a tool, and does not wait if the server goes on with the call as a task. `arguments`
    /// must serialise as a JSON object, or be `()`.
    ///
    /// Whether it becomes a task is the server's choice; [`Client::call_tool`] waits for either. A
    /// server of 2025-11-25 with experimental tasks makes one if the tool can run as one.
    /// Questions that the server asks before it begins the task are answered. More can be said
    /// about the call with [`Client::call`] and [`Call::begin`](super::Call::begin).
    ///
    /// ```no_run
    /// # async fn example(client: thyra_client::Client) -> Result<(), thyra_client::ClientError> {
    /// let task = client.call_task("report", &serde_json::json!({ "year": 2026 })).await?;
    /// println!("{:?} {:?}", task.id(), task.status().await?.status);
    /// let result = task.result().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Client::call_tool`].
    pub async fn call_task<A: Serialize + ?Sized>(
        &self,
        name: &str,
        arguments: &A,
    ) -> Result<ToolTask, ClientError> {
        self.call(name).arguments(arguments).begin().await
    }

    /// The task with this id, which another program may have begun. Nothing is sent yet.
    pub fn task(&self, id: impl Into<String>) -> ToolTask {
        let id = id.into();
        ToolTask::found(self, id.clone(), id, None)
    }

    /// Sends a request about the task `id`, and reads the result.
    async fn about_task<'s, P: Serialize, R: DeserializeOwned>(
        &'s self,
        method: &'s str,
        id: &'s str,
        params: impl Fn(RequestMeta<'s>, Revision) -> P,
    ) -> Result<R, ClientError> {
        if self.revision().await?.era() == Era::Handshake && !self.has_core_tasks().await? {
            return Err(unusable(
                method,
                "the server speaks a revision before 2026-07-28, and has no such tasks",
            ));
        }
        let subject = Subject {
            name: Some(id),
            ..Subject::of(method)
        };
        let result = self.send(subject, params, &mut |_| {}).await?;
        self.answered(method, Some(id), &result)
    }

    /// Asks for the state of the task `id`.
    async fn look<R: DeserializeOwned>(&self, id: &str) -> Result<R, ClientError> {
        self.about_task(methods::TASKS_GET, id, params(id)).await
    }

    /// Asks the server to stop the task `id`.
    async fn cancel_task(&self, id: &str) -> Result<(), ClientError> {
        let done = self.about_task(methods::TASKS_CANCEL, id, params(id));
        done.await.map(|serde::de::IgnoredAny| ())
    }

    /// Reads the result of a call, and holds it against what is known of its tool.
    fn result_of_call(
        &self,
        begun: Option<&Begun>,
        result: &RawValue,
    ) -> Result<CallToolResult, ClientError> {
        #[cfg(feature = "output-validation")]
        if let Some(begun) = begun {
            self.judge(&begun.tool, &begun.meta, result);
        }
        let tool = begun.map(|begun| begun.tool.as_str());
        self.answered(methods::TOOLS_CALL, tool, result)
    }

    /// Follows the task of a call to its end. Dropping the future stops the task, and so does an
    /// error: nobody waits for it any more.
    pub(super) async fn finish_call(
        &self,
        tool: &str,
        id: &str,
    ) -> Result<Box<RawValue>, ClientError> {
        let mut cancel = CancelOnDrop::new(self, id);
        let ended = self.follow(id).await?;
        cancel.disarm();
        ended.into_result(tool)
    }
}

/// A result as the caller sees it.
fn seen(
    mut result: CallToolResult,
    outside: Option<&dyn Outside<CallToolResult>>,
) -> CallToolResult {
    if let Some(outside) = outside {
        outside.result(&mut result);
    }
    result
}

/// The params of `tasks/get` and `tasks/cancel`.
fn params<'s>(id: &'s str) -> impl Fn(RequestMeta<'s>, Revision) -> GetTaskParams<'s> {
    move |meta, _| GetTaskParams {
        meta,
        task_id: Cow::Borrowed(id),
    }
}

impl ToolTask {
    /// What came of the call `begun`.
    pub(super) fn new(
        client: &Client,
        begun: Begun,
        settled: Settled,
        outside: Option<Arc<dyn Outside<CallToolResult>>>,
    ) -> Result<Self, ClientError> {
        let state = match settled {
            Settled::Result(result) => {
                let result = client.result_of_call(Some(&begun), &result)?;
                State::Done(Box::new(seen(result, outside.as_deref())))
            }
            Settled::Task(id) => {
                let shown = outside.as_ref().map(|outside| outside.task(&id));
                State::Task {
                    shown: shown.unwrap_or_else(|| id.clone()),
                    id,
                    begun: Some(Arc::new(begun)),
                }
            }
        };
        Ok(Self {
            client: client.clone(),
            state,
            outside,
        })
    }

    /// The task `id`, which the caller calls `shown`.
    pub(crate) fn found(
        client: &Client,
        id: String,
        shown: String,
        outside: Option<Arc<dyn Outside<CallToolResult>>>,
    ) -> Self {
        Self {
            client: client.clone(),
            state: State::Task {
                id,
                shown,
                begun: None,
            },
            outside,
        }
    }

    /// The id of the task; `None` when the server has answered at once.
    pub fn id(&self) -> Option<&str> {
        match &self.state {
            State::Done(_) => None,
            State::Task { shown, .. } => Some(shown),
        }
    }

    /// Asks how far the task has come (MCP `tasks/get`).
    ///
    /// # Errors
    ///
    /// [`ClientError::Rpc`] when the server knows no such task (any more), and every other
    /// [`ClientError`].
    pub async fn status(&self) -> Result<TaskReport, ClientError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Said {
            status: TaskStatus,
            #[serde(default)]
            status_message: Option<String>,
        }

        match &self.state {
            State::Done(_) => Ok(TaskReport {
                status: TaskStatus::Completed,
                message: None,
            }),
            State::Task { id, .. } => {
                let said: Said = self.client.look(id).await?;
                Ok(TaskReport {
                    status: said.status,
                    message: said.status_message,
                })
            }
        }
    }

    /// Waits until the task is over, and says how it ended. It is polled as often as the server
    /// wants, at least once a minute, and its questions are answered as those of a call are.
    ///
    /// # Errors
    ///
    /// As [`ToolTask::status`]; and [`ClientError::Asked`] when it asks what the builder offers no
    /// answer to.
    pub async fn wait(&self) -> Result<TaskStatus, ClientError> {
        match &self.state {
            State::Done(_) => Ok(TaskStatus::Completed),
            State::Task { id, .. } => Ok(self.client.follow(id).await?.status()),
        }
    }

    /// Waits until the task is over, and returns what the call would have returned. Dropping the
    /// future does not stop the task: [`ToolTask::cancel`] does.
    ///
    /// # Errors
    ///
    /// As [`ToolTask::wait`]; [`ClientError::Rpc`] when the call failed, and
    /// [`ClientError::Cancelled`] when the task was cancelled.
    pub async fn result(&self) -> Result<CallToolResult, ClientError> {
        let (id, begun) = match &self.state {
            State::Done(result) => return Ok(CallToolResult::clone(result)),
            State::Task { id, begun, .. } => (id, begun.as_deref()),
        };
        let name = begun.map_or(id, |begun| &begun.tool);
        let result = self.client.follow(id).await?.into_result(name)?;
        let result = self.client.result_of_call(begun, &result)?;
        Ok(seen(result, self.outside.as_deref()))
    }

    /// Asks the server to stop the task (MCP `tasks/cancel`). It may still end in another way.
    ///
    /// # Errors
    ///
    /// As [`ToolTask::status`].
    pub async fn cancel(&self) -> Result<(), ClientError> {
        match &self.state {
            State::Done(_) => Ok(()),
            State::Task { id, .. } => self.client.cancel_task(id).await,
        }
    }
}
