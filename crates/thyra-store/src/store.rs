//! What a program uses: values that are in memory, or encrypted.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use thyra_oauth::Secret;

use crate::backend::{Backend, MAX_LIFETIME, MAX_VALUE, Reach};
use crate::error::StoreError;
use crate::key::Key;
use crate::keys::StoreKeys;
use crate::memory::MemoryStore;
use crate::seal::Seal;

/// Keeps secrets under keys, each for a lifetime. Clones share them.
///
/// Values are in the memory of this process, or they are encrypted and authenticated with their
/// place, with AES-256-GCM. Names of keys are not encrypted. Use an encrypted store within a tokio
/// runtime.
///
/// A lifetime is rounded up to milliseconds, and is at least one and at most ten years.
#[derive(Clone)]
pub struct Store {
    place: Arc<Place>,
    time_limit: Duration,
}

enum Place {
    Memory(MemoryStore),
    Sealed(Box<dyn Backend>, Seal),
}

impl Store {
    /// In memory, with the [bounds](MemoryStore::BOUNDS) of a new [`MemoryStore`]. It ends with the
    /// process.
    pub fn memory() -> Self {
        Self::of_memory(MemoryStore::new())
    }

    /// In memory.
    pub fn of_memory(memory: MemoryStore) -> Self {
        Self::new(Place::Memory(memory))
    }

    /// In `backend`, encrypted.
    pub fn encrypted(backend: impl Backend + 'static, keys: impl Into<StoreKeys>) -> Self {
        Self::new(Place::Sealed(Box::new(backend), Seal::new(keys.into())))
    }

    fn new(place: Place) -> Self {
        Self {
            place: Arc::new(place),
            time_limit: Duration::from_secs(2),
        }
    }

    /// How long a backend may take for one operation; 2 s by default. Memory never takes long.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Whether other replicas see the values.
    pub fn is_shared(&self) -> bool {
        self.reach() == Reach::Everywhere
    }

    /// Whether the values outlive this process.
    pub fn is_lasting(&self) -> bool {
        self.reach() != Reach::Process
    }

    fn reach(&self) -> Reach {
        match &*self.place {
            Place::Memory(memory) => memory.reach(),
            Place::Sealed(backend, _) => backend.reach(),
        }
    }

    /// The value under `key`, if there is one.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: [`Undecryptable`](StoreError::Undecryptable), `Timeout`, `Unavailable`.
    pub async fn get(&self, key: &Key) -> Result<Option<Entry>, StoreError> {
        let Some(stored) = self.within(|backend| backend.get(key)).await? else {
            return Ok(None);
        };
        Ok(Some(Entry {
            value: self.opened(key, &stored)?,
            version: Version(stored),
        }))
    }

    /// Puts `value` under `key`, in place of what is there.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: [`TooLarge`](StoreError::TooLarge), [`Full`](StoreError::Full), `Timeout`,
    /// `Unavailable`.
    pub async fn put(&self, key: &Key, value: &[u8], lifetime: Duration) -> Result<(), StoreError> {
        let value = self.sealed(key, value)?;
        self.within(|backend| backend.put(key, value, rounded(lifetime)))
            .await
    }

    /// Gets the value under `key` and deletes it; of many callers exactly one gets it.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: [`Undecryptable`](StoreError::Undecryptable), and then the value is gone;
    /// `Timeout`, `Unavailable`.
    pub async fn take(&self, key: &Key) -> Result<Option<Secret<Vec<u8>>>, StoreError> {
        let stored = self.within(|backend| backend.take(key)).await?;
        stored.map(|stored| self.opened(key, &stored)).transpose()
    }

    /// Writes `value` if what is there is still the version `at` (`None`: nothing is there), with a
    /// lifetime of its own. Says whether it did; of many callers with one version exactly one does.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: [`TooLarge`](StoreError::TooLarge), [`Full`](StoreError::Full), `Timeout`,
    /// `Unavailable`.
    pub async fn compare_and_swap(
        &self,
        key: &Key,
        at: Option<&Version>,
        value: &[u8],
        lifetime: Duration,
    ) -> Result<bool, StoreError> {
        let value = self.sealed(key, value)?;
        let expected = at.map(|version| &*version.0);
        self.within(|backend| backend.compare_and_swap(key, expected, value, rounded(lifetime)))
            .await
    }

    /// Removes what is under `key`, if anything is.
    ///
    /// # Errors
    ///
    /// [`StoreError`]: `Timeout`, `Unavailable`.
    pub async fn delete(&self, key: &Key) -> Result<(), StoreError> {
        self.within(|backend| backend.delete(key)).await
    }

    /// What the backend answers, unless it takes too long.
    async fn within<'a, T>(
        &'a self,
        operation: impl FnOnce(&'a dyn Backend) -> BoxFuture<'a, Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match &*self.place {
            Place::Memory(memory) => operation(memory).await,
            Place::Sealed(backend, _) => {
                let limit = self.time_limit;
                tokio::time::timeout(limit, operation(&**backend))
                    .await
                    .unwrap_or(Err(StoreError::Timeout { limit }))
            }
        }
    }

    fn sealed(&self, key: &Key, value: &[u8]) -> Result<Bytes, StoreError> {
        if value.len() > MAX_VALUE {
            return Err(StoreError::TooLarge {
                length: value.len(),
                most: MAX_VALUE,
            });
        }
        match &*self.place {
            Place::Memory(_) => Ok(Bytes::copy_from_slice(value)),
            Place::Sealed(_, seal) => seal.seal(key, value),
        }
    }

    fn opened(&self, key: &Key, stored: &[u8]) -> Result<Secret<Vec<u8>>, StoreError> {
        match &*self.place {
            Place::Memory(_) => Ok(Secret::new(stored.to_vec())),
            Place::Sealed(_, seal) => seal.open(key, stored),
        }
    }
}

/// A lifetime as backends take it.
fn rounded(lifetime: Duration) -> Duration {
    let lifetime = lifetime.clamp(Duration::from_millis(1), MAX_LIFETIME);
    let beyond = lifetime.subsec_nanos() % 1_000_000;
    match beyond {
        0 => lifetime,
        _ => lifetime + Duration::from_nanos(u64::from(1_000_000 - beyond)),
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Store");
        match &*self.place {
            Place::Memory(memory) => shown.field("memory", memory),
            Place::Sealed(backend, seal) => shown.field("backend", backend).field("keys", seal),
        };
        shown.field("time_limit", &self.time_limit).finish()
    }
}

/// A value that is there, and which one it is.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The value.
    pub value: Secret<Vec<u8>>,
    /// Which value it is, for [`Store::compare_and_swap`].
    pub version: Version,
}

/// Which value was under a key when it was read. In memory, two equal values are one version; of an
/// encrypted store, each write is.
#[derive(Clone)]
pub struct Version(Bytes);

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Version(***)")
    }
}
