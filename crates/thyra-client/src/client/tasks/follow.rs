//! A task, polled to its end.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::{RawValue, to_raw_value};
use thyra_protocol::{ErrorObject, TaskStatus, UpdateTaskParams, method as methods};
use tokio::time::sleep;

use super::super::Client;
use super::super::request::unusable;
use super::super::rounds::MAX_QUESTIONS;
use crate::backoff::{Backoff, random};
use crate::error::ClientError;
use crate::transport::TransportError;

/// How long to wait between two polls: at least, at most, and if the server does not say.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_mins(1);
const USUAL: Duration = Duration::from_secs(1);

/// How many polls in a row may fail because the server cannot be reached.
const MOST_FAILURES: u32 = 6;

const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(500),
    longest: Duration::from_secs(30),
};

/// How long the server may take to be told that nobody waits any more.
const FAREWELL: Duration = Duration::from_secs(2);

/// How a task ended.
pub(super) enum Ended {
    Cancelled,
    /// With this result of the call. It may have failed all the same, in 2025-11-25.
    Completed(TaskStatus, Box<RawValue>),
    Failed(ErrorObject),
}

/// What a server says about a task.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Seen {
    status: TaskStatus,
    #[serde(default, alias = "pollInterval")]
    poll_interval_ms: Option<u64>,
    #[serde(default)]
    result: Option<Box<RawValue>>,
    #[serde(default)]
    error: Option<ErrorObject>,
    #[serde(default)]
    input_requests: BTreeMap<String, Box<RawValue>>,
}

impl Ended {
    pub(super) fn status(&self) -> TaskStatus {
        match self {
            Self::Cancelled => TaskStatus::Cancelled,
            Self::Completed(status, _) => *status,
            Self::Failed(_) => TaskStatus::Failed,
        }
    }

    /// The result of the call. `name` is what the task is about, for people.
    pub(super) fn into_result(self, name: &str) -> Result<Box<RawValue>, ClientError> {
        match self {
            Self::Cancelled => Err(ClientError::Cancelled {
                name: name.to_owned(),
            }),
            Self::Completed(_, result) => Ok(result),
            Self::Failed(error) => Err(ClientError::Rpc {
                method: methods::TOOLS_CALL.to_owned(),
                error: Box::new(error),
            }),
        }
    }
}

impl Client {
    /// Polls the task `id` until it is over, and answers its questions.
    pub(super) async fn follow(&self, id: &str) -> Result<Ended, ClientError> {
        let missing = |what| unusable(methods::TASKS_GET, &format!("it holds no {what}"));
        let mut questions_left = MAX_QUESTIONS;
        let mut answered = BTreeSet::new();
        let mut failures = 0;
        let is_core = self.revision().await?.has_core_tasks();
        loop {
            let seen: Seen = match self.look(id).await {
                Err(error) if error.may_pass() && failures < MOST_FAILURES => {
                    tracing::debug!(%error, "a task could not be asked about");
                    sleep(BACKOFF.wait(failures, random())).await;
                    failures += 1;
                    continue;
                }
                seen => seen?,
            };
            failures = 0;
            if is_core && seen.status != TaskStatus::Cancelled && seen.status != TaskStatus::Working
            {
                match self.core_ended(id, seen.status).await? {
                    Some(ended) => return Ok(ended),
                    None => continue,
                }
            }
            match seen.status {
                TaskStatus::Cancelled => return Ok(Ended::Cancelled),
                TaskStatus::Completed => {
                    let result = seen.result.ok_or_else(|| missing("result"))?;
                    return Ok(Ended::Completed(seen.status, result));
                }
                TaskStatus::Failed => {
                    let error = seen.error.ok_or_else(|| missing("error"))?;
                    return Ok(Ended::Failed(error));
                }
                TaskStatus::InputRequired => {
                    let mut asked = seen.input_requests;
                    // The server may not have read yet what was answered.
                    asked.retain(|key, _| !answered.contains(key));
                    if !asked.is_empty() {
                        answered.extend(asked.keys().cloned());
                        self.answer_task(id, asked, &mut questions_left).await?;
                        continue;
                    }
                }
                _ => {}
            }
            sleep(interval(seen.poll_interval_ms)).await;
        }
    }

    /// The end of a task of 2025-11-25 that is over, or that asks something; `None` when it asks
    /// for longer than a request may take, and goes on.
    async fn core_ended(&self, id: &str, status: TaskStatus) -> Result<Option<Ended>, ClientError> {
        let asks = status == TaskStatus::InputRequired;
        // What it asks comes while its result is waited for.
        match self.core_result(id).await {
            Ok(result) if asks => Ok(Some(Ended::Completed(TaskStatus::Completed, result))),
            Ok(result) => Ok(Some(Ended::Completed(status, result))),
            Err(ClientError::Rpc { error, .. }) => Ok(Some(Ended::Failed(*error))),
            Err(ClientError::Transport {
                source: TransportError::Timeout(_),
                ..
            }) if asks => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Answers what the task `id` asks.
    async fn answer_task(
        &self,
        id: &str,
        asked: BTreeMap<String, Box<RawValue>>,
        questions_left: &mut usize,
    ) -> Result<(), ClientError> {
        let method = methods::TASKS_UPDATE;
        let responses = self
            .answer_questions(methods::TOOLS_CALL, id, &asked, questions_left)
            .await?;
        let responses =
            to_raw_value(&responses).map_err(|error| unusable(method, &error.to_string()))?;
        let params = |meta, _| UpdateTaskParams {
            meta,
            task_id: Cow::Borrowed(id),
            input_responses: &responses,
        };
        let done = self.about_task(method, id, params).await;
        done.map(|IgnoredAny| ())
    }
}

/// How long to wait until the next poll.
fn interval(wanted: Option<u64>) -> Duration {
    let wait = wanted.map_or(USUAL, Duration::from_millis);
    wait.clamp(SHORTEST, LONGEST)
}

/// Stops a task for which nobody waits any more, unless it is disarmed.
pub(super) struct CancelOnDrop<'a> {
    client: &'a Client,
    id: Option<&'a str>,
}

impl<'a> CancelOnDrop<'a> {
    pub(super) fn new(client: &'a Client, id: &'a str) -> Self {
        Self {
            client,
            id: Some(id),
        }
    }

    pub(super) fn disarm(&mut self) {
        self.id = None;
    }
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        let Some(id) = self.id.map(str::to_owned) else {
            return;
        };
        let client = self.client.clone();
        self.client.0.aside.spawn(async move {
            let cancelled = tokio::time::timeout(FAREWELL, client.cancel_task(&id)).await;
            if !matches!(cancelled, Ok(Ok(()))) {
                tracing::debug!("a task that nobody waits for could not be cancelled");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_polled_neither_without_pause_nor_never() {
        let wanted = [None, Some(0), Some(100), Some(2500), Some(u64::MAX)];
        assert_eq!(
            wanted.map(|wanted| interval(wanted).as_millis()),
            [1000, 100, 100, 2500, 60_000]
        );
    }
}
