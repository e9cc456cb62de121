//! What a handler may know about the request that it answers, and what it may say before its
//! answer.

mod ask;
mod choose;
mod log;
mod meta;
mod once;
mod own_calls;
mod own_server;
mod progress;
mod rounds;
mod scope;
mod scopes;
mod session_state;
mod view;

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http::uri::PathAndQuery;
use serde_json::value::RawValue;
use thyra_auth::Principal;
use thyra_protocol::{Era, RequestId, Revision};

use self::meta::OtherMeta;
pub use self::own_server::OwnServerError;
pub(crate) use self::own_server::{OwnAnswer, OwnServer};
pub use self::progress::Amount;
pub(crate) use self::rounds::{Past, Pause, Rounds};
use self::scope::Scope;
pub use self::scope::{RequestScope, RequestScopeBuilder};
pub use self::scopes::MissingScopes;
pub use self::session_state::SessionState;
use crate::task::TaskHandle;
use crate::trace::Trace;

/// The request in flight, for a handler to take along: into a spawned task, a helper function or a
/// struct.
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
pub struct Context(Arc<Scope>);

impl Context {
    /// Tells the client that `done` of `total` is done (MCP `notifications/progress`). The unit is
    /// yours to choose.
    ///
    /// Nothing is sent when the client did not ask for progress or is gone, or when `done` is not
    /// more than last time: progress only grows. Waits while the client is slow to read.
    pub async fn progress(&self, done: impl Amount, total: impl Amount) {
        self.emit_progress(done.into_f64(), Some(total.into_f64()), None)
            .await;
    }

    /// Like [`Context::progress`], with a sentence for people. Revision 2024-11-05 has no place for
    /// it and gets only the numbers.
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
        self.0.known.principal.as_deref()
    }

    /// The headers of the HTTP request, without the credential; `None` on stdio.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.known.headers.as_ref()
    }

    /// The address that the HTTP connection comes from, if it is known: behind a reverse proxy, the
    /// proxy's. See [`PeerAddr`](crate::PeerAddr).
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.0.known.peer_addr
    }

    /// Where the HTTP request went, path and query; `None` on stdio.
    /// See [`RequestTarget`](crate::RequestTarget).
    pub fn target(&self) -> Option<&PathAndQuery> {
        self.0.known.target.as_ref()
    }

    /// The protocol revision that this request speaks.
    pub fn revision(&self) -> Revision {
        self.0.known.revision
    }

    /// Whether this request stands alone (revision 2026-07-28 and later), with no session around
    /// it.
    pub fn is_sessionless(&self) -> bool {
        self.revision().era() == Era::Sessionless
    }

    /// The client's own id of this request.
    pub fn request_id(&self) -> &RequestId {
        &self.0.known.request_id
    }

    /// What the request's `_meta` has under `key`, as it came. Read it with
    /// `serde_json::from_str(value.get())`. The protocol's own keys are not in it:
    /// [`Context::progress`], [`Context::trace`] and others stand for them.
    ///
    /// It is the client's word, and models do not see it. Of more than 16 KiB only part is kept.
    pub fn meta(&self, key: &str) -> Option<&RawValue> {
        self.0.known.meta.as_ref()?.get(key)
    }

    /// The id of the session, in the handshake era over HTTP (`Mcp-Session-Id`). Where callers have
    /// no token, whoever knows it can speak in the session, so keep it out of logs.
    pub fn session_id(&self) -> Option<&str> {
        self.0.known.session.as_ref()?.id()
    }

    /// The id of the task that this call runs as, if it does.
    pub fn task_id(&self) -> Option<&str> {
        self.0.known.task.as_ref().map(TaskHandle::id)
    }

    /// Where this request stands in a distributed trace, as the client said it (W3C Trace Context).
    pub fn trace(&self) -> Option<&Trace> {
        self.0.known.trace.as_deref()
    }

    /// Ends the event stream of this call before its reply, in a session of the handshake era over
    /// HTTP: the client comes back for the rest after a while (MCP 2025-11-25, SEP-1699), so long
    /// work need not hold a connection. Elsewhere it does nothing.
    pub fn close_stream(&self) {
        if let (Some(_), Some(emitter)) = (&self.0.known.session, &self.0.known.emitter) {
            emitter.close_stream();
        }
    }

    /// The server that serves this call; `None` for a scope that was made without one.
    pub(crate) fn own_server(&self) -> Option<&dyn OwnServer> {
        self.0.known.server.as_deref()
    }

    /// The scope of this call.
    pub(crate) fn scope(&self) -> RequestScope {
        RequestScope::of(self)
    }

    /// The round that this call is in.
    pub(crate) fn rounds(&self) -> &Rounds {
        &self.0.speech().rounds
    }

    async fn emit(&self, message: Bytes) {
        if let Some(sender) = &self.0.speech().sender
            && sender.send(message).await.is_err()
        {
            tracing::debug!("the client is gone, and a notification with it");
        }
    }

    async fn emit_progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        if let Some(progress) = &self.0.speech().progress {
            progress.emit(done, total, message).await;
        }
        // Whoever looks at a task reads this.
        if let (Some(task), Some(message)) = (&self.0.known.task, message) {
            task.status_message(message).await;
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("request_id", self.request_id())
            .field("revision", &self.revision())
            .field("principal", &self.0.known.principal)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
