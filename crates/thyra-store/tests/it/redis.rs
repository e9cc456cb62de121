//! Values in a Redis.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use thyra_store::{Backend, Key, RedisServer, RedisStore, Store, StoreError, StoreKey, contract};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::time::Instant;

const MINUTE: Duration = Duration::from_mins(1);

fn key(name: &str) -> Key {
    Key::new("codes", name).unwrap()
}

fn connect(server: &RedisServer) -> RedisStore {
    RedisStore::open(&server.url()).unwrap()
}

fn signal(server: &RedisServer, name: &str) {
    let mut kill = std::process::Command::new("kill");
    kill.arg(format!("-{name}")).arg(server.id().to_string());
    assert!(kill.status().unwrap().success());
}

fn encrypted(redis: RedisStore) -> Store {
    Store::encrypted(redis, StoreKey::generate().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_connections_to_a_redis_keep_the_contract() {
    let server = RedisServer::start(&[]).unwrap();
    let (one, other) = (Arc::new(connect(&server)), Arc::new(connect(&server)));
    contract::check(one.clone(), other).await.unwrap();
    assert!(one.get(&key("a")).await.unwrap().is_none());
}

#[tokio::test]
async fn nothing_in_a_redis_can_be_read() {
    let server = RedisServer::start(&[]).unwrap();
    let store = encrypted(connect(&server));
    assert!(store.is_shared() && store.is_lasting());
    let plain = "an upstream token ".repeat(100);
    store
        .put(&key("a"), plain.as_bytes(), MINUTE)
        .await
        .unwrap();
    let entry = store.get(&key("a")).await.unwrap().unwrap();
    assert!(
        store
            .compare_and_swap(&key("b"), None, entry.value.expose(), MINUTE)
            .await
            .unwrap()
    );
    let at = Some(&entry.version);
    assert!(
        store
            .compare_and_swap(&key("a"), at, entry.value.expose(), MINUTE)
            .await
            .unwrap()
    );
    let elsewhere = encrypted(connect(&server).prefix("other:"));
    assert!(elsewhere.get(&key("a")).await.unwrap().is_none());

    let mut raw = redis::Client::open(server.url())
        .unwrap()
        .get_connection()
        .unwrap();
    let mut names: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut raw).unwrap();
    names.sort();
    assert_eq!(names, ["thyra:codes:a", "thyra:codes:b"]);
    for name in names {
        let value: Vec<u8> = redis::cmd("GET").arg(&name).query(&mut raw).unwrap();
        assert!(value.len() > plain.len());
        assert!(!value.windows(8).any(|window| window == b"upstream"));
        let left: i64 = redis::cmd("PTTL").arg(&name).query(&mut raw).unwrap();
        assert!((1..=60_000).contains(&left), "{left}");
    }
}

#[tokio::test]
async fn a_redis_that_restarts_is_found_again() {
    let mut server =
        RedisServer::start(&["--appendonly", "yes", "--appendfsync", "always"]).unwrap();
    let store = encrypted(connect(&server));
    store.put(&key("a"), b"value", MINUTE).await.unwrap();
    server.stop().unwrap();
    let began = Instant::now();
    for _ in 0..3 {
        let error = store.get(&key("a")).await.unwrap_err();
        assert!(
            matches!(
                error,
                StoreError::Unavailable { .. } | StoreError::Timeout { .. }
            ),
            "{error}"
        );
    }
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    server.restart().unwrap();
    // An attempt that began before may still fail.
    let deadline = Instant::now() + Duration::from_secs(20);
    let entry = loop {
        match store.get(&key("a")).await {
            Ok(entry) => break entry.unwrap(),
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
    };
    assert_eq!(entry.value.expose(), b"value");
    store.take(&key("a")).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_redis_that_says_nothing_hangs_nobody() {
    let server = RedisServer::start(&[]).unwrap();
    let store = encrypted(connect(&server)).time_limit(Duration::from_millis(200));
    store.put(&key("a"), b"value", MINUTE).await.unwrap();
    signal(&server, "STOP");
    let began = Instant::now();
    let key = key("a");
    let gets = (0..1000).map(|_| store.get(&key));
    for get in join_all(gets).await {
        assert!(matches!(get, Err(StoreError::Timeout { .. })));
    }
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    signal(&server, "CONT");
    let patient = store.time_limit(Duration::from_secs(20));
    assert!(patient.get(&key).await.unwrap().is_some());
}

#[tokio::test]
async fn a_full_redis_says_so() {
    let server =
        RedisServer::start(&["--maxmemory", "3mb", "--maxmemory-policy", "noeviction"]).unwrap();
    let store = encrypted(connect(&server));
    store.put(&key("swap"), b"value", MINUTE).await.unwrap();
    let at = store.get(&key("swap")).await.unwrap().unwrap().version;
    let (large, mut written) = (vec![7; 60_000], 0);
    let refused = loop {
        let key = key(&written.to_string());
        match store.put(&key, &large, MINUTE).await {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 1000, "it takes all");
    };
    assert!(matches!(refused, StoreError::Full), "{refused}");
    let new = key("new");
    let swap = store.compare_and_swap(&new, None, &large, MINUTE).await;
    assert!(matches!(swap, Err(StoreError::Full)));
    let swap = store
        .compare_and_swap(&key("swap"), Some(&at), &large, MINUTE)
        .await;
    assert!(matches!(swap, Err(StoreError::Full)), "{swap:?}");
    for number in 0..written {
        assert!(
            store
                .take(&key(&number.to_string()))
                .await
                .unwrap()
                .is_some()
        );
    }
    store.put(&new, b"value", MINUTE).await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_an_error_that_does_not_repeat_it() {
    let server = RedisServer::start(&["--requirepass", "right-password"]).unwrap();
    let with = |password| format!("{}?pass={password}", server.url());
    let store = encrypted(RedisStore::open(&with("right-password")).unwrap());
    store.put(&key("a"), b"value", MINUTE).await.unwrap();
    for url in [with("hunter2"), server.url()] {
        let store = encrypted(RedisStore::open(&url).unwrap());
        let error = store.get(&key("a")).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
        let shown = format!("{error} {error:?} {store:?}");
        assert!(
            !shown.contains("hunter2") && !shown.contains("right"),
            "{shown}"
        );
    }
}

/// A connection that breaks between a command and its answer.
#[tokio::test]
async fn a_take_without_an_answer_is_not_sent_twice() {
    let server = RedisServer::start(&[]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let takes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&takes);
    let socket = server.socket();
    let proxy = tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let redis = UnixStream::connect(&socket).await.unwrap();
            forward(client, redis, &counted).await;
        }
    });
    let store = encrypted(RedisStore::open(&url).unwrap());
    store.put(&key("a"), b"value", MINUTE).await.unwrap();
    let error = store.take(&key("a")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
    store.put(&key("b"), b"value", MINUTE).await.unwrap();
    assert_eq!(takes.load(Ordering::SeqCst), 1);
    assert!(store.get(&key("a")).await.unwrap().is_none(), "it was done");
    proxy.abort();
}

/// Passes on what both say, until a `GETDEL` has been answered: that answer is not passed on.
async fn forward(mut client: TcpStream, mut redis: UnixStream, takes: &AtomicUsize) {
    let (mut from_client, mut from_redis) = ([0; 4096], [0; 4096]);
    let mut is_last = false;
    loop {
        tokio::select! {
            read = client.read(&mut from_client) => {
                let read = read.unwrap();
                if read == 0 {
                    return;
                }
                if from_client[..read].windows(6).any(|window| window == b"GETDEL") {
                    takes.fetch_add(1, Ordering::SeqCst);
                    is_last = true;
                }
                redis.write_all(&from_client[..read]).await.unwrap();
            }
            read = redis.read(&mut from_redis) => {
                let read = read.unwrap();
                if is_last || read == 0 {
                    return;
                }
                client.write_all(&from_redis[..read]).await.unwrap();
            }
        }
    }
}
