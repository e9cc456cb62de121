//! Values in a file.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use thyra_oauth::{ManualClock, Secret};
use thyra_store::{
    Backend, Bounds, FileStore, Key, OpenError, Store, StoreError, StoreKey, contract,
};

const MINUTE: Duration = Duration::from_mins(1);

fn key(name: &str) -> Key {
    Key::new("codes", name).unwrap()
}

fn store_key() -> StoreKey {
    let secret = Secret::new("a secret of nobody but this test".to_owned());
    StoreKey::derive(&secret, "file").unwrap()
}

fn clock() -> ManualClock {
    ManualClock::new(Duration::from_hours(500_000))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_file_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let file = Arc::new(FileStore::open(folder.path().join("state")).unwrap());
    contract::check(file.clone(), file).await.unwrap();
}

#[tokio::test]
async fn a_file_outlives_the_process_and_nobody_else_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let open = || Store::encrypted(FileStore::open(&path).unwrap(), store_key());
    let store = open();
    assert!(store.is_lasting() && !store.is_shared());
    store.put(&key("kept"), b"value", MINUTE).await.unwrap();
    store.put(&key("taken"), b"value", MINUTE).await.unwrap();
    store.take(&key("taken")).await.unwrap().unwrap();
    let second = FileStore::open(&path).unwrap_err();
    assert!(matches!(second, OpenError::InUse { .. }), "{second}");
    assert!(
        second
            .to_string()
            .contains("let several processes share a Redis")
    );
    drop(store);

    let store = open();
    assert!(store.get(&key("kept")).await.unwrap().is_some());
    assert!(store.get(&key("taken")).await.unwrap().is_none());
    drop(store);

    let other = Store::encrypted(
        FileStore::open(&path).unwrap(),
        StoreKey::generate().unwrap(),
    );
    let read = other.get(&key("kept")).await;
    assert!(matches!(read, Err(StoreError::Undecryptable)));
}

#[tokio::test]
async fn nothing_in_the_file_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let store = Store::encrypted(FileStore::open(&path).unwrap(), store_key());
    let plain = "an upstream token ".repeat(1000);
    store
        .put(&key("a"), plain.as_bytes(), MINUTE)
        .await
        .unwrap();
    let entry = store.get(&key("a")).await.unwrap().unwrap();
    assert!(
        store
            .compare_and_swap(&key("a"), Some(&entry.version), plain.as_bytes(), MINUTE)
            .await
            .unwrap()
    );
    drop(store);
    let raw = std::fs::read(&path).unwrap();
    let has = |text: &[u8]| raw.windows(text.len()).any(|window| window == text);
    assert!(has(b"codes:a"), "this is the file that was written");
    assert!(!has(b"upstream"));

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn a_full_file_refuses_keeps_what_is_alive_and_remembers_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let (bounds, clock) = (
        Bounds {
            entries: 10,
            bytes: 20_000,
        },
        clock(),
    );
    let open = || FileStore::open_with(&path, bounds, Arc::new(clock.clone())).unwrap();
    let store = open();
    let value = Bytes::from(vec![7; 4000]);
    for number in 0..4 {
        let key = key(&number.to_string());
        store.put(&key, value.clone(), MINUTE).await.unwrap();
    }
    let put = store.put(&key("large"), value.clone(), MINUTE).await;
    assert!(matches!(put, Err(StoreError::Full)));
    store.put(&key("0"), value.clone(), MINUTE).await.unwrap();
    drop(store);

    let store = open();
    let put = store.put(&key("large"), value.clone(), MINUTE).await;
    assert!(
        matches!(put, Err(StoreError::Full)),
        "it counts what it finds"
    );
    let swap = store
        .compare_and_swap(&key("large"), None, value.clone(), MINUTE)
        .await;
    assert!(matches!(swap, Err(StoreError::Full)));
    for number in 4..10 {
        let key = key(&number.to_string());
        store.put(&key, Bytes::new(), MINUTE).await.unwrap();
    }
    let put = store.put(&key("one-more"), Bytes::new(), MINUTE).await;
    assert!(matches!(put, Err(StoreError::Full)));
    for number in 0..4 {
        assert!(
            store
                .get(&key(&number.to_string()))
                .await
                .unwrap()
                .is_some()
        );
    }
    clock.advance(MINUTE);
    store.put(&key("large"), value, MINUTE).await.unwrap();
}

#[tokio::test]
async fn a_file_stays_small_while_values_come_and_end() {
    const AT_ONCE: usize = 200;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let clock = clock();
    let store = FileStore::open_with(&path, FileStore::BOUNDS, Arc::new(clock.clone())).unwrap();
    let mut sizes = Vec::new();
    for round in 0..60 {
        let keys: Vec<_> = (0..AT_ONCE).map(|n| key(&format!("{round}-{n}"))).collect();
        let value = Bytes::from(vec![7; 2000]);
        let puts = keys.iter().map(|key| store.put(key, value.clone(), MINUTE));
        for put in join_all(puts).await {
            put.unwrap();
        }
        clock.advance(MINUTE);
        sizes.push(std::fs::metadata(&path).unwrap().len());
    }
    let (early, last) = (sizes[20], sizes[59]);
    assert!(last <= early, "the file grows: {sizes:?}");
    assert!(last < 16 * 1024 * 1024, "{sizes:?}");
}

