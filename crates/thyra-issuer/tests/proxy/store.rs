//! Stores that are slow, down, full, or lose what they were given: nobody is let in, and nothing
//! hangs. And replicas that share one.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use thyra_issuer::OidcProxyBuilder;
use thyra_store::{Fault, Faulty, MemoryStore, Store, StoreKey};
use tokio::net::TcpListener;

use crate::support::{Browser, CALLBACK, Client, Page, Replica, Rig, builder, emulator};

/// How long an answer may take. The store has half a second for each operation.
const LIMIT: Duration = Duration::from_secs(10);

fn faulty() -> (Faulty, Store) {
    let faulty = Faulty::new(MemoryStore::new());
    let store = Store::encrypted(faulty.clone(), StoreKey::generate().unwrap());
    (faulty, store.time_limit(Duration::from_millis(500)))
}

/// How a login ends during which the store begins to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// On a page with this status.
    Page(u16),
    /// With an error for the client, which may try again.
    Error,
    /// With a code that nobody can redeem.
    Worthless,
    /// With a code that is good.
    Good,
}

/// How a login ends, for each fault.
type Ends = [(Fault, End); 5];

/// The steps before which the store begins to fail, in one kind of records.
const STEPS: [(&str, usize, Ends); 7] = [
    (
        "clients",
        AUTHORIZE,
        [
            (Fault::Down, End::Page(503)),
            (Fault::Full, End::Good),
            (Fault::Hangs, End::Page(503)),
            (Fault::LosesAnswers, End::Page(503)),
            (Fault::LosesWrites, End::Good),
        ],
    ),
    (
        "clients",
        CALLBACK_STEP,
        [
            (Fault::Down, End::Page(503)),
            (Fault::Full, End::Good),
            (Fault::Hangs, End::Page(503)),
            (Fault::LosesAnswers, End::Page(503)),
            (Fault::LosesWrites, End::Good),
        ],
    ),
    (
        "logins",
        AUTHORIZE,
        [
            (Fault::Down, End::Page(503)),
            (Fault::Full, End::Page(503)),
            (Fault::Hangs, End::Page(503)),
            (Fault::LosesAnswers, End::Page(503)),
            // It is not there when the page is to be shown.
            (Fault::LosesWrites, End::Page(400)),
        ],
    ),
    (
        "logins",
        CONSENT,
        [
            (Fault::Down, End::Page(503)),
            (Fault::Full, End::Page(503)),
            (Fault::Hangs, End::Page(503)),
            (Fault::LosesAnswers, End::Page(503)),
            // Nobody has agreed, as far as is known when the browser comes back.
            (Fault::LosesWrites, End::Page(400)),
        ],
    ),
    (
        "logins",
        CALLBACK_STEP,
        [
            (Fault::Down, End::Page(503)),
            (Fault::Full, End::Good),
            (Fault::Hangs, End::Page(503)),
            (Fault::LosesAnswers, End::Page(503)),
            // The login stays, and its code upstream is used up.
            (Fault::LosesWrites, End::Good),
        ],
    ),
    (
        "codes",
        CALLBACK_STEP,
        [
            (Fault::Down, End::Error),
            (Fault::Full, End::Error),
            (Fault::Hangs, End::Error),
            // The code is there, and nobody knows it.
            (Fault::LosesAnswers, End::Error),
            (Fault::LosesWrites, End::Worthless),
        ],
    ),
    (
        "grants",
        CALLBACK_STEP,
        [
            (Fault::Down, End::Worthless),
            (Fault::Full, End::Worthless),
            (Fault::Hangs, End::Worthless),
            (Fault::LosesAnswers, End::Worthless),
            (Fault::LosesWrites, End::Worthless),
        ],
    ),
];

const AUTHORIZE: usize = 0;
const CONSENT: usize = 1;
const CALLBACK_STEP: usize = 2;

#[tokio::test]
async fn a_store_that_fails_at_any_step_lets_nobody_in() {
    let (faulty, store) = faulty();
    let rig = Rig::with(|builder| builder.store(store)).await;
    let client = Client::register(rig.url(), CALLBACK).await;
    for (collection, step, ends) in STEPS {
        for (fault, expected) in ends {
            let begun = Instant::now();
            let fail = || faulty.fail_in(collection, fault);
            let page = log_in_until(&client, &mut Browser::new(), step, fail).await;
            let end = match page.location() {
                None => {
                    page.assert_page(page.status.as_u16());
                    End::Page(page.status.as_u16())
                }
                Some(_) if page.parameter("error").is_some() => {
                    page.assert_error(CALLBACK, "temporarily_unavailable");
                    End::Error
                }
                Some(_) => redeemed(&client, &page).await,
            };
            assert_eq!(end, expected, "{collection} {step} {fault:?}");
            assert!(begun.elapsed() < LIMIT, "{collection} {step} {fault:?}");
            faulty.heal();
        }
    }
}

