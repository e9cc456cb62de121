//! Access tokens of our own (RFC 9068).

use serde::Serialize;
use thyra_auth::{ScopeSet, Secret};
use thyra_oauth::unguessable;

use super::{GrantError, Grants};
use crate::record::Grant;

/// Who acts for the subject (RFC 8693 section 4.1).
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Act<'a> {
    /// The client.
    pub(super) sub: &'a str,
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
    /// The grant.
    sid: &'a str,
    /// Its generation.
    r#gen: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Act<'a>>,
}

impl Grants {
    /// An access token of a grant, for these scopes of it. Times are in seconds since 1970.
    pub(super) async fn access_token(
        &self,
        id: &str,
        grant: &Grant,
        scopes: &ScopeSet,
        now: u64,
        end: u64,
        act: Option<Act<'_>>,
    ) -> Result<Secret, GrantError> {
        let claims = Claims {
            iss: self.issuer(),
            aud: &grant.resource,
            sub: &grant.subject,
            client_id: &grant.client_id,
            scope: scopes.to_string(),
            iat: now,
            exp: end,
            // Whoever sees the identifier alone can say whether the grant has ended.
            jti: format!("{id}.{}", unguessable::<12>()?.expose()),
            sid: id,
            r#gen: grant.generation,
            act,
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
