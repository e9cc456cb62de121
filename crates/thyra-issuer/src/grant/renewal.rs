//! Logins at the identity provider are renewed: by one at a time, in this process and among all
//! replicas. Most identity providers take a refresh token once only.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use thiserror::Error;
use thyra_oauth::unguessable;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::person::of_person;
use super::shelf::{Lease, Shelf};
use super::{GrantError, narrowed};
use crate::record::{Grant, RecordError, SignedIn, UpstreamTokens};

/// How many logins are renewed at a time.
const MOST_AT_ONCE: usize = 256;

/// How long a renewal may take until the identity provider has answered.
const RENEW_LIMIT: Duration = Duration::from_secs(12);

/// How long a replica has a login to itself.
const LEASE: Duration = Duration::from_secs(30);

/// How long it asks and writes at most, counted from the lease: longer than [`WAIT_LIMIT`] and
/// [`RENEW_LIMIT`] together. The rest of the lease is for a write that is on its way.
const WORK_LIMIT: Duration = Duration::from_secs(25);

/// How long another replica waits for it.
const WAIT_LIMIT: Duration = Duration::from_secs(10);

/// How often the store is asked meanwhile.
const WAIT: Duration = Duration::from_millis(100);

/// For how long what the identity provider has said is not asked again.
const RECENT: u64 = 60;

/// For how long a login that has no refresh token of the identity provider goes on unasked.
const UNASKED: u64 = 300;

/// How often it is tried to write what the identity provider gave.
const WRITES: u32 = 6;

/// Renews what a grant rests on, so that grants know neither an identity provider nor a list of
/// users.
pub(crate) trait Renew: fmt::Debug + Send + Sync {
    /// Asks whether the person still is who they were, and for tokens in place of those of the
    /// grant, if it has some. Tokens that are not named stay as they are.
    fn renew<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, Result<SignedIn, RenewError>>;

    /// Ends the login upstream as well as that can be done.
    fn end<'a>(&'a self, grant: &'a Grant) -> BoxFuture<'a, ()>;
}

/// Why a login was not renewed.
#[derive(Clone, Debug, Error)]
pub(crate) enum RenewError {
    /// It is over.
    #[error("the login is over")]
    Over,
    /// Nobody knows.
    #[error("the identity provider does not answer")]
    Unavailable {
        /// After how long it wants to be asked again, if it said so.
        retry_after: Option<Duration>,
    },
}

/// Why a login is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// The identity provider's access token ends.
    Ending,
    /// What is known of the person is to be new.
    Stale,
}

/// As [`RenewError`], with the store. Those who wait together share it.
#[derive(Clone, Debug, Error)]
pub(super) enum RenewalError {
    #[error("the login is over")]
    Over,
    #[error("the identity provider does not answer")]
    Unavailable { retry_after: Option<Duration> },
    #[error(transparent)]
    Record(Arc<RecordError>),
}

type Outcome = Result<Arc<Grant>, RenewalError>;

/// The renewals under way. They go on when nobody waits for them any more: the identity provider
/// may have taken the refresh token already.
pub(super) struct Renewals {
    work: Arc<Work>,
    flights: Flights,
    tasks: Mutex<JoinSet<()>>,
}

type Flights = Arc<Mutex<HashMap<String, Shared<BoxFuture<'static, Outcome>>>>>;

#[derive(Debug)]
struct Work {
    shelf: Shelf,
    renew: Arc<dyn Renew>,
    threshold: Duration,
}

impl Renewals {
    pub(super) fn new(shelf: Shelf, renew: Arc<dyn Renew>, threshold: Duration) -> Self {
        let work = Work {
            shelf,
            renew,
            threshold,
        };
        Self {
            work: Arc::new(work),
            flights: Flights::default(),
            tasks: Mutex::default(),
        }
    }

    /// Whether a renewal has anything to do at `now`, in seconds since 1970.
    pub(super) fn is_needed(&self, need: Need, grant: &Grant, now: u64) -> bool {
        self.work.is_needed(need, grant, now)
    }

    /// The grant after a renewal: the one that is under way, or a new one.
    pub(super) async fn renew(&self, id: &str, need: Need) -> Result<Grant, RenewalError> {
        let busy = RenewalError::Unavailable { retry_after: None };
        let flight = self.join(id, need).ok_or_else(|| busy.clone())?;
        let outcome = tokio::time::timeout(LEASE, flight).await;
        outcome.unwrap_or(Err(busy)).map(Arc::unwrap_or_clone)
    }

