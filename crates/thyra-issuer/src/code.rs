//! Authorization codes: written when a person has signed in, and redeemed once by the client that
//! asked (OAuth 2.1 sections 4.1.2 and 4.1.3).

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use thyra_auth::{Clock, ScopeSet, Secret};
use thyra_oauth::{NoRandomness, unguessable};
use thyra_store::Store;

use crate::digest::Digest;
use crate::record::{Code, Kept, Record, RecordError, Redemption, SignedIn, Transaction, add};

/// How long it is remembered that a code was redeemed.
const REMEMBERED: Duration = Duration::from_hours(1);

/// How many characters a code has.
const LENGTH: usize = 43;

/// How often a redemption is tried when others redeem the same code.
const TRIES: u32 = 4;

impl Record for Code {
    const COLLECTION: &'static str = "codes";
}

/// Writes and redeems codes.
#[derive(Debug)]
pub(crate) struct Codes {
    store: Store,
    clock: Arc<dyn Clock>,
    lifetime: Duration,
}

/// What a code stood for. It was redeemed by this, and cannot be redeemed again.
#[derive(Debug)]
pub(crate) struct Redeemed {
    pub(crate) client_id: String,
    /// That of the authorization request.
    pub(crate) redirect_uri: String,
    /// That of the authorization request, with the method `S256`.
    pub(crate) challenge: String,
    /// What is granted.
    pub(crate) scopes: ScopeSet,
    /// The resource that the token is for.
    pub(crate) resource: String,
    /// The identifier of the grant that comes of it.
    pub(crate) grant_id: String,
    /// Who signed in.
    pub(crate) signed_in: SignedIn,
}

impl Codes {
    /// Codes that can be redeemed for this long.
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>, lifetime: Duration) -> Self {
        Self {
            store,
            clock,
            lifetime,
        }
    }

    /// A code for the client that began this login. `scopes` are what is granted.
    pub(crate) async fn issue(
        &self,
        request: &Transaction,
        signed_in: SignedIn,
        scopes: ScopeSet,
    ) -> Result<Secret, CodeError> {
        let code = unguessable::<32>()?;
        let grant_id = unguessable::<16>()?;
        let end = self.clock.unix().saturating_add(self.lifetime);
        let record = Code {
            client_id: request.client_id.clone(),
            redirect_uri: request.redirect_uri.clone(),
            challenge: request.challenge.clone(),
            scopes,
            resource: request.resource.clone(),
            grant_id: grant_id.expose().clone(),
            expires_at: end.as_secs(),
            redemption: Redemption::Open(Box::new(signed_in)),
        };
        let name = Digest::of(code.expose());
        if add(&self.store, name.as_str(), &record, self.lifetime).await? {
            Ok(code)
        } else {
            // There is such a code already, so the random numbers are none.
            Err(CodeError::NoRandomness(NoRandomness))
        }
    }

    /// Redeems a code: exactly one caller gets what it stands for, and nothing gives it back. A
    /// client that the code was not issued to learns nothing, and changes nothing.
    pub(crate) async fn redeem(&self, code: &str, client_id: &str) -> Result<Redeemed, CodeError> {
        if code.len() != LENGTH {
            return Err(CodeError::Unknown);
        }
        let name = Digest::of(code);
        for _ in 0..TRIES {
            let kept = Kept::<Code>::find(&self.store, name.as_str()).await?;
            let kept = kept.filter(|kept| kept.record.client_id == client_id);
            let kept = kept.ok_or(CodeError::Unknown)?;
            let signed_in = match &kept.record.redemption {
                Redemption::Open(signed_in) => signed_in,
                Redemption::Spent => {
                    let grant_id = kept.record.grant_id;
                    return Err(CodeError::Replayed { grant_id });
                }
            };
            if self.clock.unix().as_secs() >= kept.record.expires_at {
                return Err(CodeError::Unknown);
            }
            let spent = Code {
                redemption: Redemption::Spent,
                ..kept.record.clone()
            };
            let won = kept.replace(&self.store, name.as_str(), &spent, REMEMBERED);
            if won.await? {
                return Ok(Redeemed {
                    signed_in: (**signed_in).clone(),
                    client_id: spent.client_id,
                    redirect_uri: spent.redirect_uri,
                    challenge: spent.challenge,
                    scopes: spent.scopes,
                    resource: spent.resource,
                    grant_id: spent.grant_id,
                });
            }
        }
        // Only a redemption changes a code, so a second look has found one.
        Err(CodeError::Unknown)
    }
}

/// Why there is no code, or why it gives nothing.
#[derive(Debug, Error)]
pub(crate) enum CodeError {
    /// The machine gives no random numbers.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The store failed.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// It was redeemed before, so somebody has stolen it: the grant that came of it must end.
    #[error("the code was redeemed before")]
    Replayed {
        /// The identifier of the grant.
        grant_id: String,
    },
    /// There is no such code, it has ended, or it is another client's.
    #[error("the code is not known")]
    Unknown,
}

#[cfg(test)]
mod tests;
