//! Everything about one request that its handler may see: what extractors read from.

mod builder;
mod client;
mod declared;
mod nesting;
mod speech;

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use http::HeaderMap;
use http::uri::PathAndQuery;
use serde_json::value::RawValue;
use thyra_auth::Principal;
use thyra_protocol::{LoggingLevel, ProgressToken, RequestId, Revision};

pub use self::builder::RequestScopeBuilder;
use self::declared::Declared;
use self::nesting::Nesting;
use self::speech::Speech;
use super::{Context, OtherMeta, OwnServer, Past, Rounds};
use crate::blocking::{CountedAs, Threads};
use crate::conversation::Session;
use crate::outbox::Emitter;
use crate::selector::Viewer;
use crate::state::StateMap;
use crate::task::TaskHandle;
use crate::trace::Trace;
use crate::views::{ViewOwner, Views};

/// Everything about one request that its handler may see: what extractors read from.
///
/// The server makes one for each request. A [`Context`] is the same in the hands of a handler.
/// Cheap to clone.
#[derive(Clone)]
pub struct RequestScope(Arc<Scope>);

/// One request, shared by its [`RequestScope`] and every [`Context`] of it.
pub(super) struct Scope {
    pub(super) known: Known,
    /// Made with the first context: a handler without one says and asks nothing.
    speech: OnceLock<Speech>,
    /// The call that this one is within, if a handler makes it.
    nesting: Option<Nesting>,
}

/// What is known of a request before its handler runs.
#[derive(Clone)]
pub(super) struct Known {
    /// The client as the request declares it; a session knows its client too.
    pub(super) client: Declared,
    pub(super) emitter: Option<Emitter>,
    pub(super) headers: Option<HeaderMap>,
    pub(super) log_level: Option<LoggingLevel>,
    pub(super) meta: Option<OtherMeta>,
    pub(super) peer_addr: Option<SocketAddr>,
    pub(super) principal: Option<Arc<Principal>>,
    pub(super) progress_token: Option<ProgressToken>,
    pub(super) request_id: RequestId,
    pub(super) revision: Revision,
    /// Whether a question ends the round, and the client brings the answer with the next one.
    pub(super) has_rounds: bool,
    pub(super) server: Option<Arc<dyn OwnServer>>,
    pub(super) session: Option<Arc<Session>>,
    pub(super) state: StateMap,
    pub(super) task: Option<TaskHandle>,
    pub(super) trace: Option<Arc<Trace>>,
    pub(super) target: Option<PathAndQuery>,
    pub(super) view_owner: Option<ViewOwner>,
}

impl RequestScope {
    /// The scope of request `request_id`, with nobody calling and nothing to hand out.
    pub fn new(revision: Revision, request_id: RequestId) -> Self {
        Self::builder(revision, request_id).build()
    }

    /// Begins the scope of request `request_id`.
    pub fn builder(revision: Revision, request_id: RequestId) -> RequestScopeBuilder {
        RequestScopeBuilder::new(revision, request_id)
    }

    /// Who is calling; `None` when the server asks nobody for a token.
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        self.0.known.principal.as_ref()
    }

    /// The headers of the HTTP request, without the credential; `None` on stdio.
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.known.headers.as_ref()
    }

    /// The address that the HTTP connection comes from, if it is known: behind a reverse proxy, the
    /// proxy's.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.0.known.peer_addr
    }

    /// Where the HTTP request went, path and query; `None` on stdio.
    pub fn target(&self) -> Option<&PathAndQuery> {
        self.0.known.target.as_ref()
    }

    /// The values that were given to the server for its handlers.
    pub fn state(&self) -> &StateMap {
        &self.0.known.state
    }

    /// What the request's `_meta` has under `key`, as it came. The protocol's own keys are not in
    /// it.
    pub fn meta(&self, key: &str) -> Option<&RawValue> {
        self.0.known.meta.as_ref()?.get(key)
    }

    /// The protocol revision that this request speaks.
    pub fn revision(&self) -> Revision {
        self.0.known.revision
    }

    /// The client's own id of this request.
    pub fn request_id(&self) -> &RequestId {
        &self.0.known.request_id
    }

    /// This request as a handler takes it along.
    pub fn context(&self) -> Context {
        self.0.speech();
        Context(Arc::clone(&self.0))
    }

    /// The scope that a handler has taken along.
    pub(super) fn of(context: &Context) -> Self {
        Self(Arc::clone(&context.0))
    }

    /// Where functions of this request that block run; `None` without a server.
    pub(crate) fn threads(&self) -> Option<&Threads> {
        Some(self.0.known.server.as_deref()?.threads())
    }

    /// Whose share of the threads they use.
    pub(crate) fn counted_as(&self) -> CountedAs {
        match (self.principal(), self.peer_addr()) {
            (Some(principal), _) => CountedAs::Subject(principal.id().subject()),
            (None, Some(peer)) => CountedAs::address(peer.ip()),
            (None, None) => CountedAs::Alone,
        }
    }

    /// The caller as a viewer of the components; `views` are those of its server.
    pub(crate) fn viewer(&self, views: &Views) -> Viewer<'_> {
        self.0.viewer(views)
    }

    /// The owner of the caller's view, where calls stand alone.
    pub(crate) fn view_owner(&self) -> Option<ViewOwner> {
        self.0.known.view_owner
    }

    /// The rounds, if anybody has a context: without one a handler can have said and asked nothing.
    pub(crate) fn rounds_in_use(&self) -> Option<&Rounds> {
        self.0.speech.get().map(|speech| &speech.rounds)
    }

    /// The same request within a task: questions that `past` cannot answer are the task's.
    ///
    /// The stream of the request that began the task is not the task's, so nothing is said there.
    pub(crate) fn into_task(self, task: TaskHandle, past: Past) -> Self {
        let known =
            Arc::try_unwrap(self.0).map_or_else(|shared| shared.known.clone(), |scope| scope.known);
        let known = Known {
            task: Some(task.clone()),
            emitter: None,
            ..known
        };
        Self::begun(known, Rounds::endless(past, Arc::new(task)))
    }

    /// A request whose rounds are there already, and its context with them.
    fn begun(known: Known, rounds: Rounds) -> Self {
        let speech = OnceLock::from(Speech::new(&known, rounds));
        Self(Arc::new(Scope {
            known,
            speech,
            nesting: None,
        }))
    }
}

impl Scope {
    /// What the handler can say and ask. A call within another speaks as that one does.
    pub(super) fn speech(&self) -> &Speech {
        if let Some(nesting) = &self.nesting {
            return nesting.outer.speech();
        }
        self.speech
            .get_or_init(|| Speech::new(&self.known, self.known.rounds()))
    }

    /// The key of a question or a work of this call, among all those of its request.
    pub(super) fn key<'k>(&self, key: &'k str) -> Cow<'k, str> {
        match &self.nesting {
            Some(nesting) => nesting.key(key).into(),
            None => key.into(),
        }
    }
}

impl fmt::Debug for RequestScope {
    /// Headers are left out: a proxy may have put a credential there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestScope")
            .field("request_id", self.request_id())
            .field("revision", &self.revision())
            .field("principal", &self.principal())
            .finish_non_exhaustive()
    }
}
