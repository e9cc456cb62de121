//! Values in this process.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use thyra_oauth::ManualClock;
use thyra_store::{Backend, Bounds, Key, MemoryStore, Store, StoreError, contract};

const MINUTE: Duration = Duration::from_mins(1);

fn key(name: &str) -> Key {
    Key::new("codes", name).unwrap()
}

fn clock() -> ManualClock {
    ManualClock::new(Duration::from_hours(500_000))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_keeps_the_contract() {
    let memory = MemoryStore::new();
    contract::check(Arc::new(memory.clone()), Arc::new(memory.clone()))
        .await
        .unwrap();
    let held = memory.held().entries;
    assert!(held < 10, "the contract removes what it wrote: {held}");
}

#[tokio::test]
async fn a_million_values_that_end_leave_memory_flat() {
    let (bounds, clock) = (MemoryStore::BOUNDS, clock());
    let memory = MemoryStore::with(bounds, Arc::new(clock.clone()));
    let mut most = Bounds {
        entries: 0,
        bytes: 0,
    };
    for number in 0..1_000_000_u32 {
        // A thousand a second, each for a second.
        clock.advance(Duration::from_millis(1));
        let value = Bytes::from_static(&[7; 100]);
        memory
            .put(&key(&number.to_string()), value, Duration::from_secs(1))
            .await
            .unwrap();
        let held = memory.held();
        most.entries = most.entries.max(held.entries);
        most.bytes = most.bytes.max(held.bytes);
    }
    assert!((1000..1010).contains(&most.entries), "{most:?}");
    assert!(most.bytes < 500 * most.entries, "{most:?}");
}

#[tokio::test]
async fn a_burst_that_ended_makes_room() {
    let bounds = Bounds {
        entries: 1000,
        bytes: 1_000_000,
    };
    let clock = clock();
    let store = Store::of_memory(MemoryStore::with(bounds, Arc::new(clock.clone())));
    for number in 0..1000 {
        let key = key(&number.to_string());
        store.put(&key, b"value", MINUTE).await.unwrap();
    }
    assert!(matches!(
        store.put(&key("more"), b"value", MINUTE).await,
        Err(StoreError::Full)
    ));
    clock.advance(MINUTE);
    for number in 1000..2000 {
        let key = key(&number.to_string());
        store.put(&key, b"value", MINUTE).await.unwrap();
    }
}

#[tokio::test]
async fn full_memory_refuses_and_loses_nothing() {
    let bounds = Bounds {
        entries: 100,
        bytes: 10_000,
    };
    let memory = MemoryStore::with(bounds, Arc::new(clock()));
    let store = Store::of_memory(memory.clone());
    let mut written = 0;
    let refused = loop {
        let key = key(&written.to_string());
        match store.put(&key, &[7; 300], MINUTE).await {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, StoreError::Full), "{refused}");
    assert!((10..100).contains(&written), "{written}");
    assert!(memory.held().bytes <= bounds.bytes);
    let new = key("new");
    assert!(matches!(
        store.compare_and_swap(&new, None, &[7; 300], MINUTE).await,
        Err(StoreError::Full)
    ));
    for number in 0..written {
        let entry = store.get(&key(&number.to_string())).await.unwrap().unwrap();
        assert_eq!(entry.value.expose(), &[7; 300]);
    }
    store.delete(&key("0")).await.unwrap();
    store.put(&new, &[7; 300], MINUTE).await.unwrap();
}

#[tokio::test]
async fn a_value_that_ended_is_not_there() {
    let clock = clock();
    let memory = MemoryStore::with(MemoryStore::BOUNDS, Arc::new(clock.clone()));
    let store = Store::of_memory(memory);
    for name in ["get", "take", "swap"] {
        store.put(&key(name), b"value", MINUTE).await.unwrap();
    }
    clock.advance(Duration::from_millis(59_999));
    let entry = store.get(&key("get")).await.unwrap().unwrap();
    clock.advance(Duration::from_millis(1));
    assert!(store.get(&key("get")).await.unwrap().is_none());
    assert!(store.take(&key("take")).await.unwrap().is_none());
    let swap = key("swap");
    let at = Some(&entry.version);
    assert!(
        !store
            .compare_and_swap(&swap, at, b"new", MINUTE)
            .await
            .unwrap()
    );
    assert!(
        store
            .compare_and_swap(&swap, None, b"new", MINUTE)
            .await
            .unwrap()
    );
}

#[test]
fn memory_ends_with_the_process_and_needs_no_runtime() {
    let store = Store::memory();
    assert!(!store.is_shared() && !store.is_lasting());
    let key = key("a");
    let put = store.put(&key, b"hunter2", MINUTE);
    futures_util::FutureExt::now_or_never(put).unwrap().unwrap();
    let shown = format!("{store:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("entries: 1,"), "{shown}");
}
