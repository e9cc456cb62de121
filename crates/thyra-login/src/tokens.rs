//! What the program has been granted, and for how long.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use thyra_oauth::{Clock, ScopeSet, Secret, TokenResponse, TokenType};
use url::Url;

use crate::client::Identity;
use crate::dpop::Binding;

/// How long before its end a token is renewed: a tenth of its life, but no more than a minute.
const EARLY_PART: u32 = 10;
const EARLY_MAX: Duration = Duration::from_mins(1);

/// What a program has been granted.
pub struct Tokens {
    access: Secret,
    kind: TokenType,
    refresh: Option<Secret>,
    scopes: Option<ScopeSet>,
    life: Option<Life>,
    origin: Arc<Origin>,
}

/// Who gave tokens, to whom, and for what. They are renewed there, by that client.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The authorization server, byte for byte.
    pub(crate) issuer: String,
    /// The resource that the tokens are for, byte for byte.
    pub(crate) resource: String,
    pub(crate) token_endpoint: Url,
    pub(crate) revocation_endpoint: Option<Url>,
    pub(crate) client: Identity,
    /// The identifier of the login of a web application that they are from.
    pub(crate) login: Option<String>,
    /// The key that they are bound to. A refresh token may be, even if the access token is a Bearer
    /// token (RFC 9449 section 5).
    pub(crate) binding: Option<Binding>,
}

/// How long an access token lives. The time of day may be set, and the monotonic clock may stand
/// still while the machine sleeps: a token is renewed when its end is near by either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    /// Its whole length.
    pub(crate) length: Duration,
    /// When it ends, since 1970.
    pub(crate) unix_end: Duration,
    /// When it ends, by the monotonic clock.
    end: Duration,
}

impl Life {
    /// A life that began at `begun`, by the two clocks. `None` when it lasts longer than time is
    /// counted.
    fn beginning(begun: Moment, length: Duration) -> Option<Self> {
        Some(Self {
            length,
            unix_end: begun.unix.checked_add(length)?,
            end: begun.monotonic.checked_add(length)?,
        })
    }

    /// A life of which another program has noted the end.
    pub(crate) fn ending(now: Moment, length: Duration, unix_end: Duration) -> Option<Self> {
        // It is never longer than it was, whatever has become of the machine's clock.
        let rest = unix_end.saturating_sub(now.unix).min(length);
        Some(Self {
            length,
            unix_end,
            end: now.monotonic.checked_add(rest)?,
        })
    }

    fn is_near_its_end(&self, clock: &dyn Clock) -> bool {
        let early = EARLY_MAX.min(self.length / EARLY_PART);
        self.end.saturating_sub(early) <= clock.monotonic()
            || self.unix_end.saturating_sub(early) <= clock.unix()
    }
}

/// One point in time, by both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    unix: Duration,
    monotonic: Duration,
}

impl Moment {
    pub(crate) fn now(clock: &dyn Clock) -> Self {
        Self {
            unix: clock.unix(),
            monotonic: clock.monotonic(),
        }
    }
}

impl Tokens {
    /// What came in answer to a request at `asked_at`. `scopes` are those that were asked for: they
    /// hold when the answer names none (OAuth 2.1 section 3.2.3). A server that names no new
    /// refresh token leaves the one of `before` in force.
    pub(crate) fn new(
        response: TokenResponse,
        asked_at: Moment,
        scopes: Option<&ScopeSet>,
        origin: Arc<Origin>,
        before: Option<&Self>,
    ) -> Self {
        let kept = || before.and_then(|tokens| tokens.refresh.clone());
        Self {
            access: response.access_token,
            kind: response.token_type,
            refresh: response.refresh_token.or_else(kept),
            scopes: response.scope.or_else(|| scopes.cloned()),
            life: response
                .expires_in
                .and_then(|length| Life::beginning(asked_at, length)),
            origin,
        }
    }

    /// Tokens that were kept.
    pub(crate) fn kept(
        access: Secret,
        kind: TokenType,
        refresh: Option<Secret>,
        scopes: Option<ScopeSet>,
        life: Option<Life>,
        origin: Origin,
    ) -> Self {
        Self {
            access,
            kind,
            refresh,
            scopes,
            life,
            origin: Arc::new(origin),
        }
    }

    /// The access token. [`Login::present`](crate::Login::present) gives the headers that it is
    /// sent with.
    pub fn access(&self) -> &Secret {
        &self.access
    }

    /// The scopes of the access token, when they are known.
    pub fn scopes(&self) -> Option<&ScopeSet> {
        self.scopes.as_ref()
    }

    /// How long the access token lives, counted from when it was issued.
    pub fn expires_in(&self) -> Option<Duration> {
        self.life.map(|life| life.length)
    }

    /// When the access token ends, by the clock of this machine, if the authorization server said
    /// how long it lives.
    pub fn expires_at(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(self.life?.unix_end)
    }

    /// Whether there is a refresh token.
    pub fn is_renewable(&self) -> bool {
        self.refresh.is_some()
    }

    /// Whether the access token is bound to a key, and good only with a proof (DPoP, RFC 9449).
    pub fn is_bound(&self) -> bool {
        self.kind == TokenType::Dpop
    }

