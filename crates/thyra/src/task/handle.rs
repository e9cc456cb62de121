//! What a tool call that runs as a task may do with its record.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::value::RawValue;
use thyra_protocol::InputRequest;
use tokio::sync::Notify;

use super::TaskError;
use super::record::{TaskOwner, TaskRecord, TaskStage};
use super::records::Records;
use crate::conversation::{AskError, Asker};
use crate::throttled::throttled;

/// The most questions that may wait for an answer at once.
const MOST_OUTSTANDING: usize = 64;

/// The most questions of one task.
const MOST_QUESTIONS: usize = 1024;

/// A task, as its own call sees it. Clones refer to the same task.
#[derive(Clone)]
pub(crate) struct TaskHandle(Arc<Inside>);

struct Inside {
    records: Records,
    owner: TaskOwner,
    id: String,
    questions: Mutex<Questions>,
    withdrawal: Notify,
}

#[derive(Default)]
struct Questions {
    /// Every key that this task has used. No key is used twice.
    used: HashSet<String>,
    /// The keys of questions that nobody waits for any more.
    withdrawn: Vec<String>,
}

/// A question that waits for its answer. Dropping it before the answer withdraws it.
struct Question<'a> {
    inside: &'a Inside,
    key: Option<String>,
}

impl TaskHandle {
    pub(super) fn new(records: Records, record: &TaskRecord) -> Self {
        Self(Arc::new(Inside {
            records,
            owner: record.owner,
            id: record.id.clone(),
            questions: Mutex::default(),
            withdrawal: Notify::new(),
        }))
    }

    /// The identifier that the client uses.
    pub(crate) fn id(&self) -> &str {
        &self.0.id
    }

    /// Tells people what the task is doing. Only the first 1024 bytes are kept.
    pub(crate) async fn status_message(&self, text: &str) {
        if let Err(error) = self.0.edit(|record| record.say(text)).await {
            throttled!(warn, "the status message of a task was not kept", about = "", %error);
        }
    }

    /// Waits until there is no need to go on: the task was cancelled, or its time is over.
    /// Meanwhile it removes questions that nobody waits for from the record.
    pub(super) async fn stopped(&self) {
        loop {
            self.0.withdraw().await;
            let seen = match self.0.get().await {
                Ok(Some(record)) if !record.status().is_terminal() => record.version,
                Ok(_) => return,
                Err(error) => {
                    throttled!(warn, "a task can no longer be cancelled", about = "", %error);
                    return std::future::pending().await;
                }
            };
            tokio::select! {
                () = self.0.records.changed(&self.0.owner, &self.0.id, seen) => {}
                () = self.0.withdrawal.notified() => {}
            }
        }
    }

    /// Records how the task ended.
    pub(super) async fn end(&self, stage: TaskStage) {
        match self.0.edit(|record| record.end(stage.clone())).await {
            // Without a record, nobody can ask for the result.
            Ok(_) | Err(TaskError::Unknown) => {}
            Err(error) => throttled!(error, "the end of a task was not kept", about = "", %error),
        }
    }

    /// Forgets the task if its time is over.
    pub(super) async fn forget(&self) {
        if let Err(error) = self.0.records.remove_expired().await {
            throttled!(warn, "tasks whose time is over were not removed", about = "", %error);
        }
    }
}

impl Inside {
    async fn ask(&self, key: &str, request: InputRequest) -> Result<Box<RawValue>, AskError> {
        let refused = |reason| AskError::Refused {
            key: key.to_owned(),
            reason,
        };
        let unkept = |error: TaskError| {
            throttled!(warn, "a question of a task was not kept", about = "", %error);
            refused("the record of the task cannot be changed")
        };
        let fresh = self
            .fresh_key(key)
            .ok_or_else(|| refused("a task asks at most 1024 questions"))?;
        let question = Question {
            inside: self,
            key: Some(fresh.clone()),
        };
        let put = self.edit(|record| {
            let outstanding = &mut record.running_mut()?.outstanding;
            if outstanding.len() >= MOST_OUTSTANDING {
                return Some(false);
            }
            outstanding.insert(fresh.clone(), request.clone());
            Some(true)
        });
        match put.await.map_err(unkept)? {
            Some(true) => {}
            Some(false) => return Err(refused("64 questions wait already")),
            None => return Err(AskError::NobodyThere),
        }
        loop {
            let mut seen = None;
            let fetched = self.edit(|record| {
                seen = Some(record.version);
                record.running_mut()?.answers.remove(&fresh)
            });
            if let Some(answer) = fetched.await.map_err(unkept)? {
                question.settle();
                return Ok(answer);
            }
            // `edit` succeeded, so the closure ran and set `seen`.
            let seen = seen.unwrap_or_default();
            self.records.changed(&self.owner, &self.id, seen).await;
        }
    }

    /// `key`, or a variant of it if the task has used it before.
    fn fresh_key(&self, key: &str) -> Option<String> {
        let mut questions = self.questions();
        if questions.used.len() >= MOST_QUESTIONS {
            return None;
        }
        let fresh = std::iter::once(key.to_owned())
            .chain((2..=MOST_QUESTIONS + 1).map(|number| format!("{key}-{number}")))
            .find(|key| !questions.used.contains(key))?;
        questions.used.insert(fresh.clone());
        Some(fresh)
    }

    /// Removes the questions that nobody waits for from the record.
    async fn withdraw(&self) {
        let withdrawn = std::mem::take(&mut self.questions().withdrawn);
        if withdrawn.is_empty() {
            return;
        }
        let removed = self.edit(|record| {
            let running = record.running_mut()?;
            for key in &withdrawn {
                running.outstanding.remove(key);
                running.answers.remove(key);
            }
            Some(())
        });
        if let Err(error) = removed.await {
            tracing::debug!(%error, "a question of a task was not withdrawn");
        }
    }

    async fn get(&self) -> Result<Option<TaskRecord>, TaskError> {
        Ok(self.records.get(&self.owner, &self.id).await?)
    }

    async fn edit<T>(
        &self,
        change: impl FnMut(&mut TaskRecord) -> Option<T>,
    ) -> Result<Option<T>, TaskError> {
        self.records.edit(&self.owner, &self.id, change).await
    }

    /// Nothing panics while the lock is held, so a poisoned lock still holds whole values.
    fn questions(&self) -> MutexGuard<'_, Questions> {
        self.questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Question<'_> {
    fn settle(mut self) {
        self.key = None;
    }
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            self.inside.questions().withdrawn.push(key);
            self.inside.withdrawal.notify_one();
        }
    }
}

impl Asker for TaskHandle {
    /// The question goes into the record; `tasks/update` brings the answer.
    fn ask<'a>(
        &'a self,
        key: &'a str,
        request: InputRequest,
    ) -> BoxFuture<'a, Result<Box<RawValue>, AskError>> {
        self.0.ask(key, request).boxed()
    }
}

impl fmt::Debug for TaskHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskHandle")
            .field("id", &self.0.id)
            .finish_non_exhaustive()
    }
}
