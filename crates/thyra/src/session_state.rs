//! What handlers remember from one call to the next, for as long as a session lasts.

mod error;
mod lease;
mod memory;
mod owner;
mod store;

use std::sync::Arc;

pub use self::error::SessionStateError;
pub(crate) use self::lease::Lease;
pub use self::memory::MemorySessionState;
pub use self::owner::StateOwner;
pub use self::store::SessionStateStore;

/// The longest key, in bytes.
pub(crate) const LONGEST_KEY: usize = 128;

/// Where one server keeps the state of its sessions.
#[derive(Debug)]
pub(crate) struct SessionStates {
    pub(crate) store: Arc<dyn SessionStateStore>,
    /// The state of whoever runs the process, where calls stand alone.
    pub(crate) process: Lease,
}

impl SessionStates {
    pub(crate) fn new(store: Arc<dyn SessionStateStore>) -> Self {
        Self {
            store,
            process: Lease::default(),
        }
    }
}

#[cfg(test)]
mod tests;
