//! Putting together what is known of a request.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use http::HeaderMap;
use http::uri::PathAndQuery;
use serde_json::value::RawValue;
use thyra_auth::Principal;
use thyra_protocol::{LoggingLevel, ProgressToken, RequestId, RequestMeta, Revision};

use super::{Declared, Known, RequestScope, Scope};
use crate::context::{OtherMeta, OwnServer, Rounds};
use crate::conversation::Session;
use crate::outbox::Emitter;
use crate::state::StateMap;
use crate::trace::Trace;
use crate::views::ViewOwner;

/// Puts together what is known of a request; see [`RequestScope::builder`].
pub struct RequestScopeBuilder(Known);

impl RequestScopeBuilder {
    pub(super) fn new(revision: Revision, request_id: RequestId) -> Self {
        Self(Known {
            client: Declared::default(),
            emitter: None,
            headers: None,
            log_level: None,
            meta: None,
            peer_addr: None,
            principal: None,
            progress_token: None,
            request_id,
            revision,
            has_rounds: false,
            server: None,
            session: None,
            state: StateMap::default(),
            task: None,
            trace: None,
            target: None,
            view_owner: None,
        })
    }

    /// Who is calling.
    #[must_use]
    pub fn principal(mut self, principal: Option<Arc<Principal>>) -> Self {
        self.0.principal = principal;
        self
    }

    /// The headers of the HTTP request, without the credential.
    #[must_use]
    pub fn headers(mut self, headers: impl Into<Option<HeaderMap>>) -> Self {
        self.0.headers = headers.into();
        self
    }

    /// The address that the HTTP connection comes from.
    #[must_use]
    pub fn peer_addr(mut self, address: impl Into<Option<SocketAddr>>) -> Self {
        self.0.peer_addr = address.into();
        self
    }

    /// Where the HTTP request went.
    #[must_use]
    pub fn target(mut self, target: impl Into<Option<PathAndQuery>>) -> Self {
        self.0.target = target.into();
        self
    }

    /// The values that `State<T>` hands out.
    #[must_use]
    pub fn state(mut self, state: StateMap) -> Self {
        self.0.state = state;
        self
    }

    /// Where notifications go, and the token that the client gave for those about progress. Without
    /// a token no progress is sent.
    #[must_use]
    pub fn progress(mut self, token: Option<ProgressToken>, emitter: Emitter) -> Self {
        self.0.emitter = Some(emitter);
        self.0.progress_token = token;
        self
    }

    /// The least level of log messages that the client wants; without one it wants none.
    #[must_use]
    pub fn log_level(mut self, level: Option<LoggingLevel>) -> Self {
        self.0.log_level = level;
        self
    }

    /// The client's capabilities, as the request declares them.
    #[must_use]
    pub fn client_capabilities(mut self, capabilities: Option<&RawValue>) -> Self {
        self.0.client = Declared::new(capabilities, None);
        self
    }

    /// The client, as the request declares it.
    pub(crate) fn client(mut self, meta: &RequestMeta<'_>) -> Self {
        self.0.client = Declared::new(meta.client_capabilities, meta.client_info);
        self
    }

    pub(crate) fn meta(mut self, meta: &RequestMeta<'_>) -> Self {
        self.0.meta = OtherMeta::of(meta);
        self.0.trace = Trace::of(meta).map(Arc::new);
        self
    }

    /// The server that serves the request.
    pub(crate) fn server(mut self, server: Arc<dyn OwnServer>) -> Self {
        self.0.server = Some(server);
        self
    }

    /// The session that the request belongs to; questions are asked of its client.
    pub(crate) fn session(mut self, session: Option<Arc<Session>>) -> Self {
        self.0.session = session;
        self
    }

    /// Whose view of the components a handler may change, without a session.
    pub(crate) fn view_owner(mut self, owner: Option<ViewOwner>) -> Self {
        self.0.view_owner = owner;
        self
    }

    /// The scope.
    pub fn build(self) -> RequestScope {
        RequestScope(Arc::new(Scope {
            known: self.0,
            speech: OnceLock::new(),
            nesting: None,
        }))
    }

    /// The scope of a call whose questions end the round; `rounds` hold what earlier ones brought.
    pub(crate) fn build_in_rounds(mut self, rounds: Option<Rounds>) -> RequestScope {
        self.0.has_rounds = true;
        match rounds {
            Some(rounds) => RequestScope::begun(self.0, rounds),
            None => self.build(),
        }
    }
}

impl fmt::Debug for RequestScopeBuilder {
    /// Headers are left out: a proxy may have put a credential there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestScopeBuilder")
            .field("request_id", &self.0.request_id)
            .field("revision", &self.0.revision)
            .field("principal", &self.0.principal)
            .finish_non_exhaustive()
    }
}
