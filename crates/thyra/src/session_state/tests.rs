use futures_util::FutureExt;
use serde_json::value::{RawValue, to_raw_value};

use super::*;

fn text(bytes: usize) -> Box<RawValue> {
    to_raw_value(&"x".repeat(bytes)).unwrap()
}

fn owner(number: usize) -> StateOwner {
    StateOwner::session(&number.to_string())
}

fn set(
    store: &dyn SessionStateStore,
    of: StateOwner,
    key: &str,
    value: Box<RawValue>,
) -> Result<(), SessionStateError> {
    store.set(of, key, value).now_or_never().unwrap()
}

fn has(store: &dyn SessionStateStore, of: StateOwner, key: &str) -> bool {
    let value = store.get(of, key).now_or_never().unwrap();
    value.unwrap().is_some()
}

#[test]
fn the_state_of_one_session_is_bounded_and_stays_as_it_was_when_it_is_full() {
    let store = MemorySessionState::new();
    for number in 0..256 {
        set(&store, owner(1), &number.to_string(), text(1)).unwrap();
    }
    let error = set(&store, owner(1), "more", text(1)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the state of one session has at most 256 keys; delete one first"
    );
    assert!(!has(&store, owner(1), "more"));
    // A key that is there can be set again, and one that was deleted makes room.
    set(&store, owner(1), "0", text(2)).unwrap();
    let deleted = store.delete(owner(1), "0").now_or_never().unwrap();
    assert!(deleted.unwrap());
    set(&store, owner(1), "more", text(1)).unwrap();

    set(&store, owner(2), "large", text(200 * 1024)).unwrap();
    let error = set(&store, owner(2), "other", text(100 * 1024)).unwrap_err();
    assert!(
        matches!(error, SessionStateError::TooLarge { most: 262_144 }),
        "{error}"
    );
    set(&store, owner(2), "large", text(1)).unwrap();
    set(&store, owner(2), "other", text(100 * 1024)).unwrap();
}

#[test]
fn the_state_of_one_session_is_no_other_ones_and_ends_with_it() {
    let store: Arc<dyn SessionStateStore> = Arc::new(MemorySessionState::new());
    let (one, other) = (Lease::default(), Lease::default());
    let named = one.owner(Some("id"), &store).unwrap();
    assert_eq!(named, StateOwner::session("id"));
    // Connections without an id are different sessions too.
    let unnamed = other.owner(None, &store).unwrap();
    assert_eq!(other.owner(None, &store).unwrap(), unnamed);
    assert_ne!(Lease::default().owner(None, &store).unwrap(), unnamed);
    for of in [named, unnamed] {
        set(&*store, of, "cart", text(1)).unwrap();
    }
    drop(one);
    assert!(!has(&*store, named, "cart"));
    assert!(has(&*store, unnamed, "cart"));
}

#[test]
fn all_states_together_are_bounded_and_the_longest_unused_goes() {
    let store = MemorySessionState::of_size(1024 * 1024);
    for number in 0..100 {
        set(&store, owner(number), "page", text(50 * 1024)).unwrap();
    }
    assert!(store.bytes() <= 1024 * 1024, "{}", store.bytes());
    assert!(!has(&store, owner(0), "page"));
    assert!(has(&store, owner(99), "page"));
}

#[test]
fn an_owner_shows_nothing_of_the_session() {
    let shown = format!("{:?} {0}", StateOwner::session("the-secret-id"));
    assert!(!shown.contains("secret"), "{shown}");
}