#[test]
fn what_is_no_store_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    for content in ["not a database at all", &"x".repeat(100_000)] {
        std::fs::write(&path, content).unwrap();
        let error = FileStore::open(&path).unwrap_err();
        assert!(matches!(error, OpenError::File { .. }), "{error}");
        assert!(
            error.to_string().contains("notes.txt` cannot be opened"),
            "{error}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
    let other = folder.path().join("notes.txt.redb");
    let database = redb::Database::create(&other).unwrap();
    let transaction = database.begin_write().unwrap();
    let table = redb::TableDefinition::<u64, u64>::new("values");
    transaction.open_table(table).unwrap().insert(1, 2).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let error = FileStore::open(&other).unwrap_err();
    assert!(matches!(error, OpenError::File { .. }), "{error}");

    let missing = FileStore::open(folder.path().join("none/state")).unwrap_err();
    assert!(matches!(missing, OpenError::File { .. }), "{missing}");
}

#[tokio::test]
async fn a_damaged_file_is_an_error_or_works() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let store = Store::encrypted(FileStore::open(&path).unwrap(), store_key());
    for number in 0..20 {
        let key = key(&number.to_string());
        store.put(&key, &[7; 3000], MINUTE).await.unwrap();
    }
    drop(store);
    let sound = std::fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged");
    let mut refused = 0;
    for part in 0..16 {
        let mut bytes = sound.clone();
        let start = bytes.len() / 16 * part;
        for byte in &mut bytes[start..start + 64] {
            *byte ^= 0xff;
        }
        std::fs::write(&damaged, &bytes).unwrap();
        match FileStore::open(&damaged) {
            Err(OpenError::File { .. }) => refused += 1,
            Err(other) => panic!("{other}"),
            Ok(file) => {
                // What was hit was in no use, or is noticed by the cipher.
                let store = Store::encrypted(file, store_key());
                store.put(&key("new"), b"value", MINUTE).await.unwrap();
                assert!(store.take(&key("new")).await.unwrap().is_some());
            }
        }
    }
    assert!(refused > 0, "the damage hit something");
}

/// Copied while it is open, a file looks as it does after the machine lost its power.
#[tokio::test]
async fn a_machine_that_loses_its_power_forgets_nothing_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("state"), folder.path().join("copy"));
    let store = Store::encrypted(FileStore::open(&path).unwrap(), store_key());
    for number in 0..30 {
        let key = key(&number.to_string());
        store.put(&key, b"value", MINUTE).await.unwrap();
        if number % 2 == 0 {
            store.take(&key).await.unwrap().unwrap();
        }
        std::fs::copy(&path, &copy).unwrap();
        let found = Store::encrypted(FileStore::open(&copy).unwrap(), store_key());
        let there = found.get(&key).await.unwrap().is_some();
        assert_eq!(there, number % 2 == 1, "{number}");
    }
}

#[test]
fn a_killed_process_forgets_nothing_that_it_answered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "file::writes_until_it_is_killed",
            "--ignored",
            "--nocapture",
        ])
        .env("THYRA_TEST_FILE", &path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut answered = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        if let Some(number) = line.unwrap().strip_prefix("answered ") {
            answered.push(number.parse::<u32>().unwrap());
            if answered.len() == 40 {
                child.kill().unwrap();
            }
        }
    }
    child.wait().unwrap();
    assert!(answered.len() >= 40);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(has_all(&path, &answered));
}

async fn has_all(path: &Path, answered: &[u32]) {
    let store = Store::encrypted(FileStore::open(path).unwrap(), store_key());
    for number in answered {
        let kept = store.get(&key(&format!("kept-{number}"))).await.unwrap();
        assert!(kept.is_some(), "{number}");
        let taken = store.get(&key(&format!("taken-{number}"))).await.unwrap();
        assert!(taken.is_none(), "{number}");
    }
}

#[test]
#[ignore = "another test starts it in a process of its own, and kills that"]
fn writes_until_it_is_killed() {
    let path = std::env::var("THYRA_TEST_FILE").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::encrypted(FileStore::open(path).unwrap(), store_key());
        for number in 0..100_000 {
            let kept = key(&format!("kept-{number}"));
            let taken = key(&format!("taken-{number}"));
            store.put(&kept, b"value", MINUTE).await.unwrap();
            store.put(&taken, b"value", MINUTE).await.unwrap();
            store.take(&taken).await.unwrap().unwrap();
            let mut out = std::io::stdout().lock();
            writeln!(out, "\nanswered {number}").unwrap();
            out.flush().unwrap();
        }
    });
    panic!("nobody killed it");
}
