//! What any [`Backend`] must do, as a test.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use thyra_store::{MemoryStore, contract};
//!
//! let backend = Arc::new(MemoryStore::new());
//! contract::check(backend.clone(), backend).await?;
//! # Ok(()) }
//! ```

mod expiry;
mod race;
mod values;

use std::sync::Arc;
use std::time::Duration;

use thyra_oauth::{NoRandomness, unguessable};

use crate::backend::Backend;
use crate::error::StoreError;
use crate::key::Key;

/// Checks that a backend does all that [`Backend`] says. It takes seconds, writes about 1,000
/// values with names of its own, and removes them.
///
/// `one` and `other` are two ways to the same database: two connections if there can be two,
/// otherwise the same one. Call it on a runtime with several threads, so that callers race.
///
/// # Errors
///
/// [`ContractError::Broken`] with the first clause that does not hold, and
/// [`ContractError::Store`] when an operation fails that must not.
pub async fn check(one: Arc<dyn Backend>, other: Arc<dyn Backend>) -> Result<(), ContractError> {
    let subject = Subject {
        one,
        other,
        run: unguessable::<9>()?.expose().clone(),
    };
    values::check(&subject).await?;
    race::check(&subject).await?;
    expiry::check(&subject).await
}

/// Why a backend does not pass.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContractError {
    /// It does not do what [`Backend`] says.
    #[error("the backend breaks its contract: {clause}; seen: {seen}")]
    Broken {
        /// What must be.
        clause: &'static str,
        /// What was.
        seen: String,
    },
    /// The machine gives no random numbers for the names of keys.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// An operation failed.
    #[error("an operation failed that must not")]
    Store(#[from] StoreError),
}

/// The backend, and names that nobody else uses.
struct Subject {
    one: Arc<dyn Backend>,
    other: Arc<dyn Backend>,
    run: String,
}

/// The lifetime of values that need no other.
const LONG: Duration = Duration::from_mins(5);

impl Subject {
    fn key(&self, name: &str) -> Result<Key, StoreError> {
        self.key_in("contract", name)
    }

    fn key_in(&self, collection: &'static str, name: &str) -> Result<Key, StoreError> {
        Key::new(collection, format!("{}-{name}", self.run))
    }

    /// One of the two ways.
    fn either(&self, number: usize) -> Arc<dyn Backend> {
        let way = if number.is_multiple_of(2) {
            &self.one
        } else {
            &self.other
        };
        Arc::clone(way)
    }
}

/// Fails unless `seen` is `expected`.
fn hold<T: PartialEq + std::fmt::Debug>(
    clause: &'static str,
    seen: &T,
    expected: &T,
) -> Result<(), ContractError> {
    if seen == expected {
        return Ok(());
    }
    let mut seen = format!("{seen:?}");
    // A value of 64 KiB helps nobody.
    seen.truncate(200);
    Err(ContractError::Broken { clause, seen })
}
