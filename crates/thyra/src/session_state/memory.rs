//! States in the memory of this process.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use rpds::HashTrieMapSync;
use serde_json::value::RawValue;

use super::{SessionStateError, SessionStateStore, StateOwner};

/// The most keys of one owner.
const MOST_KEYS: usize = 256;

/// How large the state of one owner may be, keys and values together, in bytes.
const LARGEST: usize = 256 * 1024;

/// How large all states may be together, in bytes. Beyond that, those that were not used for
/// longest are forgotten.
const LARGEST_TOGETHER: u64 = 64 * 1024 * 1024;

/// How long a state is kept that nobody uses.
const IDLE_TIME: Duration = Duration::from_hours(24);

/// About what one entry takes in memory beside its texts, in bytes.
const ENTRY: usize = 128;

/// Keeps the state of sessions in memory. The default.
///
/// One session has at most 256 keys and 256 KiB. All together have 64 MiB; when they would have
/// more, the states that were not used for longest are forgotten. So is a state that nobody used
/// for a day.
#[derive(Debug)]
pub struct MemorySessionState(Cache<StateOwner, State>);

/// The state of one owner. The next one shares with it whatever stays.
#[derive(Clone, Debug, Default)]
struct State {
    values: HashTrieMapSync<Arc<str>, Arc<RawValue>>,
    /// The size of keys and values.
    bytes: usize,
}

impl MemorySessionState {
    /// An empty store.
    pub fn new() -> Self {
        Self::of_size(LARGEST_TOGETHER)
    }

    pub(super) fn of_size(bytes: u64) -> Self {
        let states = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, state: &State| u32::try_from(state.weight()).unwrap_or(u32::MAX))
            .time_to_idle(IDLE_TIME)
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self(states)
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> u64 {
        self.0.run_pending_tasks();
        self.0.weighted_size()
    }

    fn change(
        &self,
        owner: StateOwner,
        change: impl FnOnce(&mut State) -> Result<(), SessionStateError>,
    ) -> Result<(), SessionStateError> {
        let computed = self.0.entry(owner).and_try_compute_with(|entry| {
            let mut state = entry.map(moka::Entry::into_value).unwrap_or_default();
            change(&mut state)?;
            Ok(if state.values.is_empty() {
                Op::Remove
            } else {
                Op::Put(state)
            })
        });
        computed.map(|_| ())
    }
}

impl SessionStateStore for MemorySessionState {
    fn get<'a>(
        &'a self,
        owner: StateOwner,
        key: &'a str,
    ) -> BoxFuture<'a, Result<Option<Box<RawValue>>, SessionStateError>> {
        let state = self.0.get(&owner);
        let value = state.and_then(|state| state.values.get(key).map(|value| (**value).to_owned()));
        ready(Ok(value)).boxed()
    }

    fn set<'a>(
        &'a self,
        owner: StateOwner,
        key: &'a str,
        value: Box<RawValue>,
    ) -> BoxFuture<'a, Result<(), SessionStateError>> {
        ready(self.change(owner, |state| state.set(key, value))).boxed()
    }

    fn delete<'a>(
        &'a self,
        owner: StateOwner,
        key: &'a str,
    ) -> BoxFuture<'a, Result<bool, SessionStateError>> {
        let mut was_there = false;
        let changed = self.change(owner, |state| {
            was_there = state.remove(key);
            Ok(())
        });
        ready(changed.map(|()| was_there)).boxed()
    }

    fn end(&self, owner: StateOwner) {
        self.0.invalidate(&owner);
    }
}

impl Default for MemorySessionState {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn set(&mut self, key: &str, value: Box<RawValue>) -> Result<(), SessionStateError> {
        self.remove(key);
        self.bytes += key.len() + value.get().len();
        self.values.insert_mut(key.into(), value.into());
        if self.values.size() > MOST_KEYS {
            return Err(SessionStateError::TooMany { most: MOST_KEYS });
        }
        if self.bytes > LARGEST {
            return Err(SessionStateError::TooLarge { most: LARGEST });
        }
        Ok(())
    }

    /// Forgets `key`, and returns whether there was a value.
    fn remove(&mut self, key: &str) -> bool {
        let Some(value) = self.values.get(key) else {
            return false;
        };
        self.bytes -= key.len() + value.get().len();
        self.values.remove_mut(key)
    }

    /// About how much memory it takes, in bytes.
    fn weight(&self) -> usize {
        ENTRY * (1 + self.values.size()) + self.bytes
    }
}
