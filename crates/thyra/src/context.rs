//! What a handler may know about the request that it answers, and what it may say before its answer.

mod ask;
mod choose;
mod log;
mod meta;
mod once;
mod progress;
mod rounds;
mod scope;
mod view;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::value::RawValue;
use thyra_auth::Principal;
use thyra_protocol::{ClientCapabilities, Era, LoggingLevel, RequestId, Revision};
use tokio::sync::mpsc::Sender;

use self::meta::OtherMeta;
pub use self::progress::Amount;
use self::progress::Progress;
pub(crate) use self::rounds::{Past, Pause, Rounds};
pub use self::scope::RequestScope;
use crate::catalog::live::ServerHandle;
use crate::conversation::Session;
use crate::outbox::Emitter;
use crate::task::TaskHandle;
use crate::trace::Trace;
use crate::views::ViewOwner;

/// The request in flight, as a handler may take it along: into a spawned task, into a helper function, into a struct.
///
/// Ask for it by naming it as an argument of a tool; clients do not see that argument.
///
/// ```
/// use thyra::prelude::*;
///
/// /// Count the words of every page.
/// #[tool]
/// async fn count(pages: Vec<String>, ctx: Context) -> usize {
///     let mut words = 0;
///     for (done, page) in pages.iter().enumerate() {
///         words += page.split_whitespace().count();
///         ctx.progress(done + 1, pages.len()).await;
///     }
///     words
/// }
/// ```
#[derive(Clone)]
pub struct Context(Arc<Shared>);

struct Shared {
    client: ClientCapabilities,
    emitter: Option<Emitter>,
    log_level: Option<LoggingLevel>,
    meta: Option<Arc<OtherMeta>>,
    view_owner: Option<ViewOwner>,
    principal: Option<Arc<Principal>>,
    progress: Option<Progress>,
    request_id: RequestId,
    revision: Revision,
    rounds: Rounds,
    /// Where notifications go; none when there will be none.
    sender: Option<Sender<Bytes>>,
    server: Option<ServerHandle>,
    session: Option<Arc<Session>>,
    task: Option<TaskHandle>,
    trace: Option<Arc<Trace>>,
}

impl Context {
    /// Tells the client that `done` of `total` is done (MCP `notifications/progress`). The unit is the handler's own.
    ///
    /// Nothing is sent when the client did not ask for progress, when it is gone, or when `done` is not more than it was the
    /// last time: progress only ever grows. Waits while the client is slow to read.
    pub async fn progress(&self, done: impl Amount, total: impl Amount) {
        self.emit_progress(done.into_f64(), Some(total.into_f64()), None)
            .await;
    }

    /// Like [`Context::progress`], with a sentence for people. Revision 2024-11-05 has no place for it: there only the numbers go.
    pub async fn progress_message(
        &self,
        done: impl Amount,
        total: impl Amount,
        message: impl AsRef<str>,
    ) {
        self.emit_progress(
            done.into_f64(),
            Some(total.into_f64()),
            Some(message.as_ref()),
        )
        .await;
    }

    /// Like [`Context::progress`], for work whose end is not known.
    pub async fn progress_so_far(&self, done: impl Amount) {
        self.emit_progress(done.into_f64(), None, None).await;
    }

    /// Who is calling; `None` when the server asks nobody for a token.
    pub fn principal(&self) -> Option<&Principal> {
        self.0.principal.as_deref()
    }

    /// The protocol revision that this request speaks.
    pub fn revision(&self) -> Revision {
        self.0.revision
    }

    /// Whether this request stands alone (revision 2026-07-28 and later), with no session around it.
    pub fn is_sessionless(&self) -> bool {
        self.0.revision.era() == Era::Sessionless
    }

    /// The client's own id of this request.
    pub fn request_id(&self) -> &RequestId {
        &self.0.request_id
    }

    /// What the request's `_meta` has under `key`, as it came: `serde_json::from_str(value.get())` makes something of it. Keys of the
    /// protocol's own are not among it; [`Context::progress`], [`Context::trace`] and others stand for them.
    ///
    /// It is the client's word, and models do not see it. Of more than 16 KiB only part is there.
    pub fn meta(&self, key: &str) -> Option<&RawValue> {
        self.0.meta.as_ref()?.get(key)
    }

    /// The id of the session, in the handshake era over HTTP (`Mcp-Session-Id`). Whoever knows it may speak in the session of a caller without
    /// a token, so it belongs in no log.
    pub fn session_id(&self) -> Option<&str> {
        self.0.session.as_ref()?.id()
    }

    /// The id of the task that this call runs as, if it does.
    pub fn task_id(&self) -> Option<&str> {
        self.0.task.as_ref().map(TaskHandle::id)
    }

    /// The server that this call is served by; `None` for a scope that was made without one.
    pub fn server(&self) -> Option<&ServerHandle> {
        self.0.server.as_ref()
    }

    /// Where this request stands in a distributed trace, as the client said it (W3C Trace Context).
    pub fn trace(&self) -> Option<&Trace> {
        self.0.trace.as_deref()
    }

    /// Ends the event stream of this call before its reply, in a session of the handshake era over HTTP: the client comes back for the
    /// rest after a while (MCP 2025-11-25, SEP-1699). Long work need not hold a connection. Elsewhere it does nothing.
    pub fn close_stream(&self) {
        if let (Some(_), Some(emitter)) = (&self.0.session, &self.0.emitter) {
            emitter.close_stream();
        }
    }

    /// The round in which this call is.
    pub(crate) fn rounds(&self) -> &Rounds {
        &self.0.rounds
    }

    async fn emit(&self, message: Bytes) {
        if let Some(sender) = &self.0.sender
            && sender.send(message).await.is_err()
        {
            tracing::debug!("the client is gone, and a notification with it");
        }
    }

    async fn emit_progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        if let Some(progress) = &self.0.progress {
            progress.emit(done, total, message).await;
        }
        // Whoever looks at a task reads this.
        if let (Some(task), Some(message)) = (&self.0.task, message) {
            task.status_message(message).await;
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("request_id", &self.0.request_id)
            .field("revision", &self.0.revision)
            .field("principal", &self.0.principal)
            .field("wants_progress", &self.0.progress.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests;
