//! Who sent a message, and in which session.

use std::sync::Arc;

use thyra_auth::{Principal, PrincipalId};

use crate::app::{App, Identity};
use crate::catalog::live::ServerHandle;
use crate::check::{Operation, Subject};
use crate::conversation::Session;
use crate::selector::Viewer;
use crate::sessions::HttpSession;
use crate::views::{ViewOwner, ViewPlace};

/// Who sent a message, and in which session.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    identity: Identity,
    session: Option<Arc<Session>>,
}

impl Caller {
    /// The sender of a message that stands alone.
    pub(crate) fn new(identity: Identity) -> Self {
        Self {
            identity,
            session: None,
        }
    }

    /// The sender of a message in `session`, if there is one.
    pub(crate) fn within(identity: Identity, session: Option<Arc<Session>>) -> Self {
        Self { identity, session }
    }

    /// The client of an HTTP session, with the authority that it has now: that of its newest token.
    pub(super) fn of_session(held: &HttpSession) -> Self {
        let identity = held
            .principal()
            .map_or(Identity::Anybody, Identity::Principal);
        Self::within(identity, Some(Arc::clone(held.session())))
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(crate) fn session(&self) -> Option<&Arc<Session>> {
        self.session.as_ref()
    }

    pub(crate) fn principal(&self) -> Option<&Arc<Principal>> {
        self.identity.principal()
    }

    pub(crate) fn principal_id(&self) -> Option<PrincipalId> {
        self.principal().map(|principal| principal.id())
    }

    /// The owner of this caller's view where calls stand alone; `None` when the caller is unknown.
    pub(crate) fn view_owner(&self) -> Option<ViewOwner> {
        match &self.identity {
            Identity::Anybody => None,
            Identity::Local => Some(ViewOwner::Local),
            Identity::Principal(principal) => Some(ViewOwner::Principal(principal.id())),
        }
    }

    /// The caller as a viewer, with what the checks of those components say that `asks` finds.
    pub(super) async fn asked_by(
        &self,
        app: &App,
        asks: impl FnOnce(&Viewer<'_>) -> Vec<Subject>,
        operation: Operation,
    ) -> Viewer<'_> {
        let viewer = self.viewer(&app.handle);
        let subjects = asks(&viewer);
        let time = app.limits.check_time;
        app.door
            .asked(&self.identity, viewer, subjects, operation, time)
            .await
    }

    /// The caller as a viewer of the components of `server`.
    pub(crate) fn viewer(&self, server: &ServerHandle) -> Viewer<'_> {
        let session = self.session.as_deref();
        let view = session.map(Session::view);
        let place = ViewPlace::of(view, self.view_owner(), server.views());
        Viewer {
            principal: self.principal().map(AsRef::as_ref),
            session_id: session.and_then(Session::id),
            own: place.and_then(ViewPlace::rules),
            asked: self.identity.unasked(),
        }
    }
}
