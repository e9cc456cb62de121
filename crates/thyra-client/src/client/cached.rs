//! How the client uses what it keeps of the server's answers.

use std::sync::Arc;

use serde_json::value::RawValue;
use thyra_protocol::Era;
use tokio::time::Instant;

use super::Client;
use crate::cache::{CacheMode, Key, Place};
use crate::error::ClientError;
use crate::hop::Hop;

/// What the cache says about a request.
pub(super) enum LookUp {
    /// Its answer is kept.
    Kept(Box<RawValue>),
    /// The server must be asked. The answer goes to the place, if there is one.
    Ask(Option<Place>),
}

impl Client {
    /// The same client, with another use of its cache: `client.cached(CacheMode::Refresh)` asks the
    /// server in any case. Without a cache ([`ClientBuilder::cache`](crate::ClientBuilder::cache)),
    /// it always does.
    #[must_use]
    pub fn cached(&self, mode: CacheMode) -> Self {
        Self(Arc::clone(&self.0), mode)
    }

    /// Forgets all answers that the client keeps.
    pub fn clear_cache(&self) {
        if let Some(cache) = &self.0.cache {
            cache.clear();
        }
    }

    /// Forgets all answers to requests of `method`. Whether any could be kept.
    pub(super) fn forget(&self, method: &str) -> bool {
        let cache = self.0.cache.as_ref();
        cache.inspect(|cache| cache.forget(&[method])).is_some()
    }

    /// The answer that is kept for `key`, or the one that `ask` brings, which is kept then.
    pub(super) async fn kept_or(
        &self,
        key: Key,
        ask: impl Future<Output = Result<Box<RawValue>, ClientError>>,
    ) -> Result<Box<RawValue>, ClientError> {
        let method = key.method;
        let observer = &self.0.observer;
        match self.look_up(key).await {
            LookUp::Kept(result) => {
                observer.hop(&Hop::Kept { method, name: None });
                Ok(result)
            }
            LookUp::Ask(place) => {
                let result = ask.await?;
                observer.hop(&Hop::Answered { method, name: None });
                self.keep(place, &result).await;
                Ok(result)
            }
        }
    }

    pub(super) async fn look_up(&self, key: Key) -> LookUp {
        let Some(cache) = self
            .0
            .cache
            .as_ref()
            .filter(|_| self.1 != CacheMode::Bypass)
        else {
            return LookUp::Ask(None);
        };
        let Some(identity) = self.0.transport.identity().await else {
            return LookUp::Ask(None);
        };
        let is_wanted = self.1 == CacheMode::Use;
        match is_wanted.then(|| cache.get(&key, &identity, Instant::now())) {
            Some(Some(result)) => LookUp::Kept(result),
            _ => LookUp::Ask(Some(cache.place(key, identity))),
        }
    }

    /// Keeps an answer of which it is certain for whom it is.
    pub(super) async fn keep(&self, place: Option<Place>, result: &RawValue) {
        let (Some(cache), Some(mut place)) = (&self.0.cache, place) else {
            return;
        };
        let revision = self.0.conversation.revision();
        if revision.is_none_or(|revision| revision.era() == Era::Handshake) {
            return;
        }
        let Some(identity) = self.0.transport.identity().await else {
            return;
        };
        // The request may have logged in, and the answer is then for whoever did.
        if place.identity.has_no_token() || place.identity == identity {
            place.identity = identity;
            cache.keep(place, result, Instant::now());
        }
    }
}
