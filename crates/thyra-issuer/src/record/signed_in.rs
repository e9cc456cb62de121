//! A person who has signed in, and what the identity provider gave for it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thyra_oauth::{ScopeSet, Secret};

use super::secret;

/// Who signed in, as the identity provider says and as it was verified.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct SignedIn {
    /// Unique among the people of this authorization server.
    pub(crate) subject: String,
    /// What is known of the person: `email`, `name`, `groups` and so on.
    pub(crate) claims: Map<String, Value>,
    /// What the identity provider granted, by the names that clients use. `None` if it does not
    /// say: then it granted what was asked for.
    #[serde(default)]
    pub(crate) scopes: Option<ScopeSet>,
    /// The identity provider's own tokens. They never leave this server.
    #[serde(default)]
    pub(crate) tokens: Option<UpstreamTokens>,
}

/// The tokens of the identity provider.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct UpstreamTokens {
    #[serde(with = "secret")]
    pub(crate) access_token: Secret,
    #[serde(default, with = "secret::optional")]
    pub(crate) refresh_token: Option<Secret>,
    #[serde(default, with = "secret::optional")]
    pub(crate) id_token: Option<Secret>,
    /// When the access token ends, in seconds since 1970. `None` if it does not end.
    #[serde(default)]
    pub(crate) expires_at: Option<u64>,
    /// When the refresh token ends, in seconds since 1970. `None` if that is not known.
    #[serde(default)]
    pub(crate) refresh_expires_at: Option<u64>,
}
