//! Answers of a server that may be used again (MCP `server/utilities/caching`, from 2026-07-28).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use thyra_protocol::{CacheScope, method as methods};
use tokio::time::Instant;

use crate::changes::Change;
use crate::transport::Identity;

/// The longest time that an answer is kept, whatever the server says.
const LONGEST: Duration = Duration::from_hours(24);

/// How large the cache of a client may get ([`ClientBuilder::cache`](crate::ClientBuilder::cache)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheBounds {
    /// The most answers. Each page of a list is one. Default 1000.
    pub entries: usize,
    /// The most bytes of all answers. Default 16 MiB. An answer of more than a quarter of it is not
    /// kept.
    pub bytes: usize,
}

impl Default for CacheBounds {
    fn default() -> Self {
        Self {
            entries: 1000,
            bytes: 16 * 1024 * 1024,
        }
    }
}

/// How a client uses its cache ([`Client::cached`](crate::Client::cached)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CacheMode {
    /// The server is asked, and the cache stays as it is.
    Bypass,
    /// The server is asked, and its answer is kept.
    Refresh,
    /// What is fresh in the cache is used.
    #[default]
    Use,
}

/// What an answer belongs to: the method, and all parameters that the answer may depend on.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) method: &'static str,
    /// The cursor of a list, or the URI of a resource.
    subject: Option<String>,
    /// What a call says in its `_meta`.
    meta: Vec<(String, String)>,
}

impl Key {
    pub(crate) fn new(
        method: &'static str,
        subject: Option<&str>,
        meta: &[(String, Box<RawValue>)],
    ) -> Self {
        let meta = meta.iter();
        Self {
            method,
            subject: subject.map(ToOwned::to_owned),
            meta: meta
                .map(|(key, value)| (key.clone(), value.get().to_owned()))
                .collect(),
        }
    }

    fn bytes(&self) -> usize {
        let meta = self.meta.iter();
        let meta = meta.fold(0, |sum, (key, value)| sum + key.len() + value.len());
        meta + self.subject.as_ref().map_or(0, String::len)
    }
}

/// Where an answer will be kept, as things stood when the server was asked.
pub(crate) struct Place {
    key: Key,
    pub(crate) identity: Identity,
    generation: u64,
}

/// The cache of one client. Its lock is never held while anything waits.
#[derive(Debug)]
pub(crate) struct Cache {
    bounds: CacheBounds,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<Key, Answer>,
    bytes: usize,
    /// Counts what was dropped because it changed.
    generation: u64,
}

struct Answer {
    result: Box<RawValue>,
    /// Who may see it; `None` is everybody.
    identity: Option<Identity>,
    received: Instant,
    fresh_until: Instant,
}

impl Cache {
    pub(crate) fn new(bounds: CacheBounds) -> Self {
        Self {
            bounds,
            kept: Mutex::default(),
        }
    }

    /// The answer that is kept for `key`, if it is fresh and `identity` may see it.
    pub(crate) fn get(
        &self,
        key: &Key,
        identity: &Identity,
        now: Instant,
    ) -> Option<Box<RawValue>> {
        let mut kept = self.kept();
        let answer = kept.answers.get(key)?;
        if now >= answer.fresh_until {
            kept.remove(key);
            return None;
        }
        let is_theirs = answer
            .identity
            .as_ref()
            .is_none_or(|owner| owner == identity);
        is_theirs.then(|| answer.result.clone())
    }

    /// The place of an answer that the server is about to be asked for.
    pub(crate) fn place(&self, key: Key, identity: Identity) -> Place {
        Place {
            key,
            identity,
            generation: self.kept().generation,
        }
    }

    /// Keeps an answer as long as the server says, unless something has changed since it was asked
    /// for.
    pub(crate) fn keep(&self, place: Place, result: &RawValue, now: Instant) {
        let hints: Hints = serde_json::from_str(result.get()).unwrap_or_default();
        let Some(fresh_until) = hints.fresh_until(now) else {
            self.kept().remove(&place.key);
            return;
        };
        let size = result.get().len() + place.key.bytes();
        let mut kept = self.kept();
        kept.remove(&place.key);
        if kept.generation != place.generation || size > self.bounds.bytes / 4 {
            return;
        }
        let answer = Answer {
            result: result.to_owned(),
            identity: (hints.scope == CacheScope::Private).then_some(place.identity),
            received: now,
            fresh_until,
        };
        kept.bytes += size;
        kept.answers.insert(place.key, answer);
        kept.shrink(self.bounds, now);
    }

    /// Drops what has changed.
    pub(crate) fn changed(&self, change: &Change) {
        match change {
            Change::Missed => self.clear(),
            Change::PromptList => self.forget(&[methods::PROMPTS_LIST]),
            // It may be a part of the one that is kept, or have it as a part.
            Change::Resource(changed) => self.forget_if(|key| {
                let read = key.subject.as_deref().unwrap_or_default();
                key.method == methods::RESOURCES_READ
                    && (changed.starts_with(read) || read.starts_with(changed.as_str()))
            }),
            Change::ResourceList => {
                self.forget(&[methods::RESOURCES_LIST, methods::RESOURCES_TEMPLATES_LIST]);
            }
            Change::ToolList => self.forget(&[methods::TOOLS_LIST]),
        }
    }

    /// Drops all answers to requests of these methods.
    pub(crate) fn forget(&self, methods: &[&str]) {
        self.forget_if(|key| methods.contains(&key.method));
    }

    /// Drops everything.
    pub(crate) fn clear(&self) {
        self.forget_if(|_| true);
    }

    fn forget_if(&self, is_meant: impl Fn(&Key) -> bool) {
        let mut kept = self.kept();
        kept.generation += 1;
        let meant: Vec<Key> = kept
            .answers
            .keys()
            .filter(|key| is_meant(key))
            .cloned()
            .collect();
        for key in meant {
            kept.remove(&key);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn remove(&mut self, key: &Key) {
        if let Some(answer) = self.answers.remove(key) {
            self.bytes -= answer.result.get().len() + key.bytes();
        }
    }

    /// Drops what is stale, and then the oldest, until the rest is within the bounds.
    fn shrink(&mut self, bounds: CacheBounds, now: Instant) {
        let is_over =
            |kept: &Self| kept.answers.len() > bounds.entries || kept.bytes > bounds.bytes;
        if !is_over(self) {
            return;
        }
        let stale =
            |(key, answer): (&Key, &Answer)| (now >= answer.fresh_until).then(|| key.clone());
        for key in self.answers.iter().filter_map(stale).collect::<Vec<_>>() {
            self.remove(&key);
        }
        while is_over(self) {
            let oldest = self
                .answers
                .iter()
                .min_by_key(|(_, answer)| answer.received);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            self.remove(&oldest);
        }
    }
}

/// How long an answer may be used, and by whom.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Hints {
    /// In milliseconds. What is no positive number means not at all.
    ttl_ms: Value,
    #[serde(rename = "cacheScope", deserialize_with = "scope")]
    scope: CacheScope,
}

impl Hints {
    fn fresh_until(&self, now: Instant) -> Option<Instant> {
        let milliseconds = self.ttl_ms.as_f64().filter(|time| *time >= 1.0)?;
        let time = Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or(LONGEST);
        now.checked_add(time.min(LONGEST))
    }
}

/// A scope that is not known is private.
fn scope<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CacheScope, D::Error> {
    let scope = Value::deserialize(deserializer)?;
    Ok(CacheScope::deserialize(scope).unwrap_or_default())
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("method", &self.method)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// It may be private, so it is not shown.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("bytes", &self.result.get().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
