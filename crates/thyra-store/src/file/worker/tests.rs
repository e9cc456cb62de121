use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use redb::backends::FileBackend;
use redb::{Builder, StorageBackend};
use thyra_oauth::ManualClock;

use super::*;

/// A disk that can be told to fail.
#[derive(Debug)]
struct Disk(FileBackend, Arc<AtomicBool>);

impl Disk {
    fn works(&self) -> io::Result<()> {
        if self.1.load(Ordering::SeqCst) {
            let full = io::ErrorKind::StorageFull;
            return Err(io::Error::new(full, "the disk is full"));
        }
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.works()?;
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.works()?;
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.works()?;
        self.0.write(offset, data)
    }

    fn close(&self) -> io::Result<()> {
        self.0.close()
    }
}

/// What a job is answered.
type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

fn put(key: &'static str) -> (Job, Answer<()>) {
    let (reply, answer) = oneshot::channel();
    let lifetime = Duration::from_mins(1);
    (
        job(move |table| table.put(key, b"value", lifetime), reply),
        answer,
    )
}

fn get(key: &'static str) -> (Job, Answer<bool>) {
    let (reply, answer) = oneshot::channel();
    (
        job(move |table| Ok(table.get(key)?.is_some()), reply),
        answer,
    )
}

#[test]
fn a_disk_that_fails_is_an_error_for_all_and_works_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let fails = Arc::new(AtomicBool::new(false));
    let disk = Arc::clone(&fails);
    let open = move || {
        let mut options = std::fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = FileBackend::new(options.open(&path)?)?;
        Ok(Builder::new().create_with_backend(Disk(file, Arc::clone(&disk)))?)
    };
    let bounds = Bounds {
        entries: 100,
        bytes: 100_000,
    };
    let clock = Arc::new(ManualClock::new(Duration::from_hours(500_000)));
    let mut worker = Worker::new(open, bounds, clock).unwrap();
    let (first, mut answer) = put("first");
    worker.work(vec![first]);
    answer.try_recv().unwrap().unwrap();

    fails.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        let ((one, mut one_answer), (other, mut other_answer)) = (put("one"), put("other"));
        worker.work(vec![one, other]);
        for answer in [&mut one_answer, &mut other_answer] {
            let error = match answer.try_recv() {
                Ok(answer) => answer.unwrap_err(),
                // A job that was not begun is dropped with its answer.
                Err(_) => continue,
            };
            assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
        }
    }

    fails.store(false, Ordering::SeqCst);
    let ((first, mut has_first), (one, mut has_one)) = (get("first"), get("one"));
    let (last, mut answer) = put("last");
    worker.work(vec![first, one, last]);
    assert!(has_first.try_recv().unwrap().unwrap());
    assert!(!has_one.try_recv().unwrap().unwrap(), "it was not done");
    answer.try_recv().unwrap().unwrap();
}

#[test]
fn what_nobody_waits_for_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let bounds = Bounds {
        entries: 100,
        bytes: 100_000,
    };
    let clock = Arc::new(ManualClock::new(Duration::from_hours(500_000)));
    let open = move || super::super::table::open(&path);
    let mut worker = Worker::new(open, bounds, clock).unwrap();
    let (given_up, answer) = put("given-up");
    drop(answer);
    let (there, mut is_there) = get("given-up");
    worker.work(vec![given_up, there]);
    assert!(!is_there.try_recv().unwrap().unwrap());
}