    /// The authorization server that gave them, byte for byte.
    pub fn issuer(&self) -> &str {
        &self.origin.issuer
    }

    /// The resource that they are for, as its metadata names it (RFC 9728).
    pub fn resource(&self) -> &str {
        &self.origin.resource
    }

    /// What new tokens are had for.
    pub(crate) fn refresh(&self) -> Option<&Secret> {
        self.refresh.as_ref()
    }

    pub(crate) fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    pub(crate) fn life(&self) -> Option<Life> {
        self.life
    }

    /// Whether it is time for new ones.
    pub(crate) fn is_stale(&self, clock: &dyn Clock) -> bool {
        self.life.is_some_and(|life| life.is_near_its_end(clock))
    }

    /// Whether the resource will refuse them.
    pub(crate) fn is_over(&self, clock: &dyn Clock) -> bool {
        self.life.is_some_and(|life| life.end <= clock.monotonic())
    }

    /// Whether new ones from the refresh token are what is wanted. A Bearer token does not become
    /// one that is bound to a key, nor the other way round.
    pub(crate) fn are_as(&self, wanted: Option<&Binding>) -> bool {
        match wanted {
            Some(wanted) if wanted.is_required => self.is_bound(),
            Some(_) => self.origin.binding.is_some(),
            None => !self.is_bound(),
        }
    }

    /// Whether both are the same grant, perhaps read twice.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.access.expose() == other.access.expose()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("issuer", &self.origin.issuer)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use thyra_oauth::{ClientAuthentication, ClientCredentials, ManualClock};

    use super::*;

    fn origin() -> Arc<Origin> {
        Arc::new(Origin {
            issuer: "https://login.example.org".to_owned(),
            resource: "https://mcp.example.com/mcp".to_owned(),
            token_endpoint: Url::parse("https://login.example.org/token").unwrap(),
            revocation_endpoint: None,
            client: Identity::Own(ClientCredentials {
                client_id: "m2m_1".to_owned(),
                authentication: ClientAuthentication::None,
            }),
            login: None,
            binding: None,
        })
    }

    fn moment(unix: u64, monotonic: u64) -> Moment {
        Moment {
            unix: Duration::from_secs(unix),
            monotonic: Duration::from_secs(monotonic),
        }
    }

    fn tokens(expires_in: Option<u64>) -> Tokens {
        let expires_in = expires_in.map_or("null".to_owned(), |life| life.to_string());
        let body =
            format!(r#"{{"access_token":"hush","token_type":"Bearer","expires_in":{expires_in}}}"#);
        let response = TokenResponse::read(200, body.as_bytes()).unwrap();
        let scopes = ScopeSet::parse("a b");
        Tokens::new(response, moment(0, 0), Some(&scopes), origin(), None)
    }

    #[test]
    fn a_token_is_renewed_a_little_before_its_end() {
        for (life, renewed_after) in [(300, 270), (3600, 3540), (10, 9), (0, 0)] {
            let clock = ManualClock::new(Duration::ZERO);
            let tokens = tokens(Some(life));
            assert_eq!(tokens.expires_in(), Some(Duration::from_secs(life)));
            clock.advance(
                Duration::from_secs(renewed_after).saturating_sub(Duration::from_millis(1)),
            );
            assert_eq!(tokens.is_stale(&clock), renewed_after == 0, "{life}");
            clock.advance(Duration::from_millis(1));
            assert!(tokens.is_stale(&clock), "{life}");
        }
        // The machine has slept, or its time of day was wrong.
        let clock = ManualClock::new(Duration::ZERO);
        let slept = tokens(Some(300));
        clock.set_unix(Duration::from_secs(270));
        assert!(slept.is_stale(&clock));
        clock.set_unix(Duration::from_secs(269));
        assert!(!slept.is_stale(&clock));
        let of_an_hour = tokens(Some(3600));
        assert_eq!(
            of_an_hour.expires_at(),
            Some(UNIX_EPOCH + Duration::from_hours(1))
        );
        assert_eq!(of_an_hour.resource(), "https://mcp.example.com/mcp");
        for endless in [tokens(None), tokens(Some(u64::MAX))] {
            assert_eq!(endless.expires_at(), None);
            assert!(!endless.is_stale(&ManualClock::new(Duration::ZERO)));
        }
    }

    #[test]
    fn the_end_of_a_kept_token_is_that_of_the_day() {
        let life = |unix, length, end| {
            let second = Duration::from_secs;
            Life::ending(moment(unix, 7), second(length), second(end))
                .unwrap()
                .end
        };
        assert_eq!(life(1000, 300, 1100), Duration::from_secs(107));
        // It is over, or the clock went back behind its beginning.
        assert_eq!(life(1000, 300, 999), Duration::from_secs(7));
        assert_eq!(life(1, 300, 1100), Duration::from_secs(307));
    }

    #[test]
    fn the_scopes_that_were_asked_for_hold_when_none_are_named() {
        assert_eq!(tokens(None).scopes(), Some(&ScopeSet::parse("a b")));
        assert!(!tokens(None).is_renewable());
    }

    #[test]
    fn no_debug_output_holds_a_token() {
        assert!(!format!("{:?}", tokens(None)).contains("hush"));
    }
}
