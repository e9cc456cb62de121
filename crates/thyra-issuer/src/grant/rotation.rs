//! One refresh token becomes the next.

use thyra_auth::ScopeSet;

use super::lifetime::Terms;
use super::{GrantError, Grants, Issued, Need, RefreshToken, RenewalError, counts};
use crate::record::Grant;

/// How often a refresh is tried when the grant is changed by others meanwhile.
const TRIES: u32 = 8;

/// How a refresh token stands to its grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It is the one to use.
    Current,
    /// It was used a moment ago. Whoever asks again gets the same answer.
    JustUsed,
    /// It was used, and its successor should be.
    Stolen,
}

impl Grants {
    /// The next tokens for a refresh token (OAuth 2.1 section 4.3). `asked` are the scopes that the
    /// access token is to have; all by default.
    ///
    /// # Errors
    ///
    /// [`GrantError`]; before anything is used up, except for [`GrantError::Reused`], which has
    /// ended the grant.
    pub(crate) async fn refresh(
        &self,
        token: &str,
        client_id: &str,
        asked: Option<&ScopeSet>,
    ) -> Result<Issued, GrantError> {
        let token = RefreshToken::parse(token).ok_or(GrantError::Unknown)?;
        let id = token.grant_id;
        let mut is_renewed = false;
        for _ in 0..TRIES {
            let kept = self.shelf.find(id).await?.ok_or(GrantError::Unknown)?;
            let grant = &kept.record;
            // Neither another client nor a guess learns whether there is such a grant, or ends it.
            if grant.client_id != client_id || !token.is_of(grant) {
                return Err(GrantError::Unknown);
            }
            let scopes = self.scopes_for(grant, asked)?;
            match self.standing(token.generation, grant) {
                Standing::Current => {}
                Standing::JustUsed => return self.issue(id, grant, scopes).await,
                Standing::Stolen => {
                    tracing::warn!(
                        client_id,
                        "a refresh token was used twice: the login it belongs to was ended"
                    );
                    self.end(id, grant).await?;
                    return Err(GrantError::Reused);
                }
            }
            if !is_renewed {
                // It writes the grant, so the grant is read again.
                is_renewed = true;
                if self.still_signed_in(id, grant).await? {
                    continue;
                }
            }
            let next = self.next(grant, token.generation)?;
            if self.shelf.replace(id, &kept, &next).await? {
                return self.issue(id, &next, scopes).await;
            }
        }
        Err(GrantError::Contended)
    }

    /// Asks the identity provider whether the login goes on, unless that is known; says whether it
    /// was asked. While it does not answer, a login goes on for as long as its access token does.
    async fn still_signed_in(&self, id: &str, grant: &Grant) -> Result<bool, GrantError> {
        let now = self.shelf.now();
        if !self.renewals.is_needed(Need::Stale, grant, now) {
            return Ok(false);
        }
        match self.renewals.renew(id, Need::Stale).await {
            Ok(_) => Ok(true),
            Err(RenewalError::Unavailable { .. }) if counts(grant, now) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// The grant after a refresh with a token of this generation.
    fn next(&self, grant: &Grant, generation: u64) -> Result<Grant, GrantError> {
        let now = self.shelf.now();
        let expires_at = self.settings.lifetimes.grant_end(Terms {
            now,
            created_at: grant.created_at,
            upstream: grant.upstream.as_ref(),
            may_refresh: true,
        });
        if expires_at <= now {
            return Err(GrantError::Over);
        }
        Ok(Grant {
            generation: generation.checked_add(1).ok_or(GrantError::Over)?,
            rotated_at: now,
            expires_at,
            ..grant.clone()
        })
    }

    /// A token of a later generation than the grant's is ours, too: the store has lost a write, as
    /// databases do when a replica takes over. It is as good as the current one.
    fn standing(&self, generation: u64, grant: &Grant) -> Standing {
        if generation >= grant.generation {
            return Standing::Current;
        }
        match self.admits(grant, generation) {
            Some(_) => Standing::JustUsed,
            None => Standing::Stolen,
        }
    }

    /// A refresh may leave scopes out, but none that the resource needs: without those, the token
    /// would be of no use. It may not add any (RFC 6749 section 6).
    fn scopes_for(&self, grant: &Grant, asked: Option<&ScopeSet>) -> Result<ScopeSet, GrantError> {
        let Some(asked) = asked else {
            return Ok(grant.scopes.clone());
        };
        if !asked.is_subset(&grant.scopes) {
            return Err(GrantError::Scope);
        }
        let required = &self.settings.required_scopes;
        let stays = |scope: &&str| asked.contains(scope) || required.contains(scope);
        Ok(grant.scopes.iter().filter(stays).collect())
    }
}
