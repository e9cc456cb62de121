//! Functions that block, off the threads that serve requests.

use std::panic;

use tokio::runtime::Handle;

/// Runs `work` on a thread where it may block, and returns its value. A panic continues in the
/// caller. Outside of a tokio runtime it runs in place.
///
/// A thread cannot be stopped: when the future is dropped, `work` still runs to its end, and its
/// value is dropped.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let Ok(runtime) = Handle::try_current() else {
        return work();
    };
    // What the work logs belongs to the request.
    let span = tracing::Span::current();
    match runtime.spawn_blocking(move || span.in_scope(work)).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(payload) => panic::resume_unwind(payload),
            // Nobody calls it off but a runtime that shuts down, which drops this future as well.
            Err(_) => std::future::pending().await,
        },
    }
}
