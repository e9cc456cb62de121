//! A session over HTTP. It outlives its connections, so it has an owner and an end, and keeps its
//! own calls and streams.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use thyra_auth::{Clock, Confirmation, Principal, PrincipalId, Protection, SubjectId};
use thyra_protocol::RequestId;

use super::authority::Authority;
use super::stream::{Budget, Streams};
use crate::conversation::{CallBounds, InFlight, NewSession, Session};
use crate::shares::Places;

/// How long a session is kept if its client never uses it after `initialize`.
const UNUSED: Duration = Duration::from_mins(1);

/// How long a client may take to come back with a fresh token after its token has ended or was
/// revoked.
const FRESH_TOKEN: Duration = Duration::from_mins(1);

/// The work for a session as a whole is one task.
const ONE: CallBounds = CallBounds {
    running: 1,
    waiting: 1,
    waiting_bytes: 0,
};

/// A session over HTTP (MCP 2025-11-25, "Session Management").
#[derive(Debug)]
pub(crate) struct HttpSession {
    session: Arc<Session>,
    owner: Option<PrincipalId>,
    /// What the token of whoever opened it is bound to.
    bound: Option<Confirmation>,
    authority: Authority,
    clock: Arc<dyn Clock>,
    idle_time: Duration,
    /// When the client was last heard of, in milliseconds of the monotonic clock.
    last_seen: AtomicU64,
    used: AtomicBool,
    /// When the longest-lasting token presented so far ends, in seconds since 1970.
    token_ends: AtomicU64,
    in_flight: InFlight,
    background: InFlight,
    streams: Streams,
}

/// The bounds of one HTTP session.
#[derive(Clone, Debug)]
pub(crate) struct HttpSessionBounds {
    pub(crate) calls: CallBounds,
    pub(crate) idle_time: Duration,
    /// The bytes that all sessions together keep of what their clients say.
    pub(crate) memory: Places,
    pub(crate) replay: Budget,
    /// Asked whether a token has been revoked.
    pub(crate) protection: Option<Protection>,
}

/// Whether a session can make room for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has a call in flight, or a stream that somebody reads.
    Busy,
    /// Nothing is being done for it. Its client was last heard of so many milliseconds after the
    /// clock began.
    Idle(Idleness, u64),
}

/// What an idle session was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idleness {
    /// Nothing came after `initialize`.
    Unused,
    Used,
    /// Its client wants to hear of changes to some resources.
    Subscribed,
}

impl HttpSession {
    pub(super) fn begin(
        new: NewSession,
        id: Box<str>,
        owner: Option<&Arc<Principal>>,
        clock: Arc<dyn Clock>,
        bounds: &HttpSessionBounds,
    ) -> Self {
        let memory = bounds.memory.open(owner.map(|owner| owner.id().subject()));
        Self {
            session: Arc::new(Session::begin_with_id(new, id, memory)),
            owner: owner.map(|owner| owner.id()),
            bound: owner.and_then(|owner| owner.confirmation().cloned()),
            authority: Authority::of(owner, bounds.protection.clone()),
            last_seen: AtomicU64::new(millis(clock.monotonic())),
            clock,
            idle_time: bounds.idle_time,
            used: AtomicBool::new(false),
            token_ends: AtomicU64::new(token_end(owner.map(AsRef::as_ref))),
            in_flight: InFlight::new(bounds.calls),
            background: InFlight::new(ONE),
            streams: Streams::new(&bounds.replay),
        }
    }

    /// The conversation that this session carries.
    pub(crate) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// The `Mcp-Session-Id`.
    pub(crate) fn id(&self) -> &str {
        self.session.id().unwrap_or_default()
    }

    /// Whether it is this caller's: the one who opened it, whose token is bound to the same key or
    /// certificate. So what leaks of another of its tokens opens no session.
    pub(super) fn is_of(&self, caller: Option<&Principal>) -> bool {
        self.owner == caller.map(Principal::id)
            && self.bound.as_ref() == caller.and_then(Principal::confirmation)
    }

    /// The principal of the owner's newest token, which decides what the client may hear; `None`
    /// where the server asks for no token.
    pub(crate) fn principal(&self) -> Option<Arc<Principal>> {
        self.authority.principal()
    }

