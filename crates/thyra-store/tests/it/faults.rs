//! A store whose backend fails.

use std::time::Duration;

use thyra_store::{Fault, Faulty, Key, MemoryStore, Store, StoreError, StoreKey};

const MINUTE: Duration = Duration::from_mins(1);

fn key(name: &str) -> Key {
    Key::new("codes", name).unwrap()
}

fn store() -> (Faulty, Store) {
    let faulty = Faulty::new(MemoryStore::new());
    let store = Store::encrypted(faulty.clone(), StoreKey::generate().unwrap());
    (faulty, store)
}

/// What each operation says.
async fn each(store: &Store) -> [Result<(), StoreError>; 5] {
    let key = key("each");
    [
        store.get(&key).await.map(drop),
        store.put(&key, b"value", MINUTE).await,
        store.take(&key).await.map(drop),
        store
            .compare_and_swap(&key, None, b"value", MINUTE)
            .await
            .map(drop),
        store.delete(&key).await,
    ]
}

#[tokio::test(start_paused = true)]
async fn nothing_hangs_when_the_backend_does() {
    let (faulty, store) = store();
    for fault in [Fault::Hangs, Fault::Slow(MINUTE)] {
        faulty.fail(fault);
        let began = tokio::time::Instant::now();
        for done in each(&store).await {
            let error = done.unwrap_err();
            assert_eq!(error.to_string(), "the store did not answer within 2000 ms");
        }
        assert_eq!(began.elapsed(), Duration::from_secs(10));
    }
    faulty.fail(Fault::Slow(Duration::from_secs(1)));
    for done in each(&store).await {
        done.unwrap();
    }
    let hasty = store.time_limit(Duration::from_millis(10));
    for done in each(&hasty).await {
        assert!(matches!(done, Err(StoreError::Timeout { limit }) if limit.as_millis() == 10));
    }
}

#[tokio::test]
async fn a_backend_that_is_down_is_an_error_and_no_miss() {
    let (faulty, store) = store();
    store.put(&key("a"), b"value", MINUTE).await.unwrap();
    faulty.fail(Fault::Down);
    for done in each(&store).await {
        let error = done.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
        assert_eq!(error.to_string(), "the store cannot be used: it is down");
    }
    faulty.heal();
    assert!(store.get(&key("a")).await.unwrap().is_some());
    assert_eq!(faulty.operations(), 7);
}

#[tokio::test]
async fn a_full_backend_can_be_read_and_emptied() {
    let (faulty, store) = store();
    store.put(&key("a"), b"value", MINUTE).await.unwrap();
    faulty.fail(Fault::Full);
    let swap = store
        .compare_and_swap(&key("b"), None, b"value", MINUTE)
        .await;
    assert!(matches!(swap, Err(StoreError::Full)));
    let put = store.put(&key("b"), b"value", MINUTE).await;
    assert!(matches!(put, Err(StoreError::Full)));
    assert!(store.get(&key("a")).await.unwrap().is_some());
    assert!(store.take(&key("a")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_lost_write_looks_like_a_done_one() {
    let (faulty, store) = store();
    store.put(&key("a"), b"value", MINUTE).await.unwrap();
    faulty.fail_in("codes", Fault::LosesWrites);
    store.put(&key("b"), b"value", MINUTE).await.unwrap();
    assert!(store.get(&key("b")).await.unwrap().is_none());
    store.delete(&key("a")).await.unwrap();
    assert!(store.take(&key("a")).await.unwrap().is_some());
    assert!(
        store.take(&key("a")).await.unwrap().is_some(),
        "it is still there"
    );
    for _ in 0..2 {
        let swap = store
            .compare_and_swap(&key("b"), None, b"value", MINUTE)
            .await;
        assert!(swap.unwrap());
    }
    let swap = store
        .compare_and_swap(&key("a"), None, b"value", MINUTE)
        .await;
    assert!(!swap.unwrap(), "it is not lost, as it would not be written");

    let elsewhere = Key::new("grants", "a").unwrap();
    store.put(&elsewhere, b"value", MINUTE).await.unwrap();
    assert!(store.get(&elsewhere).await.unwrap().is_some());
}

#[tokio::test]
async fn a_lost_answer_is_an_error_after_the_deed() {
    let (faulty, store) = store();
    faulty.fail(Fault::LosesAnswers);
    let put = store.put(&key("a"), b"value", MINUTE).await;
    assert!(matches!(put, Err(StoreError::Unavailable { .. })));
    faulty.heal();
    assert!(store.get(&key("a")).await.unwrap().is_some());
    faulty.fail(Fault::LosesAnswers);
    store.take(&key("a")).await.unwrap_err();
    faulty.heal();
    assert!(store.get(&key("a")).await.unwrap().is_none());
}
