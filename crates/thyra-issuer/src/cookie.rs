//! The cookies of the authorization server.
//!
//! Where it is reached over https their names begin with `__Host-`, so that no other host and no
//! plain http can set one (RFC 6265bis section 4.1.3.2). They are sent with requests of the pages'
//! own origin, and when somebody follows a link; no script reads them.

mod approvals;
mod binding;
mod csrf;

use http::{HeaderMap, HeaderValue, header};
use url::Url;

use crate::digest::Digest;

pub(crate) use approvals::{ApprovalKey, Approvals, Approved};
pub(crate) use binding::BindingCookies;
pub(crate) use csrf::{csrf_is_good, csrf_token};

/// How cookies are named and sent by one authorization server.
#[derive(Clone, Debug)]
pub(crate) struct CookiePolicy {
    secure: bool,
    /// Tells the cookies of this server from those of another one on the host: cookies know no
    /// ports, and ours no paths.
    server: String,
}

impl CookiePolicy {
    /// The policy of the server with this base URL.
    pub(crate) fn of(base_url: &Url) -> Self {
        let digest = Digest::of(base_url.as_str());
        Self {
            secure: base_url.scheme() == "https",
            server: digest.as_str().chars().take(8).collect(),
        }
    }

    fn name(&self, name: &str) -> String {
        let prefix = if self.secure { "__Host-" } else { "" };
        format!("{prefix}thyra-{name}")
    }

    /// `Set-Cookie`. Name and value are of base64url characters and dots; zero seconds delete it.
    fn set(&self, name: &str, value: &str, seconds: u64) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let text =
            format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        // So the text is of visible ASCII characters and spaces.
        let mut cookie = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("-="));
        cookie.set_sensitive(true);
        cookie
    }
}

/// The cookies of a request: names and values (RFC 6265 section 5.4).
fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::COOKIE).into_iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('='))
}

/// The value of the only cookie of a name. If there are several, somebody else has set one of
/// them, and none counts.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = all(headers).filter(|(one, _)| *one == name);
    match (values.next(), values.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
