//! The dependencies of one call.

use std::any::Any;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use super::circle::{Waits, Wanted};
use super::{CallEnd, Dependency};
use crate::handler::{Call, CallError, Rejection, ToolError};
use crate::throttled::throttled;

/// The dependencies of one call: each is made once, when it is first wanted. There are as many as
/// the program has types, at most.
#[derive(Default)]
pub(crate) struct Dependencies(
    /// Boxed, so that a call without dependencies carries only a pointer.
    OnceLock<Box<Mutex<Held>>>,
);

#[derive(Default)]
struct Held {
    /// A `OnceCell<Arc<T>>` for each type that was wanted.
    cells: Vec<(Wanted, Arc<dyn Any + Send + Sync>)>,
    /// What was made, the first first. A dependency is made after those that it wants.
    made: Vec<Box<dyn Release>>,
    waits: Waits,
}

/// What a call made, to be released after it.
pub(crate) struct MadeDependencies(Vec<Box<dyn Release>>);

/// Something to release.
trait Release: Send + Sync {
    fn release(self: Box<Self>, end: CallEnd) -> BoxFuture<'static, Result<(), ToolError>>;
}

struct Made<T>(Arc<T>);

impl<T: Dependency> Release for Made<T> {
    fn release(self: Box<Self>, end: CallEnd) -> BoxFuture<'static, Result<(), ToolError>> {
        Box::pin(self.0.release(end))
    }
}

/// The `T` of `call`. A call that nobody answers, as in a test of an extractor, has a `T` for this
/// time only.
pub(super) async fn get<T: Dependency>(call: &Call<'_>) -> Result<Arc<T>, Rejection> {
    match call.dependencies() {
        Some(dependencies) => dependencies.get(call).await,
        None => Dependencies::default().get(call).await,
    }
}

impl Dependencies {
    async fn get<T: Dependency>(&self, call: &Call<'_>) -> Result<Arc<T>, Rejection> {
        let wanted = Wanted::of::<T>();
        let slot = self.slot::<T>(wanted);
        if let Some(made) = slot.get() {
            return Ok(Arc::clone(made));
        }
        let _wait = match call.wanting() {
            Some(who) => Some(Wait::begin(self, who, wanted)?),
            None => None,
        };
        let made = slot
            .get_or_try_init(|| async {
                let made = Arc::new(T::resolve(&call.for_dependency(self, &wanted)).await?);
                self.lock().made.push(Box::new(Made(Arc::clone(&made))));
                Ok(made)
            })
            .await?;
        Ok(Arc::clone(made))
    }

    /// What the call has made, for release; `None` when it wanted nothing.
    pub(crate) fn into_made(self) -> Option<MadeDependencies> {
        let held = self.0.into_inner()?.into_inner();
        // Only these: whoever releases a value may want it for itself.
        let made = held.unwrap_or_else(PoisonError::into_inner).made;
        Some(MadeDependencies(made))
    }

    fn slot<T: Dependency>(&self, wanted: Wanted) -> Arc<OnceCell<Arc<T>>> {
        let mut held = self.lock();
        let known = held.cells.iter().find(|(known, _)| *known == wanted);
        if let Some(cell) = known.and_then(|(_, cell)| Arc::clone(cell).downcast().ok()) {
            return cell;
        }
        let cell = Arc::new(OnceCell::new());
        held.cells.push((wanted, Arc::clone(&cell) as _));
        cell
    }

    /// Nothing panics while the lock is held, so a poisoned one still holds a whole value.
    fn lock(&self) -> MutexGuard<'_, Held> {
        let held = self.0.get_or_init(Box::default);
        held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MadeDependencies {
    /// Releases all, the last first, after a call that ended with `outcome`. From the first error
    /// on, the call has failed with it; further ones go to the log.
    ///
    /// Boxed, so that the futures of calls without dependencies do not become larger.
    pub(crate) fn release<'a, R: Send + 'a>(
        self,
        mut outcome: Result<R, CallError>,
        is_failure: fn(&R) -> bool,
    ) -> BoxFuture<'a, Result<R, CallError>> {
        Box::pin(async move {
            for made in self.0.into_iter().rev() {
                let end = match &outcome {
                    Ok(result) if !is_failure(result) => CallEnd::Answered,
                    _ => CallEnd::Failed,
                };
                let released = AssertUnwindSafe(async move { made.release(end).await });
                let error = match released.catch_unwind().await {
                    Ok(Ok(())) => continue,
                    Ok(Err(error)) => CallError::from(error),
                    Err(panic) => CallError::from_panic(&*panic),
                };
                if end == CallEnd::Answered {
                    outcome = Err(error);
                } else {
                    throttled!(
                        error,
                        "a dependency could not be released",
                        about = "",
                        ?error
                    );
                }
            }
            outcome
        })
    }
}

/// A dependency that is being made, and waits for another. Dropping it ends the wait.
struct Wait<'a> {
    dependencies: &'a Dependencies,
    who: Wanted,
    whom: Wanted,
}

impl<'a> Wait<'a> {
    fn begin(dependencies: &'a Dependencies, who: Wanted, whom: Wanted) -> Result<Self, Rejection> {
        let begun = dependencies.lock().waits.begin(who, whom);
        begun.map_err(|circle| Rejection::Circle { circle })?;
        Ok(Self {
            dependencies,
            who,
            whom,
        })
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.dependencies.lock().waits.end(self.who, self.whom);
    }
}

impl fmt::Debug for Dependencies {
    /// Only the types: the values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.lock();
        let wanted = held.cells.iter().map(|(wanted, _)| wanted);
        f.debug_set().entries(wanted).finish()
    }
}
