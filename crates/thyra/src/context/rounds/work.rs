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
    /// The works of others that it waits for.
    awaits: Vec<WorkId>,
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

/// Somebody who waits for a work of somebody else. Dropped, what it is part of goes on.
struct Awaiting<'a> {
    rounds: &'a Rounds,
    /// The works that it is part of.
    around: &'a [WorkId],
    awaited: WorkId,
}

/// The works that the code which runs is part of.
pub(super) fn around() -> Vec<WorkId> {
    AROUND.try_with(Clone::clone).unwrap_or_default()
}

impl Works {
    /// Whether one is being done that waits neither for the round to end nor for another one. From the moment that other one ends, it
    /// is busy, even before it knows: it would be begun again otherwise, though it could have ended in this round.
    pub(super) fn is_any_busy(&self) -> bool {
        let held_up = |work: &Work| work.awaits.iter().any(|id| self.is_underway(*id));
        self.0
            .values()
            .any(|work| work.waits == 0 && !held_up(work))
    }

    fn is_underway(&self, id: WorkId) -> bool {
        self.0.values().any(|work| work.id == id)
    }

    /// These wait for the end of the round.
    pub(super) fn wait(&mut self, works: &[WorkId]) {
        for work in self.all_mut(works) {
            work.waits += 1;
        }
    }

    /// These wait no longer.
    pub(super) fn go_on(&mut self, works: &[WorkId]) {
        for work in self.all_mut(works) {
            work.waits = work.waits.saturating_sub(1);
        }
    }

    fn all_mut<'a>(&'a mut self, works: &'a [WorkId]) -> impl Iterator<Item = &'a mut Work> {
        let underway = self.0.values_mut();
        underway.filter(|work| works.contains(&work.id))
    }
}

impl Rounds {
    /// What came of the work `key`, or its beginning. While another one does the same work, this waits for what comes of that; what this
    /// is part of is then as little a reason to keep the round going as what it waits for.
    pub(in crate::context) async fn begin<'a>(&'a self, key: &'a str) -> Begun<'a> {
        let mut around = around();
        loop {
            // Whoever looks first and listens then misses what happens in between.
            let mut ended = pin!(self.work_ended.notified());
            ended.as_mut().enable();
            let awaited = {
                let mut round = self.lock();
                if let Some(recorded) = round.past.done.get(key) {
                    return Begun::Before(recorded.clone());
                }
                let underway = round.works.0.get(key).map(|work| work.id);
                match underway {
                    Some(id) if !around.contains(&id) => {
                        for work in round.works.all_mut(&around) {
                            work.awaits.push(id);
                        }
                        id
                    }
                    _ => {
                        if underway.is_none() {
                            let work = Work::new();
                            around.push(work.id);
                            round.works.0.insert(key.to_owned(), work);
                        }
                        return Begun::Now(Working {
                            rounds: self,
                            key,
                            around,
                            within_itself: underway.is_some(),
                        });
                    }
                }
            };
            let _awaiting = Awaiting {
                rounds: self,
                around: &around,
                awaited,
            };
            if !around.is_empty() {
                self.paused.wake();
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

impl Drop for Awaiting<'_> {
    fn drop(&mut self) {
        let mut round = self.rounds.lock();
        for work in round.works.all_mut(self.around) {
            // Once only: another part of the same work may wait for the same one.
            if let Some(at) = work.awaits.iter().position(|id| *id == self.awaited) {
                work.awaits.swap_remove(at);
            }
        }
    }
}

impl Work {
    /// One that begins.
    fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: WorkId(NEXT.fetch_add(1, Ordering::Relaxed)),
            waits: 0,
            awaits: Vec::new(),
        }
    }
}
