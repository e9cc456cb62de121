//! Logins that are under way: from the request of a client to the answer that it gets.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use thyra_oauth::{Clock, CodeVerifier, NoRandomness, Secret, unguessable};
use thyra_store::Store;

use crate::digest::Digest;
use crate::rate::Rate;
use crate::record::{Approval, Kept, Record, RecordError, Transaction, add, take};

/// How long a person has for it.
const LIFETIME: Duration = Duration::from_mins(15);

/// How often two who approve the same login at once may get into each other's way.
const TRIES: usize = 8;

/// How many logins begin in a second, in the long run, and in a burst.
const PER_SECOND: u32 = 10;
const BURST: u32 = 100;

/// Keeps the logins that are under way. About 9,000 of them exist at most: those that the rate lets
/// begin while one lives.
#[derive(Debug)]
pub(crate) struct Logins {
    store: Store,
    clock: Arc<dyn Clock>,
    rate: Rate,
    /// Of this authorization server, so that others in the same store have logins of their own.
    issuer: String,
}

impl Record for Transaction {
    const COLLECTION: &'static str = "logins";
}

impl Logins {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>, issuer: impl Into<String>) -> Self {
        Self {
            store,
            rate: Rate::new(PER_SECOND, BURST, Arc::clone(&clock)),
            clock,
            issuer: issuer.into(),
        }
    }

    /// Begins a login, and returns its identifier.
    pub(crate) async fn begin(&self, transaction: &Transaction) -> Result<Secret, LoginError> {
        let id = unguessable::<32>()?;
        let crowded = |retry_after| LoginError::Crowded { retry_after };
        self.rate.take().map_err(crowded)?;
        let name = self.name(id.expose());
        let is_new = add(&self.store, &name, transaction, LIFETIME).await?;
        is_new.then_some(id).ok_or(LoginError::Contended)
    }

    /// A login that is under way.
    pub(crate) async fn find(&self, id: &str) -> Result<Transaction, LoginError> {
        Ok(self.read(id).await?.record)
    }

    /// Notes that the person agreed, and makes what the identity provider is asked with. Whoever
    /// agrees again gets the same.
    pub(crate) async fn approve(&self, id: &str) -> Result<(Transaction, Approval), LoginError> {
        for _ in 0..TRIES {
            let kept = self.read(id).await?;
            if let Some(approval) = kept.record.approval.clone() {
                return Ok((kept.record, approval));
            }
            let approval = Approval {
                state: unguessable::<32>()?,
                code_verifier: Secret::new(CodeVerifier::random()?.expose().to_owned()),
                nonce: unguessable::<32>()?,
            };
            let mut transaction = kept.record.clone();
            transaction.approval = Some(approval.clone());
            let left = self.left(&transaction).ok_or(LoginError::Unknown)?;
            let name = self.name(id);
            if kept.replace(&self.store, &name, &transaction, left).await? {
                return Ok((transaction, approval));
            }
        }
        Err(LoginError::Contended)
    }

    /// Ends a login. Of many who try, exactly one gets it.
    pub(crate) async fn take(&self, id: &str) -> Result<Transaction, LoginError> {
        let transaction: Option<Transaction> = take(&self.store, &self.name(id)).await?;
        let transaction = transaction.filter(|transaction| self.left(transaction).is_some());
        transaction.ok_or(LoginError::Unknown)
    }

    async fn read(&self, id: &str) -> Result<Kept<Transaction>, LoginError> {
        let kept = Kept::<Transaction>::find(&self.store, &self.name(id)).await?;
        let kept = kept.filter(|kept| self.left(&kept.record).is_some());
        kept.ok_or(LoginError::Unknown)
    }

    /// How long the login may still take; `None` if its time is over.
    fn left(&self, transaction: &Transaction) -> Option<Duration> {
        let end = Duration::from_secs(transaction.created_at).saturating_add(LIFETIME);
        let left = end.saturating_sub(self.clock.unix());
        (!left.is_zero()).then_some(left)
    }

    fn name(&self, id: &str) -> String {
        Digest::of(&format!("{} {id}", self.issuer))
            .as_str()
            .to_owned()
    }
}

/// Why a login does not go on.
#[derive(Debug, Error)]
pub(crate) enum LoginError {
    #[error("others change this login at the same time")]
    Contended,
    #[error("as many logins were begun as may be")]
    Crowded { retry_after: Duration },
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    #[error("the login cannot be read or written")]
    Record(#[from] RecordError),
    #[error("there is no such login, or its time is over")]
    Unknown,
}

#[cfg(test)]
mod tests;