    fn join(&self, id: &str, need: Need) -> Option<Shared<BoxFuture<'static, Outcome>>> {
        let mut flights = lock(&self.flights);
        if let Some(flight) = flights.get(id) {
            return Some(flight.clone());
        }
        if flights.len() >= MOST_AT_ONCE {
            return None;
        }
        let (send, receive) = oneshot::channel();
        let interrupted = RenewalError::Unavailable { retry_after: None };
        let flight = receive
            .map(|outcome| outcome.unwrap_or(Err(interrupted)))
            .boxed()
            .shared();
        flights.insert(id.to_owned(), flight.clone());
        drop(flights);
        let seat = Seat {
            flights: Arc::clone(&self.flights),
            id: id.to_owned(),
        };
        let work = Arc::clone(&self.work);
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let outcome = work.renewed(&seat.id, need).await;
            // Whoever comes from now on looks for themselves.
            drop(seat);
            let _ = send.send(outcome.map(Arc::new));
        });
        Some(flight)
    }
}

/// Nothing that holds the lock can leave the state half changed.
fn lock<T>(place: &Mutex<T>) -> MutexGuard<'_, T> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The place of a renewal, which it gives up when it is dropped.
struct Seat {
    flights: Flights,
    id: String,
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.flights).remove(&self.id);
    }
}

impl Work {
    fn is_needed(&self, need: Need, grant: &Grant, now: u64) -> bool {
        let soon = now.saturating_add(self.threshold.as_secs());
        let ends = match &grant.upstream {
            None => false,
            Some(tokens) if tokens.refresh_token.is_some() => {
                tokens.expires_at.is_some_and(|end| end <= soon)
            }
            // It can only be asked whether the access token is still good.
            Some(_) => now >= grant.renewed_at.saturating_add(UNASKED),
        };
        match need {
            Need::Ending => ends,
            Need::Stale => ends || now >= grant.renewed_at.saturating_add(RECENT),
        }
    }

    async fn renewed(&self, id: &str, need: Need) -> Result<Grant, RenewalError> {
        let lease = Lease {
            holder: unguessable::<12>()
                .map_err(|_| RenewalError::Unavailable { retry_after: None })?
                .expose()
                .clone(),
        };
        let waiting = tokio::time::timeout(WAIT_LIMIT, self.turn(id, need, &lease));
        let turn = waiting
            .await
            .unwrap_or(Err(RenewalError::Unavailable { retry_after: None }));
        let (grant, until) = match turn? {
            Turn::Done(grant) => return Ok(grant),
            Turn::Ours { grant, until } => (grant, until),
        };
        let outcome = self.asked(id, &grant, until).await;
        self.give_back(id, &lease).await;
        outcome
    }

    /// Waits until nobody else renews this login.
    async fn turn(&self, id: &str, need: Need, lease: &Lease) -> Result<Turn, RenewalError> {
        let until = loop {
            let grant = self.grant(id).await?;
            if !self.is_needed(need, &grant, self.shelf.now()) {
                return Ok(Turn::Done(grant));
            }
            // The lease begins after this moment, however long the store takes.
            let until = Instant::now() + WORK_LIMIT;
            if self.shelf.lease(id, lease, LEASE).await? {
                break until;
            }
            tokio::time::sleep(WAIT).await;
        };
        // Somebody may have finished between the look and the lease.
        let grant = self.grant(id).await;
        match grant {
            Ok(grant) if self.is_needed(need, &grant, self.shelf.now()) => {
                Ok(Turn::Ours { grant, until })
            }
            outcome => {
                self.give_back(id, lease).await;
                Ok(Turn::Done(outcome?))
            }
        }
    }

    async fn asked(&self, id: &str, grant: &Grant, until: Instant) -> Result<Grant, RenewalError> {
        let asked = tokio::time::timeout(RENEW_LIMIT, self.renew.renew(grant)).await;
        match asked {
            Ok(Ok(signed_in)) if signed_in.subject != grant.subject => {
                tracing::warn!("the identity provider renewed a login as somebody else; it ended");
                self.over(id, until).await
            }
            Ok(Ok(signed_in)) => {
                let writing = self.written(id, &signed_in);
                match tokio::time::timeout_at(until, writing).await {
                    Ok(Ok(Some(grant))) => Ok(grant),
                    // It was ended while its login was renewed, so the new login must end, too.
                    Ok(Ok(None)) => Err(self.orphaned(grant, &signed_in).await),
                    Ok(Err(NotWritten)) | Err(_) => {
                        tracing::error!("{NotWritten}");
                        Err(RenewalError::Unavailable { retry_after: None })
                    }
                }
            }
            Ok(Err(RenewError::Over)) => self.over(id, until).await,
            Ok(Err(RenewError::Unavailable { retry_after })) => {
                Err(RenewalError::Unavailable { retry_after })
            }
            Err(_) => Err(RenewalError::Unavailable { retry_after: None }),
        }
    }

