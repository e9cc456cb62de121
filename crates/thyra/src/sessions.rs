//! The HTTP sessions of a server. Their number is bounded, and each is found only by its owner.

mod http_session;
mod stream;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thyra_auth::{Clock, Principal, PrincipalId};
use thyra_oauth::unguessable;

pub(crate) use self::http_session::HttpSession;
use self::http_session::HttpSessionBounds;
use self::stream::Budget;
pub(crate) use self::stream::{EventId, StreamReader, StreamWriter, Written};
use crate::conversation::NewSession;
use crate::limits::Limits;

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
    most: usize,
    sessions: Mutex<Sessions>,
}

#[derive(Debug, Default)]
struct Sessions {
    by_id: HashMap<Box<str>, Arc<HttpSession>>,
    of_owner: HashMap<PrincipalId, usize>,
    swept: Duration,
}

/// Why there is no session for a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoSession {
    /// There are too many sessions, in total or of this caller.
    #[error("too many sessions are open; end one with DELETE, or try again later")]
    Full {
        /// When to try again.
        retry_after: Duration,
    },
    /// No unguessable id can be made.
    #[error("the machine gives no random numbers")]
    NoRandomness,
}

impl SessionStore {
    pub(crate) fn new(limits: &Limits, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            bounds: HttpSessionBounds {
                calls: limits.session_calls,
                idle_time: limits.session_idle_time,
                replay: Budget::new(limits.replay_bytes),
            },
            most: limits.sessions,
            sessions: Mutex::default(),
        }
    }

    /// Opens a session for `owner`.
    ///
    /// No live session is closed to make room. One caller has at most a tenth of the places.
    ///
    /// # Errors
    ///
    /// [`NoSession`] when there is no place, or no id can be made.
    pub(crate) fn open(
        &self,
        new: NewSession,
        owner: Option<&Principal>,
    ) -> Result<Arc<HttpSession>, NoSession> {
        self.sweep(SWEEP);
        if !self.has_room_for(owner) {
            self.sweep(SWEEP_WHEN_FULL);
        }
        let id = unguessable::<24>().map_err(|_| NoSession::NoRandomness)?;
        let id: Box<str> = id.expose().as_str().into();
        let mut sessions = self.lock();
        if !self.fits(&sessions, owner) {
            return Err(NoSession::Full {
                retry_after: RETRY_AFTER,
            });
        }
        let session = HttpSession::begin(
            new,
            id.clone(),
            owner,
            Arc::clone(&self.clock),
            &self.bounds,
        );
        let session = Arc::new(session);
        if let Some(owner) = session.owner() {
            *sessions.of_owner.entry(owner).or_default() += 1;
        }
        sessions.by_id.insert(id, Arc::clone(&session));
        Ok(session)
    }

    /// The session `id` of the caller. `None` if it has ended, belongs to somebody else, or never
    /// existed.
    pub(crate) fn find(&self, id: &str, caller: Option<&Principal>) -> Option<Arc<HttpSession>> {
        self.sweep(SWEEP);
        let session = self.lock().by_id.get(id).map(Arc::clone)?;
        if session.owner() != caller.map(Principal::id) {
            tracing::debug!("a session was asked for by somebody who does not own it");
            return None;
        }
        // If the token has just ended, the owner can bring the session back with a fresh one.
        // Nothing brings back an idle session.
        if session.is_over() {
            self.close(&session);
            return None;
        }
        session.used_by(caller);
        Some(session)
    }

    /// Ends a session: drops its calls and ends its streams.
    pub(crate) fn close(&self, session: &HttpSession) {
        self.lock().remove(session);
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
        let over: Vec<_> = sessions
            .by_id
            .values()
            .filter(|session| session.is_over())
            .map(Arc::clone)
            .collect();
        for session in &over {
            sessions.remove(session);
        }
        drop(sessions);
        for session in over {
            tracing::debug!("a session is over");
            session.close();
        }
    }

    fn has_room_for(&self, owner: Option<&Principal>) -> bool {
        self.fits(&self.lock(), owner)
    }

    fn fits(&self, sessions: &Sessions, owner: Option<&Principal>) -> bool {
        let own = owner.map_or(0, |owner| {
            sessions.of_owner.get(&owner.id()).copied().unwrap_or(0)
        });
        sessions.by_id.len() < self.most && own < self.most.div_ceil(10)
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sessions {
    fn remove(&mut self, session: &HttpSession) {
        if self.by_id.remove(session.id()).is_none() {
            return;
        }
        let Some(owner) = session.owner() else { return };
        if let Some(count) = self.of_owner.get_mut(&owner) {
            *count -= 1;
            if *count == 0 {
                self.of_owner.remove(&owner);
            }
        }
    }
}

impl Drop for SessionStore {
    fn drop(&mut self) {
        for session in self.lock().by_id.values() {
            session.close();
        }
    }
}

#[cfg(test)]
mod tests;
