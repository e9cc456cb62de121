//! A small key-value store for secrets that end: what an authorization server must remember.
//!
//! - [`Store`] is what a program uses. It is in memory ([`Store::memory`]), or it encrypts what it
//!   gives to a [`Backend`] ([`Store::encrypted`]); there is no third way.
//! - A [`Backend`] keeps bytes under a [`Key`], each for a lifetime: [`MemoryStore`], `FileStore`
//!   with the feature `file`, `RedisStore` with the feature `redis`.
//! - [`StoreKeys`] are the keys that encrypt: the first one writes, all of them read.
//! - With the feature `testing`: `contract` holds a backend of your own to what a [`Store`] needs,
//!   and `Faulty` is a backend that is slow, down, full, or loses what it was given. `RedisServer`
//!   is a Redis of a test's own.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! use thyra_store::{Key, Store};
//!
//! let store = Store::memory();
//! let key = Key::new("greetings", "today")?;
//! store.put(&key, b"hello", Duration::from_secs(60)).await?;
//! let value = store.take(&key).await?.ok_or("somebody else took it")?;
//! assert_eq!(value.expose(), b"hello");
//! assert!(store.take(&key).await?.is_none());
//! # Ok(()) }
//! ```

mod backend;
#[cfg(feature = "testing")]
pub mod contract;
mod environment;
mod error;
#[cfg(feature = "testing")]
mod faulty;
#[cfg(feature = "file")]
mod file;
#[cfg(doctest)]
#[doc = include_str!("../../../docs/src/store.md")]
mod guide {}
mod key;
mod keys;
mod memory;
mod open_error;
#[cfg(all(unix, feature = "testing"))]
mod redis_server;
#[cfg(feature = "redis")]
mod redis_store;
mod seal;
mod store;

pub use backend::{Backend, Bounds, MAX_LIFETIME, MAX_STORED, MAX_VALUE, Reach};
pub use error::StoreError;
#[cfg(feature = "testing")]
pub use faulty::{Fault, Faulty};
#[cfg(feature = "file")]
pub use file::FileStore;
pub use key::Key;
pub use keys::{StoreKey, StoreKeyError, StoreKeys};
pub use memory::MemoryStore;
pub use open_error::OpenError;
#[cfg(all(unix, feature = "testing"))]
pub use redis_server::RedisServer;
#[cfg(feature = "redis")]
pub use redis_store::RedisStore;
pub use store::{Entry, Store, Version};
