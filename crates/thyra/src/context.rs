//! What a handler may know about the request that it answers, and what it may say before its answer.

mod outbox;
mod progress;
mod state;

use std::fmt;
use std::sync::{Arc, OnceLock};

use http::HeaderMap;
use thyra_auth::Principal;
use thyra_protocol::{Era, ProgressToken, RequestId, Revision};

pub use self::outbox::{Emitter, Outbox};
pub use self::progress::Amount;
use self::progress::Progress;
pub use self::state::StateMap;

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
    principal: Option<Arc<Principal>>,
    progress: Option<Progress>,
    request_id: RequestId,
    revision: Revision,
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

    async fn emit_progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        if let Some(progress) = &self.0.progress {
            progress.emit(done, total, message).await;
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

/// Everything about one request that its handler may see: what extractors read from.
///
/// The server makes one for each request. It costs what it holds: nothing is made for a handler that does not ask.
pub struct RequestScope {
    context: OnceLock<Context>,
    emitter: Option<Emitter>,
    headers: Option<HeaderMap>,
    principal: Option<Arc<Principal>>,
    progress_token: Option<ProgressToken>,
    request_id: RequestId,
    revision: Revision,
    state: StateMap,
}

impl RequestScope {
    /// The scope of request `request_id`, with nobody calling and nothing to hand out.
    pub fn new(revision: Revision, request_id: RequestId) -> Self {
        Self {
            context: OnceLock::new(),
            emitter: None,
            headers: None,
            principal: None,
            progress_token: None,
            request_id,
            revision,
            state: StateMap::default(),
        }
    }

    /// Who is calling.
    #[must_use]
    pub fn with_principal(mut self, principal: Option<Arc<Principal>>) -> Self {
        self.principal = principal;
        self
    }

    /// The headers of the HTTP request, without the credential.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = Some(headers);
        self
    }

    /// The values that `State<T>` hands out.
    #[must_use]
    pub fn with_state(mut self, state: StateMap) -> Self {
        self.state = state;
        self
    }

    /// Where notifications go, and the token that the client gave for those about progress. Without a token there are none.
    #[must_use]
    pub fn with_progress(mut self, token: Option<ProgressToken>, emitter: Emitter) -> Self {
        self.emitter = Some(emitter);
        self.progress_token = token;
        self
    }

    /// Who is calling; `None` when the server asks nobody for a token.
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        self.principal.as_ref()
    }

    /// The headers of the HTTP request, without the credential; `None` on stdio.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.headers.as_ref()
    }

    /// The values that were given to the server for its handlers.
    pub fn state(&self) -> &StateMap {
        &self.state
    }

    /// The protocol revision that this request speaks.
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The client's own id of this request.
    pub fn request_id(&self) -> &RequestId {
        &self.request_id
    }

    /// This request as an owned value; the same one however often it is asked for.
    pub fn context(&self) -> &Context {
        self.context.get_or_init(|| {
            let progress = match (&self.progress_token, &self.emitter) {
                (Some(token), Some(emitter)) => emitter
                    .open()
                    .map(|sender| Progress::new(token.clone(), self.revision, sender)),
                _ => None,
            };
            Context(Arc::new(Shared {
                principal: self.principal.clone(),
                progress,
                request_id: self.request_id.clone(),
                revision: self.revision,
            }))
        })
    }
}

impl fmt::Debug for RequestScope {
    /// Headers are left out: a proxy may have put a credential there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestScope")
            .field("request_id", &self.request_id)
            .field("revision", &self.revision)
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
