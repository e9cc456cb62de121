//! How long documents are kept, and what serves while they cannot be fetched.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use thyra_oauth::freshness;

use super::DocumentError;
use super::fetched::Document;

/// Bounds on what an answer says about keeping it.
const MIN_LIFETIME: Duration = Duration::from_mins(1);
const MAX_LIFETIME: Duration = Duration::from_hours(24);
/// How long a document serves beyond its lifetime, while its host is out of order.
const MAX_STALE: Duration = Duration::from_hours(1);
/// How long a failure is remembered.
const FAILURE: Duration = Duration::from_secs(10);

/// What is known of a document. Times are monotonic.
#[derive(Clone)]
pub(super) struct Kept {
    document: Option<Arc<Document>>,
    /// Until when it may serve at all.
    usable_until: Duration,
    /// Why it could not be fetched the last time.
    failure: Option<DocumentError>,
    /// When it is worth fetching again.
    due: Duration,
}

impl Kept {
    /// What is known after an attempt to fetch it.
    pub(super) fn of(
        outcome: Result<(Arc<Document>, Duration), DocumentError>,
        old: Option<Self>,
        now: Duration,
    ) -> Self {
        match outcome {
            Ok((document, lifetime)) => Self {
                document: Some(document),
                usable_until: now + lifetime + MAX_STALE,
                failure: None,
                due: now + lifetime,
            },
            Err(failure) => {
                // A document that is gone, or has become another one, serves no longer.
                let old = old.filter(|_| failure.is_temporary());
                let usable_until = old.as_ref().map_or(now, |old| old.usable_until);
                Self {
                    document: old.and_then(|old| old.document),
                    usable_until,
                    failure: Some(failure),
                    due: now + FAILURE,
                }
            }
        }
    }

    /// The answer without fetching it; `None` when it is due.
    pub(super) fn answer(&self, now: Duration) -> Option<Result<Arc<Document>, DocumentError>> {
        if now >= self.due {
            return None;
        }
        match (&self.document, &self.failure) {
            (Some(document), _) if now < self.usable_until => Some(Ok(Arc::clone(document))),
            (_, Some(failure)) => Some(Err(failure.clone())),
            (_, None) => None,
        }
    }

    pub(super) fn document(&self) -> Option<&Document> {
        self.document.as_deref()
    }
}

/// How long an answer with these headers is fresh.
pub(super) fn lifetime(headers: &HeaderMap) -> Duration {
    freshness::max_age(headers)
        .unwrap_or(freshness::DEFAULT_LIFETIME)
        .clamp(MIN_LIFETIME, MAX_LIFETIME)
}
