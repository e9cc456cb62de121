use thyra_oauth::ManualClock;

use super::*;
use crate::principal::Principal;

const NOW: Duration = Duration::from_secs(1_000_000);
const MINUTE: Duration = Duration::from_mins(1);

fn subject(name: &str) -> SubjectId {
    Principal::builder("https://issuer", name)
        .build()
        .id()
        .subject()
}

fn proof(number: u64, subject: SubjectId, good_until: Duration) -> UsedProof {
    let mut id = [0; 32];
    id[..8].copy_from_slice(&number.to_be_bytes());
    UsedProof::new(id, subject, good_until)
}

fn full(noted: Noted) -> bool {
    matches!(noted, Noted::Full { retry_after } if retry_after > Duration::ZERO)
}

#[test]
fn a_proof_is_used_once_until_its_end() {
    let (replays, ada) = (MemoryReplays::new(100), subject("ada"));
    let clock = ManualClock::new(NOW);
    let used = proof(1, ada, NOW + MINUTE);
    assert_eq!(replays.note(&used, &clock), Noted::First);
    for later in [0, 1, 30, 60, 61, 120] {
        clock.set_unix(NOW + Duration::from_secs(later));
        assert_eq!(replays.note(&used, &clock), Noted::Replayed, "{later}");
    }
    // Nothing is kept of what is too old for everybody.
    let later = proof(2, ada, NOW + 3 * MINUTE);
    assert_eq!(replays.note(&later, &clock), Noted::First);
    assert_eq!(replays.kept.lock().unwrap().number, 1);
}

#[test]
fn one_caller_does_not_take_the_room_of_the_others() {
    let (replays, [ada, bob]) = (MemoryReplays::new(100), ["ada", "bob"].map(subject));
    let (clock, end) = (ManualClock::new(NOW), NOW + MINUTE);
    let note = |number, subject, end| replays.note(&proof(number, subject, end), &clock);
    let first = (0..1_000).filter(|number| note(*number, ada, end) == Noted::First);
    assert_eq!(first.count(), 25);
    assert!(full(note(5_000, ada, end)));
    // What is kept of it is still known.
    assert_eq!(note(0, ada, end), Noted::Replayed);
    assert_eq!(note(5_000, bob, end), Noted::First);
    clock.advance(2 * MINUTE);
    assert_eq!(note(5_001, ada, end + 2 * MINUTE), Noted::First);
}

#[test]
fn when_all_room_is_taken_nothing_is_forgotten() {
    let replays = MemoryReplays::new(100);
    let (clock, end) = (ManualClock::new(NOW), NOW + MINUTE);
    let callers: Vec<_> = (0..10).map(|n| subject(&n.to_string())).collect();
    let all = || (0..).zip(callers.iter().cycle()).take(100);
    for (number, caller) in all() {
        let noted = replays.note(&proof(number, *caller, end), &clock);
        assert_eq!(noted, Noted::First);
    }
    assert!(full(replays.note(&proof(100, subject("new"), end), &clock)));
    for (number, caller) in all() {
        let noted = replays.note(&proof(number, *caller, end), &clock);
        assert_eq!(noted, Noted::Replayed);
    }
}

#[test]
fn a_million_proofs_take_no_more_memory_than_some() {
    let replays = MemoryReplays::new(20_000);
    let clock = ManualClock::new(NOW);
    let callers: Vec<_> = (0..1_000).map(|n| subject(&n.to_string())).collect();
    let mut most = 0;
    for (number, caller) in (0..1_000_000).zip(callers.iter().cycle()) {
        replays.note(&proof(number, *caller, clock.unix() + MINUTE), &clock);
        // A thousand come each second.
        clock.advance(Duration::from_millis(1));
        if number % 10_000 == 0 {
            let kept = replays.kept.lock().unwrap();
            assert!(kept.number <= 20_000 && kept.of_subject.len() <= callers.len());
            let room = |slot: &Slot| slot.proofs.capacity() + slot.of_subject.capacity();
            most = most.max(kept.slots.values().map(room).sum::<usize>());
        }
    }
    assert!(most < 100_000, "{most}");
}
