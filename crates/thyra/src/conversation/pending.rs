//! Requests from server to client that wait for an answer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::value::RawValue;
use thyra_oauth::unguessable;
use thyra_protocol::{
    CancelledParams, ErrorObject, RequestId, Response, method, write_notification, write_request,
};
use tokio::sync::mpsc::Sender;
use tokio::sync::{Semaphore, oneshot};

use super::AskError;
use crate::outbox::Emitter;

/// How many requests of one session the client is asked at once. The next one is sent after the
/// response to one of them.
const MOST_AT_ONCE: usize = 64;

/// The requests that wait for a response, by their ids.
#[derive(Debug)]
pub(super) struct Pending {
    state: Mutex<State>,
    places: Semaphore,
}

#[derive(Debug)]
enum State {
    Open(HashMap<String, oneshot::Sender<Result<Box<RawValue>, ErrorObject>>>),
    /// The client is gone.
    Closed,
}

impl Default for Pending {
    fn default() -> Self {
        Self {
            state: Mutex::new(State::Open(HashMap::new())),
            places: Semaphore::new(MOST_AT_ONCE),
        }
    }
}

impl Pending {
    /// Writes a request into `emitter` and waits for the response.
    pub(super) async fn ask<P: Serialize + ?Sized>(
        &self,
        emitter: &Emitter,
        key: &str,
        method: &str,
        params: &P,
    ) -> Result<Box<RawValue>, AskError> {
        let refuse = |reason| AskError::Refused {
            key: key.to_owned(),
            reason,
        };
        let sender = emitter.open().ok_or(AskError::NobodyThere)?;
        // The client chooses the ids of its own requests, so ours are random and cannot collide
        // with them.
        let id = unguessable::<12>().map_err(|_| refuse("the machine gives no random numbers"))?;
        let id = id.expose().clone();
        let mut message = Vec::with_capacity(512);
        write_request(&mut message, &RequestId::String(id.clone()), method, params).map_err(
            |source| AskError::Malformed {
                key: key.to_owned(),
                source,
            },
        )?;
        let place = self.places.acquire().await;
        let _place = place.map_err(|_| AskError::NobodyThere)?;
        let (answer, response) = oneshot::channel();
        match &mut *self.lock() {
            State::Closed => return Err(AskError::NobodyThere),
            State::Open(waiting) => {
                waiting.insert(id.clone(), answer);
            }
        }
        let mut question = Question {
            pending: self,
            id,
            sender,
            asked: false,
        };
        question
            .sender
            .send(message.into())
            .await
            .map_err(|_| AskError::NobodyThere)?;
        question.asked = true;
        match response.await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(error)) => Err(AskError::Client(error)),
            Err(_) => Err(AskError::NobodyThere),
        }
    }

    /// Hands `response` to whoever waits for it.
    pub(super) fn answer(&self, response: Response<'_>) {
        let Some(RequestId::String(id)) = response.id else {
            tracing::debug!("a response to nothing that was asked");
            return;
        };
        let waiting = match &mut *self.lock() {
            State::Open(waiting) => waiting.remove(&id),
            State::Closed => None,
        };
        if let Some(waiting) = waiting {
            // Whoever asked may have stopped waiting in the meantime.
            let _ = waiting.send(response.outcome.map(ToOwned::to_owned));
        } else {
            tracing::debug!("a response to nothing that was asked");
        }
    }

    pub(super) fn close(&self) {
        let closed = std::mem::replace(&mut *self.lock(), State::Closed);
        // Dropping the senders wakes those who wait, which should not happen under the lock.
        drop(closed);
        self.places.close();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        match &*self.lock() {
            State::Open(waiting) => waiting.len(),
            State::Closed => 0,
        }
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A waiting request. Dropping it before its answer withdraws it.
struct Question<'a> {
    pending: &'a Pending,
    id: String,
    sender: Sender<bytes::Bytes>,
    asked: bool,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        let waits = match &mut *self.pending.lock() {
            State::Open(waiting) => waiting.remove(&self.id).is_some(),
            State::Closed => false,
        };
        if !(waits && self.asked) {
            return;
        }
        let id = RequestId::String(std::mem::take(&mut self.id));
        let mut message = Vec::with_capacity(128);
        let params = CancelledParams::new(id);
        if write_notification(&mut message, method::CANCELLED, &params).is_ok()
            && self.sender.try_send(message.into()).is_err()
        {
            tracing::debug!("the client could not be told that a request is withdrawn");
        }
    }
}
