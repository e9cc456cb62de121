//! What a person has let a client do.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thyra_oauth::{ScopeSet, Secret};

use super::secret;
use super::signed_in::UpstreamTokens;

/// What a person has let a client do: the family of all tokens that come of one login. It is kept
/// under its identifier; without it, none of its tokens is good.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Grant {
    /// The client that the tokens were issued to.
    pub(crate) client_id: String,
    /// The person.
    pub(crate) subject: String,
    /// What is known of the person.
    pub(crate) claims: Map<String, Value>,
    /// What was granted.
    pub(crate) scopes: ScopeSet,
    /// The resource that the tokens are for.
    pub(crate) resource: String,
    /// The identity provider's tokens, where there is one.
    #[serde(default)]
    pub(crate) upstream: Option<UpstreamTokens>,
    /// What refresh tokens are made with.
    #[serde(with = "secret")]
    pub(crate) refresh_key: Secret,
    /// How often the tokens were refreshed.
    pub(crate) generation: u64,
    /// When they were last refreshed, in seconds since 1970.
    pub(crate) rotated_at: u64,
    /// When the identity provider last said who the person is, in seconds since 1970.
    #[serde(default)]
    pub(crate) renewed_at: u64,
    /// In seconds since 1970.
    pub(crate) created_at: u64,
    /// When the family ends, in seconds since 1970.
    pub(crate) expires_at: u64,
}
