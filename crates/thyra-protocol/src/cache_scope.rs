//! How long a result may be cached, and who may share it (MCP `server/utilities/caching`).

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Who may share a cached result (from 2026-07-28).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CacheScope {
    /// Only the authorization context that asked.
    #[default]
    Private,
    /// Anyone.
    Public,
}

/// Reads `ttlMs`. What is no whole number, or negative, counts as absent: a hint must not make the
/// result unreadable.
pub(crate) fn ttl<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_u64())
}

/// The same, where absent is 0.
pub(crate) fn ttl_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Ok(ttl(deserializer)?.unwrap_or_default())
}

/// Reads `cacheScope`. What is not known counts as absent.
pub(crate) fn scope<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<CacheScope>, D::Error> {
    Ok(CacheScope::deserialize(Value::deserialize(deserializer)?).ok())
}

/// The same, where absent is private.
pub(crate) fn scope_or_private<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<CacheScope, D::Error> {
    Ok(scope(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{DiscoverResult, ListToolsResult, ReadResourceResult};

    #[test]
    fn a_bad_hint_counts_as_none() {
        for (ttl, scope) in [
            (json!(-1), json!("everybody")),
            (json!("5"), json!(7)),
            (json!(null), json!(null)),
            (json!(1.5), json!({})),
        ] {
            let list = json!({ "tools": [], "ttlMs": ttl, "cacheScope": scope });
            let list: ListToolsResult = serde_json::from_value(list).unwrap();
            assert_eq!((list.ttl_ms, list.cache_scope), (None, None), "{ttl}");
            let read = json!({ "contents": [], "ttlMs": ttl, "cacheScope": scope });
            let read: ReadResourceResult = serde_json::from_value(read).unwrap();
            assert_eq!((read.ttl_ms, read.cache_scope), (None, None), "{ttl}");
            let found = json!({ "supportedVersions": [], "capabilities": {}, "ttlMs": ttl, "cacheScope": scope });
            let found: DiscoverResult = serde_json::from_value(found).unwrap();
            assert_eq!(
                (found.ttl_ms, found.cache_scope),
                (0, CacheScope::Private),
                "{ttl}"
            );
        }
        let found = json!({ "supportedVersions": [], "capabilities": {} });
        let found: DiscoverResult = serde_json::from_value(found).unwrap();
        assert_eq!((found.ttl_ms, found.cache_scope), (0, CacheScope::Private));
    }
}