    /// Waits until another token is the owner's newest. One task at a time waits.
    pub(crate) async fn renewed(&self) {
        self.authority.renewed().await;
    }

    /// Whose quota it counts against; `None` where the server asks for no token.
    pub(super) fn subject(&self) -> Option<SubjectId> {
        self.owner.map(|owner| owner.subject())
    }

    /// The calls in flight: those that run, and those that wait for their turn.
    pub(crate) fn in_flight(&self) -> &InFlight {
        &self.in_flight
    }

    /// The work for the session as a whole: telling the client what changes. It does not keep the
    /// session alive.
    pub(crate) fn background(&self) -> &InFlight {
        &self.background
    }

    pub(crate) fn streams(&self) -> &Streams {
        &self.streams
    }

    /// Drops the call `id`.
    pub(crate) fn cancel(&self, id: &RequestId) {
        self.in_flight.cancel(id);
    }

    /// Notes that the client is still there.
    pub(crate) fn touch(&self) {
        self.last_seen
            .store(millis(self.clock.monotonic()), Ordering::Relaxed);
    }

    /// Notes that the owner has sent a request.
    pub(super) fn used_by(&self, owner: Option<&Principal>) {
        self.used.store(true, Ordering::Relaxed);
        self.token_ends
            .fetch_max(token_end(owner), Ordering::Relaxed);
        self.touch();
    }

    /// Notes which token the owner has sent a request with.
    pub(super) fn presented(&self, token: Option<&Arc<Principal>>) {
        if let Some(token) = token {
            self.authority.presented(token, self.clock.unix());
        }
    }

    /// Whether the owner's newest token has ended. From then on the client must not be told what
    /// changes.
    pub(crate) fn has_expired(&self) -> bool {
        self.authority.has_ended(self.clock.unix())
    }

    /// Whether the owner's newest token has been revoked. From then on the client must be told
    /// nothing at all, so its calls are dropped.
    pub(crate) fn is_revoked(&self) -> bool {
        let revoked = self.authority.is_revoked(self.clock.unix());
        if revoked {
            tracing::debug!("the token of a session's owner was revoked");
            self.in_flight.cancel_all();
        }
        revoked
    }

    /// Whether the session is over: it is idle, or the owner's token ended or was revoked and no
    /// new one came in time.
    pub(super) fn is_over(&self) -> bool {
        self.has_expired_for(FRESH_TOKEN)
            || self
                .authority
                .has_been_revoked_for(FRESH_TOKEN, self.clock.unix())
            || self.is_idle()
    }

    /// Whether the client has been silent for long, and nothing is being done for it.
    pub(super) fn is_idle(&self) -> bool {
        let patience = if self.used.load(Ordering::Relaxed) {
            self.idle_time
        } else {
            self.idle_time.min(UNUSED)
        };
        let now = millis(self.clock.monotonic());
        let silence = now.saturating_sub(self.last_seen.load(Ordering::Relaxed));
        silence > millis(patience) && !self.is_busy()
    }

    /// Whether it can make room for another session.
    pub(super) fn standing(&self) -> Standing {
        if self.is_busy() {
            return Standing::Busy;
        }
        let idleness = if !self.used.load(Ordering::Relaxed) {
            Idleness::Unused
        } else if self.session.has_subscriptions() {
            Idleness::Subscribed
        } else {
            Idleness::Used
        };
        Standing::Idle(idleness, self.last_seen.load(Ordering::Relaxed))
    }

    fn is_busy(&self) -> bool {
        !self.in_flight.is_empty() || self.streams.are_read()
    }

    /// Drops the calls and ends the streams.
    pub(super) fn close(&self) {
        self.in_flight.close();
        self.background.close();
        self.streams.close();
        self.session.hang_up();
        self.session.discharge();
    }

    fn has_expired_for(&self, time: Duration) -> bool {
        let end = self.token_ends.load(Ordering::Relaxed);
        self.clock.unix().as_secs() >= end.saturating_add(time.as_secs())
    }
}

/// When the token of `owner` ends, in seconds since 1970; never, if it has no stated end.
fn token_end(owner: Option<&Principal>) -> u64 {
    owner
        .and_then(Principal::expires_at)
        .map_or(u64::MAX, |end| end.as_secs())
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
