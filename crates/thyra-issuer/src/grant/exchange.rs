//! One access token becomes another, for a client that acts for its subject (RFC 8693).

use std::time::Duration;

use thyra_auth::{Principal, ScopeSet};

use super::access_token::{AccessToken, Act, OwnClaims};
use super::{GrantError, Grants, Issued};

/// What is exchanged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange<'a> {
    /// What the token says. Its signature was verified.
    pub(crate) signed: &'a Principal,
    /// Who is to have the new one. It has proved who it is.
    pub(crate) client_id: &'a str,
    /// The scopes that are asked for; by default all of the token.
    pub(crate) asked: Option<&'a ScopeSet>,
}

impl Grants {
    /// A token of the same grant for another client, with the same scopes or fewer. It lives no
    /// longer than the one that was given, and ends with its grant. There is no refresh token.
    pub(crate) async fn exchange(&self, exchange: Exchange<'_>) -> Result<Issued, GrantError> {
        let signed = exchange.signed;
        let own = OwnClaims::of(signed).ok_or(GrantError::Unknown)?;
        let grant = self.find(&own.grant_id).await?;
        let grant = grant.ok_or(GrantError::Unknown)?;
        self.admits(&grant, own.generation)
            .ok_or(GrantError::Unknown)?;
        // What was taken back upstream since is not given on.
        let held = signed.scopes().iter();
        let held: ScopeSet = held.filter(|scope| grant.scopes.contains(scope)).collect();
        let scopes = exchange.asked.cloned().unwrap_or_else(|| held.clone());
        if !scopes.is_subset(&held) {
            return Err(GrantError::Scope);
        }
        let now = self.shelf.now();
        let (end, _) = self.settings.lifetimes.tokens(now, grant.expires_at);
        let given_end = signed.expires_at().as_ref().map_or(0, Duration::as_secs);
        let end = end.min(given_end);
        if end <= now {
            return Err(GrantError::Over);
        }
        let token = AccessToken {
            grant_id: &own.grant_id,
            client_id: exchange.client_id,
            scopes: &scopes,
            issued_at: now,
            expires_at: end,
            act: Some(Act {
                sub: exchange.client_id,
                act: signed.claim("act"),
            }),
        };
        Ok(Issued {
            access_token: self.sign(&grant, token).await?,
            expires_in: end.saturating_sub(now),
            refresh_token: None,
            scopes,
        })
    }
}
