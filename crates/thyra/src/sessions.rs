//! The HTTP sessions of a server. Their number is bounded, and each is found only by its owner.

mod authority;
mod http_session;
mod stream;
mod table;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thyra_auth::{Clock, Principal, Protection};
use thyra_oauth::unguessable;

pub(crate) use self::http_session::HttpSession;
use self::http_session::HttpSessionBounds;
use self::stream::Budget;
pub(crate) use self::stream::{EventId, StreamReader, StreamWriter, Written};
use self::table::Table;
use crate::conversation::{CallBounds, NewSession};
use crate::limits::Limits;
use crate::shares::{Full, Places};

/// The shortest time between two searches for sessions that are over.
const SWEEP: Duration = Duration::from_secs(10);

/// The same, when there is no room for another session.
const SWEEP_WHEN_FULL: Duration = Duration::from_secs(1);

/// How long a client should wait before it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// The HTTP sessions of a server. Dropping it ends them all.
#[derive(Debug)]
pub(crate) struct SessionStore {
    clock: Arc<dyn Clock>,
    bounds: HttpSessionBounds,
    sessions: Mutex<Sessions>,
}

#[derive(Debug)]
struct Sessions {
    table: Table,
    swept: Duration,
}

/// Why there is no session for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoSession {
    /// All sessions are in use, so none can make room.
    #[error("all sessions of this server are in use; try again later")]
    Full {
        /// When to try again.
        retry_after: Duration,
    },
    /// The caller has as many sessions as one caller may have, and all are in use.
    #[error(
        "you have {most} sessions in use, and that is the most for one caller; end one with DELETE, or try again later"
    )]
    ShareFull {
        /// The bound.
        most: usize,
        /// When to try again.
        retry_after: Duration,
    },
    /// All sessions together keep as much of what clients say as they may, and none can make room.
    #[error("the sessions of this server keep as much as they may; try again later")]
    NoMemory {
        /// When to try again.
        retry_after: Duration,
    },
    /// The sessions of this caller keep as much as those of one caller may.
    #[error(
        "your sessions keep as much as those of one caller may; end one with DELETE, or declare smaller capabilities"
    )]
    NoMemoryForCaller {
        /// When to try again.
        retry_after: Duration,
    },
    /// No unguessable id can be made.
    #[error("the machine gives no random numbers")]
    NoRandomness,
}

impl SessionStore {
    pub(crate) fn new(limits: &Limits, clock: Arc<dyn Clock>) -> Self {
        let most_bytes = limits.session_bytes;
        let memory = Places::new(most_bytes);
        Self {
            clock,
            bounds: HttpSessionBounds {
                calls: CallBounds {
                    running: limits.session_calls,
                    waiting: limits.waiting_calls,
                    waiting_bytes: limits.waiting_bytes,
                },
                idle_time: limits.session_idle_time,
                memory: memory.clone(),
                replay: Budget::new(limits.replay_bytes),
                protection: None,
            },
            sessions: Mutex::new(Sessions {
                table: Table::new(limits.sessions, memory, most_bytes),
                swept: Duration::ZERO,
            }),
        }
    }

    /// The same store, which asks `protection` whether the tokens of its owners were revoked.
    pub(crate) fn protected_by(mut self, protection: Option<&Protection>) -> Self {
        self.bounds.protection = protection.cloned();
        self
    }

    /// Opens a session for `owner`. When all places or all bytes are taken, or the caller has its
    /// share of them, idle sessions end to make room.
    ///
    /// # Errors
    ///
    /// [`NoSession`] when no session can make room, or no id can be made.
    pub(crate) fn open(
        &self,
        new: NewSession,
        owner: Option<&Arc<Principal>>,
    ) -> Result<Arc<HttpSession>, NoSession> {
        self.sweep(SWEEP);
        let id = unguessable::<24>().map_err(|_| NoSession::NoRandomness)?;
        let session = Arc::new(HttpSession::begin(
            new,
            id.expose().as_str().into(),
            owner,
            Arc::clone(&self.clock),
            &self.bounds,
        ));
        let mut gone = Vec::new();
        let inserted = self.lock().table.insert(&session, &mut gone);
        let inserted = inserted.or_else(|_| {
            self.sweep(SWEEP_WHEN_FULL);
            self.lock().table.insert(&session, &mut gone)
        });
        for session in gone {
            tracing::debug!("an idle session made room for another");
            session.close();
        }
        inserted.map(|()| session)
    }

    /// The session `id` of the caller. `None` if it has ended, belongs to somebody else, or never
    /// existed.
    pub(crate) fn find(
        &self,
        id: &str,
        caller: Option<&Arc<Principal>>,
    ) -> Option<Arc<HttpSession>> {
        self.sweep(SWEEP);
        let sessions = self.lock();
        let session = sessions.table.get(id).map(Arc::clone)?;
        if !session.is_of(caller.map(AsRef::as_ref)) {
            tracing::debug!("a session was asked for by somebody who does not own it");
            return None;
        }
        // If the token has just ended, the owner can bring the session back with a fresh one.
        // Nothing brings back an idle session.
        if session.is_over() {
            drop(sessions);
            self.close(&session);
            return None;
        }
        // Under the lock, so that it does not make room for another at this moment.
        session.used_by(caller.map(AsRef::as_ref));
        drop(sessions);
        session.presented(caller);
        Some(session)
    }

    /// Ends a session: drops its calls and ends its streams.
    pub(crate) fn close(&self, session: &HttpSession) {
        self.lock().table.remove(session);
        session.close();
    }

    /// Ends the sessions that are over, unless this was done less than `interval` ago.
    fn sweep(&self, interval: Duration) {
        let now = self.clock.monotonic();
        let mut sessions = self.lock();
        if now.saturating_sub(sessions.swept) < interval {
            return;
        }
        sessions.swept = now;
        let over = sessions.table.sweep();
        drop(sessions);
        for session in over {
            tracing::debug!("a session is over");
            session.close();
        }
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SessionStore {
    fn drop(&mut self) {
        for session in self.lock().table.sessions() {
            session.close();
        }
    }
}

impl NoSession {
    /// There are places, but no bytes.
    fn of_memory(full: Full) -> Self {
        let retry_after = RETRY_AFTER;
        match full {
            Full::Table => Self::NoMemory { retry_after },
            Full::Share { .. } => Self::NoMemoryForCaller { retry_after },
        }
    }
}

impl From<Full> for NoSession {
    fn from(full: Full) -> Self {
        let retry_after = RETRY_AFTER;
        match full {
            Full::Table => Self::Full { retry_after },
            Full::Share { most } => Self::ShareFull { most, retry_after },
        }
    }
}

#[cfg(test)]
mod tests;
