//! The session that a server has opened (MCP `basic/transports`, session management, up to
//! 2025-11-25).

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};
use thyra_protocol::Revision;

use crate::transport::TransportError;

pub(super) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

/// The longest id of a session, which every request repeats.
const LONGEST_ID: usize = 1024;

/// The session that a server has opened.
#[derive(Debug)]
pub(super) struct Session {
    /// What names it. Whoever knows it may use the session.
    pub(super) id: HeaderValue,
    /// The revision that client and server agreed on, once they have.
    pub(super) revision: OnceLock<Revision>,
}

impl Session {
    /// The session of an answer to `initialize`, if the server opened one.
    pub(super) fn opened(headers: &HeaderMap) -> Result<Option<Self>, TransportError> {
        let id = headers.get(SESSION_ID).filter(|id| !id.is_empty());
        let Some(mut id) = id.cloned() else {
            return Ok(None);
        };
        if id.len() > LONGEST_ID || !id.as_bytes().iter().all(u8::is_ascii_graphic) {
            let longest = LONGEST_ID;
            return Err(TransportError::SessionId { longest });
        }
        id.set_sensitive(true);
        Ok(Some(Self {
            id,
            revision: OnceLock::new(),
        }))
    }
}

/// The session that there is at the moment.
#[derive(Debug, Default)]
pub(super) struct SessionSlot(Mutex<Option<Arc<Session>>>);

impl SessionSlot {
    pub(super) fn current(&self) -> Option<Arc<Session>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn take(&self) -> Option<Arc<Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn replace(&self, session: Option<Session>) {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *current = session.map(Arc::new);
    }

    /// Drops `lost`, unless there is another session by now.
    pub(super) fn forget(&self, lost: Option<&Session>) {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().map(|session| &session.id) == lost.map(|lost| &lost.id) {
            *current = None;
        }
    }
}
