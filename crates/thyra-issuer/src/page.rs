//! Pages that people see: consent, sign-in, and problems.
//!
//! They need no script, no cookie and nothing from anywhere else. What comes from outside is cut to
//! a length that people can read, and shown with [`Printable`](thyra_oauth::Printable): a name that
//! turns the direction of text around, or that hides characters, is seen to do so.

mod asked;
mod consent;
mod goal;
mod policy;
mod problem;
mod sign_in;

use std::sync::LazyLock;

use askama::Template;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use thyra_oauth::Printable;

pub(crate) use asked::{AskedScope, Asking, Vouching};
pub(crate) use consent::{ConsentPage, consent};
pub(crate) use policy::PagePolicy;
pub(crate) use problem::{Problem, problem, unknown_client};
pub(crate) use sign_in::{People, Person, SignInPage, sign_in};

/// The one style sheet, which stands in each page.
const STYLE: &str = include_str!("../templates/style.css");

/// What a page may load and who may frame it: nothing, and nobody. The style sheet is named by its
/// hash. There is no `form-action`: Chromium applies it to the redirects that follow a form, and
/// those lead to the identity provider and the client.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; frame-ancestors 'none'"
    );
    // Base64 has visible ASCII characters only.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// The same for every page.
///
/// `Cross-Origin-Opener-Policy` is left out on purpose. Web applications open the login in a
/// window, and their own page at its end says to the window that opened it that it is done. The
/// policy would part the two for good, and protects nothing here: a page of another origin
/// can read nothing of these either way.
const HEADERS: [(&str, &str); 6] = [
    ("cache-control", "no-store"),
    ("content-type", "text/html; charset=utf-8"),
    (
        "permissions-policy",
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    // With `no-referrer`, browsers send `Origin: null` with the form, and it could not be told
    // from a form of another origin. Other origins learn nothing with this one either.
    ("referrer-policy", "same-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];

/// A page with all its headers.
fn page(status: StatusCode, page: &impl Template, policy: &PagePolicy) -> Response<Bytes> {
    // Only a value that refuses to be formatted could fail, and texts do not.
    let body = page.render().unwrap_or_default();
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    policy.write(headers);
    response
}

/// A text from outside, cut after so many characters. `None` if nothing of it can be seen.
fn shown(text: &str, longest: usize) -> Option<String> {
    // Letters without a shape: fillers of Hangul, and the empty Braille pattern.
    let blank = ['\u{115f}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{ffa0}'];
    let trimmed = text.trim();
    let is_seen = |c: char| !c.is_whitespace() && !blank.contains(&c);
    trimmed
        .contains(is_seen)
        .then(|| format!("{:.longest$}", Printable(trimmed)))
}

/// The same for what is not a name.
fn text(text: &str) -> String {
    shown(text, 1000).unwrap_or_default()
}

#[cfg(test)]
mod tests;
