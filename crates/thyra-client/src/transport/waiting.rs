//! The requests that wait for their answers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use thyra_protocol::{
    CancelledParams, ProgressParams, ProgressToken, RequestId, method as methods,
    write_notification,
};
use tokio::sync::{mpsc, oneshot};

use super::{Outgoing, TransportError};
use crate::changes::{Queue, Said};

/// The most requests that wait at a time.
const MOST: usize = 10_000;

/// The most reports that wait for a request to look at them. What is more is dropped: a later
/// report says how far the request has come.
const MOST_REPORTS: usize = 64;

type Answer = Result<Vec<u8>, TransportError>;

/// A request that waits for its answer.
#[derive(Debug)]
pub(crate) struct Waiter {
    answer: oneshot::Sender<Answer>,
    progress_token: Option<ProgressToken>,
    progress: mpsc::Sender<ProgressParams>,
    listener: Option<Arc<Queue>>,
}

impl Waiter {
    /// A request, with where its answer and its reports come out.
    pub(crate) fn new(
        outgoing: &Outgoing<'_>,
    ) -> (
        Self,
        oneshot::Receiver<Answer>,
        mpsc::Receiver<ProgressParams>,
    ) {
        let (answer, answered) = oneshot::channel();
        let (progress, reported) = mpsc::channel(MOST_REPORTS);
        let waiter = Self {
            answer,
            progress_token: outgoing.progress_token.cloned(),
            progress,
            listener: outgoing.listener.cloned(),
        };
        (waiter, answered, reported)
    }
}

/// A request that is under way. When it is over, nobody waits for its answer any more; and if the
/// server still works on it then, the server is told.
pub(crate) struct Under<'a, F: Fn(Vec<u8>)> {
    waiting: &'a Waiting,
    id: RequestId,
    /// Whether it may be cancelled, and is not answered.
    is_open: bool,
    tell: F,
}

impl<'a, F: Fn(Vec<u8>)> Under<'a, F> {
    /// The request `id` of `method`. `tell` sends a message on the side.
    pub(crate) fn way(waiting: &'a Waiting, id: RequestId, method: &str, tell: F) -> Self {
        Self {
            waiting,
            id,
            is_open: method != methods::INITIALIZE,
            tell,
        }
    }

    /// It has ended, and not by being dropped. The server still works on one that ran out of time.
    pub(crate) fn ended<T>(&mut self, ended: &Result<T, TransportError>) {
        self.is_open &= matches!(ended, Err(TransportError::Timeout(_)));
    }
}

impl<F: Fn(Vec<u8>)> Drop for Under<'_, F> {
    fn drop(&mut self) {
        self.waiting.remove(&self.id);
        let mut json = Vec::new();
        let params = CancelledParams::new(self.id.clone());
        if self.is_open && write_notification(&mut json, methods::CANCELLED, &params).is_ok() {
            (self.tell)(json);
        }
    }
}

/// The requests that wait; `None` once the connection has ended.
#[derive(Debug)]
pub(crate) struct Waiting(Mutex<Option<HashMap<RequestId, Waiter>>>);

impl Default for Waiting {
    fn default() -> Self {
        Self(Mutex::new(Some(HashMap::new())))
    }
}

impl Waiting {
    /// Adds a request, and returns how many there are.
    pub(crate) fn add(&self, id: RequestId, waiter: Waiter) -> Result<usize, TransportError> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *waiting {
            // It has ended since the request looked. Nothing was sent.
            None => Err(TransportError::SessionLost),
            Some(waiting) if waiting.len() >= MOST => {
                Err(TransportError::TooManyRequests { most: MOST })
            }
            Some(waiting) => {
                waiting.insert(id, waiter);
                Ok(waiting.len())
            }
        }
    }

    pub(crate) fn has(&self, id: &RequestId) -> bool {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.as_ref().is_some_and(|all| all.contains_key(id))
    }

    pub(crate) fn remove(&self, id: &RequestId) -> Option<Waiter> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.as_mut()?.remove(id)
    }

    /// Gives `message` to the request that it answers. Without an id, it is meant for the only one
    /// that waits.
    pub(crate) fn answer(&self, id: Option<&RequestId>, message: Vec<u8>) {
        let only = || {
            let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let mut ids = waiting.as_ref()?.keys();
            let only = ids.next().cloned();
            ids.next().is_none().then_some(only)?
        };
        let id = id.cloned().or_else(only);
        let Some(waiter) = id.and_then(|id| self.remove(&id)) else {
            tracing::debug!("the server answers what nobody asks (any more)");
            return;
        };
        // Who was dropped in the meantime needs no answer.
        let _ = waiter.answer.send(Ok(message));
    }

    pub(crate) fn report(&self, progress: ProgressParams) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waiters = waiting.iter().flat_map(HashMap::values);
        let wants =
            |waiter: &&Waiter| waiter.progress_token.as_ref() == Some(&progress.progress_token);
        if let Some(waiter) = waiters.find(wants) {
            // A full channel drops the report.
            let _ = waiter.progress.try_send(progress);
        }
    }

    /// Tells the request `id` what has changed, if it is one that listens.
    pub(crate) fn tell(&self, id: &RequestId, said: Said) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiter = waiting.as_ref().and_then(|waiting| waiting.get(id));
        if let Some(listener) = waiter.and_then(|waiter| waiter.listener.as_ref()) {
            listener.hear(said);
        } else {
            tracing::debug!("the server tells of changes, and nobody listens (any more)");
        }
    }

    /// Ends all that wait now.
    pub(crate) fn fail(&self, error: impl Fn() -> TransportError) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = waiting.as_mut().map(std::mem::take);
        drop(waiting);
        for waiter in failed.into_iter().flat_map(HashMap::into_values) {
            let _ = waiter.answer.send(Err(error()));
        }
    }

    /// Ends all that wait, and lets nobody wait any more.
    pub(crate) fn end(&self, error: impl Fn() -> TransportError) {
        self.fail(error);
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = None;
    }

    pub(crate) fn has_ended(&self) -> bool {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.is_none()
    }
}
