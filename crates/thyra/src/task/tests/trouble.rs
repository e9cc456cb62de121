use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::{FutureExt, pending, ready};

use super::*;

#[tokio::test]
async fn so_many_run_at_once() {
    let house = House::new();
    let (run, first_dropped) = endless();
    let first = house.start(run).await;
    for _ in 0..3 {
        let (run, _dropped) = endless();
        house.start(run).await;
    }
    let (run, dropped) = endless();
    let fifth = house.tasks.start(ada(), None, WORK, TTL, run).await;
    let error = fifth.expect_err("no place");
    assert!(matches!(error, TaskError::BusyForCaller { most: 4 }));
    let error = error.error_object();
    assert_eq!(error.code.0, -32603);
    let told =
        "you run 4 tasks, and that is the most for one caller; wait until one ends, or cancel one";
    assert_eq!(&*error.message, told);
    assert!(dropped.await.is_err());
    assert!(house.tasks.cancel(&ada(), &first.id).await.is_ok());
    // Its place is freed when it is dropped.
    assert!(first_dropped.await.is_err());
    tokio::task::yield_now().await;
    let (run, _dropped) = endless();
    house.start(run).await;
}

#[tokio::test]
async fn one_person_with_many_clients_leaves_room_for_others() {
    let house = House::new();
    let of_client = |client: usize| {
        let principal = Principal::builder("https://issuer.example", "ada");
        let principal = principal.client_id(client.to_string()).build();
        TaskOwner::of(Some(&principal.id()))
    };
    for client in 0..40 {
        let (run, _dropped) = endless();
        let begun = house
            .tasks
            .start(of_client(client), None, WORK, TTL, run)
            .await;
        let refused = matches!(begun, Err(TaskError::BusyForCaller { most: 4 }));
        assert_eq!(refused, client >= 4, "{client}: {begun:?}");
    }
    let (run, _dropped) = endless();
    let begun = house.tasks.start(owner("bob"), None, WORK, TTL, run).await;
    assert_eq!(begun.expect("a task").owner, owner("bob"));
    // A client sees its own tasks only, though they count together.
    assert_eq!(house.tasks.places.taken(), 5);
}

#[tokio::test]
async fn callers_without_a_token_share_what_runs() {
    let house = House::new();
    for number in 0..=40 {
        let (run, _dropped) = endless();
        let begun = house
            .tasks
            .start(TaskOwner::of(None), None, WORK, TTL, run)
            .await;
        assert_eq!(matches!(begun, Err(TaskError::Busy)), number == 40);
    }
}

#[tokio::test]
async fn a_public_address_without_a_token_leaves_places_for_another() {
    let house = House::new();
    let begin = async |peer: &str| {
        let (run, _dropped) = endless();
        let peer = peer.parse().ok();
        let begun = house.tasks.start(TaskOwner::of(None), peer, WORK, TTL, run);
        begun.await.map(|_| ())
    };
    for _ in 0..4 {
        begin("203.0.113.7").await.unwrap();
    }
    let refused = begin("203.0.113.7").await;
    assert!(matches!(refused, Err(TaskError::BusyForCaller { most: 4 })));
    begin("203.0.113.8").await.unwrap();
}

type Fault = fn() -> TaskStoreError;

/// A store that does only what a test tells it to do.
#[derive(Debug, Default)]
struct BadStore {
    refuses: Option<Fault>,
    updates: AtomicUsize,
}

impl TaskStore for BadStore {
    fn create(&self, _: TaskRecord) -> BoxFuture<'_, Result<(), TaskStoreError>> {
        ready(self.refuses.map_or(Ok(()), |error| Err(error()))).boxed()
    }

    fn get<'a>(
        &'a self,
        owner: &'a TaskOwner,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<TaskRecord>, TaskStoreError>> {
        let record = TaskRecord::new(id.to_owned(), *owner, WORK, Duration::ZERO, TTL, TTL);
        ready(self.refuses.map_or(Ok(Some(record)), |error| Err(error()))).boxed()
    }

    fn update(&self, _: TaskRecord) -> BoxFuture<'_, Result<Swap, TaskStoreError>> {
        self.updates.fetch_add(1, Ordering::Relaxed);
        ready(Ok(Swap::Stale)).boxed()
    }

    fn changed<'a>(&'a self, _: &'a TaskOwner, _: &'a str, _: u64) -> BoxFuture<'a, ()> {
        pending().boxed()
    }

    fn remove_expired(&self, _: Duration) -> BoxFuture<'_, Result<(), TaskStoreError>> {
        ready(Ok(())).boxed()
    }
}

fn tasks(store: Arc<BadStore>) -> Tasks {
    Tasks::new(store, Arc::new(ManualClock::new(Duration::ZERO)), 4)
}

fn unavailable() -> TaskStoreError {
    TaskStoreError::Unavailable("redis://user:password@host".into())
}

#[tokio::test]
async fn what_is_not_stored_does_not_run() {
    let cases: [(Fault, &str); 3] = [
        (
            || TaskStoreError::Full,
            "the server keeps as many tasks as it can; try again later",
        ),
        (
            || TaskStoreError::OwnerFull { most: 7 },
            "you have 7 tasks, ended ones included, and that is the most for one caller; each is forgotten when its ttlMs is over",
        ),
        (unavailable, "Internal error"),
    ];
    for (error, told) in cases {
        let tasks = tasks(Arc::new(BadStore {
            refuses: Some(error),
            ..BadStore::default()
        }));
        let (run, dropped) = endless();
        let begun = tasks.start(ada(), None, WORK, TTL, run).await;
        let error = begun.expect_err("not stored").error_object();
        assert_eq!((error.code.0, &*error.message), (-32603, told));
        assert!(dropped.await.is_err());
        assert_eq!(tasks.places.taken(), 0);
    }
}

#[tokio::test]
async fn a_store_out_of_reach_is_not_an_unknown_task() {
    let tasks = tasks(Arc::new(BadStore {
        refuses: Some(unavailable),
        ..BadStore::default()
    }));
    for refused in [
        tasks.get(&ada(), "id").await.map(|_| ()),
        tasks.update(&ada(), "id", []).await,
        tasks.cancel(&ada(), "id").await,
    ] {
        let error = refused.expect_err("out of reach").error_object();
        assert_eq!((error.code.0, &*error.message), (-32603, "Internal error"));
    }
}

#[tokio::test]
async fn a_change_is_tried_so_often() {
    let store = Arc::new(BadStore::default());
    let cancelled = tasks(Arc::clone(&store)).cancel(&ada(), "id").await;
    assert!(matches!(cancelled, Err(TaskError::Contended)));
    assert_eq!(store.updates.load(Ordering::Relaxed), 64);
}
