//! What a connection of the handshake era agreed on, for the one transport that is a connection: stdio.

use std::sync::{Mutex, PoisonError};

use thyra_protocol::{ErrorObject, Message, Revision};

use super::dispatch::{Caller, Carrier};
use super::incoming::Incoming;

/// The revision that `initialize` settled, if it came.
#[derive(Debug, Default)]
pub(crate) struct Handshake(Mutex<Option<Revision>>);

impl Carrier for Handshake {
    /// The revision that a request speaks: the one it names, else the one agreed on.
    ///
    /// A client that asks before it introduces itself is served on the newest revision that has an introduction: strict in
    /// shape, liberal in order.
    fn revision(&self, incoming: &Incoming<'_>, _: &Caller) -> Result<Revision, ErrorObject> {
        if let Some(version) = &incoming.meta().protocol_version {
            return version
                .parse()
                .map_err(|_| ErrorObject::unsupported_version(version));
        }
        let mut agreed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(requested) = incoming.requested_revision() {
            *agreed = Some(Revision::negotiate(requested));
        }
        Ok(agreed.unwrap_or(Revision::LATEST_HANDSHAKE))
    }

    fn welcomes(&self, _: &Message<'_>, _: &Caller) -> Result<(), ErrorObject> {
        Ok(())
    }
}
