//! Why a store cannot be opened.

use std::error::Error;
use std::path::PathBuf;

use crate::keys::StoreKeyError;

/// Why a store cannot be opened. The text holds no password and no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file cannot be opened, or is no store.
    #[error("the store `{}` cannot be opened: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Another process has the file open, or this one does.
    #[error(
        "the store `{}` is open already; end the process that uses it, or let several processes share a Redis", path.display()
    )]
    InUse {
        /// Which file.
        path: PathBuf,
    },
    /// The keys cannot be used.
    #[error("THYRA_STORE_KEYS: {0}")]
    Keys(#[from] StoreKeyError),
    /// There are no keys.
    #[error(
        "THYRA_STORE_KEYS is not set, and what THYRA_STORE names is always encrypted; set it to a key, as \
         `openssl rand -base64 32` prints one"
    )]
    NoKeys,
    /// The program was built without what the setting needs.
    #[error(
        "THYRA_STORE needs the feature `{feature}` of `thyra-store`; build the program with it"
    )]
    NotBuilt {
        /// The feature.
        feature: &'static str,
    },
    /// It is not the URL of a Redis.
    #[error(
        "the URL of the Redis is not valid: {problem}; write `redis://HOST:PORT`, or `rediss://` for TLS"
    )]
    Url {
        /// What is wrong.
        problem: String,
    },
    /// The variable has no meaning.
    #[error("{name} {problem}; set it to `memory`, `file:PATH` or `redis://HOST:PORT`")]
    Variable {
        /// Which variable.
        name: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
}
