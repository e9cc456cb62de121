//! The works of `once` that a call is doing right now.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::value::RawValue;

use super::Rounds;

tokio::task_local! {
    /// The works that the running code is part of, the outermost first.
    static AROUND: Vec<WorkId>;
}

/// Tells works apart, also those of other calls: a work may call a server in the same process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct WorkId(u64);

/// The works of one call that are being done, by their keys.
#[derive(Debug, Default)]
pub(super) struct Works(BTreeMap<String, WorkId>);

/// Whether a work must be done, or has been.
pub(in crate::context) enum Begun<'a> {
    /// It was done, with this value.
    Before(Box<RawValue>),
    /// It must be done now.
    Now(Working<'a>),
}

/// A work that is being done. Dropping it ends the work, recorded or not.
pub(in crate::context) struct Working<'a> {
    rounds: &'a Rounds,
    key: &'a str,
    /// The works that this one is part of, and itself at the end.
    around: Vec<WorkId>,
    /// Whether it is part of a work with the same key, which is the one that is recorded.
    within_itself: bool,
}

fn around() -> Vec<WorkId> {
    AROUND.try_with(Clone::clone).unwrap_or_default()
}

impl Works {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the running code is part of one of these works.
    pub(super) fn are_around(&self) -> bool {
        let is_ours = |id: &WorkId| self.0.values().any(|work| work == id);
        AROUND
            .try_with(|around| around.iter().any(is_ours))
            .unwrap_or(false)
    }
}

impl Rounds {
    /// The value of the work `key`, or leave to do it. Waits while somebody else does the same
    /// work.
    pub(in crate::context) async fn begin<'a>(&'a self, key: &'a str) -> Begun<'a> {
        let mut around = around();
        loop {
            // Listening before looking, so that no end of a work is missed in between.
            let mut ended = pin!(self.work_ended.notified());
            ended.as_mut().enable();
            {
                let mut round = self.lock();
                if let Some(recorded) = round.past.done.get(key) {
                    return Begun::Before(recorded.clone());
                }
                let underway = round.works.0.get(key).copied();
                if underway.is_none_or(|id| around.contains(&id)) {
                    if underway.is_none() {
                        let id = WorkId::new();
                        around.push(id);
                        round.works.0.insert(key.to_owned(), id);
                    }
                    return Begun::Now(Working {
                        rounds: self,
                        key,
                        around,
                        within_itself: underway.is_some(),
                    });
                }
            }
            ended.await;
        }
    }
}

impl Working<'_> {
    /// Does the work.
    pub(in crate::context) async fn carry_out<F: Future>(&self, work: F) -> F::Output {
        AROUND.scope(self.around.clone(), work).await
    }

    /// Records the value of the work, and ends it.
    pub(in crate::context) fn record(self, value: Box<RawValue>) {
        if self.within_itself {
            return;
        }
        let mut round = self.rounds.lock();
        round.past.done.insert(self.key.to_owned(), value);
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        if self.within_itself {
            return;
        }
        self.rounds.lock().works.0.remove(self.key);
        self.rounds.work_ended.notify_waiters();
        self.rounds.paused.wake();
    }
}

impl WorkId {
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}
