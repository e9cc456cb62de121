//! Who sent a message, and what came along.

use std::sync::Arc;

use http::HeaderMap;
use thyra_auth::{Principal, PrincipalId, Protection, Refusal, ScopeSet};

use crate::catalog::live::ServerHandle;
use crate::conversation::Session;
use crate::selector::Viewer;
use crate::views::{ViewOwner, ViewPlace};

/// Who sent a message, and what came along.
#[derive(Debug)]
pub(crate) struct Caller {
    identity: Identity,
    headers: Option<HeaderMap>,
    session: Option<Arc<Session>>,
}

/// Who sent a message.
#[derive(Clone, Debug)]
enum Identity {
    /// The user who started this process, on stdio: nobody else can speak there, so no scope is asked for.
    Local,
    /// Somebody over HTTP; with a principal when the server is protected.
    Remote(Option<Arc<Principal>>),
}

impl Caller {
    pub(crate) fn local() -> Self {
        Self {
            identity: Identity::Local,
            headers: None,
            session: None,
        }
    }

    pub(crate) fn remote(principal: Option<Arc<Principal>>, headers: HeaderMap) -> Self {
        Self {
            identity: Identity::Remote(principal),
            headers: Some(headers),
            session: None,
        }
    }

    /// Somebody known, with no HTTP request around the message.
    #[cfg(any(feature = "client", test))]
    pub(crate) fn known(principal: Arc<Principal>) -> Self {
        Self {
            identity: Identity::Remote(Some(principal)),
            headers: None,
            session: None,
        }
    }

    /// The same, within a conversation of the handshake era.
    #[must_use]
    pub(crate) fn with_session(mut self, session: Option<Arc<Session>>) -> Self {
        self.session = session;
        self
    }

    /// The headers that carried the message; none on stdio.
    pub(crate) fn headers(&self) -> Option<&HeaderMap> {
        self.headers.as_ref()
    }

    /// The same caller without the headers, for what is told later.
    pub(crate) fn without_headers(&self) -> Self {
        Self {
            identity: self.identity.clone(),
            headers: None,
            session: self.session.clone(),
        }
    }

    pub(super) fn take_headers(&mut self) -> Option<HeaderMap> {
        self.headers.take()
    }

    pub(crate) fn session(&self) -> Option<&Arc<Session>> {
        self.session.as_ref()
    }

    /// Whether the caller is who started this process.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self.identity, Identity::Local)
    }

    pub(crate) fn principal(&self) -> Option<&Arc<Principal>> {
        match &self.identity {
            Identity::Local => None,
            Identity::Remote(principal) => principal.as_ref(),
        }
    }

    pub(crate) fn principal_id(&self) -> Option<PrincipalId> {
        self.principal().map(|principal| principal.id())
    }

    /// Whether the caller has these scopes.
    pub(crate) fn may_use(
        &self,
        scopes: &ScopeSet,
        protection: Option<&Protection>,
    ) -> Result<(), Refusal> {
        match (self.principal(), protection) {
            _ if scopes.is_empty() || self.is_local() => Ok(()),
            (Some(principal), Some(protection)) => protection.check_scopes(principal, scopes),
            _ => Err(Refusal::MissingToken),
        }
    }

    /// Whose view it is that this caller has, where calls stand alone; none when nobody knows who is calling.
    pub(crate) fn view_owner(&self) -> Option<ViewOwner> {
        match &self.identity {
            Identity::Local => Some(ViewOwner::Local),
            Identity::Remote(principal) => {
                let principal = principal.as_ref()?;
                Some(ViewOwner::Principal(principal.id()))
            }
        }
    }

    /// The caller as one who looks at the components of `server`.
    pub(crate) fn viewer(&self, server: &ServerHandle) -> Viewer<'_> {
        let session = self.session.as_deref();
        let view = session.map(Session::view);
        let place = ViewPlace::of(view, self.view_owner(), server.views());
        Viewer {
            principal: self.principal().map(AsRef::as_ref),
            session_id: session.and_then(Session::id),
            own: place.and_then(ViewPlace::rules),
        }
    }
}
