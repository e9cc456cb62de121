//! Access tokens of our own (RFC 9068).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thyra_auth::{Principal, ScopeSet, Secret};
use thyra_oauth::unguessable;

use super::{GrantError, Grants};
use crate::record::Grant;

/// What an access token says beside what its grant does.
#[derive(Clone, Copy, Debug)]
pub(super) struct AccessToken<'a> {
    pub(super) grant_id: &'a str,
    pub(super) client_id: &'a str,
    pub(super) scopes: &'a ScopeSet,
    /// In seconds since 1970.
    pub(super) issued_at: u64,
    /// In seconds since 1970.
    pub(super) expires_at: u64,
    pub(super) act: Option<Act<'a>>,
}

/// Who acts for the subject, and who acted before (RFC 8693 section 4.1).
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Act<'a> {
    /// The client.
    pub(super) sub: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) act: Option<&'a Value>,
}

/// What only our own access tokens have.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OwnClaims {
    /// The identifier of the grant.
    #[serde(rename = "sid")]
    pub(crate) grant_id: String,
    /// Its generation.
    #[serde(rename = "gen")]
    pub(crate) generation: u64,
}

impl OwnClaims {
    /// Those of a principal whose token we signed; `None` if somebody else did.
    pub(crate) fn of(principal: &Principal) -> Option<Self> {
        principal.claims().decode().ok()
    }
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    client_id: &'a str,
    scope: String,
    iat: u64,
    exp: u64,
    jti: String,
    sid: &'a str,
    r#gen: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Act<'a>>,
}

impl Grants {
    /// An access token of a grant as it is.
    pub(super) async fn sign(
        &self,
        grant: &Grant,
        token: AccessToken<'_>,
    ) -> Result<Secret, GrantError> {
        let id = token.grant_id;
        let claims = Claims {
            iss: self.issuer(),
            aud: &grant.resource,
            sub: &grant.subject,
            client_id: token.client_id,
            scope: token.scopes.to_string(),
            iat: token.issued_at,
            exp: token.expires_at,
            // Whoever sees the identifier alone can say whether the grant has ended.
            jti: format!("{id}.{}", unguessable::<12>()?.expose()),
            sid: id,
            r#gen: grant.generation,
            act: token.act,
        };
        Ok(self.keys().sign(&claims).await?)
    }
}

/// The grant of an access token with this identifier (`jti`).
pub(crate) fn grant_of(token_id: &str) -> &str {
    token_id
        .split_once('.')
        .map_or(token_id, |(grant, _)| grant)
}
