//! What keeps the bytes.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::error::StoreError;
use crate::key::Key;

/// The longest value that a [`Store`](crate::Store) takes, in bytes.
pub const MAX_VALUE: usize = 64 * 1024;

/// The longest value that a [`Backend`] must take, in bytes: [`MAX_VALUE`], and room for what
/// encryption adds.
pub const MAX_STORED: usize = MAX_VALUE + 64;

/// The longest lifetime that a [`Backend`] is given.
pub const MAX_LIFETIME: Duration = Duration::from_hours(24 * 3650);

/// Keeps bytes under keys, each for a lifetime. Implement it for another database, and run
/// `contract` on it, which comes with the feature `testing`.
///
/// A value is at most [`MAX_STORED`] bytes of any content. A lifetime is a whole number of
/// milliseconds, from 1 to [`MAX_LIFETIME`]; it begins when the value is written. A value that has
/// ended is not there, for any of the operations. No value that is alive makes room for another: a
/// backend that is full says [`StoreError::Full`].
///
/// `take` and `compare_and_swap` are atomic for everybody who uses the same database, in this
/// process or another. A backend must not send them twice when it does not know whether the
/// first one arrived: it says [`StoreError::Unavailable`].
pub trait Backend: fmt::Debug + Send + Sync {
    /// The value under `key`, if there is one.
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>>;

    /// Puts `value` under `key` in place of what is there, and its lifetime in place of the other.
    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Bytes,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Gets the value under `key` and deletes it; of many callers exactly one gets it.
    fn take<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>>;

    /// Writes `value` with its lifetime if what is there is exactly `expected` (`None`: nothing is
    /// there). Says whether it did.
    fn compare_and_swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a [u8]>,
        value: Bytes,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<bool, StoreError>>;

    /// Removes what is under `key`, if anything is.
    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Who else sees the values. A database is for every machine, unless it says otherwise.
    fn reach(&self) -> Reach {
        Reach::Everywhere
    }
}

/// Who sees the values of a [`Backend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reach {
    /// Every replica, and whoever is started after them.
    Everywhere,
    /// This process, and the next one on this machine. Not two at the same time.
    Machine,
    /// This process. The values end with it.
    Process,
}

/// How much a backend of ours holds at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How many values.
    pub entries: usize,
    /// How many bytes of keys, values and what it takes to find them.
    pub bytes: usize,
}

/// One backend under several stores.
impl<B: Backend + ?Sized> Backend for Arc<B> {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        (**self).get(key)
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Bytes,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).put(key, value, lifetime)
    }

    fn take<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        (**self).take(key)
    }

    fn compare_and_swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a [u8]>,
        value: Bytes,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        (**self).compare_and_swap(key, expected, value, lifetime)
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<(), StoreError>> {
        (**self).delete(key)
    }

    fn reach(&self) -> Reach {
        (**self).reach()
    }
}
