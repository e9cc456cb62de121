//! Where credentials are kept between requests, and between runs of a program.

mod file;
#[cfg(feature = "keyring")]
mod keyring;
mod memory;
mod standard;

use std::fmt;

use futures_util::future::BoxFuture;
use thyra_oauth::Secret;

pub use self::file::FileStore;
#[cfg(feature = "keyring")]
pub use self::keyring::KeyringStore;
pub use self::memory::MemoryStore;

/// The largest value that a login keeps under one key, in bytes.
pub(crate) const MAX_VALUE: usize = 256 * 1024;

/// Keeps the tokens and registered clients of logins.
///
/// A login keeps a text under a [`StoreKey`]: the tokens of one account at one resource, with the
/// issuer that gave them, or the client that one issuer registered. What the text holds is up to
/// the login. Every value is a secret.
///
/// Many logins may share a store, and many programs: whoever renews tokens holds the
/// [lock](Self::lock) of their key, because most authorization servers end a login when one refresh
/// token is used twice.
pub trait TokenStore: Send + Sync + fmt::Debug {
    /// The value under `key`, if there is one.
    fn load<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Option<Secret>, StoreError>>;

    /// Puts `value` under `key`, in place of what is there. Who loads at the same time gets the old
    /// value or the new one, whole.
    fn save<'a>(
        &'a self,
        key: &'a StoreKey,
        value: &'a Secret,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Removes what is under `key`, if anything is.
    fn remove<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Waits until nobody else holds the lock of `key`, here and in every other program that uses
    /// the store. The lock does not hinder those who do not ask for it. A program that ends must
    /// not leave it locked.
    fn lock<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<StoreLock, StoreError>>;
}

/// What a value is kept under.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoreKey(String);

impl StoreKey {
    /// The tokens of `account` at the resource that is reached at `server`.
    pub(crate) fn tokens(server: &str, account: Option<&str>) -> Self {
        // A URL has no spaces.
        match account {
            Some(account) => Self(format!("tokens {server} {account}")),
            None => Self(format!("tokens {server}")),
        }
    }

    /// The client that `issuer` registered.
    pub(crate) fn client(issuer: &str) -> Self {
        Self(format!("client {issuer}"))
    }

    /// The client that `issuer` registered for logins on another device.
    pub(crate) fn device_client(issuer: &str) -> Self {
        Self(format!("device-client {issuer}"))
    }

    /// The client that `issuer` registered for a web application.
    pub(crate) fn web_client(issuer: &str, redirect_uri: &str) -> Self {
        Self(format!("web-client {issuer} {redirect_uri}"))
    }

    /// The key that seals the values of a store, and is kept in `place`.
    #[cfg(feature = "keyring")]
    fn sealing(place: &str) -> Self {
        Self(format!("sealing key in the {place}"))
    }

    /// One line of text that no other key has. It holds no secret, but a URL of any length.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The lock of one key. Whoever drops it lets the next one in.
pub struct StoreLock(#[expect(dead_code, reason = "it is held, and then dropped")] Box<dyn Send>);

impl StoreLock {
    /// A lock that is held until `held` is dropped.
    pub fn new(held: impl Send + 'static) -> Self {
        Self(Box::new(held))
    }
}

impl fmt::Debug for StoreLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreLock")
    }
}

/// What another library says.
type BoxedError = Box<dyn std::error::Error + Send + Sync>;

/// Why a store cannot be used. The text holds no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another program holds the lock, and does not let go of it.
    #[error("another program has been renewing these tokens for {seconds} s; end it, or try again")]
    Busy {
        /// How long this program waited.
        seconds: u64,
    },
    /// The value was not written by this store, or is sealed with another key.
    #[error("the value in {place} cannot be opened: {problem}")]
    Unreadable {
        /// Where it is.
        place: String,
        /// What is wrong, and what to do.
        problem: &'static str,
    },
    /// The operating system refused.
    #[error("{place} cannot be used: {source}")]
    Io {
        /// The file or folder.
        place: String,
        /// What it said.
        source: std::io::Error,
    },
    /// The keyring waits for the person.
    #[error(
        "the keyring has not answered for {seconds} s; look for a dialog that asks for its password, then try again"
    )]
    KeyringSilent {
        /// How long this program waited.
        seconds: u64,
    },
    /// Nobody knows where the person keeps files.
    #[error("there is no home directory to keep logins in ({0}); choose a folder for them")]
    NoHome(#[source] BoxedError),
    /// This system has no keyring, or it cannot be used.
    #[error(
        "the keyring of this system cannot be used ({0}); unlock it, start one (a Secret Service such as GNOME Keyring), \
         or keep logins in files"
    )]
    NoKeyring(#[source] BoxedError),
    /// The name of a program could be something else than the name of one folder.
    #[error(
        "a program's name must be 1 to 64 letters, digits, `-`, `_` and `.` of ASCII, and begin and end with a letter or digit"
    )]
    ProgramName,
    /// A reason of a store that is not one of this crate.
    #[error("{0}")]
    Other(String),
    /// The store holds as much as it may.
    #[error("the store is full: it holds {0} values; remove some, or use another store")]
    Full(usize),
}

#[cfg(test)]
mod tests;
