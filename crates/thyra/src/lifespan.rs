//! What begins and ends with a server.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::state::StateMap;

/// Why something could not begin.
pub(crate) type StartError = Box<dyn Error + Send + Sync>;

/// What ends something that has begun.
type Stop = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

type Start = Box<dyn FnOnce() -> BoxFuture<'static, Result<Started, StartError>> + Send>;

/// Something that begins and ends with a server, such as a pool of connections: its value is
/// `State<T>` for handlers ([`Server::lifespan`](crate::Server::lifespan)).
pub struct Lifespan(Mutex<Start>);

/// What has begun.
pub(crate) struct Started {
    put: Box<dyn FnOnce(&mut StateMap) + Send>,
    stop: Option<Stop>,
}

/// What ends with the server, in the order in which it began.
#[derive(Default)]
pub(crate) struct Stops(Mutex<Vec<Stop>>);

impl Lifespan {
    /// What begins with `start`, and ends when its value is dropped.
    pub fn new<T, E, F>(start: impl FnOnce() -> F + Send + 'static) -> Self
    where
        T: Send + Sync + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        Self::of(start, |_| None)
    }

    /// The same, and `stop` ends it. Handlers may still hold the value then.
    pub fn until<T, E, F, S>(
        start: impl FnOnce() -> F + Send + 'static,
        stop: impl FnOnce(Arc<T>) -> S + Send + 'static,
    ) -> Self
    where
        T: Send + Sync + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
        F: Future<Output = Result<T, E>> + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        Self::of(start, |value| {
            Some(Box::new(move || stop(value).boxed()) as Stop)
        })
    }

    /// Begins it.
    pub(crate) async fn start(self) -> Result<Started, StartError> {
        let start = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        start().await
    }

    fn of<T, E, F>(
        start: impl FnOnce() -> F + Send + 'static,
        stop: impl FnOnce(Arc<T>) -> Option<Stop> + Send + 'static,
    ) -> Self
    where
        T: Send + Sync + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let start = move || {
            let beginning = start();
            async move {
                let value = Arc::new(beginning.await.map_err(Into::into)?);
                let stop = stop(Arc::clone(&value));
                Ok(Started {
                    put: Box::new(|state| state.share(value)),
                    stop,
                })
            }
            .boxed()
        };
        Self(Mutex::new(Box::new(start)))
    }
}

impl Stops {
    /// Gives the value of what has begun to `state`, and keeps what ends it.
    pub(crate) fn begun(&self, started: Started, state: &mut StateMap) {
        (started.put)(state);
        let mut stops = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stops.extend(started.stop);
    }

    /// Ends everything, the last first. What has ended does not end again.
    pub(crate) async fn stop(&self) {
        loop {
            let last = {
                let mut stops = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                stops.pop()
            };
            let Some(stop) = last else { return };
            stop().await;
        }
    }
}

impl fmt::Debug for Lifespan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lifespan").finish_non_exhaustive()
    }
}
