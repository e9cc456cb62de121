//! Functions that block, off the threads that serve requests.

use std::panic;
use std::sync::LazyLock;

use tokio::runtime::Handle;

use super::running::request;
use crate::blocking::{CountedAs, Outcome, Threads};
use crate::context::RequestScope;

/// For what belongs to no request of a server, such as a file that is opened before it serves.
static OF_NO_SERVER: LazyLock<Threads> = LazyLock::new(|| Threads::new(64));

/// Runs `work` on a thread where it may block, and returns its value. A panic continues in the
/// caller. Outside of a tokio runtime it runs in place.
///
/// There are as many such threads as [`Limits::blocking_calls`](crate::Limits::blocking_calls)
/// says; when they are taken, callers take turns.
///
/// A thread cannot be stopped: when the future is dropped, `work` that has begun still runs to its
/// end, and its value is dropped.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    if Handle::try_current().is_err() {
        return work();
    }
    let of_server = request(|request| Some((request.threads()?.clone(), request.counted_as())));
    let (threads, whose) = of_server
        .flatten()
        .unwrap_or_else(|| (OF_NO_SERVER.clone(), CountedAs::Alone));
    value_of(threads.run(whose, within_span(work)).await)
}

/// Does the same on these `threads`, which are not those of one server.
pub(crate) async fn blocking_on<T: Send + 'static>(
    threads: &Threads,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    if Handle::try_current().is_err() {
        return work();
    }
    let whose = request(RequestScope::counted_as).unwrap_or(CountedAs::Alone);
    value_of(threads.run(whose, within_span(work)).await)
}

/// What the work logs belongs to the request.
fn within_span<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let span = tracing::Span::current();
    move || span.in_scope(work)
}

fn value_of<T>(outcome: Outcome<T>) -> T {
    outcome.unwrap_or_else(|payload| panic::resume_unwind(payload))
}
