//! Grants: what a person has let a client do, and the tokens that come of it.
//!
//! A grant is the family of all tokens of one login. Access tokens are signed and short-lived, and
//! name their grant and its generation; without the grant they are worth nothing. Each refresh
//! begins another generation. The tokens of the one before it are good for a moment longer, so that
//! a client that asks twice keeps its login. A refresh token that is older than that is a stolen
//! one, or the stolen one was used before it: the whole family ends.

mod access_token;
mod exchange;
mod lifetime;
mod person;
mod refresh_token;
mod renewal;
mod rotation;
mod shelf;
#[cfg(test)]
pub(crate) mod testing;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use thiserror::Error;
use thyra_auth::{Clock, ScopeSet, Secret};
use thyra_oauth::{NoRandomness, unguessable};
use thyra_store::Store;

use crate::code::Redeemed;
use crate::record::{Grant, RecordError, SignedIn};
use crate::token_key::{TokenKeyError, TokenKeys};
use access_token::AccessToken;
pub(crate) use access_token::{OwnClaims, grant_of};
pub(crate) use exchange::Exchange;
pub(crate) use lifetime::Lifetimes;
use lifetime::Terms;
use person::of_person;
use refresh_token::{RefreshToken, refresh_token};
use renewal::{Need, RenewalError, Renewals};
pub(crate) use renewal::{Renew, RenewError};
use shelf::Shelf;

/// How long the identity provider may take to end a login.
const END_LIMIT: Duration = Duration::from_secs(5);

/// For how many seconds the last answer of an identity provider counts that does not answer now.
const LAST_ANSWER: u64 = 3600;

/// What grants are made with.
#[derive(Debug)]
pub(crate) struct GrantSettings {
    /// Our issuer, byte for byte.
    pub(crate) issuer: String,
    /// What the resource needs: no refresh leaves it out.
    pub(crate) required_scopes: ScopeSet,
    pub(crate) lifetimes: Lifetimes,
}

/// Makes grants, refreshes them and ends them.
#[derive(Debug)]
pub(crate) struct Grants {
    settings: GrantSettings,
    keys: Arc<TokenKeys>,
    shelf: Shelf,
    renew: Arc<dyn Renew>,
    renewals: Renewals,
}

/// Somebody whom another server vouches for.
#[derive(Debug)]
pub(crate) struct AssertedLogin {
    pub(crate) client_id: String,
    /// Unique among the people of this authorization server.
    pub(crate) subject: String,
    pub(crate) claims: Map<String, Value>,
    pub(crate) scopes: ScopeSet,
    pub(crate) resource: String,
}

/// What a client gets.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) access_token: Secret,
    /// In how many seconds the access token ends.
    pub(crate) expires_in: u64,
    pub(crate) refresh_token: Option<Secret>,
    pub(crate) scopes: ScopeSet,
}

