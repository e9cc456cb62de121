//! An authorization code.

use serde::{Deserialize, Serialize};
use thyra_oauth::ScopeSet;

use super::signed_in::SignedIn;

/// What an authorization code stands for. It is kept under the [`Digest`](crate::digest::Digest) of
/// the code, and stays for a while after its redemption, so that a second one is noticed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Code {
    /// The client that may redeem it.
    pub(crate) client_id: String,
    /// The redirect URI of the authorization request.
    pub(crate) redirect_uri: String,
    /// The challenge of the authorization request (RFC 7636), with the method `S256`.
    pub(crate) challenge: String,
    /// What is granted.
    pub(crate) scopes: ScopeSet,
    /// The resource that the token is for.
    pub(crate) resource: String,
    /// The identifier of the grant that comes of it.
    pub(crate) grant_id: String,
    /// When it can no longer be redeemed, in seconds since 1970.
    pub(crate) expires_at: u64,
    /// Whether it was redeemed.
    pub(crate) redemption: Redemption,
}

/// Whether a code was redeemed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Redemption {
    /// Nobody has redeemed it. This person signed in.
    Open(Box<SignedIn>),
    /// Somebody has, whether it worked out or not.
    Spent,
}
