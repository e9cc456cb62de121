//! Values in a file of this machine.

mod table;
mod worker;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use thyra_oauth::{Clock, SystemClock};
use tokio::sync::{mpsc, oneshot};

use self::table::{OperationError, Table};
use self::worker::{Job, Worker};
use crate::backend::{Backend, Bounds, Reach};
use crate::error::StoreError;
use crate::key::Key;
use crate::open_error::OpenError;

/// How many operations wait for the file at most. The others wait for room.
const QUEUE: usize = 256;

/// Keeps values in a file, for one process at a time. The file is a redb database that only its
/// owner may read.
///
/// An answer means that what was done is on the disk: a process that is killed, or a machine that
/// loses its power, forgets nothing that was answered. Values that have ended are removed as others
/// are written. The bounds count keys and values; the file may take about twice as much.
///
/// Lifetimes follow the machine's clock. Dropping the store waits for the operation that is under
/// way.
pub struct FileStore {
    path: PathBuf,
    /// `None` only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    worker: Option<JoinHandle<()>>,
}

impl FileStore {
    /// What it holds by default: a million values and 1 GiB.
    pub const BOUNDS: Bounds = Bounds {
        entries: 1_000_000,
        bytes: 1024 * 1024 * 1024,
    };

    /// The store in the file `path`, which is made if it is not there. It has the default
    /// [bounds](Self::BOUNDS).
    ///
    /// # Errors
    ///
    /// [`OpenError::InUse`] if it is open already, and [`OpenError::File`] if it cannot be opened,
    /// as when its folder is missing.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::open_with(path, Self::BOUNDS, Arc::new(SystemClock))
    }

    /// The store in the file `path`, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub fn open_with(
        path: impl AsRef<Path>,
        bounds: Bounds,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let path = path.as_ref().to_path_buf();
        let refused = |error: Box<dyn std::error::Error + Send + Sync>| OpenError::File {
            path: path.clone(),
            source: error,
        };
        // It may be opened again when the process has gone to another folder.
        let file = std::path::absolute(&path).map_err(|error| refused(error.into()))?;
        let worker = Worker::new(move || table::open(&file), bounds, clock);
        let worker = worker.map_err(|error| match error {
            redb::Error::DatabaseAlreadyOpen => OpenError::InUse { path: path.clone() },
            error => refused(error.into()),
        })?;
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let worker = std::thread::Builder::new()
            .name("thyra-store".to_owned())
            .spawn(move || worker.run(waiting))
            .map_err(|error| refused(error.into()))?;
        Ok(Self {
            path,
            jobs: Some(jobs),
            worker: Some(worker),
        })
    }

    /// What `operation` finds, once it is on the disk.
    fn ask<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&mut Table<'_>) -> Result<T, OperationError> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, StoreError>> {
        let (reply, answer) = oneshot::channel();
        let job = worker::job(operation, reply);
        Box::pin(async move {
            let ended = || {
                StoreError::unavailable("the thread of the file has ended; start the program anew")
            };
            let jobs = self.jobs.as_ref().ok_or_else(ended)?;
            jobs.send(job).await.map_err(|_| ended())?;
            let dropped = |_| StoreError::unavailable("the file failed before this was done");
            answer.await.map_err(dropped)?
        })
    }
}

impl Backend for FileStore {
    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        let key = key.to_string();
        self.ask(move |table| table.get(&key))
    }

    fn put<'a>(
        &'a self,
        key: &'a Key,
        value: Bytes,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let key = key.to_string();
        self.ask(move |table| table.put(&key, &value, lifetime))
    }

    fn take<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Bytes>, StoreError>> {
        let key = key.to_string();
        self.ask(move |table| table.take(&key))
    }

    fn compare_and_swap<'a>(
        &'a self,
        key: &'a Key,
        expected: Option<&'a [u8]>,
        value: Bytes,
        lifetime: Duration,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        let key = key.to_string();
        let expected = expected.map(Bytes::copy_from_slice);
        self.ask(move |table| {
            if table.get(&key)? != expected {
                return Ok(false);
            }
            table.put(&key, &value, lifetime).map(|()| true)
        })
    }

    fn delete<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<(), StoreError>> {
        let key = key.to_string();
        self.ask(move |table| table.take(&key).map(drop))
    }

    fn reach(&self) -> Reach {
        Reach::Machine
    }
}

/// Closes the file, so that the next one can open it.
impl Drop for FileStore {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(worker) = self.worker.take() {
            // A worker that panicked has nothing to wait for.
            let _ = worker.join();
        }
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
