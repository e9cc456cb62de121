//! Why a store did not do what it was asked to.

use std::error::Error;
use std::time::Duration;

/// Why a store did not do what it was asked to. The text holds no value and no secret.
///
/// After [`Timeout`](Self::Timeout) and [`Unavailable`](Self::Unavailable) nobody knows whether a
/// write happened. Only reading, or writing again, tells.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no room, and nothing that has ended makes any.
    #[error("the store is full; give it more room, or remove what nobody needs")]
    Full,
    /// The collection or the name cannot be a [`Key`](crate::Key).
    #[error("the key of a store is not valid: {problem}")]
    InvalidKey {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The backend took longer than the [time limit](crate::Store::time_limit).
    #[error("the store did not answer within {} ms", limit.as_millis())]
    Timeout {
        /// How long it could have taken.
        limit: Duration,
    },
    /// The value is longer than [`MAX_VALUE`](crate::MAX_VALUE).
    #[error("the value has {length} bytes; a store takes at most {most}")]
    TooLarge {
        /// How long it is, in bytes.
        length: usize,
        /// How long it may be, in bytes.
        most: usize,
    },
    /// The backend cannot be reached, or failed.
    #[error("the store cannot be used: {source}")]
    Unavailable {
        /// What it said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The value is there, and no key opens it: it was sealed with a key that is gone, it was
    /// changed, or it was moved here from another place.
    #[error(
        "a value in the store cannot be decrypted; add the key that it was written with to the keys of the store, \
         or remove the value"
    )]
    Undecryptable,
}

impl StoreError {
    /// The backend cannot be reached, or failed.
    pub fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable {
            source: source.into(),
        }
    }
}