impl Grants {
    pub(crate) fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        keys: Arc<TokenKeys>,
        renew: Arc<dyn Renew>,
        settings: GrantSettings,
    ) -> Self {
        let shelf = Shelf::new(store, clock, &settings.issuer);
        let threshold = settings.lifetimes.expiry_threshold;
        Self {
            renewals: Renewals::new(shelf.clone(), Arc::clone(&renew), threshold),
            settings,
            keys,
            shelf,
            renew,
        }
    }

    /// Our issuer.
    pub(crate) fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    /// The keys that sign.
    pub(crate) fn keys(&self) -> &Arc<TokenKeys> {
        &self.keys
    }

    /// Begins the grant of a code. `may_refresh` says whether the client may have refresh tokens.
    ///
    /// # Errors
    ///
    /// [`GrantError::Unknown`] when the code has given one already: the store has lost that it was
    /// redeemed.
    pub(crate) async fn begin(
        &self,
        code: Redeemed,
        may_refresh: bool,
    ) -> Result<Issued, GrantError> {
        let now = self.shelf.now();
        let SignedIn {
            subject,
            claims,
            scopes,
            tokens,
        } = code.signed_in;
        let expires_at = self.settings.lifetimes.grant_end(Terms {
            now,
            created_at: now,
            upstream: tokens.as_ref(),
            may_refresh,
        });
        let grant = Grant {
            client_id: code.client_id,
            subject,
            claims: of_person(claims),
            scopes: narrowed(&code.scopes, scopes.as_ref()),
            resource: code.resource,
            upstream: tokens,
            refresh_key: unguessable::<32>()?,
            generation: 0,
            rotated_at: now,
            renewed_at: now,
            created_at: now,
            expires_at,
        };
        self.start(&code.grant_id, &grant).await
    }

    /// Begins the grant of an assertion. It lives as long as its one access token, and at most
    /// `lifetime`.
    pub(crate) async fn assert(
        &self,
        login: AssertedLogin,
        lifetime: Duration,
    ) -> Result<Issued, GrantError> {
        let now = self.shelf.now();
        let end = self.settings.lifetimes.grant_end(Terms {
            now,
            created_at: now,
            upstream: None,
            may_refresh: false,
        });
        let grant = Grant {
            client_id: login.client_id,
            subject: login.subject,
            claims: of_person(login.claims),
            scopes: login.scopes,
            resource: login.resource,
            upstream: None,
            refresh_key: unguessable::<32>()?,
            generation: 0,
            rotated_at: now,
            renewed_at: now,
            created_at: now,
            expires_at: end.min(now.saturating_add(lifetime.as_secs())),
        };
        let id = unguessable::<16>()?;
        self.start(id.expose(), &grant).await
    }

    /// Writes a new grant, and issues its first tokens.
    async fn start(&self, id: &str, grant: &Grant) -> Result<Issued, GrantError> {
        if grant.expires_at <= self.shelf.now() {
            return Err(GrantError::Over);
        }
        // Signed before it is written: what cannot be signed leaves nothing behind.
        let issued = self.issue(id, grant, grant.scopes.clone()).await?;
        if self.shelf.add(id, grant).await? {
            Ok(issued)
        } else {
            Err(GrantError::Unknown)
        }
    }

    /// The tokens of a grant as it is.
    async fn issue(&self, id: &str, grant: &Grant, scopes: ScopeSet) -> Result<Issued, GrantError> {
        let now = self.shelf.now();
        let (end, has_refresh) = self.settings.lifetimes.tokens(now, grant.expires_at);
        let token = AccessToken {
            grant_id: id,
            client_id: &grant.client_id,
            scopes: &scopes,
            issued_at: now,
            expires_at: end,
            act: None,
        };
        let access_token = self.sign(grant, token).await?;
        Ok(Issued {
            access_token,
            expires_in: end.saturating_sub(now),
            refresh_token: has_refresh.then(|| refresh_token(id, grant)),
            scopes,
        })
    }

    /// A grant that has not ended, by its identifier.
    pub(crate) async fn find(&self, id: &str) -> Result<Option<Grant>, GrantError> {
        let kept = self.shelf.find(id).await?;
        Ok(kept.map(|kept| kept.record))
    }

    /// Whether a grant admits an access token of this generation now, and for how much longer if
    /// that is only for a moment.
    pub(crate) fn admits(&self, grant: &Grant, generation: u64) -> Option<Duration> {
        if generation == grant.generation {
            return Some(Duration::MAX);
        }
        let left = self.grace_left(grant);
        let is_last = generation.checked_add(1) == Some(grant.generation);
        (is_last && !left.is_zero()).then_some(left)
    }

    /// The grant with tokens of the identity provider that have not ended.
    ///
    /// # Errors
    ///
    /// [`GrantError::Over`] when the identity provider says that the login is over, and
    /// [`GrantError::Upstream`] when it says nothing.
    pub(crate) async fn fresh(&self, id: &str, grant: Grant) -> Result<Grant, GrantError> {
        let now = self.shelf.now();
        if !self.renewals.is_needed(Need::Ending, &grant, now) {
            return Ok(grant);
        }
        match self.renewals.renew(id, Need::Ending).await {
            // It is early, and what is there still works.
            Err(RenewalError::Unavailable { .. }) if counts(&grant, now) => Ok(grant),
            outcome => Ok(outcome?),
        }
    }

    /// Ends a grant: none of its tokens is good any more, here at once and elsewhere within
    /// seconds. The identity provider is told, and may fail.
    pub(crate) async fn end(&self, id: &str, grant: &Grant) -> Result<(), GrantError> {
        self.shelf.end(id).await?;
        if tokio::time::timeout(END_LIMIT, self.renew.end(grant))
            .await
            .is_err()
        {
            tracing::warn!("the identity provider took too long to end a login");
        }
        Ok(())
    }

    /// Ends what came of a code that was redeemed again. If nothing has come of it yet, two redeem
    /// it at the same time: one of them is refused, and the other one goes on.
    pub(crate) async fn replayed(&self, id: &str) -> Result<(), GrantError> {
        match self.shelf.find(id).await? {
            Some(kept) => self.end(id, &kept.record).await,
            None => Ok(()),
        }
    }

    /// Ends the grant of a refresh token, whichever refresh it came of, if it is this client's.
    /// Says whether it was a refresh token of a grant at all.
    pub(crate) async fn revoke(&self, token: &str, client_id: &str) -> Result<bool, GrantError> {
        let Some(token) = RefreshToken::parse(token) else {
            return Ok(false);
        };
        let Some(kept) = self.shelf.find(token.grant_id).await? else {
            return Ok(false);
        };
        let grant = kept.record;
        if !token.is_of(&grant) {
            return Ok(false);
        }
        if grant.client_id == client_id {
            self.end(token.grant_id, &grant).await?;
        }
        Ok(true)
    }

    /// Whether this process has ended the grant that an access token with this identifier is of.
    pub(crate) fn has_ended(&self, token_id: &str) -> bool {
        self.shelf.has_ended(grant_of(token_id))
    }

    fn grace_left(&self, grant: &Grant) -> Duration {
        let since = self.shelf.now().saturating_sub(grant.rotated_at);
        let since = Duration::from_secs(since);
        self.settings.lifetimes.grace.saturating_sub(since)
    }
}

