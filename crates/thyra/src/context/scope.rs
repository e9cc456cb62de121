//! Everything about one request that its handler may see: what extractors read from.

use std::fmt;
use std::sync::{Arc, OnceLock};

use http::HeaderMap;
use serde_json::value::RawValue;
use thyra_auth::Principal;
use thyra_protocol::{
    ClientCapabilities, LoggingLevel, ProgressToken, RequestId, RequestMeta, Revision,
};

use super::{Context, OtherMeta, Past, Progress, Rounds, Shared};
use crate::catalog::live::ServerHandle;
use crate::conversation::{Asker, Session};
use crate::outbox::Emitter;
use crate::state::StateMap;
use crate::task::TaskHandle;
use crate::trace::Trace;
use crate::views::ViewOwner;

/// Everything about one request that its handler may see: what extractors read from.
///
/// The server makes one for each request. It costs what it holds; a [`Context`] is made for a handler that asks for one.
pub struct RequestScope {
    questions: Questions,
    client: Option<Box<RawValue>>,
    context: OnceLock<Context>,
    emitter: Option<Emitter>,
    headers: Option<HeaderMap>,
    log_level: Option<LoggingLevel>,
    meta: Option<Arc<OtherMeta>>,
    view_owner: Option<ViewOwner>,
    principal: Option<Arc<Principal>>,
    progress_token: Option<ProgressToken>,
    request_id: RequestId,
    revision: Revision,
    server: Option<ServerHandle>,
    session: Option<Arc<Session>>,
    state: StateMap,
    task: Option<TaskHandle>,
    trace: Option<Arc<Trace>>,
}

/// How a handler's questions reach the client.
#[derive(Default)]
enum Questions {
    /// Not at all.
    #[default]
    Nobody,
    /// By requests of the server's own.
    Asker(Arc<dyn Asker>),
    /// By ending the round.
    Rounds,
}

impl RequestScope {
    /// The scope of request `request_id`, with nobody calling and nothing to hand out.
    pub fn new(revision: Revision, request_id: RequestId) -> Self {
        Self {
            questions: Questions::Nobody,
            client: None,
            context: OnceLock::new(),
            emitter: None,
            headers: None,
            log_level: None,
            meta: None,
            view_owner: None,
            principal: None,
            progress_token: None,
            request_id,
            revision,
            server: None,
            session: None,
            state: StateMap::default(),
            task: None,
            trace: None,
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

    /// Where notifications go, and the token that the client gave for those about progress. Without a token there are none of these.
    #[must_use]
    pub fn with_progress(mut self, token: Option<ProgressToken>, emitter: Emitter) -> Self {
        self.emitter = Some(emitter);
        self.progress_token = token;
        self
    }

    /// The least level of log messages that the client wants; none without.
    #[must_use]
    pub fn with_log_level(mut self, level: Option<LoggingLevel>) -> Self {
        self.log_level = level;
        self
    }

    /// The client's capabilities, as the request declares them.
    #[must_use]
    pub fn with_client_capabilities(mut self, capabilities: Option<Box<RawValue>>) -> Self {
        self.client = capabilities;
        self
    }

    pub(crate) fn with_meta(mut self, meta: &RequestMeta<'_>) -> Self {
        self.meta = OtherMeta::of(meta).map(Arc::new);
        self
    }

    pub(crate) fn with_trace(mut self, trace: Option<Arc<Trace>>) -> Self {
        self.trace = trace;
        self
    }

    pub(crate) fn with_server(mut self, server: ServerHandle) -> Self {
        self.server = Some(server);
        self
    }

    /// Whose view of the components a handler may change, without a session.
    pub(crate) fn with_view_owner(mut self, owner: Option<ViewOwner>) -> Self {
        self.view_owner = owner;
        self
    }

    /// The conversation that the request belongs to.
    pub(crate) fn with_session(mut self, session: Option<Arc<Session>>) -> Self {
        self.session = session;
        self
    }

    /// Questions go out by `asker`.
    pub(crate) fn with_asker(mut self, asker: Arc<dyn Asker>) -> Self {
        self.questions = Questions::Asker(asker);
        self
    }

    /// Within a task: questions are asked of the task's client, what `past` knows is not.
    ///
    /// The stream of the request that began the task is none of the task's, so nothing is said there.
    pub(crate) fn with_task(mut self, task: TaskHandle, past: Past) -> Self {
        self.task = Some(task.clone());
        self.emitter = None;
        self.with_rounds(Some(Rounds::endless(past, Arc::new(task))))
    }

    /// Questions end the round. To be said last: when there are rounds already, the context is made now, with them.
    pub(crate) fn with_rounds(mut self, rounds: Option<Rounds>) -> Self {
        self.questions = Questions::Rounds;
        if let Some(rounds) = rounds {
            self.context = OnceLock::from(self.share(rounds));
        }
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

    /// What the request's `_meta` has under `key`, as it came; keys of the protocol's own are not among it.
    pub fn meta(&self, key: &str) -> Option<&RawValue> {
        self.meta.as_ref()?.get(key)
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
            self.share(match &self.questions {
                Questions::Nobody => Rounds::lonely(),
                Questions::Asker(asker) => Rounds::endless(Past::default(), Arc::clone(asker)),
                Questions::Rounds => Rounds::default(),
            })
        })
    }

    /// The context, if a handler asked for it: without one it can have said and asked nothing.
    pub(crate) fn used_context(&self) -> Option<&Context> {
        self.context.get()
    }

    fn share(&self, rounds: Rounds) -> Context {
        let may_speak =
            self.progress_token.is_some() || self.log_level.is_some() || self.session.is_some();
        let sender = match &self.emitter {
            Some(emitter) if may_speak => emitter.open(),
            _ => None,
        };
        let progress = match (&self.progress_token, &sender) {
            (Some(token), Some(sender)) => {
                Some(Progress::new(token.clone(), self.revision, sender.clone()))
            }
            _ => None,
        };
        Context(Arc::new(Shared {
            client: self.client_capabilities(),
            emitter: self.emitter.clone(),
            log_level: self.log_level,
            meta: self.meta.clone(),
            view_owner: self.view_owner,
            principal: self.principal.clone(),
            progress,
            request_id: self.request_id.clone(),
            revision: self.revision,
            rounds,
            sender,
            server: self.server.clone(),
            session: self.session.clone(),
            task: self.task.clone(),
            trace: self.trace.clone(),
        }))
    }

    fn client_capabilities(&self) -> ClientCapabilities {
        match (&self.session, &self.client) {
            (Some(session), _) => session.client().clone(),
            (None, Some(declared)) => {
                serde_json::from_str(declared.get()).unwrap_or_else(|error| {
                    tracing::debug!(%error, "the client's capabilities cannot be read");
                    ClientCapabilities::default()
                })
            }
            (None, None) => ClientCapabilities::default(),
        }
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
