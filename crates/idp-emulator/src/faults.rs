//! Faults that the environment can be told to have.

use serde::{Deserialize, Serialize};

/// The longest delay of a slow answer, in milliseconds.
pub(crate) const MAX_SLOW_MS: u64 = 60_000;

/// What is wrong with the environment at the moment. The default is: nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// How the key set answers.
    pub jwks: JwksFault,
    /// How authorization server metadata answers, in all its forms.
    pub metadata: MetadataFault,
    /// How late a `slow` answer comes, in milliseconds; at most 60 000.
    pub slow_ms: u64,
    /// How the introspection endpoint answers, and whatever else tells of tokens.
    pub introspection: EndpointFault,
    /// What `Retry-After` says beside 429, in seconds.
    pub retry_after: u32,
    /// How the token endpoint answers.
    pub token: TokenFault,
    /// How the user info endpoint answers, and whatever else tells of people.
    pub userinfo: EndpointFault,
    /// How people answer.
    pub authorization: AuthorizationFault,
    /// How the revocation endpoint answers.
    pub revocation: EndpointFault,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            jwks: JwksFault::Ok,
            metadata: MetadataFault::Ok,
            slow_ms: 2_000,
            introspection: EndpointFault::Ok,
            retry_after: 7,
            token: TokenFault::Ok,
            userinfo: EndpointFault::Ok,
            authorization: AuthorizationFault::Ok,
            revocation: EndpointFault::Ok,
        }
    }
}

impl Faults {
    /// The same fault wherever a protected server looks: keys, metadata, introspection and user
    /// info.
    #[must_use]
    pub fn everywhere(fault: EndpointFault) -> Self {
        let (jwks, metadata) = match fault {
            EndpointFault::Empty => (JwksFault::Empty, MetadataFault::Ok),
            EndpointFault::Garbage => (JwksFault::Garbage, MetadataFault::Ok),
            EndpointFault::HangUp => (JwksFault::HangUp, MetadataFault::HangUp),
            EndpointFault::Ok => (JwksFault::Ok, MetadataFault::Ok),
            EndpointFault::Slow => (JwksFault::Slow, MetadataFault::Slow),
            EndpointFault::Status403 | EndpointFault::Status429 => {
                (JwksFault::Status429, MetadataFault::Status429)
            }
            EndpointFault::Status500 => (JwksFault::Status500, MetadataFault::Status500),
        };
        Self {
            jwks,
            metadata,
            introspection: fault,
            userinfo: fault,
            ..Self::default()
        }
    }
}

/// How an endpoint answers that servers ask about tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointFault {
    /// 200 with an object that says nothing.
    Empty,
    /// 200 with a body that is no JSON.
    Garbage,
    /// The connection is closed without an answer.
    HangUp,
    /// As it should.
    Ok,
    /// As it should, late.
    Slow,
    /// 403 with `Retry-After` and `x-ratelimit-remaining: 0`: GitHub's secondary rate limit.
    #[serde(rename = "403")]
    Status403,
    /// 429 with `Retry-After`.
    #[serde(rename = "429")]
    Status429,
    /// 500.
    #[serde(rename = "500")]
    Status500,
}

/// How the key set answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JwksFault {
    /// The signing keys beside keys that must be stepped over: for encryption, elliptic curve,
    /// symmetric, broken and untyped ones.
    Decoys,
    /// A key set without keys.
    Empty,
    /// 200 with a body that is no JSON.
    Garbage,
    /// The connection is closed without an answer.
    HangUp,
    /// As it should.
    Ok,
    /// The signing keys in a document of more than four megabytes.
    Oversize,
    /// The signing keys, late.
    Slow,
    /// 429 with `Retry-After`.
    #[serde(rename = "429")]
    Status429,
    /// 500.
    #[serde(rename = "500")]
    Status500,
}

/// How authorization server metadata answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MetadataFault {
    /// Only where the resource's path comes before the well-known suffix; 404 at the RFC 8414 form.
    AppendedOnly,
    /// The connection is closed without an answer.
    HangUp,
    /// Only at the RFC 8414 form; 404 where the resource's path comes first.
    InsertedOnly,
    /// As it should.
    Ok,
    /// The document, late.
    Slow,
    /// 429 with `Retry-After`.
    #[serde(rename = "429")]
    Status429,
    /// 500.
    #[serde(rename = "500")]
    Status500,
}

/// How the token endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenFault {
    /// 200 with a body that is no JSON.
    Garbage,
    /// The connection is closed without an answer.
    HangUp,
    /// As it should.
    Ok,
    /// 403 with a page, as a firewall in front of it answers.
    Page,
    /// Refresh tokens are refused, as if they were revoked; all else is as it should be.
    RefreshRefused,
    /// As it should, late.
    Slow,
    /// 429 with `Retry-After`.
    #[serde(rename = "429")]
    Status429,
    /// 500.
    #[serde(rename = "500")]
    Status500,
}

/// How people answer who are asked whether they allow what a client wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorizationFault {
    /// They do not: `access_denied`, without a page.
    Denied,
    /// As they like, on the page, or with auto consent.
    Ok,
    /// They cannot: `server_error`, without a page.
    ServerError,
}