/// Whether the code is good, and so are the tokens that come of it.
async fn redeemed(client: &Client, answer: &Page) -> End {
    let (status, tokens) = client.redeem(&answer.parameter("code").unwrap()).await;
    let Some(token) = tokens["access_token"].as_str() else {
        assert!(matches!(status.as_u16(), 400 | 503), "{status} {tokens}");
        return End::Worthless;
    };
    match client.call(token).await.0 {
        StatusCode::OK => End::Good,
        StatusCode::UNAUTHORIZED | StatusCode::SERVICE_UNAVAILABLE => End::Worthless,
        other => panic!("{other}"),
    }
}

/// A login during which the store begins to fail before this step.
async fn log_in_until(
    client: &Client,
    browser: &mut Browser,
    step: usize,
    fail: impl Fn(),
) -> Page {
    if step == AUTHORIZE {
        fail();
    }
    let page = browser.get(&client.authorization_url()).await;
    let page = browser.follow(page, &[&client.server]).await;
    if page.status != StatusCode::OK {
        return page;
    }
    if step == CONSENT {
        fail();
    }
    let page = client.decide(browser, &page, "approve").await;
    let Some(upstream) = page.location() else {
        return page;
    };
    let back = browser.get(&upstream).await;
    if step == CALLBACK_STEP {
        fail();
    }
    browser.get(&back.location().unwrap()).await
}

#[tokio::test]
async fn a_slow_store_makes_a_slow_login_and_no_other() {
    let (faulty, store) = faulty();
    let rig = Rig::with(|builder| builder.store(store)).await;
    let client = Client::register(rig.url(), CALLBACK).await;
    faulty.fail(Fault::Slow(Duration::from_millis(20)));
    let answer = client.log_in(&mut Browser::new()).await;
    let (status, _) = client.redeem(&answer.parameter("code").unwrap()).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_full_store_takes_no_registration() {
    let (faulty, store) = faulty();
    let rig = Rig::with(|builder| builder.store(store)).await;
    faulty.fail(Fault::Full);
    let (status, answer) = Client::try_register(rig.url(), &[CALLBACK]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
    assert_eq!(answer.get("client_id"), None);
}

/// Two servers behind one address, each of which may be killed between any two steps.
#[tokio::test]
async fn when_a_replica_is_killed_another_finishes_its_logins() {
    let memory = MemoryStore::new();
    let key = StoreKey::generate().unwrap();
    let secret = key.to_base64();
    let store = || {
        let key = StoreKey::from_base64(secret.expose()).unwrap();
        Store::encrypted(Faulty::new(memory.clone()), key)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let url = format!("http://{address}");
    let emulator = emulator(&url).await;
    let proxy = |settings: OidcProxyBuilder| settings.store(store()).build().unwrap();
    let mut replica = Replica::serve(listener, &proxy(builder(&url, &emulator)));
    // Another process, which knows nothing but the store.
    let next = async |replica: Replica| {
        replica.kill().await;
        let listener = TcpListener::bind(address).await.unwrap();
        Replica::serve(listener, &proxy(builder(&url, &emulator)))
    };

    let client = Client::register(&url, CALLBACK).await;
    let mut browser = Browser::new();
    replica = next(replica).await;
    let begun = browser.get(&client.authorization_url()).await;
    replica = next(replica).await;
    let page = browser.get(&begun.location().unwrap()).await;
    replica = next(replica).await;
    let page = client.decide(&mut browser, &page, "approve").await;
    let back = browser.get(&page.location().unwrap()).await;
    replica = next(replica).await;
    let answer = browser.get(&back.location().unwrap()).await;
    replica = next(replica).await;
    let (status, tokens) = client.redeem(&answer.parameter("code").unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    replica = next(replica).await;
    let (status, caller) = client.call(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{caller}");
    replica = next(replica).await;
    let (status, _) = client
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await;
    assert_eq!(status, StatusCode::OK);
    replica.kill().await;
}
