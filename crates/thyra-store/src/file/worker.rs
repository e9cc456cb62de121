//! The thread that reads and writes the file.

use std::sync::Arc;

use redb::{Database, Error};
use thyra_oauth::Clock;
use tokio::sync::{mpsc, oneshot};

use super::table::{OperationError, Table};
use crate::backend::Bounds;
use crate::error::StoreError;

/// How many operations share a transaction. A flush to the disk takes the time of many.
const BATCH: usize = 64;

/// An operation. It gives what answers it once the transaction is through, or fails to be, and
/// nothing if nobody waits for it any more.
pub(super) type Job = Box<dyn FnOnce(&mut Table<'_>) -> Result<Option<Settle>, Error> + Send>;

/// Answers one operation: with what it found, or with why nothing of its transaction is done.
pub(super) type Settle = Box<dyn FnOnce(Result<(), Arc<Error>>) + Send>;

/// The job that does `operation`, and sends what it found.
pub(super) fn job<T: Send + 'static>(
    operation: impl FnOnce(&mut Table<'_>) -> Result<T, OperationError> + Send + 'static,
    reply: oneshot::Sender<Result<T, StoreError>>,
) -> Job {
    Box::new(move |table| {
        // Who does not wait must not find later that it was done nevertheless.
        if reply.is_closed() {
            return Ok(None);
        }
        let found = match operation(table) {
            Ok(found) => Ok(found),
            Err(OperationError::Full) => Err(StoreError::Full),
            Err(OperationError::Failed(error)) => {
                let said = StoreError::unavailable(error.to_string());
                // It fails only if nobody waits.
                let _ = reply.send(Err(said));
                return Err(error);
            }
        };
        Ok(Some(Box::new(move |committed: Result<(), Arc<Error>>| {
            let answer = committed.map_err(StoreError::unavailable).and(found);
            let _ = reply.send(answer);
        })))
    })
}

/// The file, and how to open it anew: redb does not use a file again after an error of the disk.
pub(super) struct Worker<O> {
    open: O,
    database: Option<Database>,
    bounds: Bounds,
    clock: Arc<dyn Clock>,
}

impl<O: Fn() -> Result<Database, Error>> Worker<O> {
    pub(super) fn new(open: O, bounds: Bounds, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let mut worker = Self {
            database: None,
            open,
            bounds,
            clock,
        };
        // It fails if the file is a database of something else.
        worker.transact(Vec::new(), &mut Vec::new())?;
        Ok(worker)
    }

    /// Does what is asked until nobody can ask any more.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(job) = jobs.try_recv()
            {
                batch.push(job);
            }
            self.work(batch);
        }
    }

    /// Does the jobs in one transaction, and answers them.
    fn work(&mut self, jobs: Vec<Job>) {
        let mut done = Vec::with_capacity(jobs.len());
        let outcome = self.transact(jobs, &mut done).map_err(Arc::new);
        if outcome.is_err() {
            self.database = None;
        }
        for settle in done {
            settle(outcome.clone());
        }
    }

    fn transact(&mut self, jobs: Vec<Job>, done: &mut Vec<Settle>) -> Result<(), Error> {
        let database = match self.database.take() {
            Some(database) => self.database.insert(database),
            None => self.database.insert((self.open)()?),
        };
        let transaction = database.begin_write()?;
        let mut table = Table::of(&transaction, self.bounds, self.clock.unix())?;
        for job in jobs {
            done.extend(job(&mut table)?);
        }
        if table.close()? {
            transaction.commit()?;
        } else {
            transaction.abort()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
