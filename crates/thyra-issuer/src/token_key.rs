//! The keys that our own tokens are signed with, and the set of them that the world may see.
//!
//! They are made once and kept in the store, so that all replicas sign with the same; or the
//! operator gives them. Every 30 days another key begins to sign. It is published a day before, so
//! that whoever keeps our key set for a while knows it in time.

mod key_ring;
mod rotation;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};
use thiserror::Error;
use thyra_auth::{Clock, KeySetError, Secret, SigningKey, SigningKeyError};
use thyra_store::Store;

use crate::record::{Kept, RecordError, add};
pub(crate) use key_ring::KeyRing;
use rotation::StoredRing;

/// The name of the one record.
const RING: &str = "ring";

/// How long the ring is used before it is looked at again.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// How far apart looks are because of unknown keys, and after the store failed.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// How long the ring stays in the store when nobody changes it.
const KEEP: Duration = Duration::from_hours(24 * 400);

/// How often a change is tried when others change the ring, too.
const TRIES: u32 = 5;

/// What signs our tokens, and what verifies them.
#[derive(Debug)]
pub(crate) struct TokenKeys {
    store: Option<Store>,
    clock: Arc<dyn Clock>,
    /// How long a token may live after it was signed.
    longest_token: Duration,
    ring: RwLock<Option<Arc<KeyRing>>>,
    /// When to look at the store again, in milliseconds of the monotonic clock; and when it may be
    /// because of an unknown key.
    next_look: AtomicU64,
    next_unknown: AtomicU64,
}

impl TokenKeys {
    /// Keys that are kept in the store. `longest_token` is how long tokens live at most: a key
    /// verifies for that much longer than it signs.
    pub(crate) fn kept(store: Store, clock: Arc<dyn Clock>, longest_token: Duration) -> Self {
        Self {
            store: Some(store),
            clock,
            longest_token,
            ring: RwLock::default(),
            next_look: AtomicU64::new(0),
            next_unknown: AtomicU64::new(0),
        }
    }

    /// The operator's own keys: the first one signs, and all of them verify.
    pub(crate) fn given(
        keys: impl IntoIterator<Item = SigningKey>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TokenKeyError> {
        let ring = KeyRing::given(keys)?;
        Ok(Self {
            store: None,
            clock,
            longest_token: Duration::ZERO,
            ring: RwLock::new(Some(Arc::new(ring))),
            next_look: AtomicU64::new(u64::MAX),
            next_unknown: AtomicU64::new(u64::MAX),
        })
    }

    /// An access token (RFC 9068) with these claims.
    pub(crate) async fn sign(&self, claims: &impl Serialize) -> Result<Secret, TokenKeyError> {
        let ring = self.ring().await?;
        let key = ring.signer(self.clock.unix().as_secs())?;
        let header = Map::from_iter([("typ".to_owned(), Value::from("at+jwt"))]);
        Ok(key.sign(header, claims)?)
    }

    /// The keys as they are now. Once a minute one caller looks whether they have changed.
    pub(crate) async fn ring(&self) -> Result<Arc<KeyRing>, TokenKeyError> {
        match self.at_hand() {
            Some(ring) if !self.may_look(&self.next_look, LOOK_EVERY) => Ok(ring),
            ring => self.look(ring).await,
        }
    }

    /// The keys after somebody has named one that is not among `ring`. The store is asked every ten
    /// seconds at most.
    pub(crate) async fn ring_beyond(
        &self,
        ring: &Arc<KeyRing>,
    ) -> Result<Arc<KeyRing>, TokenKeyError> {
        match self.at_hand() {
            Some(other) if !Arc::ptr_eq(&other, ring) => Ok(other),
            Some(same) if !self.may_look(&self.next_unknown, LOOK_AGAIN) => Ok(same),
            known => self.look(known).await,
        }
    }

    /// Looks at the store. While it fails, the keys that are known stay in use.
    async fn look(&self, known: Option<Arc<KeyRing>>) -> Result<Arc<KeyRing>, TokenKeyError> {
        match self.turned().await {
            Ok(stored) => {
                let now = millis(self.clock.monotonic());
                let next = now.saturating_add(millis(LOOK_EVERY));
                self.next_look.store(next, Ordering::Relaxed);
                self.take(&stored)
            }
            Err(error) => match known {
                Some(ring) => {
                    let now = millis(self.clock.monotonic());
                    let next = now.saturating_add(millis(LOOK_AGAIN));
                    self.next_look.store(next, Ordering::Relaxed);
                    tracing::warn!(%error, "the keys of our tokens cannot be looked at");
                    Ok(ring)
                }
                None => Err(error),
            },
        }
    }

    /// The ring in the store, after the rotation that is due.
    async fn turned(&self) -> Result<StoredRing, TokenKeyError> {
        let Some(store) = &self.store else {
            return Err(TokenKeyError::NoKey);
        };
        for _ in 0..TRIES {
            let kept = Kept::<StoredRing>::find(store, RING).await?;
            let now = self.clock.unix().as_secs();
            let mut ring = match &kept {
                Some(kept) => kept.record.clone(),
                // The store has lost it: what these keys have signed is to stay good.
                None => match self.at_hand() {
                    Some(known) => known.to_store()?,
                    None => StoredRing::default(),
                },
            };
            if !ring.turn(now, self.longest_token)? && kept.is_some() {
                return Ok(ring);
            }
            // What was written is read again: nothing may be signed with a key that the store lost.
            match kept {
                Some(kept) => kept.replace(store, RING, &ring, KEEP).await?,
                None => add(store, RING, &ring, KEEP).await?,
            };
        }
        Err(TokenKeyError::Contended)
    }

    /// Uses this ring, unless it is the one that is in use.
    fn take(&self, stored: &StoredRing) -> Result<Arc<KeyRing>, TokenKeyError> {
        let known = self.at_hand();
        if let Some(known) = known.filter(|known| known.is_of(stored)) {
            return Ok(known);
        }
        let ring = Arc::new(KeyRing::stored(stored)?);
        let mut place = self.ring.write().unwrap_or_else(PoisonError::into_inner);
        *place = Some(Arc::clone(&ring));
        Ok(ring)
    }

    fn at_hand(&self) -> Option<Arc<KeyRing>> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        ring.clone()
    }

    /// Whether it is time. Of many callers one is told so.
    fn may_look(&self, next: &AtomicU64, apart: Duration) -> bool {
        let now = millis(self.clock.monotonic());
        let due = next.load(Ordering::Relaxed);
        let later = now.saturating_add(millis(apart));
        now >= due
            && next
                .compare_exchange(due, later, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Why nothing can be signed, or verified.
#[derive(Debug, Error)]
pub(crate) enum TokenKeyError {
    /// Others change the ring all the time, or the store loses what is written.
    #[error("the keys of our tokens could not be written to the store")]
    Contended,
    /// A key cannot be used.
    #[error("a key that signs our tokens cannot be used")]
    Key(#[from] SigningKeyError),
    /// The published half of a key cannot be used.
    #[error("a key that signs our tokens cannot be published")]
    KeySet(#[from] KeySetError),
    /// The operator gave none.
    #[error("there is no key to sign tokens with; give at least one")]
    NoKey,
    /// The store failed.
    #[error(transparent)]
    Record(#[from] RecordError),
}

#[cfg(test)]
mod tests;
