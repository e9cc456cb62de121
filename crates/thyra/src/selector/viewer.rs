//! The caller for whom components are listed and found.

use std::sync::Arc;

use thyra_auth::Principal;

use super::{Asked, ComponentInfo, Rules};

/// The caller who looks at the components.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Viewer<'a> {
    /// Who is signed in; `None` when the server does not ask for tokens.
    pub principal: Option<&'a Principal>,
    /// The id of the session; `None` where there are no sessions.
    pub session_id: Option<&'a str>,
    /// What handlers hid from this viewer, or showed to it alone.
    pub(crate) own: Option<Arc<Rules>>,
    /// What the checks of components said of this viewer.
    pub(crate) asked: Asked,
}

/// The function given to [`Server::visible`](crate::Server::visible).
pub(crate) type VisibleFn =
    Arc<dyn for<'a> Fn(&ComponentInfo<'a>, &Viewer<'a>) -> bool + Send + Sync>;
