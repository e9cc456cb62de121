//! How records are kept in the store.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use thyra_oauth::Secret;
use thyra_store::{Entry, Key, Store, StoreError, Version};

/// What the store keeps as JSON, each kind in a collection of its own.
pub(crate) trait Record: DeserializeOwned + Serialize {
    /// The collection.
    const COLLECTION: &'static str;
}

/// A record that is there, and which version of it was read.
#[derive(Debug)]
pub(crate) struct Kept<R> {
    pub(crate) record: R,
    version: Version,
}

impl<R: Record> Kept<R> {
    /// The record of this name, if there is one.
    pub(crate) async fn find(store: &Store, name: &str) -> Result<Option<Self>, RecordError> {
        let Some(Entry { value, version }) = store.get(&key::<R>(name)?).await? else {
            return Ok(None);
        };
        let record = read(value.expose())?;
        Ok(Some(Self { record, version }))
    }

    /// Writes `record` in place of this one, with a lifetime of its own, unless somebody else has
    /// changed it since. Says whether it did.
    pub(crate) async fn replace(
        &self,
        store: &Store,
        name: &str,
        record: &R,
        lifetime: Duration,
    ) -> Result<bool, RecordError> {
        swap(store, name, Some(&self.version), record, lifetime).await
    }
}

/// Writes a record where there is none. Says whether it did; of many callers exactly one does.
pub(crate) async fn add<R: Record>(
    store: &Store,
    name: &str,
    record: &R,
    lifetime: Duration,
) -> Result<bool, RecordError> {
    swap(store, name, None, record, lifetime).await
}

/// Gets a record and removes it; of many callers exactly one gets it.
pub(crate) async fn take<R: Record>(store: &Store, name: &str) -> Result<Option<R>, RecordError> {
    let value = store.take(&key::<R>(name)?).await?;
    value.map(|value| read(value.expose())).transpose()
}

/// Removes a record, if it is there.
pub(crate) async fn remove<R: Record>(store: &Store, name: &str) -> Result<(), RecordError> {
    Ok(store.delete(&key::<R>(name)?).await?)
}

async fn swap<R: Record>(
    store: &Store,
    name: &str,
    at: Option<&Version>,
    record: &R,
    lifetime: Duration,
) -> Result<bool, RecordError> {
    let value = serde_json::to_vec(record).map(Secret::new);
    let value = value.map_err(|source| RecordError::Malformed {
        collection: R::COLLECTION,
        source,
    })?;
    let key = key::<R>(name)?;
    let swapped = store.compare_and_swap(&key, at, value.expose(), lifetime);
    Ok(swapped.await?)
}

fn key<R: Record>(name: &str) -> Result<Key, StoreError> {
    Key::new(R::COLLECTION, name)
}

fn read<R: Record>(value: &[u8]) -> Result<R, RecordError> {
    serde_json::from_slice(value).map_err(|source| RecordError::Malformed {
        collection: R::COLLECTION,
        source,
    })
}

/// Why a record could not be read or written. Nobody is let in because of it, and nobody is told
/// that their login has ended: it is 503.
#[derive(Debug, Error)]
pub(crate) enum RecordError {
    /// What is there is no such record.
    #[error("a record of `{collection}` in the store cannot be read; another version wrote it")]
    Malformed {
        /// Where it is.
        collection: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
