//! What the client of a session may hear: the newest token of its owner decides.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use thyra_auth::{Principal, Protection};
use tokio::sync::Notify;

/// The newest token of a session's owner, and what became of it.
///
/// The newest is the one that was issued last (`iat`), so a request that was on its way when its
/// client stepped down does not give the old authority back. Tokens that do not say when they were
/// issued count by their arrival. A token that has ended or was revoked gives way to any other.
#[derive(Debug)]
pub(super) struct Authority {
    protection: Option<Protection>,
    newest: Mutex<Newest>,
    renewed: Notify,
}

#[derive(Debug)]
struct Newest {
    /// `None` where the server asks for no token.
    principal: Option<Arc<Principal>>,
    /// When it was found to be revoked, as the time since 1970.
    revoked: Option<Duration>,
}

impl Authority {
    pub(super) fn of(owner: Option<&Arc<Principal>>, protection: Option<Protection>) -> Self {
        Self {
            protection,
            newest: Mutex::new(Newest {
                principal: owner.cloned(),
                revoked: None,
            }),
            renewed: Notify::new(),
        }
    }

    /// The principal of the newest token; `None` where the server asks for no token.
    pub(super) fn principal(&self) -> Option<Arc<Principal>> {
        self.lock().principal.clone()
    }

    /// The owner has come with this token, at `now`, the time since 1970.
    pub(super) fn presented(&self, token: &Arc<Principal>, now: Duration) {
        let Some(known) = self.principal() else {
            return;
        };
        if Arc::ptr_eq(&known, token) {
            return;
        }
        // The lock is not held while the provider's own code runs.
        let gives_way =
            !is_older(token, &known) || has_ended(&known, now) || self.has_revoked(&known);
        let mut newest = self.lock();
        let is_newer = match &newest.principal {
            Some(now) if Arc::ptr_eq(now, &known) => gives_way,
            Some(other) => !is_older(token, other),
            None => false,
        };
        if is_newer {
            *newest = Newest {
                principal: Some(Arc::clone(token)),
                revoked: None,
            };
            drop(newest);
            self.renewed.notify_one();
        }
    }

    /// Waits until another token is the newest. One task at a time waits.
    pub(super) async fn renewed(&self) {
        self.renewed.notified().await;
    }

    /// Whether the newest token has ended at `now`.
    pub(super) fn has_ended(&self, now: Duration) -> bool {
        self.principal()
            .is_some_and(|newest| has_ended(&newest, now))
    }

    /// Asks whether the newest token has been revoked, and remembers since when that is known.
    pub(super) fn is_revoked(&self, now: Duration) -> bool {
        let Some(asked) = self.principal() else {
            return false;
        };
        let is_revoked = self.has_revoked(&asked);
        let mut newest = self.lock();
        // Another token may have come meanwhile.
        let same = newest
            .principal
            .as_ref()
            .is_some_and(|now| Arc::ptr_eq(now, &asked));
        if same {
            newest.revoked = is_revoked.then(|| newest.revoked.unwrap_or(now));
        }
        same && is_revoked
    }

    /// Whether it has been known for `time` that the newest token is revoked. It asks nobody.
    pub(super) fn has_been_revoked_for(&self, time: Duration, now: Duration) -> bool {
        let since = self.lock().revoked;
        since.is_some_and(|since| now >= since.saturating_add(time))
    }

    fn has_revoked(&self, principal: &Principal) -> bool {
        let protection = self.protection.as_ref();
        protection.is_some_and(|protection| protection.is_revoked(principal))
    }

    /// Nothing panics while the lock is held.
    fn lock(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether `token` was issued before `other`, as far as both say when they were.
fn is_older(token: &Principal, other: &Principal) -> bool {
    let issued = |token: &Principal| token.claim("iat").and_then(Value::as_f64);
    issued(token)
        .zip(issued(other))
        .is_some_and(|(token, other)| token < other)
}

fn has_ended(token: &Principal, now: Duration) -> bool {
    token.expires_at().is_some_and(|end| now >= end)
}
