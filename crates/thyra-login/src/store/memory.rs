//! A store that ends with the program.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use thyra_oauth::Secret;
use tokio::sync::Semaphore;

use super::{StoreError, StoreKey, StoreLock, TokenStore};

/// The most values that are kept.
const MAX_VALUES: usize = 4096;

/// Keeps credentials until the program ends. Clones share them.
///
/// It holds 4096 values at most: a program that serves more people than that needs a store of its
/// own.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    values: HashMap<StoreKey, Secret>,
    /// Only of keys that somebody holds or waits for.
    turns: HashMap<StoreKey, Arc<Semaphore>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenStore for MemoryStore {
    fn load<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Secret>, StoreError>> {
        async { Ok(self.inner().values.get(key).cloned()) }.boxed()
    }

    fn save<'a>(
        &'a self,
        key: &'a StoreKey,
        value: &'a Secret,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        async {
            let mut inner = self.inner();
            if inner.values.len() >= MAX_VALUES && !inner.values.contains_key(key) {
                return Err(StoreError::Full(MAX_VALUES));
            }
            inner.values.insert(key.clone(), value.clone());
            Ok(())
        }
        .boxed()
    }

    fn remove<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<(), StoreError>> {
        async {
            self.inner().values.remove(key);
            Ok(())
        }
        .boxed()
    }

    fn lock<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<StoreLock, StoreError>> {
        async {
            let turn = {
                let mut inner = self.inner();
                inner.turns.retain(|_, turn| Arc::strong_count(turn) > 1);
                let one = || Arc::new(Semaphore::new(1));
                Arc::clone(inner.turns.entry(key.clone()).or_insert_with(one))
            };
            // The semaphore is never closed.
            let held = turn.acquire_owned().await;
            Ok(StoreLock::new(held))
        }
        .boxed()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
