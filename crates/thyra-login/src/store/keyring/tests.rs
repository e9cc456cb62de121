use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use keyring_core::mock::{Cred, Store};
use keyring_core::{CredentialStore, Entry, Error};

use super::*;

/// A store of the program `example`, with a keyring that holds what the tests put there.
fn store(keyring: &Arc<Store>, folder: &Path) -> KeyringStore {
    let keyring = Arc::clone(keyring);
    with(folder, move || Ok(Arc::clone(&keyring) as _))
}

fn with(
    folder: &Path,
    keyring: impl Fn() -> Result<Arc<CredentialStore>, Error> + Send + Sync + 'static,
) -> KeyringStore {
    KeyringStore::new(KeySource {
        keyring: Arc::new(keyring),
        patience: Duration::from_mins(1),
        ..KeySource::native("example", folder.to_owned())
    })
}

/// A machine without a keyring.
fn without(folder: &Path) -> KeyringStore {
    with(folder, || Err(Error::NoStorageAccess("locked".into())))
}

fn entry(keyring: &Arc<Store>) -> Entry {
    let keyring: Arc<CredentialStore> = Arc::clone(keyring) as _;
    Entry::new_in_store(&keyring, "example", "login key").unwrap()
}

fn key() -> StoreKey {
    StoreKey::client("https://login.example.org")
}

async fn save(store: &KeyringStore, value: &str) {
    store
        .save(&key(), &Secret::new(value.to_owned()))
        .await
        .unwrap();
}

async fn loaded(store: &KeyringStore) -> Option<String> {
    let value = store.load(&key()).await.unwrap();
    value.map(|value| value.expose().clone())
}

/// The text of every file below `folder`.
fn written(folder: &Path) -> String {
    let mut text = String::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let place = entry.unwrap().path();
        if place.is_dir() {
            text += &written(&place);
        } else {
            text += &String::from_utf8_lossy(&std::fs::read(place).unwrap());
        }
    }
    text
}

#[tokio::test]
async fn the_next_program_opens_what_is_kept_with_the_key_of_the_keyring() {
    let (keyring, folder) = (Store::new().unwrap(), tempfile::tempdir().unwrap());
    let one = store(&keyring, folder.path());
    assert_eq!(loaded(&one).await, None);
    save(&one, "hush").await;
    let next = store(&keyring, folder.path());
    assert_eq!(loaded(&next).await.as_deref(), Some("hush"));

    let made = entry(&keyring).get_password().unwrap();
    assert_eq!(made.len(), 43);
    let files = written(folder.path());
    assert!(!files.contains("hush") && !files.contains(&made));
    assert!(!format!("{next:?}").contains(&made));

    next.remove(&key()).await.unwrap();
    assert_eq!(loaded(&one).await, None);
}

#[tokio::test]
async fn programs_with_one_keyring_have_one_lock() {
    let (keyring, folder) = (Store::new().unwrap(), tempfile::tempdir().unwrap());
    let (one, two) = (
        store(&keyring, folder.path()),
        store(&keyring, folder.path()),
    );
    let held = one.lock(&key()).await.unwrap();
    let name = key();
    let mut waits = two.lock(&name);
    assert!((&mut waits).now_or_never().is_none());
    drop(held);
    waits.await.unwrap();
}

#[test]
fn programs_that_start_at_the_same_time_make_one_key() {
    let (keyring, folder) = (Store::new().unwrap(), tempfile::tempdir().unwrap());
    let source = store(&keyring, folder.path()).source;
    for place in [KeySource::in_keyring, KeySource::in_file] {
        let keys = std::thread::scope(|scope| {
            let threads = [(); 8].map(|()| scope.spawn(|| place(&source).unwrap()));
            threads.map(|thread| thread.join().unwrap())
        });
        assert!(keys.iter().all(|key| key.expose() == keys[0].expose()));
    }
}

#[tokio::test]
async fn without_a_keyring_there_is_an_error_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let store = without(folder.path());
    // There is nothing to read, so no keyring is needed.
    assert_eq!(loaded(&store).await, None);
    store.remove(&key()).await.unwrap();
    let value = Secret::new("hush".to_owned());
    let error = store.save(&key(), &value).await.unwrap_err();
    assert!(matches!(error, StoreError::NoKeyring(_)));
    assert_eq!(
        error.to_string(),
        "the keyring of this system cannot be used (Couldn't access platform storage: locked); unlock it, start one \
         (a Secret Service such as GNOME Keyring), or keep logins in files"
    );
    assert!(written(folder.path()).is_empty());
}

#[tokio::test]
async fn without_a_keyring_the_key_is_in_a_file_if_the_program_says_so() {
    let (keyring, folder) = (Store::new().unwrap(), tempfile::tempdir().unwrap());
    save(&without(folder.path()).or_file(), "from the file").await;
    let next = || without(folder.path()).or_file();
    assert_eq!(loaded(&next()).await.as_deref(), Some("from the file"));
    assert!(!written(folder.path()).contains("from the file"));

    // The keyring comes back, and the login is found all the same.
    let with_keyring = store(&keyring, folder.path());
    let found = loaded(&with_keyring.clone().or_file()).await;
    assert_eq!(found.as_deref(), Some("from the file"));
    // Who insists on the keyring has another key, and spoils nothing.
    assert_eq!(loaded(&with_keyring).await, None);
    save(&with_keyring, "from the keyring").await;
    assert_eq!(loaded(&next()).await.as_deref(), Some("from the file"));
}

