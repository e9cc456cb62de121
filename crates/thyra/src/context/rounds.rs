//! The rounds of a call: what was answered and done in those before, and what is asked and done in
//! this one.
//!
//! Every call has one, on every revision: it is where the values of `once` are, and the first to
//! get a question. In 2026-07-28 ("Multi Round-Trip Requests") a question without an answer ends
//! the round, and the client begins the next one. Elsewhere, and in a task, there is one round
//! only: what has no answer yet is asked of an [`Asker`] beyond it, or cannot be asked.

mod work;

use std::collections::BTreeMap;
use std::fmt;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thyra_protocol::{InputRequest, InputRequests};
use tokio::sync::Notify;

pub(super) use self::work::Begun;
use self::work::Works;
use crate::conversation::{AskError, Asker};

/// The most questions of one round.
const MOST_QUESTIONS: usize = 64;

/// What earlier rounds left behind. Between rounds the client holds it, sealed.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Past {
    /// The client's results by the key of the question.
    #[serde(default, rename = "a", skip_serializing_if = "BTreeMap::is_empty")]
    answers: BTreeMap<String, Box<RawValue>>,
    /// The values of what is done once.
    #[serde(default, rename = "o", skip_serializing_if = "BTreeMap::is_empty")]
    done: BTreeMap<String, Box<RawValue>>,
}

/// One round. Handlers ask through it, and dispatch looks whether they did.
#[derive(Default)]
pub(crate) struct Rounds {
    round: Mutex<Round>,
    paused: AtomicWaker,
    /// Wakes those who wait for a work that somebody else is doing.
    work_ended: Notify,
    beyond: Beyond,
}

/// Who gets a question that has no answer yet.
#[derive(Default)]
enum Beyond {
    /// The client, with the end of the round.
    #[default]
    Client,
    /// This asker, while the round goes on.
    Asker(Arc<dyn Asker>),
    Nobody,
}

/// Why a round ends before the handler does.
pub(crate) enum Pause {
    /// There are questions.
    Asks(InputRequests),
    /// The handler wants to go on as a task.
    Task,
}

#[derive(Default)]
struct Round {
    past: Past,
    /// What the client answered with this very request; an answer becomes part of the past when its
    /// question is asked.
    fresh: BTreeMap<String, Box<RawValue>>,
    questions: InputRequests,
    /// The works of `once` that are underway.
    works: Works,
    /// How many parts of the handler wait to go on as a task; `None` when it may not.
    task_wishes: Option<usize>,
}

impl Rounds {
    pub(crate) fn new(past: Past, fresh: BTreeMap<String, Box<RawValue>>) -> Self {
        Self {
            round: Mutex::new(Round {
                past,
                fresh,
                ..Round::default()
            }),
            ..Self::default()
        }
    }

    /// The only round of a call: `beyond` gets the questions that have no answer yet.
    pub(crate) fn endless(past: Past, beyond: Arc<dyn Asker>) -> Self {
        Self {
            beyond: Beyond::Asker(beyond),
            ..Self::new(past, BTreeMap::new())
        }
    }

    /// The only round of a call whose handler can ask nobody.
    pub(crate) fn lonely() -> Self {
        Self {
            beyond: Beyond::Nobody,
            ..Self::default()
        }
    }

    /// The same, and the handler may go on as a task.
    pub(crate) fn or_task(self) -> Self {
        self.lock().task_wishes = Some(0);
        self
    }

    /// Why the round is over, once it is, and what the next one must know. A round with a work of
    /// `once` underway is not over, because the next round would begin that work again.
    pub(crate) fn poll_pause(&self, cx: &Context<'_>) -> Poll<(Pause, Past)> {
        self.paused.register(cx.waker());
        let mut round = self.lock();
        if !round.works.is_empty() {
            return Poll::Pending;
        }
        let pause = if !round.questions.is_empty() {
            Pause::Asks(std::mem::take(&mut round.questions))
        } else if round.task_wishes.is_some_and(|wishes| wishes > 0) {
            Pause::Task
        } else {
            return Poll::Pending;
        };
        Poll::Ready((pause, std::mem::take(&mut round.past)))
    }

    /// Ends the round so that a task takes its place. Returns at once where there can be no task,
    /// and within a work of `once`, for which the round would wait.
    pub(super) async fn become_task(&self) {
        {
            let mut round = self.lock();
            if round.works.are_around() {
                return;
            }
            let Some(wishes) = &mut round.task_wishes else {
                return;
            };
            *wishes += 1;
        }
        let _waiting = Waiting {
            rounds: self,
            question: None,
        };
        self.paused.wake();
        pending::<()>().await;
    }

    /// The client's result for `request`: at once if this round or an earlier one has it, otherwise
    /// from the asker beyond. Without an asker it never comes: dispatch sees the question and ends
    /// the round.
    pub(super) async fn ask(
        &self,
        key: &str,
        request: InputRequest,
    ) -> Result<Box<RawValue>, AskError> {
        if self.lock().works.are_around() {
            return Err(AskError::WithinOnce {
                key: key.to_owned(),
            });
        }
        match &self.beyond {
            Beyond::Nobody => return Err(AskError::NobodyThere),
            Beyond::Asker(beyond) => {
                return match self.known(key) {
                    Some(answer) => Ok(answer),
                    None => beyond.ask(key, request).await,
                };
            }
            Beyond::Client => {}
        }
        if let Some(answer) = self.answer_or_ask(key, request)? {
            return Ok(answer);
        }
        let _waiting = Waiting {
            rounds: self,
            question: Some(key),
        };
        self.paused.wake();
        pending().await
    }

    fn known(&self, key: &str) -> Option<Box<RawValue>> {
        self.lock().past.answers.get(key).cloned()
    }

    /// The answer to `key` if there is one, else `request` becomes a question of this round.
    fn answer_or_ask(
        &self,
        key: &str,
        request: InputRequest,
    ) -> Result<Option<Box<RawValue>>, AskError> {
        let mut round = self.lock();
        if let Some(answer) = round.past.answers.get(key) {
            return Ok(Some(answer.clone()));
        }
        if let Some(answer) = round.fresh.remove(key) {
            round.past.answers.insert(key.to_owned(), answer.clone());
            return Ok(Some(answer));
        }
        let refused = |reason| {
            Err(AskError::Refused {
                key: key.to_owned(),
                reason,
            })
        };
        if round.questions.contains_key(key) {
            return refused("another question of this round has the same key");
        }
        if round.questions.len() >= MOST_QUESTIONS {
            return refused("64 questions wait already");
        }
        round.questions.insert(key.to_owned(), request);
        Ok(None)
    }

    /// Nothing panics while the lock is held, so a poisoned one still holds a whole value.
    fn lock(&self) -> MutexGuard<'_, Round> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A part of the handler that waits for the round to end. Dropping it takes back the question or
/// the wish.
struct Waiting<'a> {
    rounds: &'a Rounds,
    /// The question's key; `None` when the handler wants to go on as a task.
    question: Option<&'a str>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut round = self.rounds.lock();
        match self.question {
            Some(key) => drop(round.questions.remove(key)),
            None => round.task_wishes = round.task_wishes.map(|wishes| wishes.saturating_sub(1)),
        }
    }
}

impl fmt::Debug for Rounds {
    /// Not the answers: they are the user's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rounds").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
