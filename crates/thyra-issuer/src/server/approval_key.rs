//! The key that remembered approvals are sealed with.

use std::sync::OnceLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use thyra_oauth::{Secret, unguessable};
use thyra_store::Store;

use crate::cookie::ApprovalKey;
use crate::record::{Kept, Record, RecordError, add, secret};

/// The name of the one record.
const NAME: &str = "approvals";

/// Approvals live for a year at most.
const LIFETIME: Duration = Duration::from_hours(24 * 366);

/// The key that remembered approvals are sealed with. It is made once and kept in the store, so
/// that all replicas have the same. When it ends, people are asked again.
#[derive(Debug, Default)]
pub(crate) struct ApprovalKeys(OnceLock<ApprovalKey>);

#[derive(Deserialize, Serialize)]
struct StoredKey {
    /// 32 bytes in base64url.
    #[serde(with = "secret")]
    key: Secret,
}

impl Record for StoredKey {
    const COLLECTION: &'static str = "cookie-keys";
}

impl ApprovalKeys {
    /// The key, if there is one: without it nothing is remembered, and people are asked.
    pub(crate) async fn get(&self, store: &Store) -> Option<&ApprovalKey> {
        if let Some(key) = self.0.get() {
            return Some(key);
        }
        match stored(store).await {
            Ok(key) => key.map(|key| self.0.get_or_init(|| key)),
            Err(error) => {
                tracing::warn!(%error, "remembered approvals cannot be read: people are asked");
                None
            }
        }
    }
}

async fn stored(store: &Store) -> Result<Option<ApprovalKey>, RecordError> {
    if let Some(found) = Kept::<StoredKey>::find(store, NAME).await? {
        return Ok(read(&found.record.key));
    }
    let Ok(key) = unguessable::<32>() else {
        return Ok(None);
    };
    add(store, NAME, &StoredKey { key }, LIFETIME).await?;
    // Another replica may have been first, and the store may have lost it.
    let found = Kept::<StoredKey>::find(store, NAME).await?;
    Ok(found.and_then(|found| read(&found.record.key)))
}

fn read(key: &Secret) -> Option<ApprovalKey> {
    let bytes = Secret::new(URL_SAFE_NO_PAD.decode(key.expose()).ok()?);
    let bytes: [u8; 32] = bytes.expose().as_slice().try_into().ok()?;
    ApprovalKey::new(&Secret::new(bytes)).ok()
}
