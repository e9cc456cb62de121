//! Where grants are kept.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use thyra_auth::Clock;
use thyra_store::Store;

use super::GrantError;
use crate::digest::Digest;
use crate::record::{Grant, Kept, Record, RecordError, add, remove};

/// How much longer than it lives a grant is kept: the clocks of replicas differ.
const MARGIN: Duration = Duration::from_mins(1);

/// How long this process remembers which grants it has ended: longer than anybody keeps an answer
/// about a token.
const REMEMBERED: Duration = Duration::from_mins(5);

/// How many of them are remembered.
const MOST_REMEMBERED: u64 = 10_000;

/// How often a removal is tried when the store does not do it.
const TRIES: u32 = 3;

/// How long a lease that was given back stays in the store.
const FREE: Duration = Duration::from_secs(1);

impl Record for Grant {
    const COLLECTION: &'static str = "grants";
}

/// Who renews the login of a grant at the moment: nobody, where the holder is empty.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Lease {
    pub(super) holder: String,
}

impl Record for Lease {
    const COLLECTION: &'static str = "renewals";
}

/// Where grants are kept, and which of them this process has ended of late.
#[derive(Clone, Debug)]
pub(super) struct Shelf {
    store: Store,
    clock: Arc<dyn Clock>,
    /// Ours: other authorization servers may have grants of their own in the store.
    issuer: Arc<str>,
    ended: Cache<Box<str>, ()>,
}

impl Shelf {
    pub(super) fn new(store: Store, clock: Arc<dyn Clock>, issuer: &str) -> Self {
        let ended = Cache::builder()
            .max_capacity(MOST_REMEMBERED)
            .time_to_live(REMEMBERED)
            .build();
        Self {
            store,
            clock,
            issuer: issuer.into(),
            ended,
        }
    }

    /// In seconds since 1970.
    pub(super) fn now(&self) -> u64 {
        self.clock.unix().as_secs()
    }

    /// A grant that has not ended.
    pub(super) async fn find(&self, id: &str) -> Result<Option<Kept<Grant>>, RecordError> {
        let kept = Kept::<Grant>::find(&self.store, self.name(id).as_str()).await?;
        let now = self.now();
        Ok(kept.filter(|kept| kept.record.expires_at > now))
    }

    /// Writes a grant where there is none; says whether it did.
    pub(super) async fn add(&self, id: &str, grant: &Grant) -> Result<bool, RecordError> {
        let name = self.name(id);
        add(&self.store, name.as_str(), grant, self.lifetime(grant)).await
    }

    /// Writes a grant in place of what was read; says whether it did.
    pub(super) async fn replace(
        &self,
        id: &str,
        kept: &Kept<Grant>,
        grant: &Grant,
    ) -> Result<bool, RecordError> {
        let lifetime = self.lifetime(grant);
        kept.replace(&self.store, self.name(id).as_str(), grant, lifetime)
            .await
    }

    /// Removes a grant, and looks whether it is gone.
    pub(super) async fn end(&self, id: &str) -> Result<(), GrantError> {
        self.ended.insert(id.into(), ());
        for _ in 0..TRIES {
            remove::<Grant>(&self.store, self.name(id).as_str()).await?;
            if self.find(id).await?.is_none() {
                return Ok(());
            }
        }
        Err(GrantError::Contended)
    }

    /// Makes this replica the one that renews the login of a grant; says whether nobody else is.
    pub(super) async fn lease(
        &self,
        id: &str,
        lease: &Lease,
        time: Duration,
    ) -> Result<bool, RecordError> {
        let name = self.name(id);
        match Kept::<Lease>::find(&self.store, name.as_str()).await? {
            None => add(&self.store, name.as_str(), lease, time).await,
            Some(kept) if kept.record.holder.is_empty() => {
                kept.replace(&self.store, name.as_str(), lease, time).await
            }
            Some(_) => Ok(false),
        }
    }

    /// Lets others renew it, unless the lease has passed to somebody else already. The store cannot
    /// remove what is still ours and nothing else, so an empty lease is left in its place.
    pub(super) async fn give_back(&self, id: &str, lease: &Lease) -> Result<(), RecordError> {
        let name = self.name(id);
        let kept = Kept::<Lease>::find(&self.store, name.as_str()).await?;
        if let Some(kept) = kept.filter(|kept| kept.record.holder == lease.holder) {
            let free = Lease {
                holder: String::new(),
            };
            kept.replace(&self.store, name.as_str(), &free, FREE)
                .await?;
        }
        Ok(())
    }

    pub(super) fn has_ended(&self, id: &str) -> bool {
        self.ended.contains_key(id)
    }

    fn name(&self, id: &str) -> Digest {
        Digest::of(&format!("{id} {}", self.issuer))
    }

    fn lifetime(&self, grant: &Grant) -> Duration {
        let left = grant.expires_at.saturating_sub(self.now());
        Duration::from_secs(left).saturating_add(MARGIN)
    }
}
