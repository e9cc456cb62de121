//! Work that blocks for as long as a person likes.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot::{self, Receiver};
use tokio::time::timeout;

use super::StoreError;

/// One piece of work on a thread of its own, and the place of its result.
///
/// It is no thread of the runtime, because the runtime waits for those when it ends. Whoever gives
/// up leaves the result to the next one, so there is one such thread at most.
#[derive(Debug)]
pub(super) struct Waiting<T>(Mutex<Option<Receiver<Result<T, StoreError>>>>);

impl<T: Send + 'static> Waiting<T> {
    /// The result of the work that is going on, or else of `work`, within `patience`. There must be
    /// one caller at a time.
    pub(super) async fn result_of(
        &self,
        patience: Duration,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let going_on = self.place().take();
        let mut left = Left {
            result: Some(match going_on {
                Some(result) => result,
                None => started(work)?,
            }),
            place: self,
        };
        let Some(result) = &mut left.result else {
            return Err(lost());
        };
        let Ok(outcome) = timeout(patience, result).await else {
            return Err(StoreError::KeyringSilent {
                seconds: patience.as_secs(),
            });
        };
        left.result = None;
        outcome.unwrap_or_else(|_| Err(lost()))
    }

    fn place(&self) -> std::sync::MutexGuard<'_, Option<Receiver<Result<T, StoreError>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

/// A result that nobody has got yet. It goes back when its caller leaves.
struct Left<'a, T: Send + 'static> {
    result: Option<Receiver<Result<T, StoreError>>>,
    place: &'a Waiting<T>,
}

impl<T: Send + 'static> Drop for Left<'_, T> {
    fn drop(&mut self) {
        *self.place.place() = self.result.take();
    }
}

fn started<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<Receiver<Result<T, StoreError>>, StoreError> {
    let (answer, answered) = oneshot::channel();
    std::thread::Builder::new()
        .name("keyring".to_owned())
        .spawn(move || {
            // The program may have ended its login.
            let _ = answer.send(work());
        })
        .map_err(|error| StoreError::Other(format!("no thread for the keyring: {error}")))?;
    Ok(answered)
}

pub(super) fn lost() -> StoreError {
    StoreError::Other("the thread that looked for the key ended without an answer".to_owned())
}