/// Whether a login goes on while its identity provider does not answer. Where only its access token
/// can be asked about, the last answer counts for an hour.
fn counts(grant: &Grant, now: u64) -> bool {
    match &grant.upstream {
        None => true,
        Some(tokens) if tokens.expires_at.is_some_and(|end| end <= now) => false,
        Some(tokens) => {
            tokens.refresh_token.is_some() || now < grant.renewed_at.saturating_add(LAST_ANSWER)
        }
    }
}

/// What is left of `granted` when the identity provider has granted `upstream` only.
fn narrowed(granted: &ScopeSet, upstream: Option<&ScopeSet>) -> ScopeSet {
    match upstream {
        Some(upstream) => granted
            .iter()
            .filter(|scope| upstream.contains(scope))
            .collect(),
        None => granted.clone(),
    }
}

/// Why there are no tokens.
#[derive(Debug, Error)]
pub(crate) enum GrantError {
    /// The grant is changed by others all the time, or the store loses what is written.
    #[error("the grant could not be written to the store")]
    Contended,
    /// Nothing could be signed.
    #[error(transparent)]
    Key(#[from] TokenKeyError),
    /// The machine gives no random numbers.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The identity provider says that the login is over, or its time has come.
    #[error("the login is over")]
    Over,
    /// The store failed.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The refresh token was used before, so somebody has stolen it. The grant has ended.
    #[error("the refresh token was used before")]
    Reused,
    /// The store failed for others who wait for the same.
    #[error(transparent)]
    Shared(Arc<RecordError>),
    /// More was asked for than was granted.
    #[error("a scope was not granted")]
    Scope,
    /// There is no such grant, or the token is not of it, or not of this client.
    #[error("the grant is not known")]
    Unknown,
    /// The identity provider cannot say whether the login goes on.
    #[error("the identity provider does not answer")]
    Upstream {
        /// After how long it wants to be asked again, if it said so.
        retry_after: Option<Duration>,
    },
}

#[cfg(test)]
mod tests;
