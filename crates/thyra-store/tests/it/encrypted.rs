//! A store over a backend that others can read and write.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use thyra_oauth::{ManualClock, Secret};
use thyra_store::{Backend, Key, MAX_VALUE, MemoryStore, Store, StoreError, StoreKey, StoreKeys};

const MINUTE: Duration = Duration::from_mins(1);

fn key(name: &str) -> Key {
    Key::new("codes", name).unwrap()
}

fn keys() -> StoreKeys {
    StoreKey::generate().unwrap().into()
}

#[tokio::test]
async fn what_the_backend_gets_is_not_readable() {
    let backend = MemoryStore::new();
    let store = Store::encrypted(backend.clone(), keys());
    store
        .put(&key("a"), b"a plain value", MINUTE)
        .await
        .unwrap();
    let raw = backend.get(&key("a")).await.unwrap().unwrap();
    assert!(!raw.windows(5).any(|window| window == b"plain"));
    let entry = store.get(&key("a")).await.unwrap().unwrap();
    assert_eq!(entry.value.expose(), b"a plain value");
    let shown = format!("{store:?} {entry:?}");
    assert!(!shown.contains("plain"), "{shown}");
}

#[tokio::test]
async fn a_value_that_no_key_opens_is_an_error_and_no_miss() {
    let backend = MemoryStore::new();
    let writer = Store::encrypted(backend.clone(), keys());
    let reader = Store::encrypted(backend.clone(), keys());
    writer.put(&key("a"), b"value", MINUTE).await.unwrap();
    assert!(matches!(
        reader.get(&key("a")).await,
        Err(StoreError::Undecryptable)
    ));
    assert!(matches!(
        reader.take(&key("a")).await,
        Err(StoreError::Undecryptable)
    ));
    assert!(
        writer.get(&key("a")).await.unwrap().is_none(),
        "it was taken"
    );
}

#[tokio::test]
async fn a_value_that_was_changed_or_moved_is_an_error() {
    let backend = MemoryStore::new();
    let store = Store::encrypted(backend.clone(), keys());
    store.put(&key("mine"), b"value", MINUTE).await.unwrap();
    let raw = backend.get(&key("mine")).await.unwrap().unwrap();

    backend
        .put(&key("yours"), raw.clone(), MINUTE)
        .await
        .unwrap();
    let moved = store.get(&key("yours")).await;
    assert!(matches!(moved, Err(StoreError::Undecryptable)));

    let mut changed = raw.to_vec();
    *changed.last_mut().unwrap() ^= 1;
    for forged in [
        Bytes::from(changed),
        Bytes::from_static(b"value"),
        Bytes::new(),
    ] {
        backend.put(&key("mine"), forged, MINUTE).await.unwrap();
        let forged = store.get(&key("mine")).await;
        assert!(matches!(forged, Err(StoreError::Undecryptable)));
    }
}

#[tokio::test]
async fn keys_rotate_while_values_live() {
    let backend = MemoryStore::new();
    let (old, new) = (StoreKey::generate().unwrap(), StoreKey::generate().unwrap());
    let before = Store::encrypted(backend.clone(), old.clone());
    let during = StoreKeys::new(new.clone()).with_older(old).unwrap();
    let during = Store::encrypted(backend.clone(), during);
    let after = Store::encrypted(backend, new);

    before.put(&key("a"), b"value", MINUTE).await.unwrap();
    let entry = during.get(&key("a")).await.unwrap().unwrap();
    assert!(matches!(
        after.get(&key("a")).await,
        Err(StoreError::Undecryptable)
    ));
    let at = Some(&entry.version);
    assert!(
        during
            .compare_and_swap(&key("a"), at, b"value 2", MINUTE)
            .await
            .unwrap()
    );
    let entry = after.get(&key("a")).await.unwrap().unwrap();
    assert_eq!(entry.value.expose(), b"value 2");
}

#[tokio::test]
async fn a_version_is_one_write() {
    for store in [
        Store::memory(),
        Store::encrypted(MemoryStore::new(), keys()),
    ] {
        let key = key("a");
        assert!(
            store
                .compare_and_swap(&key, None, b"1", MINUTE)
                .await
                .unwrap()
        );
        assert!(
            !store
                .compare_and_swap(&key, None, b"2", MINUTE)
                .await
                .unwrap()
        );
        let first = store.get(&key).await.unwrap().unwrap().version;
        assert!(
            store
                .compare_and_swap(&key, Some(&first), b"2", MINUTE)
                .await
                .unwrap()
        );
        assert!(
            !store
                .compare_and_swap(&key, Some(&first), b"3", MINUTE)
                .await
                .unwrap()
        );
        let value = store.take(&key).await.unwrap().unwrap();
        assert!(value == Secret::new(b"2".to_vec()));
        assert!(
            !store
                .compare_and_swap(&key, Some(&first), b"3", MINUTE)
                .await
                .unwrap()
        );
    }
}

#[tokio::test]
async fn values_have_a_bound() {
    let clock = Arc::new(ManualClock::new(MINUTE));
    let memory = MemoryStore::with(MemoryStore::BOUNDS, clock);
    for store in [
        Store::of_memory(memory.clone()),
        Store::encrypted(memory, keys()),
    ] {
        store
            .put(&key("a"), &vec![7; MAX_VALUE], MINUTE)
            .await
            .unwrap();
        let larger = vec![7; MAX_VALUE + 1];
        let put = store.put(&key("a"), &larger, MINUTE).await.unwrap_err();
        assert_eq!(
            put.to_string(),
            "the value has 65537 bytes; a store takes at most 65536"
        );
        let swap = store
            .compare_and_swap(&key("b"), None, &larger, MINUTE)
            .await;
        assert!(matches!(swap, Err(StoreError::TooLarge { .. })));
        let kept = store.take(&key("a")).await.unwrap().unwrap();
        assert_eq!(kept.expose().len(), MAX_VALUE);
    }
}

#[tokio::test]
async fn lifetimes_are_milliseconds_and_end() {
    let clock = ManualClock::new(MINUTE);
    let memory = MemoryStore::with(MemoryStore::BOUNDS, Arc::new(clock.clone()));
    let store = Store::encrypted(memory, keys());
    let (none, odd, forever) = (key("none"), key("odd"), key("forever"));
    store.put(&none, b"value", Duration::ZERO).await.unwrap();
    store
        .put(&odd, b"value", Duration::from_micros(1001))
        .await
        .unwrap();
    store.put(&forever, b"value", Duration::MAX).await.unwrap();
    assert!(store.get(&none).await.unwrap().is_some());
    clock.advance(Duration::from_millis(1));
    assert!(store.get(&none).await.unwrap().is_none());
    assert!(store.get(&odd).await.unwrap().is_some());
    clock.advance(Duration::from_millis(1));
    assert!(store.get(&odd).await.unwrap().is_none());
    clock.advance(Duration::from_hours(24 * 3650));
    assert!(store.get(&forever).await.unwrap().is_none());
}
