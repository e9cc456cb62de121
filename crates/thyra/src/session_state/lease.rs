//! The state of one session, for as long as the session lasts.

use std::sync::{Arc, OnceLock};

use thyra_oauth::unguessable;

use super::{SessionStateError, SessionStateStore, StateOwner};

/// The state of one session. Dropping it forgets the state.
///
/// A session that keeps nothing costs the store nothing.
#[derive(Debug, Default)]
pub(crate) struct Lease(OnceLock<Held>);

#[derive(Debug)]
struct Held {
    owner: StateOwner,
    store: Arc<dyn SessionStateStore>,
}

impl Lease {
    /// Whose state it is: that of the session `id`, or without one of nobody else.
    ///
    /// # Errors
    ///
    /// When there is no id and none can be made.
    pub(crate) fn owner(
        &self,
        id: Option<&str>,
        store: &Arc<dyn SessionStateStore>,
    ) -> Result<StateOwner, SessionStateError> {
        if let Some(held) = self.0.get() {
            return Ok(held.owner);
        }
        let owner = if let Some(id) = id {
            StateOwner::session(id)
        } else {
            let id = unguessable::<24>().map_err(|_| SessionStateError::NoRandomness)?;
            StateOwner::session(id.expose())
        };
        let store = Arc::clone(store);
        Ok(self.0.get_or_init(|| Held { owner, store }).owner)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.store.end(self.owner);
    }
}
