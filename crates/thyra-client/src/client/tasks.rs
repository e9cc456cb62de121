//! Calls that go on as tasks (extension `io.modelcontextprotocol/tasks`, from 2026-07-28).

mod follow;

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thyra_protocol::{
    CallToolResult, Era, GetTaskParams, RequestMeta, Revision, TaskStatus, method as methods,
};

use self::follow::CancelOnDrop;
use super::Client;
use super::request::{Subject, arguments as written, unusable};
use super::rounds::{Settled, Target};
use crate::error::ClientError;

/// A call of a tool that may go on as a task ([`Client::call_task`], [`Client::task`]).
///
/// Dropping it changes nothing at the server: the task goes on, and [`Client::task`] finds it by
/// its id until the server forgets it.
#[derive(Clone, Debug)]
pub struct ToolTask {
    client: Client,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// The server answered at once.
    Done(Box<CallToolResult>),
    /// It goes on under this id.
    Task(String),
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
    /// Whether it becomes a task is the server's choice; [`Client::call_tool`] waits for either.
    /// Questions that the server asks before it begins the task are answered.
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
        let arguments = written(name, arguments)?;
        let target = Target::Tool {
            name,
            arguments: arguments.as_deref(),
        };
        let subject = Subject {
            name: Some(name),
            ..Subject::of(target.method())
        };
        let state = match self.settle(target, subject, None, &mut |_| {}).await? {
            Settled::Result(result) => {
                #[cfg(feature = "output-validation")]
                self.judge(name, &[], &result);
                State::Done(self.answered(methods::TOOLS_CALL, Some(name), &result)?)
            }
            Settled::Task(id) => State::Task(id),
        };
        Ok(ToolTask {
            client: self.clone(),
            state,
        })
    }

    /// The task with this id, which another program may have begun. Nothing is sent yet.
    pub fn task(&self, id: impl Into<String>) -> ToolTask {
        ToolTask {
            client: self.clone(),
            state: State::Task(id.into()),
        }
    }

    /// Sends a request about the task `id`, and reads the result.
    async fn about_task<'s, P: Serialize, R: DeserializeOwned>(
        &'s self,
        method: &'s str,
        id: &'s str,
        params: impl Fn(RequestMeta<'s>, Revision) -> P,
    ) -> Result<R, ClientError> {
        if self.revision().await?.era() == Era::Handshake {
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

/// The params of `tasks/get` and `tasks/cancel`.
fn params<'s>(id: &'s str) -> impl Fn(RequestMeta<'s>, Revision) -> GetTaskParams<'s> {
    move |meta, _| GetTaskParams {
        meta,
        task_id: Cow::Borrowed(id),
    }
}

impl ToolTask {
    /// The id of the task; `None` when the server has answered at once.
    pub fn id(&self) -> Option<&str> {
        match &self.state {
            State::Done(_) => None,
            State::Task(id) => Some(id),
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
            State::Task(id) => {
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
            State::Task(id) => Ok(self.client.follow(id).await?.status()),
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
        let id = match &self.state {
            State::Done(result) => return Ok(CallToolResult::clone(result)),
            State::Task(id) => id,
        };
        let result = self.client.follow(id).await?.into_result(id)?;
        self.client.answered(methods::TOOLS_CALL, None, &result)
    }

    /// Asks the server to stop the task (MCP `tasks/cancel`). It may still end in another way.
    ///
    /// # Errors
    ///
    /// As [`ToolTask::status`].
    pub async fn cancel(&self) -> Result<(), ClientError> {
        match &self.state {
            State::Done(_) => Ok(()),
            State::Task(id) => self.client.cancel_task(id).await,
        }
    }
}
