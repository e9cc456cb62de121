//! How long everything of a login lives. It is decided here and nowhere else.
//!
//! - Nothing outlives the login at the identity provider, as far as its end is known.
//! - No access token outlives its grant.
//! - There is a refresh token only where something can be refreshed: the grant then outlives the
//!   access token, and the refresh token lives as long as the grant.

use std::time::Duration;

use crate::record::UpstreamTokens;

/// How long a login lives at most, however often its tokens are refreshed.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// How long tokens live, as the operator sets it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lifetimes {
    /// How long an access token lives.
    pub(crate) access_token: Duration,
    /// How long a login lives after its last refresh, where the identity provider does not say how
    /// long its own refresh token does.
    pub(crate) fallback_refresh_token: Duration,
    /// For how long after a refresh the tokens before it may still be used.
    pub(crate) grace: Duration,
    /// How long before its end the identity provider's access token is renewed.
    pub(crate) expiry_threshold: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            access_token: Duration::from_hours(1),
            fallback_refresh_token: Duration::from_hours(24 * 30),
            grace: Duration::from_secs(30),
            expiry_threshold: Duration::ZERO,
        }
    }
}

/// What is known when the end of a grant is planned. Times are in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'a> {
    pub(super) now: u64,
    /// When the person signed in.
    pub(super) created_at: u64,
    pub(super) upstream: Option<&'a UpstreamTokens>,
    /// Whether the client may have refresh tokens.
    pub(super) may_refresh: bool,
}

impl Lifetimes {
    /// When a grant ends, in seconds since 1970.
    pub(super) fn grant_end(&self, terms: Terms<'_>) -> u64 {
        let access_end = terms.now.saturating_add(self.access_token.as_secs());
        let upstream_end = terms.upstream.map(upstream_end);
        if !terms.may_refresh {
            return access_end.min(upstream_end.flatten().unwrap_or(u64::MAX));
        }
        let sliding = self.fallback_refresh_token.max(self.access_token);
        let end = upstream_end
            .flatten()
            .unwrap_or(terms.now.saturating_add(sliding.as_secs()));
        end.min(terms.created_at.saturating_add(LONGEST.as_secs()))
    }

    /// When an access token ends that is issued now, and whether a refresh token goes with it.
    pub(super) fn tokens(&self, now: u64, grant_end: u64) -> (u64, bool) {
        let access_end = now.saturating_add(self.access_token.as_secs());
        (access_end.min(grant_end), access_end < grant_end)
    }
}

/// When the login at the identity provider is over for certain. `None` if that is not known.
fn upstream_end(tokens: &UpstreamTokens) -> Option<u64> {
    if tokens.refresh_token.is_none() {
        return tokens.expires_at;
    }
    let refresh_end = tokens.refresh_expires_at?;
    // The access token may live longer than the refresh token it came with.
    Some(refresh_end.max(tokens.expires_at.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use thyra_auth::Secret;

    use super::*;

    const HOUR: u64 = 3600;
    const DAY: u64 = 24 * HOUR;

    /// What is known of the refresh token upstream.
    #[derive(Clone, Copy, Debug)]
    enum Refresh {
        /// There is none.
        Absent,
        /// Nobody says when it ends.
        Endless,
        /// It ends then.
        Until(u64),
    }
    use Refresh::{Absent, Endless, Until};

    fn upstream(access: Option<u64>, refresh: Refresh) -> UpstreamTokens {
        UpstreamTokens {
            access_token: Secret::new("a".to_owned()),
            refresh_token: match refresh {
                Absent => None,
                Endless | Until(_) => Some(Secret::new("r".to_owned())),
            },
            id_token: None,
            expires_at: access,
            refresh_expires_at: match refresh {
                Absent | Endless => None,
                Until(end) => Some(end),
            },
        }
    }

    /// The ends of grant and access token, from now, and whether there is a refresh token.
    fn planned(upstream: Option<&UpstreamTokens>, may_refresh: bool) -> (u64, u64, bool) {
        let lifetimes = Lifetimes::default();
        let end = lifetimes.grant_end(Terms {
            now: 0,
            created_at: 0,
            upstream,
            may_refresh,
        });
        let (access_end, has_refresh) = lifetimes.tokens(0, end);
        (end, access_end, has_refresh)
    }

    #[test]
    fn a_login_lives_as_long_as_the_one_upstream() {
        for (tokens, expected) in [
            // Nobody upstream: a month, from each refresh on.
            (None, (30 * DAY, HOUR, true)),
            // A refresh token whose end is not known, or is.
            (Some(upstream(Some(60), Endless)), (30 * DAY, HOUR, true)),
            (Some(upstream(Some(60), Until(DAY))), (DAY, HOUR, true)),
            (Some(upstream(None, Until(DAY))), (DAY, HOUR, true)),
            (
                Some(upstream(Some(60), Until(400 * DAY))),
                (365 * DAY, HOUR, true),
            ),
            // One that ends before the access token it came with.
            (Some(upstream(Some(DAY), Until(60))), (DAY, HOUR, true)),
            // No refresh token: an access token that ends, ends soon, or does not.
            (Some(upstream(Some(DAY), Absent)), (DAY, HOUR, true)),
            (Some(upstream(Some(HOUR), Absent)), (HOUR, HOUR, false)),
            (Some(upstream(Some(60), Absent)), (60, 60, false)),
            (Some(upstream(None, Absent)), (30 * DAY, HOUR, true)),
        ] {
            assert_eq!(planned(tokens.as_ref(), true), expected, "{tokens:?}");
        }
    }

    #[test]
    fn a_client_without_refresh_tokens_has_an_access_token_and_no_more() {
        assert_eq!(planned(None, false), (HOUR, HOUR, false));
        let short = upstream(Some(60), Absent);
        assert_eq!(planned(Some(&short), false), (60, 60, false));
    }

    proptest! {
        #[test]
        fn nothing_outlives_what_it_depends_on(
            access_token in 0u64..400 * DAY,
            fallback in 0u64..400 * DAY,
            created_at in 0u64..2_000_000_000,
            age in 0u64..400 * DAY,
            access_end in proptest::option::of(0u64..3_000_000_000),
            refresh in prop_oneof![
                Just(Absent),
                Just(Endless),
                (0u64..3_000_000_000).prop_map(Until),
            ],
            has_upstream: bool,
            may_refresh: bool,
        ) {
            let lifetimes = Lifetimes {
                access_token: Duration::from_secs(access_token),
                fallback_refresh_token: Duration::from_secs(fallback),
                ..Lifetimes::default()
            };
            let tokens = has_upstream.then(|| upstream(access_end, refresh));
            let now = created_at + age;
            let end = lifetimes.grant_end(Terms {
                now,
                created_at,
                upstream: tokens.as_ref(),
                may_refresh,
            });
            let (access_token_end, has_refresh) = lifetimes.tokens(now, end);
            // A refresh token never dies before the access token it came with.
            prop_assert!(access_token_end <= end);
            prop_assert_eq!(has_refresh, access_token_end < end);
            prop_assert!(may_refresh || !has_refresh);
            prop_assert!(access_token_end <= now + access_token);
            if may_refresh {
                prop_assert!(end <= created_at + LONGEST.as_secs());
            }
            // Nothing outlives upstream.
            let latest = match (access_end, refresh) {
                (end, Absent) => end,
                (_, Endless) => None,
                (access, Until(refresh)) => Some(access.unwrap_or(0).max(refresh)),
            };
            if let (true, Some(latest)) = (has_upstream, latest) {
                prop_assert!(end <= latest);
            }
        }
    }
}
