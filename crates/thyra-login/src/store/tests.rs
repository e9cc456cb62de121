use std::path::Path;

use futures_util::FutureExt as _;

use super::*;

fn key(issuer: &str) -> StoreKey {
    StoreKey::client(issuer)
}

async fn loaded(store: &dyn TokenStore, key: &StoreKey) -> Option<String> {
    let value = store.load(key).await.unwrap();
    value.map(|value| value.expose().clone())
}

async fn save(store: &dyn TokenStore, key: &StoreKey, value: &str) {
    let value = Secret::new(value.to_owned());
    store.save(key, &value).await.unwrap();
}

#[test]
fn no_two_keys_have_one_text() {
    let url = "https://h/mcp";
    let keys = [
        StoreKey::tokens(url, None),
        StoreKey::tokens(url, Some("ada")),
        StoreKey::tokens("https://h/mcp/ada", None),
        StoreKey::client(url),
        StoreKey::device_client(url),
    ];
    for (place, one) in keys.iter().enumerate() {
        for other in keys.iter().skip(place + 1) {
            assert_ne!(one.as_str(), other.as_str());
        }
    }
}

#[tokio::test]
async fn every_store_keeps_and_replaces_and_removes() {
    let folder = tempfile::tempdir().unwrap();
    let stores: [Box<dyn TokenStore>; 3] = [
        Box::new(MemoryStore::new()),
        Box::new(FileStore::new(folder.path().join("new/plain"))),
        Box::new(FileStore::new(folder.path().join("new/sealed")).sealed([1; 32])),
    ];
    for store in &stores {
        let store = &**store;
        let (one, other) = (key("https://one"), key("https://other"));
        assert_eq!(loaded(store, &one).await, None, "{store:?}");
        store.remove(&one).await.unwrap();
        save(store, &one, "first").await;
        save(store, &other, "\u{e9}\n").await;
        save(store, &one, "second").await;
        assert_eq!(loaded(store, &one).await.as_deref(), Some("second"));
        assert_eq!(loaded(store, &other).await.as_deref(), Some("\u{e9}\n"));
        store.remove(&one).await.unwrap();
        assert_eq!(loaded(store, &one).await, None, "{store:?}");
        assert_eq!(loaded(store, &other).await.as_deref(), Some("\u{e9}\n"));
        assert!(!format!("{store:?}").contains("second"));
    }
}

#[tokio::test]
async fn a_lock_is_for_one_at_a_time_and_one_key() {
    let folder = tempfile::tempdir().unwrap();
    let memory = MemoryStore::new();
    let pairs: [[Box<dyn TokenStore>; 2]; 2] = [
        [Box::new(memory.clone()), Box::new(memory)],
        // Two programs.
        [
            Box::new(FileStore::new(folder.path())),
            Box::new(FileStore::new(folder.path())),
        ],
    ];
    for [one, two] in &pairs {
        let (first, second) = (key("https://one"), key("https://other"));
        let held = one.lock(&first).await.unwrap();
        two.lock(&second).await.unwrap();
        let mut waits = two.lock(&first);
        assert!((&mut waits).now_or_never().is_none());
        drop(held);
        waits.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_lock_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path());
    let _held = store.lock(&key("i")).await.unwrap();
    let error = store.lock(&key("i")).await.unwrap_err();
    assert!(matches!(error, StoreError::Busy { seconds: 60 }), "{error}");
}

#[tokio::test]
async fn a_full_memory_keeps_what_it_has() {
    let store = MemoryStore::new();
    let value = Secret::new(String::new());
    let mut kept = 0;
    while store.save(&key(&kept.to_string()), &value).await.is_ok() {
        kept += 1;
    }
    assert_eq!(kept, 4096);
    save(&store, &key("0"), "changed").await;
    assert_eq!(loaded(&store, &key("0")).await.as_deref(), Some("changed"));
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn what_is_sealed_opens_with_its_key_and_in_its_place_only() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path()).sealed([1; 32]);
    save(&store, &key("one"), "hush").await;
    let [file] = files(folder.path()).try_into().unwrap();
    let bytes = std::fs::read(&file).unwrap();
    assert!(!bytes.windows(4).any(|part| part == b"hush"));

    let wrong = FileStore::new(folder.path()).sealed([2; 32]);
    let error = wrong.load(&key("one")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");

    save(&store, &key("two"), "other").await;
    let other = files(folder.path());
    let other = other.iter().find(|place| **place != file).unwrap();
    std::fs::copy(&file, other).unwrap();
    assert!(store.load(&key("two")).await.is_err());
    assert_eq!(loaded(&store, &key("one")).await.as_deref(), Some("hush"));

    // Without a key, it is not there.
    let plain = FileStore::new(folder.path());
    assert_eq!(loaded(&plain, &key("one")).await, None);
}

#[tokio::test]
async fn a_file_that_is_no_value_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::new(folder.path());
    save(&store, &key("one"), "").await;
    let [file] = files(folder.path()).try_into().unwrap();
    for bytes in [vec![0xff], vec![b'x'; MAX_VALUE + 64]] {
        std::fs::write(&file, bytes).unwrap();
        let error = store.load(&key("one")).await.unwrap_err();
        assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;

    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("login");
    let store = FileStore::new(&folder);
    save(&store, &key("one"), "hush").await;
    store.lock(&key("one")).await.unwrap();
    let mode = |place: &Path| std::fs::metadata(place).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files = files(&folder);
    assert_eq!(files.len(), 2);
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}
