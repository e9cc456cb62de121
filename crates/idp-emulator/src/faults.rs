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
    /// How the token endpoint answers.
    pub token: TokenFault,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            jwks: JwksFault::Ok,
            metadata: MetadataFault::Ok,
            slow_ms: 2_000,
            token: TokenFault::Ok,
        }
    }
}

/// How `GET /keys` answers.
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
    /// As it should.
    Ok,
    /// The signing keys in a document of more than four megabytes.
    Oversize,
    /// The signing keys, late.
    Slow,
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
    /// Only at the RFC 8414 form; 404 where the resource's path comes first.
    InsertedOnly,
    /// As it should.
    Ok,
    /// The document, late.
    Slow,
    /// 500.
    #[serde(rename = "500")]
    Status500,
}

/// How the token endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenFault {
    /// As it should.
    Ok,
    /// 403 with a page, as a firewall in front of it answers.
    Page,
    /// 500.
    #[serde(rename = "500")]
    Status500,
}
