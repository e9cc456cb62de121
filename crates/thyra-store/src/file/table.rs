//! What is in the file: values, when they end, and how much there is.

use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use redb::WriteTransaction;
use redb::backends::FileBackend;
use redb::{Builder, Database, Error, ReadableTable as _, StorageError, TableDefinition};

use crate::backend::Bounds;

/// Under each key: when the value ends, then the value.
const VALUES: TableDefinition<'_, &str, (u64, &[u8])> = TableDefinition::new("values");

/// The keys by the time when their values end, in milliseconds since 1970-01-01 UTC.
const ENDS: TableDefinition<'_, (u64, &str), ()> = TableDefinition::new("ends");

/// How many values there are, and how many bytes they take.
const HELD: TableDefinition<'_, (), (u64, u64)> = TableDefinition::new("held");

/// What a value takes beside its key and itself, in bytes. Its key is there twice.
const ROW: u64 = 64;

/// How many values that have ended go with one that is written.
const CULLED: usize = 4;

/// How much of the file is kept in memory, in bytes.
const CACHE: usize = 16 * 1024 * 1024;

/// Opens the file, or makes it.
pub(super) fn open(path: &Path) -> Result<Database, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    #[cfg(unix)]
    let is_new = !path.exists();
    let file = options.open(path)?;
    #[cfg(unix)]
    if is_new && let Some(folder) = path.parent() {
        // That the file exists must be on the disk before what is in it.
        std::fs::File::open(folder)?.sync_all()?;
    }
    Builder::new()
        .set_cache_size(CACHE)
        // A file that was damaged must be an error, not a panic.
        .set_check_integrity_on_open(true)
        .create_with_backend(FileBackend::new(file)?)
        .map_err(Error::from)
}

/// The tables of one transaction, at one time.
pub(super) struct Table<'t> {
    values: redb::Table<'t, &'static str, (u64, &'static [u8])>,
    ends: redb::Table<'t, (u64, &'static str), ()>,
    totals: redb::Table<'t, (), (u64, u64)>,
    entries: u64,
    bytes: u64,
    bounds: Bounds,
    now: u64,
    is_changed: bool,
}

/// Why an operation did nothing.
pub(super) enum OperationError {
    /// There is no room.
    Full,
    /// The file cannot be used.
    Failed(Error),
}

impl From<StorageError> for OperationError {
    fn from(error: StorageError) -> Self {
        Self::Failed(error.into())
    }
}

impl<'t> Table<'t> {
    pub(super) fn of(
        transaction: &'t WriteTransaction,
        bounds: Bounds,
        now: Duration,
    ) -> Result<Self, Error> {
        let totals = transaction.open_table(HELD)?;
        let (entries, bytes) = totals.get(())?.map_or((0, 0), |held| held.value());
        Ok(Self {
            values: transaction.open_table(VALUES)?,
            ends: transaction.open_table(ENDS)?,
            totals,
            entries,
            bytes,
            bounds,
            now: milliseconds(now),
            is_changed: false,
        })
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Bytes>, OperationError> {
        let Some(there) = self.values.get(key)? else {
            return Ok(None);
        };
        let (end, value) = there.value();
        Ok((self.now < end).then(|| Bytes::copy_from_slice(value)))
    }

    pub(super) fn take(&mut self, key: &str) -> Result<Option<Bytes>, OperationError> {
        let there = self.get(key)?;
        self.remove(key)?;
        Ok(there)
    }

    /// Puts `value` in place of what is there, or leaves everything alive as it is.
    pub(super) fn put(
        &mut self,
        key: &str,
        value: &[u8],
        lifetime: Duration,
    ) -> Result<(), OperationError> {
        for _ in 0..CULLED {
            if !self.cull()? {
                break;
            }
        }
        let size = size(key, value);
        loop {
            let before = self.values.get(key)?;
            let before = before.map_or((0, 0), |there| (1, self::size(key, there.value().1)));
            let entries = self.entries.saturating_sub(before.0) + 1;
            let bytes = self.bytes.saturating_sub(before.1).saturating_add(size);
            if entries <= number(self.bounds.entries) && bytes <= number(self.bounds.bytes) {
                break;
            }
            if !self.cull()? {
                return Err(OperationError::Full);
            }
        }
        self.remove(key)?;
        let end = self.now.saturating_add(milliseconds(lifetime));
        self.values.insert(key, (end, value))?;
        self.ends.insert((end, key), ())?;
        self.entries += 1;
        self.bytes += size;
        self.is_changed = true;
        Ok(())
    }

    /// Notes how much there is. Says whether anything has changed.
    pub(super) fn close(mut self) -> Result<bool, Error> {
        if self.is_changed {
            self.totals.insert((), (self.entries, self.bytes))?;
        }
        Ok(self.is_changed)
    }

    /// Removes a value that has ended. Says whether there was one.
    fn cull(&mut self) -> Result<bool, OperationError> {
        let first = self.ends.first()?;
        let ended = first.and_then(|(row, _)| {
            let (end, key) = row.value();
            (end <= self.now).then(|| key.to_owned())
        });
        match ended {
            Some(key) => self.remove(&key).map(|()| true),
            None => Ok(false),
        }
    }

    fn remove(&mut self, key: &str) -> Result<(), OperationError> {
        let Some(there) = self.values.remove(key)? else {
            return Ok(());
        };
        let (end, value) = there.value();
        self.entries = self.entries.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(size(key, value));
        drop(there);
        self.ends.remove((end, key))?;
        self.is_changed = true;
        Ok(())
    }
}

/// What a value takes, in bytes.
fn size(key: &str, value: &[u8]) -> u64 {
    ROW + number(2 * key.len() + value.len())
}

/// No machine counts more bytes than a `u64`.
fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
