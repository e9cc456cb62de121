//! Functions that block, off the threads that serve requests.

use std::panic;

use tokio::runtime::Handle;

/// Runs `work` on a thread where it may block, and gives back what it returns. A panic goes on in the caller. Without a tokio runtime
/// around it runs here.
///
/// A thread cannot be stopped: when the future is dropped, `work` goes on to its end and what it returns is dropped.
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
