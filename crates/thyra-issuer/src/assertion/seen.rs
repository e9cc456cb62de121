//! Which assertions were used.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thyra_auth::Clock;
use thyra_store::Store;

use crate::digest::Digest;
use crate::record::{Record, RecordError, add};

/// How much longer than they live assertions are remembered: clocks differ.
const MARGIN: Duration = Duration::from_mins(1);

/// Which assertions were used, here or at another replica.
#[derive(Debug)]
pub(super) struct Seen {
    store: Store,
    clock: Arc<dyn Clock>,
}

#[derive(Deserialize, Serialize)]
struct Used {}

impl Record for Used {
    const COLLECTION: &'static str = "assertions";
}

impl Seen {
    pub(super) fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Notes that an assertion of this issuer, client and identifier was used, which ends at `end`;
    /// says whether it was the first time.
    pub(super) async fn is_new(
        &self,
        [issuer, client_id, jti]: [&str; 3],
        end: Duration,
    ) -> Result<bool, RecordError> {
        // Their lengths keep them apart.
        let (issuers, clients) = (issuer.len(), client_id.len());
        let name = Digest::of(&format!("{issuers} {clients} {issuer}{client_id}{jti}"));
        let left = end.saturating_sub(self.clock.unix());
        let lifetime = left.saturating_add(MARGIN);
        add(&self.store, name.as_str(), &Used {}, lifetime).await
    }
}
