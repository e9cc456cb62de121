//! A backend that fails when it is told to, for tests.

use std::collections::HashMap;
use std::fmt;
use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::backend::{Backend, Reach};
use crate::error::StoreError;
use crate::key::Key;

/// What is wrong with a [`Faulty`] backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing can be reached.
    Down,
    /// Nothing new can be written. Reading, taking and deleting work.
    Full,
    /// Nothing is ever answered.
    Hangs,
    /// Everything is done, and then the connection breaks before the answer.
    LosesAnswers,
    /// Writes are answered as if they had been done, and are not: what is put is not there, what is
    /// taken or deleted still is.
    LosesWrites,
    /// Everything takes this long, and then works.
    Slow(Duration),
}

/// A backend with faults that can be switched on and off while it is used. Clones share them, so a
/// test keeps one and gives the other to a [`Store`](crate::Store).
#[derive(Clone)]
pub struct Faulty(Arc<Inner>);

struct Inner {
    backend: Box<dyn Backend>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    everywhere: Option<Fault>,
    collections: HashMap<&'static str, Fault>,
    operations: u64,
}

impl Faulty {
    /// `backend`, which works until [`fail`](Self::fail).
    pub fn new(backend: impl Backend + 'static) -> Self {
        Self(Arc::new(Inner {
            backend: Box::new(backend),
            state: Mutex::default(),
        }))
    }

    /// From now on, every operation that begins has this fault.
    pub fn fail(&self, fault: Fault) {
        self.state(|state| state.everywhere = Some(fault));
    }

    /// From now on, the operations that begin on one collection have this fault.
    pub fn fail_in(&self, collection: &'static str, fault: Fault) {
        self.state(|state| state.collections.insert(collection, fault));
    }

    /// Ends all faults. What is pending stays so.
    pub fn heal(&self) {
        self.state(|state| {
            state.everywhere = None;
            state.collections.clear();
        });
    }

    /// How many operations have begun.
    pub fn operations(&self) -> u64 {
        self.state(|state| state.operations)
    }

    fn state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One operation: `work` is what the backend does, `is_write` whether it would write something
    /// new, `lost` what is answered without doing it.
    fn operation<'a, T: Send + 'a>(
        &'a self,
        key: &Key,
        is_write: bool,
        work: BoxFuture<'a, Result<T, StoreError>>,
        lost: impl FnOnce() -> Option<BoxFuture<'a, Result<T, StoreError>>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        let fault = self.state(|state| {
            state.operations += 1;
            let here = state.collections.get(key.collection()).copied();
            here.or(state.everywhere)
        });
        Box::pin(async move {
            match fault {
                Some(Fault::Down) => Err(StoreError::unavailable("it is down")),
                Some(Fault::Full) if is_write => Err(StoreError::Full),
                Some(Fault::Hangs) => pending().await,
                Some(Fault::LosesAnswers) => {
                    work.await?;
                    Err(StoreError::unavailable("the connection broke"))
                }
                Some(Fault::LosesWrites) => lost().unwrap_or(work).await,
                Some(Fault::Slow(time)) => {
                    tokio::time::sleep(time).await;
                    work.await
                }
                Some(Fault::Full) | None => work.await,
            }
        })
    }
}

impl Backend for Faulty {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        self.operation(key, false, self.later(|backend| backend.get(key)), || None)
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Bytes,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let work = self.later(move |backend| backend.put(key, value, lifetime));
        self.operation(key, true, work, || Some(Box::pin(async { Ok(()) })))
    }

    fn take<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        let work = self.later(|backend| backend.take(key));
        self.operation(key, false, work, || Some(self.0.backend.get(key)))
    }

    fn compare_and_swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a [u8]>,
        value: Bytes,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let work =
            self.later(move |backend| backend.compare_and_swap(key, expected, value, lifetime));
        self.operation(key, true, work, move || {
            Some(Box::pin(async move {
                let there = self.0.backend.get(key).await?;
                Ok(there.as_deref() == expected)
            }))
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<(), StoreError>> {
        let work = self.later(|backend| backend.delete(key));
        self.operation(key, false, work, || Some(Box::pin(async { Ok(()) })))
    }

    fn reach(&self) -> Reach {
        self.0.backend.reach()
    }
}

impl Faulty {
    /// What the backend does, begun when it is first polled: a backend may do its work at the call.
    fn later<'a, T>(
        &'a self,
        work: impl FnOnce(&'a dyn Backend) -> BoxFuture<'a, T> + Send + 'a,
    ) -> BoxFuture<'a, T> {
        Box::pin(async move { work(&*self.0.backend).await })
    }
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state(|state| {
            f.debug_struct("Faulty")
                .field("backend", &self.0.backend)
                .field("everywhere", &state.everywhere)
                .field("collections", &state.collections)
                .finish_non_exhaustive()
        })
    }
}
