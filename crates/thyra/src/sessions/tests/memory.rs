//! What all sessions keep of what their clients say.

use serde_json::json;
use serde_json::value::to_raw_value;
use thyra_protocol::Implementation;

use super::*;

/// What one wordy client says about itself, in bytes.
const WORDY: usize = 10 * 1024;

/// Room for ten wordy clients, and one for each person.
const ROOM: usize = 11 * WORDY;

fn wordy() -> NewSession {
    let capabilities = json!({ "experimental": { "x": { "y": "z".repeat(WORDY) } } });
    let capabilities = to_raw_value(&capabilities).unwrap();
    let info = to_raw_value(&Implementation::new("wordy", "1")).unwrap();
    NewSession::new(
        Revision::V2025_11_25,
        Client::new(&capabilities, &info).unwrap(),
    )
}

fn kept(store: &SessionStore) -> usize {
    store.bounds.memory.taken()
}

#[test]
fn idle_sessions_make_room_for_what_a_new_client_says() {
    let (store, _) = store(&Limits::default().session_bytes(ROOM));
    for _ in 0..10_000 {
        store.open(wordy(), None).unwrap();
        assert!(kept(&store) <= ROOM);
    }
    assert_eq!(open_sessions(&store), 10);
    let last = store.open(new(), None).unwrap();
    assert!(store.find(last.id(), None).is_some());
}

#[test]
fn when_all_sessions_are_in_use_there_is_no_room() {
    let (store, clock) = store(&Limits::default().session_bytes(ROOM));
    let busy: Vec<_> = (0..10)
        .map(|_| {
            let session = store.open(wordy(), None).unwrap();
            let id = RequestId::Number(1);
            let call = session.in_flight().try_enter(Some(id)).unwrap();
            (session, call)
        })
        .collect();
    let refused = store.open(wordy(), None).unwrap_err();
    assert_eq!(
        refused,
        NoSession::NoMemory {
            retry_after: RETRY_AFTER
        }
    );
    assert_eq!(open_sessions(&store), 10);
    drop(busy);
    clock.advance(SWEEP_WHEN_FULL);
    store.open(wordy(), None).unwrap();
}

#[test]
fn a_person_gets_a_tenth_and_nothing_of_the_others() {
    let (store, _) = store(&Limits::default().session_bytes(ROOM));
    let (ada, bob) = (somebody("ada"), somebody("bob"));
    let of_bob = store.open(wordy(), Some(&bob)).unwrap();
    let first = store.open(wordy(), Some(&ada)).unwrap();
    let second = store.open(wordy(), Some(&ada)).unwrap();
    assert!(store.find(first.id(), Some(&ada)).is_none());
    let id = RequestId::Number(1);
    let _call = second.in_flight().try_enter(Some(id)).unwrap();
    let refused = store.open(wordy(), Some(&ada)).unwrap_err();
    assert_eq!(
        refused,
        NoSession::NoMemoryForCaller {
            retry_after: RETRY_AFTER
        }
    );
    assert!(store.find(of_bob.id(), Some(&bob)).is_some());
}

#[test]
fn whoever_keeps_most_bytes_makes_room_before_whoever_has_most_sessions() {
    let (store, clock) = store(&Limits::default().session_bytes(ROOM));
    let ada = somebody("ada");
    let modest: Vec<_> = (0..20)
        .map(|_| store.open(new(), Some(&ada)).unwrap())
        .collect();
    clock.advance(Duration::from_secs(1));
    for _ in 0..100 {
        store.open(wordy(), None).unwrap();
    }
    for session in modest {
        assert!(store.find(session.id(), Some(&ada)).is_some());
    }
}

#[test]
fn subscriptions_are_counted_and_given_back() {
    let (store, _) = store(&Limits::default().session_bytes(ROOM));
    let session = store.open(new(), None).unwrap();
    let before = kept(&store);
    let uri = |number: usize| format!("note://{number}/{}", "n".repeat(5 * 1024));
    let mut taken = 0;
    while session.session().subscribe(&uri(taken)).is_ok() {
        taken += 1;
    }
    // A session alone may have 64 KiB of them.
    assert_eq!(taken, 12);
    let others: Vec<_> = (0..4).map(|_| store.open(wordy(), None).unwrap()).collect();
    let another = store.open(new(), None).unwrap();
    let refused = another
        .session()
        .subscribe(&uri(0))
        .and(another.session().subscribe(&uri(1)));
    assert!(refused.unwrap_err().message.contains("try again later"));
    assert!(kept(&store) <= ROOM);
    for number in 0..taken {
        session.session().unsubscribe(&uri(number));
    }
    for other in others.iter().chain([&another]) {
        store.close(other);
    }
    assert_eq!(kept(&store), before);
    store.close(&session);
    assert_eq!(kept(&store), 0);
}