    /// Ends the grant. If the store does not do it, the next renewal ends in the same way.
    async fn over(&self, id: &str, until: Instant) -> Result<Grant, RenewalError> {
        match tokio::time::timeout_at(until, self.shelf.end(id)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "a login that is over could not be removed"),
            Err(_) => tracing::warn!("a login that is over could not be removed in time"),
        }
        Err(RenewalError::Over)
    }

    /// Writes what the identity provider gave, whatever else happens to the grant, and looks
    /// whether it is there. What it gave before may be of no use any more. Gives nothing where the
    /// grant was ended meanwhile.
    async fn written(&self, id: &str, signed_in: &SignedIn) -> Result<Option<Grant>, NotWritten> {
        let renewed_at = self.shelf.now();
        let mut pause = WAIT;
        for _ in 0..WRITES {
            let written = match self.shelf.find(id).await {
                Ok(None) => return Ok(None),
                Ok(Some(kept)) if holds(&kept.record, signed_in, renewed_at) => {
                    return Ok(Some(kept.record));
                }
                Ok(Some(kept)) => {
                    let grant = merged(&kept.record, signed_in, renewed_at);
                    self.shelf.replace(id, &kept, &grant).await.map(drop)
                }
                Err(error) => Err(error),
            };
            if let Err(error) = written {
                tracing::warn!(%error, "renewed tokens of a login could not be written yet");
                tokio::time::sleep(pause).await;
                pause = pause.saturating_mul(2);
            }
        }
        Err(NotWritten)
    }

    async fn orphaned(&self, grant: &Grant, signed_in: &SignedIn) -> RenewalError {
        let grant = merged(grant, signed_in, self.shelf.now());
        let _ = tokio::time::timeout(RENEW_LIMIT, self.renew.end(&grant)).await;
        RenewalError::Over
    }

    async fn grant(&self, id: &str) -> Result<Grant, RenewalError> {
        let kept = self.shelf.find(id).await?;
        kept.map(|kept| kept.record).ok_or(RenewalError::Over)
    }

    /// A lease that cannot be given back ends by itself.
    async fn give_back(&self, id: &str, lease: &Lease) {
        if let Err(error) = self.shelf.give_back(id, lease).await {
            tracing::debug!(%error, "a lease could not be given back");
        }
    }
}

/// Whose turn it is.
enum Turn {
    /// Somebody has renewed the login meanwhile.
    Done(Grant),
    /// It is ours, with the grant as it is. Nothing may be written after `until`.
    Ours { grant: Grant, until: Instant },
}

/// The store did not take in time what the identity provider gave.
#[derive(Debug, Error)]
#[error(
    "the identity provider renewed a login, and the store did not take the new tokens: this person \
     may have to log in again"
)]
struct NotWritten;

/// The grant with what was learned.
fn merged(grant: &Grant, signed_in: &SignedIn, renewed_at: u64) -> Grant {
    let mut merged = Grant {
        claims: of_person(signed_in.claims.clone()),
        // It may only get narrower: nobody has agreed to more.
        scopes: narrowed(&grant.scopes, signed_in.scopes.as_ref()),
        renewed_at,
        ..grant.clone()
    };
    if let Some(tokens) = &signed_in.tokens {
        let mut tokens = tokens.clone();
        if let Some(old) = &grant.upstream {
            if tokens.refresh_token.is_none() {
                tokens.refresh_token.clone_from(&old.refresh_token);
                tokens.refresh_expires_at = old.refresh_expires_at;
            }
            if tokens.id_token.is_none() {
                tokens.id_token.clone_from(&old.id_token);
            }
        }
        merged.upstream = Some(tokens);
    }
    merged
}

/// Whether what was learned is in the grant.
fn holds(grant: &Grant, signed_in: &SignedIn, renewed_at: u64) -> bool {
    let access_token = |tokens: &UpstreamTokens| tokens.access_token.clone();
    let held = grant.upstream.as_ref().map(access_token);
    let given = signed_in.tokens.as_ref().map(access_token);
    grant.renewed_at >= renewed_at && (given.is_none() || held == given)
}

impl From<RecordError> for RenewalError {
    fn from(error: RecordError) -> Self {
        Self::Record(Arc::new(error))
    }
}

impl From<RenewalError> for GrantError {
    fn from(error: RenewalError) -> Self {
        match error {
            RenewalError::Over => Self::Over,
            RenewalError::Unavailable { retry_after } => Self::Upstream { retry_after },
            RenewalError::Record(error) => Self::Shared(error),
        }
    }
}

impl fmt::Debug for Renewals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewals")
            .field("renew", &self.work.renew)
            .field("under_way", &lock(&self.flights).len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
