//! Tokens that were verified before.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use moka::sync::Cache;

use crate::principal::{Principal, Retirement};

/// The least that an entry counts, so that there are never many more than ten thousand.
const MIN_WEIGHT: u32 = 3 * 1024;

/// About how many bytes of verified tokens are kept, unless the operator says otherwise.
pub(super) const DEFAULT_CACHE_BYTES: u64 = 32 * 1024 * 1024;

/// Tokens that were verified before, by their SHA-256: the tokens themselves are not kept. The
/// cache is bounded in memory, and forgets a token at its `exp` and when its key is retired.
pub(super) struct TokenCache(Cache<TokenHash, Arc<Entry>>);

/// Stands for a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TokenHash([u8; 32]);

struct Entry {
    principal: Arc<Principal>,
    expires_at: Duration,
}

impl TokenHash {
    pub(super) fn of(token: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
        Self(hash)
    }
}

impl TokenCache {
    /// A cache that may use about this many bytes of memory.
    pub(super) fn of(capacity: u64) -> Self {
        Self(
            Cache::builder()
                .max_capacity(capacity)
                .weigher(|_: &TokenHash, entry: &Arc<Entry>| weight(&entry.principal))
                .build(),
        )
    }

    /// The principal of a token that is still good at `now`, the time since 1970.
    pub(super) fn get(&self, token: TokenHash, now: Duration) -> Option<Arc<Principal>> {
        let entry = self.0.get(&token)?;
        let is_retired = entry.principal.key().is_some_and(Retirement::has_begun);
        if now >= entry.expires_at || is_retired {
            self.0.invalidate(&token);
            return None;
        }
        Some(Arc::clone(&entry.principal))
    }

    /// Keeps a token that was verified until `expires_at`, the time since 1970.
    pub(super) fn insert(&self, token: TokenHash, principal: Arc<Principal>, expires_at: Duration) {
        let entry = Entry {
            principal,
            expires_at,
        };
        self.0.insert(token, Arc::new(entry));
    }
}

/// About how many bytes an entry with this principal counts.
pub(super) fn weight(principal: &Principal) -> u32 {
    let weight = u32::try_from(principal.weight());
    weight.unwrap_or(u32::MAX).max(MIN_WEIGHT)
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("entries", &self.0.entry_count())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000);

    fn principal() -> Arc<Principal> {
        Arc::new(Principal::builder("https://issuer", "usr_1").build())
    }

    #[test]
    fn an_entry_ends_with_its_token() {
        let cache = TokenCache::of(1024 * 1024);
        let token = TokenHash::of("token");
        cache.insert(token, principal(), NOW);
        assert!(cache.get(token, Duration::from_millis(999_999)).is_some());
        assert!(cache.get(TokenHash::of("other"), Duration::ZERO).is_none());
        assert!(cache.get(token, NOW).is_none());
    }

    #[test]
    fn an_entry_ends_with_its_key() {
        let cache = TokenCache::of(1024 * 1024);
        let (token, key) = (TokenHash::of("token"), Retirement::default());
        let signed = Principal::builder("https://issuer", "usr_1").key(key.clone());
        cache.insert(token, Arc::new(signed.build()), NOW);
        assert!(cache.get(token, Duration::ZERO).is_some());
        key.begin();
        assert!(cache.get(token, Duration::ZERO).is_none());
    }

    #[test]
    fn the_cache_is_bounded() {
        let cache = TokenCache::of(u64::from(MIN_WEIGHT) * 10);
        for n in 0..100 {
            cache.insert(TokenHash::of(&n.to_string()), principal(), NOW);
        }
        cache.0.run_pending_tasks();
        assert!(cache.0.entry_count() <= 10);
    }
}
