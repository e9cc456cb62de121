//! Used proofs in the memory of one process.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use thyra_oauth::Clock;

use super::{Noted, UsedProof};
use crate::principal::SubjectId;

/// Proofs that end in the same few seconds are forgotten together.
const SLOT: Duration = Duration::from_secs(10);
/// One person has at most this part of the room. It is much, because one service may call for many
/// people.
const SHARE: usize = 4;

/// Used proofs, each until its end. When there is no room for another one, that one must not be
/// used: to forget an older one instead would make it good again, so whoever wants to use it twice
/// would only have to fill the room. For the same reason no caller gets all of it.
///
/// A proof is found in the slot in which it ends, and it always ends in the same one.
pub(in crate::dpop) struct MemoryReplays {
    capacity: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    slots: BTreeMap<u64, Slot>,
    /// All proofs in all slots.
    number: usize,
    /// The same for each caller that has any.
    of_subject: HashMap<SubjectId, usize>,
}

#[derive(Default)]
struct Slot {
    /// Half of an identifier is enough to tell proofs apart.
    proofs: HashSet<[u8; 16]>,
    of_subject: HashMap<SubjectId, usize>,
}

impl MemoryReplays {
    /// Room for `capacity` proofs.
    pub(in crate::dpop) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            kept: Mutex::default(),
        }
    }

    /// Takes note of a proof.
    pub(in crate::dpop) fn note(&self, proof: &UsedProof, clock: &dyn Clock) -> Noted {
        let mut id = [0; 16];
        id.copy_from_slice(proof.id.split_at(16).0);
        let end = slot_of(proof.good_until);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that nothing is noted that another request has made forgotten.
        let now = clock.unix();
        if now > proof.good_until {
            return Noted::Replayed;
        }
        kept.forget_before(slot_of(now));
        let has_it = |slot: &Slot| slot.proofs.contains(&id);
        if kept.slots.get(&end).is_some_and(has_it) {
            return Noted::Replayed;
        }
        let held = kept.of_subject.get(&proof.subject).copied();
        if kept.number >= self.capacity || held.unwrap_or_default() >= self.share() {
            return Noted::Full { retry_after: SLOT };
        }
        kept.number += 1;
        *kept.of_subject.entry(proof.subject).or_default() += 1;
        let slot = kept.slots.entry(end).or_default();
        slot.proofs.insert(id);
        *slot.of_subject.entry(proof.subject).or_default() += 1;
        Noted::First
    }

    fn share(&self) -> usize {
        self.capacity.div_ceil(SHARE)
    }
}

impl Kept {
    /// Forgets the proofs of slots that are over.
    fn forget_before(&mut self, now: u64) {
        while let Some(first) = self.slots.first_entry()
            && *first.key() < now
        {
            let slot = first.remove();
            self.number = self.number.saturating_sub(slot.proofs.len());
            for (subject, gone) in slot.of_subject {
                if let Some(held) = self.of_subject.get_mut(&subject) {
                    *held = held.saturating_sub(gone);
                    if *held == 0 {
                        self.of_subject.remove(&subject);
                    }
                }
            }
        }
    }
}

fn slot_of(time: Duration) -> u64 {
    time.as_secs() / SLOT.as_secs()
}

impl fmt::Debug for MemoryReplays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReplays")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
