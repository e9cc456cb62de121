use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use thyra_auth::{ManualClock, Principal};

use super::*;
use crate::task::record::{RunTool, TaskStage};

const TTL: Duration = Duration::from_mins(5);

fn clock() -> ManualClock {
    ManualClock::new(Duration::from_secs(1_800_000_001))
}

fn store(clock: &ManualClock) -> MemoryTasks {
    MemoryTasks::new().clock(Arc::new(clock.clone()))
}

fn owner(subject: &str) -> TaskOwner {
    let principal = Principal::builder("https://issuer.example", subject).build();
    TaskOwner::of(Some(&principal.id()))
}

fn record(id: &str, owner: &TaskOwner, clock: &ManualClock) -> TaskRecord {
    let poll_interval = Duration::from_secs(1);
    let tool = RunTool {
        name: "work",
        version: None,
        guarded: false,
    };
    TaskRecord::new(
        id.to_owned(),
        *owner,
        tool,
        clock.unix(),
        TTL,
        poll_interval,
    )
}

async fn create(store: &MemoryTasks, record: TaskRecord) {
    store.create(record).await.expect("room for it");
}

async fn get(store: &MemoryTasks, owner: &TaskOwner, id: &str) -> Option<TaskRecord> {
    store.get(owner, id).await.expect("within reach")
}

async fn update(store: &MemoryTasks, record: TaskRecord) -> Swap {
    store.update(record).await.expect("within reach")
}

async fn is_pending(future: impl Future<Output = ()>) -> bool {
    let mut future = pin!(future);
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}

#[tokio::test]
async fn a_record_is_there_for_its_owner_only() {
    let clock = clock();
    let store = store(&clock);
    let (ada, eve) = (owner("ada"), owner("eve"));
    create(&store, record("1", &ada, &clock)).await;
    assert!(get(&store, &ada, "1").await.is_some());
    for (who, id) in [(&eve, "1"), (&TaskOwner::of(None), "1"), (&ada, "2")] {
        assert!(get(&store, who, id).await.is_none());
    }
    let stolen = record("1", &eve, &clock);
    assert_eq!(update(&store, stolen).await, Swap::Stale);
    let found = get(&store, &ada, "1").await;
    assert_eq!(
        found.map(|found| (found.owner, found.version)),
        Some((ada, 0))
    );
}

#[tokio::test]
async fn an_identifier_is_given_once() {
    let clock = clock();
    let store = store(&clock);
    let (ada, eve) = (owner("ada"), owner("eve"));
    create(&store, record("1", &ada, &clock)).await;
    for owner in [&ada, &eve] {
        let again = store.create(record("1", owner, &clock)).await;
        assert!(matches!(again, Err(TaskStoreError::Unavailable(_))));
    }
    assert_eq!(store.current().shares.held_by(ada.subject()), 1);
    assert_eq!(store.current().shares.held_by(eve.subject()), 0);
}

#[tokio::test]
async fn only_the_current_version_is_replaced() {
    let clock = clock();
    let store = store(&clock);
    let ada = owner("ada");
    create(&store, record("1", &ada, &clock)).await;
    let first = get(&store, &ada, "1").await.expect("a record");
    let second = first.clone();
    assert_eq!(update(&store, first).await, Swap::Done);
    assert_eq!(update(&store, second).await, Swap::Stale);
    let found = get(&store, &ada, "1").await;
    assert_eq!(found.map(|found| found.version), Some(1));
}

#[tokio::test]
async fn a_record_ends_with_its_time() {
    let clock = clock();
    let store = store(&clock);
    let ada = owner("ada");
    create(&store, record("1", &ada, &clock)).await;
    clock.advance(TTL.saturating_sub(Duration::from_millis(1)));
    let found = get(&store, &ada, "1").await.expect("a record");
    clock.advance(Duration::from_millis(1));
    assert!(get(&store, &ada, "1").await.is_none());
    assert_eq!(update(&store, found).await, Swap::Stale);
}

#[tokio::test]
async fn a_record_may_be_kept_longer() {
    let clock = clock();
    let store = store(&clock);
    let ada = owner("ada");
    create(&store, record("1", &ada, &clock)).await;
    let mut found = get(&store, &ada, "1").await.expect("a record");
    found.ttl = TTL * 2;
    assert_eq!(update(&store, found).await, Swap::Done);
    clock.advance(TTL);
    assert!(get(&store, &ada, "1").await.is_some());
    clock.advance(TTL);
    assert!(get(&store, &ada, "1").await.is_none());
}

#[tokio::test]
async fn an_owner_has_so_many_and_the_store_has_so_many() {
    let clock = clock();
    let store = store(&clock).most(3).most_of_owner(2);
    let (ada, eve) = (owner("ada"), owner("eve"));
    let try_create = |id: &'static str, owner: &TaskOwner| store.create(record(id, owner, &clock));
    assert!(try_create("1", &ada).await.is_ok());
    assert!(try_create("2", &ada).await.is_ok());
    assert!(matches!(
        try_create("3", &ada).await,
        Err(TaskStoreError::OwnerFull { most: 2 })
    ));
    assert!(try_create("4", &eve).await.is_ok());
    assert!(matches!(
        try_create("5", &eve).await,
        Err(TaskStoreError::Full)
    ));
    clock.advance(TTL);
    assert!(try_create("6", &ada).await.is_ok());
    assert!(try_create("7", &ada).await.is_ok());
}

