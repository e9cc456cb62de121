//! A login that is under way.

use serde::{Deserialize, Serialize};
use thyra_oauth::{ScopeSet, Secret};

use super::secret;
use crate::digest::Digest;

/// A login between the authorization request of a client and its end. It is kept under the
/// [`Digest`] of its identifier, for a quarter of an hour at most.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Transaction {
    /// The client that asks.
    pub(crate) client_id: String,
    /// Where its user goes at the end, byte for byte as the client sent it. It was checked.
    pub(crate) redirect_uri: String,
    /// What the client wants back.
    #[serde(default)]
    pub(crate) state: Option<String>,
    /// The challenge of the client (RFC 7636), with the method `S256`.
    pub(crate) challenge: String,
    /// What may be granted.
    pub(crate) scopes: ScopeSet,
    /// The resource that the token is for.
    pub(crate) resource: String,
    /// Of the secret in the browser's cookie: the login goes on in the browser that began it.
    pub(crate) binding: Digest,
    /// What is known since the person agreed.
    #[serde(default)]
    pub(crate) approval: Option<Approval>,
    /// In seconds since 1970.
    pub(crate) created_at: u64,
}

/// What the identity provider is asked with. It is made when the person agrees, and not before.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Approval {
    /// The secret half of `state`.
    #[serde(with = "secret")]
    pub(crate) state: Secret,
    /// The secret behind the challenge of the request upstream (RFC 7636).
    #[serde(with = "secret")]
    pub(crate) code_verifier: Secret,
    /// What an ID token must repeat (`OpenID` Connect Core section 3.1.2.1).
    #[serde(with = "secret")]
    pub(crate) nonce: Secret,
}
