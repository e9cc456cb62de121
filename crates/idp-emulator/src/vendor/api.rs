//! What a vendor says about tokens and people beside the endpoints that OAuth defines.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use crate::user::User;

/// A resource that is shown an access token (RFC 6750).
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) path: &'static str,
    /// Whose outage it shares.
    pub(crate) about: About,
    /// The parameter that may hold the token, instead of the header.
    pub(crate) parameter: Option<&'static str>,
    /// One of these scopes is needed, if there are any.
    pub(crate) scopes: &'static [&'static str],
    pub(crate) answer: fn(&Known<'_>) -> Value,
    /// Headers beside it.
    pub(crate) headers: fn(&Known<'_>) -> Vec<(&'static str, String)>,
    /// What is said to a bad token.
    pub(crate) refusal: fn() -> (StatusCode, Value),
}

/// What a resource is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// The user, as user info is.
    Person,
    /// The token, as introspection is.
    Token,
}

/// What an application asks about its own tokens: it authenticates, and sends them in JSON as
/// `access_token`. At `/applications/{client}/token` below each root, `POST` describes a token and
/// `DELETE` ends it; at `/applications/{client}/grant`, `DELETE` ends all of its user's.
#[derive(Debug)]
pub(crate) struct ApplicationTokens {
    pub(crate) roots: &'static [&'static str],
    pub(crate) answer: fn(&Known<'_>) -> Value,
}

/// A good token.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    pub(crate) token: &'a str,
    pub(crate) claims: &'a Map<String, Value>,
    pub(crate) user: &'a User,
    /// The environment URL.
    pub(crate) url: &'a str,
    /// The time, in seconds since 1970.
    pub(crate) now: u64,
}

impl Known<'_> {
    /// A claim that is text, else nothing.
    pub(crate) fn text(&self, claim: &str) -> &str {
        let value = self.claims.get(claim).and_then(Value::as_str);
        value.unwrap_or_default()
    }

    /// When it ends, in seconds since 1970.
    pub(crate) fn end(&self) -> Option<u64> {
        self.claims.get("exp").and_then(Value::as_u64)
    }

    pub(crate) fn scopes(&self) -> Vec<&str> {
        self.text("scope").split_whitespace().collect()
    }

    pub(crate) fn has(&self, scope: &str) -> bool {
        self.scopes().contains(&scope)
    }
}

/// No headers.
pub(super) fn plain(_: &Known<'_>) -> Vec<(&'static str, String)> {
    Vec::new()
}
