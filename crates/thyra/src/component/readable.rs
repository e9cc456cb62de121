//! What resources and templates of resources have in common.

use std::time::Duration;

use thyra_protocol::{CacheScope, ReadResourceResult, ResourceContents};

/// How long clients may cache the contents, and for whom.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Freshness(Option<(u64, CacheScope)>);

impl Freshness {
    pub(super) fn new(fresh: Duration, scope: CacheScope) -> Self {
        let milliseconds = u64::try_from(fresh.as_millis()).unwrap_or(u64::MAX);
        Self(Some((milliseconds, scope)))
    }

    /// Adds itself to the result, unless the handler set its own.
    pub(super) fn apply(self, result: &mut ReadResourceResult) {
        if let Some((ttl_ms, scope)) = self.0
            && result.ttl_ms.is_none()
        {
            result.ttl_ms = Some(ttl_ms);
            result.cache_scope.get_or_insert(scope);
        }
    }
}

/// Fills in what the handler left to the resource.
pub(super) fn complete(result: &mut ReadResourceResult, uri: &str, mime_type: Option<&str>) {
    for contents in &mut result.contents {
        let (of, kind) = match contents {
            ResourceContents::Blob(blob) => (&mut blob.uri, &mut blob.mime_type),
            ResourceContents::Text(text) => (&mut text.uri, &mut text.mime_type),
        };
        if of.is_empty() {
            uri.clone_into(of);
        }
        if kind.is_none() {
            *kind = mime_type.map(str::to_owned);
        }
    }
}
