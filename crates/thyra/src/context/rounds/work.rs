//! What is done once in a call, while it is done.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::value::RawValue;

use super::Rounds;

tokio::task_local! {
    /// The works that the code which runs is part of.
    static AROUND: Vec<WorkId>;
}

/// Tells works apart, those of other calls too: a work may call a server of the same process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WorkId(u64);

/// The works that are being done, by their keys.
#[derive(Debug, Default)]
pub(super) struct Works(BTreeMap<String, Work>);

#[derive(Debug)]
struct Work {
    id: WorkId,
    /// For how much that ends the round it waits: a work that asks is begun again when the answer is there.
    waits: usize,
}

/// A work that was to begin.
pub(in crate::context) enum Begun<'a> {
    /// It was done; this came of it.
    Before(Box<RawValue>),
    /// It is to be done now.
    Now(Working<'a>),
}

/// A work that is being done. Dropping it ends it, with a record or without.
pub(in crate::context) struct Working<'a> {
    rounds: &'a Rounds,
    key: &'a str,
    /// The works that it is part of, and itself at the end.
    around: Vec<WorkId>,
    /// Whether it is part of a work with the same key, which is the one that is recorded.
    within_itself: bool,
}

/// The works that the code which runs is part of.
pub(super) fn around() -> Vec<WorkId> {
    AROUND.try_with(Clone::clone).unwrap_or_default()
}

impl Works {
    /// Whether one is being done that does not wait for the round to end.
    pub(super) fn is_any_busy(&self) -> bool {
        self.0.values().any(|work| work.waits == 0)
    }

    /// These wait for the end of the round.
    pub(super) fn wait(&mut self, works: &[WorkId]) {
        for work in self.0.values_mut().filter(|work| works.contains(&work.id)) {
            work.waits += 1;
        }
    }

    /// These wait no longer.
    pub(super) fn go_on(&mut self, works: &[WorkId]) {
        for work in self.0.values_mut().filter(|work| works.contains(&work.id)) {
            work.waits = work.waits.saturating_sub(1);
        }
    }
}

impl Rounds {
    /// What came of the work `key`, or its beginning. While another one does the same work, this waits for what comes of that.
    pub(in crate::context) async fn begin<'a>(&'a self, key: &'a str) -> Begun<'a> {
        let mut around = around();
        loop {
            // Whoever looks first and listens then misses what happens in between.
            let mut ended = pin!(self.work_ended.notified());
            ended.as_mut().enable();
            {
                let mut round = self.lock();
                if let Some(recorded) = round.past.done.get(key) {
                    return Begun::Before(recorded.clone());
                }
                let underway = round.works.0.get(key).map(|work| work.id);
                let within_itself = underway.is_some_and(|id| around.contains(&id));
                if underway.is_none() {
                    let id = next_id();
                    round.works.0.insert(key.to_owned(), Work { id, waits: 0 });
                    around.push(id);
                }
                if underway.is_none() || within_itself {
                    return Begun::Now(Working {
                        rounds: self,
                        key,
                        around,
                        within_itself,
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

    /// Keeps what came of it, and ends it.
    pub(in crate::context) fn record(self, value: Box<RawValue>) {
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

fn next_id() -> WorkId {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    WorkId(NEXT.fetch_add(1, Ordering::Relaxed))
}
