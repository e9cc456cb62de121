//! Cookies that bind a login to the browser that began it.

use std::cmp::Reverse;

use http::{HeaderMap, HeaderValue};
use thyra_oauth::Secret;

use super::{CookiePolicy, all, only};
use crate::digest::Digest;

/// How long a login may take, in seconds.
const LIFETIME: u64 = 15 * 60;

/// How many logins a browser may have under way.
const MAX: usize = 10;

/// How many cookies are cleared at once.
const MAX_CLEARED: usize = 50;

/// The binding cookies of one browser, one for each login that it has under way. The value is the
/// time at which it was set, in seconds since 1970, and the secret.
#[derive(Debug)]
pub(crate) struct BindingCookies<'a> {
    policy: &'a CookiePolicy,
    headers: &'a HeaderMap,
}

impl<'a> BindingCookies<'a> {
    /// Those that a request shows.
    pub(crate) fn of(policy: &'a CookiePolicy, headers: &'a HeaderMap) -> Self {
        Self { policy, headers }
    }

    /// The secret of a transaction, if this browser began it.
    pub(crate) fn secret_for(&self, transaction: &str) -> Option<Secret> {
        let (_, secret) = only(self.headers, &self.name(transaction))?.split_once('.')?;
        Some(Secret::new(secret.to_owned()))
    }

    /// `Set-Cookie` headers: a new cookie for a transaction that begins now, in seconds since
    /// 1970. Those of the oldest logins are cleared, so that ten are left.
    pub(crate) fn set(&self, transaction: &str, secret: &Secret, now: u64) -> Vec<HeaderValue> {
        let name = self.name(transaction);
        let prefix = self.policy.name("login-");
        let mut others: Vec<_> = all(self.headers)
            .filter(|(one, _)| one.starts_with(&prefix) && *one != name && is_ours(one))
            .map(|(name, value)| (began(value), name))
            .collect();
        others.sort_unstable_by_key(|(began, _)| Reverse(*began));
        let surplus = others.iter().skip(MAX - 1).take(MAX_CLEARED);
        let mut cookies: Vec<_> = surplus
            .map(|(_, name)| self.policy.set(name, "", 0))
            .collect();
        let value = format!("{now}.{}", secret.expose());
        cookies.push(self.policy.set(&name, &value, LIFETIME));
        cookies
    }

    /// A `Set-Cookie` header that clears the cookie of a transaction.
    pub(crate) fn clear(&self, transaction: &str) -> HeaderValue {
        self.policy.set(&self.name(transaction), "", 0)
    }

    fn name(&self, transaction: &str) -> String {
        let digest = Digest::of(transaction);
        let short: String = digest.as_str().chars().take(16).collect();
        self.policy.name(&format!("login-{short}"))
    }
}

/// Whether a name can be sent back in a header.
fn is_ours(name: &str) -> bool {
    name.len() <= 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// When a cookie was set. One that does not say it is the oldest.
fn began(value: &str) -> u64 {
    let time = value.split('.').next().unwrap_or_default();
    time.parse().unwrap_or_default()
}