#[tokio::test]
async fn callers_without_a_token_do_not_lock_each_other_out() {
    let clock = clock();
    let store = store(&clock).most(3).most_of_owner(1);
    let anybody = TaskOwner::of(None);
    for id in ["1", "2", "3"] {
        let created = store.create(record(id, &anybody, &clock)).await;
        assert!(created.is_ok(), "{id}");
    }
    let created = store.create(record("4", &anybody, &clock)).await;
    assert!(matches!(created, Err(TaskStoreError::Full)));
}

#[tokio::test]
async fn the_clients_of_one_person_count_together() {
    let clock = clock();
    let store = store(&clock).most_of_owner(2);
    for client in ["1", "2", "3"] {
        let principal = Principal::builder("https://issuer.example", "ada").client_id(client);
        let owner = TaskOwner::of(Some(&principal.build().id()));
        let created = store.create(record(client, &owner, &clock)).await;
        assert_eq!(created.is_ok(), client != "3");
    }
}

#[tokio::test]
async fn in_a_full_store_the_task_that_ended_longest_ago_makes_room() {
    let clock = clock();
    let store = store(&clock).most(3);
    let (ada, anybody) = (owner("ada"), TaskOwner::of(None));
    for (id, owner) in [("1", &anybody), ("2", &ada), ("3", &anybody)] {
        create(&store, record(id, owner, &clock)).await;
    }
    for (id, owner) in [("2", &ada), ("1", &anybody)] {
        clock.advance(Duration::from_secs(1));
        let mut ended = get(&store, owner, id).await.expect("a record");
        ended.end(TaskStage::Cancelled).expect("it runs");
        ended.updated = clock.unix();
        assert_eq!(update(&store, ended).await, Swap::Done);
    }
    for (new, gone, of) in [("4", "2", &ada), ("5", "1", &anybody)] {
        assert!(get(&store, of, gone).await.is_some());
        create(&store, record(new, &anybody, &clock)).await;
        assert!(get(&store, of, gone).await.is_none());
    }
    // What has not ended stays, and has its time.
    let created = store.create(record("6", &anybody, &clock)).await;
    assert!(matches!(created, Err(TaskStoreError::Full)));
    assert!(get(&store, &anybody, "3").await.is_some());
    clock.advance(TTL);
    create(&store, record("6", &anybody, &clock)).await;
    assert!(store.current().ended.is_empty());
}

#[tokio::test]
async fn a_store_for_nobody_keeps_nothing() {
    let clock = clock();
    let store = store(&clock).most_of_owner(0);
    let created = store.create(record("1", &owner("ada"), &clock)).await;
    assert!(matches!(
        created,
        Err(TaskStoreError::OwnerFull { most: 0 })
    ));
    assert!(store.current().records.is_empty());
}

#[tokio::test]
async fn what_is_over_leaves_nothing_behind() {
    let clock = clock();
    let store = store(&clock);
    for id in ["1", "2", "3"] {
        create(&store, record(id, &owner(id), &clock)).await;
    }
    let removed = store.remove_expired(clock.unix() + TTL).await;
    assert!(removed.is_ok());
    let kept = store.current();
    assert!(kept.records.is_empty() && kept.ends.is_empty() && kept.ended.is_empty());
    assert_eq!(kept.shares.held_by(owner("1").subject()), 0);
}

#[tokio::test]
async fn a_change_is_told() {
    let clock = clock();
    let store = store(&clock);
    let (ada, eve) = (owner("ada"), owner("eve"));
    create(&store, record("1", &ada, &clock)).await;
    let found = get(&store, &ada, "1").await.expect("a record");
    let mut changed = store.changed(&ada, "1", 0);
    assert!(is_pending(&mut changed).await);
    assert_eq!(update(&store, found).await, Swap::Done);
    changed.await;
    // There is nothing to wait for if the version is outdated or the record does not exist.
    store.changed(&ada, "1", 0).await;
    store.changed(&eve, "1", 1).await;
    store.changed(&ada, "2", 0).await;
    let mut gone = store.changed(&ada, "1", 1);
    assert!(is_pending(&mut gone).await);
    let removed = store.remove_expired(clock.unix() + TTL).await;
    assert!(removed.is_ok());
    gone.await;
}

#[test]
fn a_record_can_be_kept_as_json() {
    let mut kept = record("1", &owner("ada"), &clock());
    for stage in [
        r#"{"running":{"outstanding":{"a":{"method":"roots/list"}},"answers":{"b":{"x":1}}}}"#,
        r#"{"completed":{"content":[]}}"#,
        r#"{"failed":{"code":-32603,"message":"Internal error"}}"#,
        r#""cancelled""#,
    ] {
        kept.stage = serde_json::from_str(stage).expect("a stage");
        let json = serde_json::to_string(&kept).expect("JSON");
        assert!(json.contains(stage), "{json}");
        let back: TaskRecord = serde_json::from_str(&json).expect("a record");
        assert_eq!(serde_json::to_string(&back).expect("JSON"), json);
    }
}