#[tokio::test(start_paused = true)]
async fn a_keyring_that_says_nothing_is_as_good_as_none_if_the_program_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (store, password, opened) = silent(folder.path());
    let store = store.or_file();
    save(&store, "from the file").await;
    // Nobody waits for it a second time.
    let (next, _password, asked) = silent(folder.path());
    assert_eq!(
        loaded(&next.or_file()).await.as_deref(),
        Some("from the file")
    );
    password.send(()).unwrap();
    assert_eq!(loaded(&store).await.as_deref(), Some("from the file"));
    assert_eq!(
        (opened.load(Ordering::SeqCst), asked.load(Ordering::SeqCst)),
        (1, 0)
    );
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_the_file_of_the_key() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("login");
    save(&without(&inner).or_file(), "x").await;
    let mode = |place: &Path| std::fs::metadata(place).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    for entry in std::fs::read_dir(&inner).unwrap() {
        let place = entry.unwrap().path();
        let wanted = if place.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode(&place), wanted, "{}", place.display());
    }
}

#[tokio::test]
async fn whoever_deletes_the_key_is_logged_out_and_can_log_in_again() {
    let (keyring, folder) = (Store::new().unwrap(), tempfile::tempdir().unwrap());
    save(&store(&keyring, folder.path()), "old").await;
    entry(&keyring).delete_credential().unwrap();
    let next = store(&keyring, folder.path());
    assert_eq!(loaded(&next).await, None);
    save(&next, "new").await;
    assert_eq!(loaded(&next).await.as_deref(), Some("new"));
}

#[tokio::test]
async fn what_is_no_key_is_neither_used_nor_replaced() {
    let (keyring, folder) = (Store::new().unwrap(), tempfile::tempdir().unwrap());
    for spoiled in [
        &b""[..],
        b"c2hvcnQ",
        b"not base64!",
        b"\xff\xfe",
        &[b'A'; 44],
    ] {
        entry(&keyring).set_secret(spoiled).unwrap();
        let next = store(&keyring, folder.path()).or_file();
        let error = next.opened().await.unwrap_err();
        assert!(matches!(error, StoreError::Unreadable { .. }), "{error}");
        assert!(error.to_string().contains("`example`"), "{error}");
        assert_eq!(entry(&keyring).get_secret().unwrap(), spoiled);
    }
}

#[tokio::test]
async fn a_keyring_with_something_to_say_is_not_passed_over() {
    let (keyring, folder) = (Store::new().unwrap(), tempfile::tempdir().unwrap());
    let entry = entry(&keyring);
    let cred: &Cred = entry.as_any().downcast_ref().unwrap();
    cred.set_error(Error::Ambiguous(Vec::new()));
    let store = store(&keyring, folder.path()).or_file();
    let error = store.opened().await.unwrap_err();
    assert!(matches!(error, StoreError::Other(_)), "{error}");
    // The next request asks again.
    save(&store, "hush").await;
}

/// A store whose keyring says nothing until somebody sends, and how often it was opened.
fn silent(folder: &Path) -> (KeyringStore, mpsc::Sender<()>, Arc<AtomicUsize>) {
    let (keyring, opened) = (Store::new().unwrap(), Arc::new(AtomicUsize::new(0)));
    let (answer, answered) = mpsc::channel();
    let (answered, count) = (Mutex::new(answered), Arc::clone(&opened));
    let store = with(folder, move || {
        count.fetch_add(1, Ordering::SeqCst);
        answered.lock().unwrap().recv().unwrap();
        Ok(Arc::clone(&keyring) as _)
    });
    (store, answer, opened)
}

#[tokio::test(start_paused = true)]
async fn a_keyring_that_waits_for_its_password_is_not_waited_for_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let (store, password, opened) = silent(folder.path());
    for _ in 0..3 {
        let error = store.opened().await.unwrap_err();
        assert!(
            matches!(error, StoreError::KeyringSilent { seconds: 60 }),
            "{error}"
        );
    }
    password.send(()).unwrap();
    tokio::time::resume();
    save(&store, "hush").await;
    assert_eq!(loaded(&store).await.as_deref(), Some("hush"));
    assert_eq!(opened.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_ask_the_person_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (store, password, opened) = silent(folder.path());
    assert!(store.opened().now_or_never().is_none());
    password.send(()).unwrap();
    save(&store, "hush").await;
    assert_eq!(opened.load(Ordering::SeqCst), 1);
}

#[test]
fn a_program_has_a_name() {
    for outcome in [
        KeyringStore::for_program("../x"),
        KeyringStore::in_folder("", "/tmp"),
    ] {
        assert!(matches!(outcome, Err(StoreError::ProgramName)));
    }
    KeyringStore::for_program("example").unwrap();
}
