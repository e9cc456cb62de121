//! Values that end with the process.

mod table;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{BoxFuture, ready};
use thyra_oauth::{Clock, SystemClock};

use self::table::Table;
use crate::backend::{Backend, Bounds, Reach};
use crate::error::StoreError;
use crate::key::Key;

/// Keeps values in this process. Clones share them.
///
/// Values that have ended are removed as others are written. One that is alive is never removed to
/// make room.
#[derive(Clone)]
pub struct MemoryStore(Arc<Shared>);

struct Shared {
    bounds: Bounds,
    clock: Arc<dyn Clock>,
    table: Mutex<Table>,
}

impl MemoryStore {
    /// What it holds by default: 100,000 values and 64 MiB.
    pub const BOUNDS: Bounds = Bounds {
        entries: 100_000,
        bytes: 64 * 1024 * 1024,
    };

    /// An empty store with the default [bounds](Self::BOUNDS).
    pub fn new() -> Self {
        Self::with(Self::BOUNDS, Arc::new(SystemClock))
    }

    /// An empty store.
    pub fn with(bounds: Bounds, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared {
            bounds,
            clock,
            table: Mutex::default(),
        }))
    }

    /// How much it holds, with what has ended and was not removed yet.
    pub fn held(&self) -> Bounds {
        self.work(|table, _| table.held())
    }

    /// Does `work` on the table, alone, at this time.
    fn work<T>(&self, work: impl FnOnce(&mut Table, Duration) -> T) -> T {
        let now = self.0.clock.monotonic();
        let mut table = self.0.table.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut table, now)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Backend for MemoryStore {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        Box::pin(ready(Ok(self.work(|table, now| table.get(key, now)))))
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Bytes,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let bounds = self.0.bounds;
        let done = self.work(|table, now| {
            let end = now.saturating_add(lifetime);
            table.put(key, value, end, now, bounds)
        });
        Box::pin(ready(done))
    }

    fn take<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        Box::pin(ready(Ok(self.work(|table, now| table.take(key, now)))))
    }

    fn compare_and_swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a [u8]>,
        value: Bytes,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let bounds = self.0.bounds;
        let swapped = self.work(|table, now| {
            if table.get(key, now).as_deref() != expected {
                return Ok(false);
            }
            let end = now.saturating_add(lifetime);
            table.put(key, value, end, now, bounds).map(|()| true)
        });
        Box::pin(ready(swapped))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<(), StoreError>> {
        self.work(|table, now| drop(table.take(key, now)));
        Box::pin(ready(Ok(())))
    }

    fn reach(&self) -> Reach {
        Reach::Process
    }
}

/// How much it holds, and none of it.
impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("held", &self.held())
            .field("bounds", &self.0.bounds)
            .finish()
    }
}
