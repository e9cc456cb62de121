use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::StatusCode;
use serde_json::{Value, json};
use thyra_oauth::SystemClock;
use tokio::time::{Instant, advance, sleep};

use super::builder::DEFAULT_MAX_STALE;
use super::*;
use crate::principal::Principal;
use crate::verify::testing::Signer;
use crate::verify::{
    Audience, BearerToken, Issuers, JwtVerifier, TokenRejected, TokenVerifier, Verdict, testing,
};

const SECOND: Duration = Duration::from_secs(1);

/// An issuer whose key set and moods can be changed.
#[derive(Clone, Default)]
struct Issuer(Arc<Mutex<Mood>>);

struct Mood {
    /// The key set; none fails.
    keys: Option<Vec<&'static Signer>>,
    max_age: Option<Duration>,
    delay: Duration,
    /// When it was asked.
    asked: Vec<Instant>,
}

impl Default for Mood {
    fn default() -> Self {
        Self {
            keys: None,
            max_age: None,
            delay: Duration::from_millis(20),
            asked: Vec::new(),
        }
    }
}

impl Issuer {
    fn with(keys: &[&'static Signer]) -> Self {
        let issuer = Self::default();
        issuer.publish(keys);
        issuer
    }

    fn publish(&self, keys: &[&'static Signer]) {
        self.mood().keys = Some(keys.to_vec());
    }

    fn fail(&self) {
        self.mood().keys = None;
    }

    fn mood(&self) -> MutexGuard<'_, Mood> {
        self.0.lock().unwrap()
    }

    fn count(&self) -> usize {
        self.mood().asked.len()
    }

    fn jwks(&self) -> Jwks {
        let clock = Arc::new(SystemClock);
        Jwks::with_download(Box::new(self.clone()), clock, DEFAULT_MAX_STALE)
    }

    fn verifier(&self) -> JwtVerifier {
        let issuers = Issuers::any_of(["https://issuer"]).unwrap();
        let audience = Audience::any_of(["res_1"]).unwrap();
        JwtVerifier::builder(self.jwks(), issuers, audience)
            .build()
            .unwrap()
    }
}

impl Download for Issuer {
    fn download(&self) -> BoxFuture<'_, Result<Downloaded, DownloadError>> {
        let (delay, answer) = {
            let mut mood = self.mood();
            mood.asked.push(Instant::now());
            // What is answered is decided when the request arrives.
            let answer = match &mood.keys {
                Some(keys) => Ok(Downloaded {
                    keys: KeySet::from_jwks(testing::jwks(keys).as_bytes()).unwrap(),
                    max_age: mood.max_age,
                }),
                None => Err(DownloadError::Status {
                    url: "https://issuer/keys".to_owned(),
                    status: StatusCode::INTERNAL_SERVER_ERROR,
                }),
            };
            (mood.delay, answer)
        };
        async move {
            sleep(delay).await;
            answer
        }
        .boxed()
    }
}

/// Keys that live for ever, by number.
fn key(number: usize) -> &'static Signer {
    static KEYS: std::sync::LazyLock<[Signer; 3]> =
        std::sync::LazyLock::new(|| ["k0", "k1", "k2"].map(Signer::ec));
    &KEYS[number]
}

fn claims() -> Value {
    let exp = SystemClock.unix().as_secs() + 1_000_000;
    json!({ "iss": "https://issuer", "aud": "res_1", "sub": "usr_1", "exp": exp })
}

fn token(key: &Signer) -> String {
    key.token(&claims())
}

/// A token whose key is in no set.
fn random(number: usize) -> String {
    let header = json!({ "alg": "ES256", "kid": format!("random-{number}") });
    key(0).token_with(&header.to_string(), &claims().to_string())
}

#[derive(Debug, PartialEq)]
enum Seen {
    Accepted,
    Rejected(TokenRejected),
    Unavailable,
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped over verdicts")]
fn seen(verdict: Verdict) -> Seen {
    match verdict {
        Verdict::Accepted(_) => Seen::Accepted,
        Verdict::Rejected(reason) => Seen::Rejected(reason),
        Verdict::Unavailable(_) => Seen::Unavailable,
    }
}

const UNKNOWN: Seen = Seen::Rejected(TokenRejected::UnknownKey);

/// As the door does it: the cache first.
async fn judge(verifier: &JwtVerifier, token: &str) -> Seen {
    let token = BearerToken::new(token);
    match verifier.check_cached(&token) {
        Some(verdict) => seen(verdict),
        None => seen(verifier.verify(&token).await),
    }
}

/// Lets the background work at this moment happen.
async fn settle() {
    sleep(Duration::from_millis(50)).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_fetched_before_it_is_needed_and_then_once() {
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    settle().await;
    assert_eq!(issuer.count(), 0);
    let token = token(key(0));
    let crowd = (0..50).map(|_| judge(&verifier, &token));
    let verdicts = futures_util::future::join_all(crowd).await;
    assert!(verdicts.iter().all(|verdict| *verdict == Seen::Accepted));
    assert_eq!(issuer.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_does_not_stop_the_fetch() {
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    let token = token(key(0));
    let bearer = BearerToken::new(&token);
    {
        let mut leaving = verifier.verify(&bearer);
        let polled = std::future::poll_fn(|cx| Poll::Ready(leaving.as_mut().poll(cx)));
        assert!(polled.await.is_pending());
    }
    settle().await;
    assert_eq!(issuer.count(), 1);
    assert_eq!(
        verifier.verify(&bearer).now_or_never().map(seen),
        Some(Seen::Accepted)
    );
}

#[tokio::test(start_paused = true)]
async fn tokens_that_could_not_be_good_cost_no_fetch() {
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    for (name, value, reason) in [
        ("iss", json!("https://other"), TokenRejected::IssuerMismatch),
        ("aud", json!("res_2"), TokenRejected::AudienceMismatch),
        ("exp", json!(1), TokenRejected::Expired),
    ] {
        let mut claims = claims();
        claims[name] = value;
        let cold = judge(&verifier, &key(0).token(&claims)).await;
        assert_eq!(cold, Seen::Rejected(reason));
    }
    assert_eq!(issuer.count(), 0);
    assert_eq!(judge(&verifier, &token(key(0))).await, Seen::Accepted);
    let mut stray = claims();
    stray["aud"] = json!("res_2");
    let warm = judge(&verifier, &key(1).token(&stray)).await;
    assert_eq!(warm, Seen::Rejected(TokenRejected::AudienceMismatch));
    assert_eq!(issuer.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cold_outage_is_unavailable_and_the_next_request_tries_again() {
    let issuer = Issuer::default();
    let verifier = issuer.verifier();
    let token = token(key(0));
    assert_eq!(judge(&verifier, &token).await, Seen::Unavailable);
    assert_eq!(issuer.count(), 1);
    // At once it waits for the moment when an attempt may start; it is not refused without one.
    issuer.publish(&[key(0)]);
    assert_eq!(judge(&verifier, &token).await, Seen::Accepted);
    let asked = issuer.mood().asked.clone();
    assert_eq!(asked[1] - asked[0], schedule::COLD_SPACING);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_an_end_holds_a_request_up_for_ten_seconds() {
    let issuer = Issuer::with(&[key(0)]);
    issuer.mood().delay = 3600 * SECOND;
    let verifier = issuer.verifier();
    let token = token(key(0));
    let start = Instant::now();
    assert_eq!(judge(&verifier, &token).await, Seen::Unavailable);
    assert_eq!(start.elapsed(), LONGEST_WAIT);
}

#[tokio::test(start_paused = true)]
async fn who_comes_while_a_cold_attempt_fails_has_one_of_its_own() {
    let issuer = Issuer::default();
    issuer.mood().delay = 3 * SECOND;
    let verifier = issuer.verifier();
    let token = token(key(0));
    let late = async {
        sleep(SECOND).await;
        issuer.publish(&[key(0)]);
        judge(&verifier, &token).await
    };
    let (early, late) = tokio::join!(judge(&verifier, &token), late);
    assert_eq!((early, late), (Seen::Unavailable, Seen::Accepted));
    assert_eq!(issuer.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_set_is_renewed_in_the_background_when_its_time_is_over() {
    for (max_age, lifetime) in [
        (None, 300),
        (Some(60), 60),
        (Some(0), 30),
        (Some(1_000_000), 3600),
    ] {
        let issuer = Issuer::with(&[key(0)]);
        issuer.mood().max_age = max_age.map(Duration::from_secs);
        let verifier = issuer.verifier();
        let token = token(key(0));
        assert_eq!(judge(&verifier, &token).await, Seen::Accepted);
        advance(Duration::from_millis(lifetime * 1000 - 30)).await;
        assert_eq!(judge(&verifier, &token).await, Seen::Accepted);
        settle().await;
        assert_eq!(issuer.count(), 1, "{max_age:?}");
        // The request that notices does not wait.
        let bearer = BearerToken::new(&token);
        assert_eq!(
            verifier.check_cached(&bearer).map(seen),
            Some(Seen::Accepted)
        );
        settle().await;
        assert_eq!(issuer.count(), 2, "{max_age:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_bridged_with_the_keys_that_are_known_for_a_day() {
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    let [known, new] = [
        token(key(0)),
        key(0).token(&{
            let mut claims = claims();
            claims["jti"] = json!("new");
            claims
        }),
    ];
    assert_eq!(judge(&verifier, &known).await, Seen::Accepted);
    issuer.fail();
    advance(301 * SECOND).await;
    for _ in 0..20 {
        assert_eq!(judge(&verifier, &known).await, Seen::Accepted);
        assert_eq!(judge(&verifier, &new).await, Seen::Accepted);
        sleep(SECOND).await;
    }
    // One attempt in five seconds.
    let count = issuer.count();
    assert!((5..=6).contains(&count), "{count}");
    advance(DEFAULT_MAX_STALE).await;
    assert!(verifier.check_cached(&BearerToken::new(&known)).is_none());
    assert_eq!(judge(&verifier, &known).await, Seen::Unavailable);
    issuer.publish(&[key(0)]);
    assert_eq!(judge(&verifier, &known).await, Seen::Accepted);
}

#[tokio::test(start_paused = true)]
async fn a_slow_renewal_keeps_nobody_waiting() {
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    let token = token(key(0));
    assert_eq!(judge(&verifier, &token).await, Seen::Accepted);
    issuer.mood().delay = 60 * SECOND;
    advance(301 * SECOND).await;
    let start = Instant::now();
    for _ in 0..10 {
        let verdict = verifier.verify(&BearerToken::new(&token)).await;
        assert_eq!(seen(verdict), Seen::Accepted);
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    settle().await;
    assert_eq!(issuer.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn rotation_in_three_phases_refuses_nobody_and_ends_what_is_over() {
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    let [old, new] = [token(key(0)), token(key(1))];
    assert_eq!(judge(&verifier, &old).await, Seen::Accepted);
    // The new key is published, and later it signs.
    issuer.publish(&[key(0), key(1)]);
    assert_eq!(judge(&verifier, &old).await, Seen::Accepted);
    assert_eq!(issuer.count(), 1);
    sleep(10 * SECOND).await;
    let start = Instant::now();
    assert_eq!(judge(&verifier, &new).await, Seen::Accepted);
    assert!(start.elapsed() < SECOND);
    assert_eq!(judge(&verifier, &old).await, Seen::Accepted);
    assert_eq!(issuer.count(), 2);
    // The old key is withdrawn, which shows with the next renewal.
    issuer.publish(&[key(1)]);
    advance(301 * SECOND).await;
    assert_eq!(judge(&verifier, &new).await, Seen::Accepted);
    settle().await;
    assert_eq!(issuer.count(), 3);
    assert!(verifier.check_cached(&BearerToken::new(&new)).is_some());
    assert!(verifier.check_cached(&BearerToken::new(&old)).is_none());
    assert_eq!(judge(&verifier, &old).await, UNKNOWN);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_rotates_at_once_is_accepted_at_once() {
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    assert_eq!(judge(&verifier, &token(key(0))).await, Seen::Accepted);
    // Within the spacing, the request waits.
    issuer.publish(&[key(1)]);
    let start = Instant::now();
    assert_eq!(judge(&verifier, &token(key(1))).await, Seen::Accepted);
    assert!(start.elapsed() <= SECOND);
    // The first key is gone, and with it what it signed.
    assert!(
        verifier
            .check_cached(&BearerToken::new(&token(key(0))))
            .is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_kid_with_another_key_is_another_key() {
    let twin: &'static Signer = Box::leak(Box::new(Signer::ec("k0")));
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    let old = token(key(0));
    assert_eq!(judge(&verifier, &old).await, Seen::Accepted);
    issuer.publish(&[twin]);
    advance(301 * SECOND).await;
    judge(&verifier, &old).await;
    settle().await;
    let refused = judge(&verifier, &old).await;
    assert_eq!(refused, Seen::Rejected(TokenRejected::SignatureInvalid));
    assert_eq!(judge(&verifier, &token(twin)).await, Seen::Accepted);
}

#[tokio::test(start_paused = true)]
async fn a_crowd_of_unknown_kids_costs_two_fetches_and_keeps_no_new_key_out() {
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    assert_eq!(judge(&verifier, &token(key(0))).await, Seen::Accepted);
    sleep(10 * SECOND).await;
    let count = issuer.count();
    let tokens: Vec<String> = (0..200).map(random).collect();
    let first =
        futures_util::future::join_all(tokens[..100].iter().map(|token| judge(&verifier, token)));
    let second = async {
        // While the first attempt is under way.
        sleep(Duration::from_millis(5)).await;
        issuer.publish(&[key(0), key(1)]);
        let genuine = token(key(1));
        let crowd = tokens[100..].iter().map(|token| judge(&verifier, token));
        let crowd = futures_util::future::join_all(crowd);
        let start = Instant::now();
        let (crowd, genuine) = tokio::join!(crowd, judge(&verifier, &genuine));
        assert!(start.elapsed() <= SECOND + Duration::from_millis(50));
        assert_eq!(genuine, Seen::Accepted);
        crowd
    };
    let (first, second) = tokio::join!(first, second);
    assert!(
        first
            .iter()
            .chain(&second)
            .all(|verdict| *verdict == UNKNOWN)
    );
    assert_eq!(issuer.count() - count, 2);
}

#[tokio::test(start_paused = true)]
async fn a_lasting_flood_is_refused_at_once_and_a_new_key_gets_in_within_five_seconds() {
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    assert_eq!(judge(&verifier, &token(key(0))).await, Seen::Accepted);
    sleep(10 * SECOND).await;
    for n in 0..4 {
        assert_eq!(judge(&verifier, &random(n)).await, UNKNOWN);
        sleep(SECOND).await;
    }
    let count = issuer.count();
    let (start, mut published) = (Instant::now(), None);
    for n in 0.. {
        if start.elapsed() > 60 * SECOND {
            let since = *published.get_or_insert_with(|| {
                issuer.publish(&[key(0), key(1)]);
                Instant::now()
            });
            if judge(&verifier, &token(key(1))).await == Seen::Accepted {
                assert!(since.elapsed() <= 5 * SECOND + Duration::from_millis(100));
                break;
            }
            assert!(since.elapsed() < 6 * SECOND, "the key is kept out");
        }
        let before = Instant::now();
        assert_eq!(judge(&verifier, &random(n)).await, UNKNOWN);
        assert_eq!(before.elapsed(), Duration::ZERO, "nobody waits in a flood");
        sleep(Duration::from_millis(40)).await;
    }
    let fetches = issuer.count() - count;
    assert!((12..=14).contains(&fetches), "{fetches}");
}

#[tokio::test(start_paused = true)]
async fn a_token_whose_key_cannot_be_looked_up_is_not_refused_but_unavailable() {
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    assert_eq!(judge(&verifier, &token(key(0))).await, Seen::Accepted);
    issuer.fail();
    sleep(10 * SECOND).await;
    assert_eq!(judge(&verifier, &token(key(1))).await, Seen::Unavailable);
    assert_eq!(judge(&verifier, &token(key(0))).await, Seen::Accepted);
}

#[tokio::test(start_paused = true)]
async fn a_cold_request_with_an_unknown_kid_costs_one_fetch() {
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    assert_eq!(judge(&verifier, &token(key(1))).await, UNKNOWN);
    assert_eq!(issuer.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_work_ends_with_the_last_clone() {
    let issuer = Issuer::with(&[key(0)]);
    issuer.mood().delay = 3600 * SECOND;
    let verifier = issuer.verifier();
    let token = token(key(0));
    let bearer = BearerToken::new(&token);
    {
        let mut asking = verifier.verify(&bearer);
        let polled = std::future::poll_fn(|cx| Poll::Ready(asking.as_mut().poll(cx)));
        assert!(polled.await.is_pending());
    }
    settle().await;
    assert_eq!(Arc::strong_count(&issuer.0), 2);
    drop(verifier);
    settle().await;
    assert_eq!(Arc::strong_count(&issuer.0), 1);
}

#[test]
fn another_runtime_goes_on_where_one_ended() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
    };
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    let token = token(key(0));
    runtime().block_on(async {
        issuer.mood().delay = 3600 * SECOND;
        let bearer = BearerToken::new(&token);
        let asking = tokio::time::timeout(SECOND, verifier.verify(&bearer));
        assert!(asking.await.is_err());
        issuer.mood().delay = SECOND;
    });
    let verdict = runtime().block_on(judge(&verifier, &token));
    assert_eq!(verdict, Seen::Accepted);
    assert_eq!(issuer.count(), 2);
}

#[test]
fn a_runtime_that_has_ended_holds_nobody_up() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let ended = runtime.handle().clone();
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    let token = token(key(0));
    drop(runtime);
    let guard = ended.enter();
    // What is spawned now is dropped on the spot; the request must not wait for it, let alone for
    // itself.
    assert!(
        judge(&verifier, &token)
            .now_or_never()
            .is_none_or(|seen| seen != Seen::Accepted)
    );
    drop(guard);
    let next = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    assert_eq!(next.block_on(judge(&verifier, &token)), Seen::Accepted);
}

/// The principal of a token that is good at the moment.
async fn admitted(verifier: &JwtVerifier, token: &str) -> Arc<Principal> {
    match verifier.verify(&BearerToken::new(token)).await {
        Verdict::Accepted(principal) => principal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn to_ask_about_who_was_let_in_renews_the_keys_although_no_request_comes() {
    let issuer = Issuer::with(&[key(0), key(1)]);
    issuer.mood().max_age = Some(60 * SECOND);
    let verifier = issuer.verifier();
    let stays = admitted(&verifier, &token(key(0))).await;
    let goes = admitted(&verifier, &token(key(1))).await;
    issuer.publish(&[key(0)]);
    advance(30 * SECOND).await;
    assert!(!verifier.is_revoked(&goes));
    assert_eq!(issuer.count(), 1);
    // The keys are past their lifetime now.
    advance(30 * SECOND).await;
    assert!(!verifier.is_revoked(&goes));
    settle().await;
    assert_eq!(issuer.count(), 2);
    assert!(verifier.is_revoked(&goes));
    assert!(!verifier.is_revoked(&stays));
}

#[tokio::test(start_paused = true)]
async fn who_was_let_in_stays_during_an_outage_as_long_as_the_keys_may_be_used() {
    let issuer = Issuer::with(&[key(0)]);
    let verifier = issuer.verifier();
    let principal = admitted(&verifier, &token(key(0))).await;
    issuer.fail();
    advance(DEFAULT_MAX_STALE.saturating_sub(SECOND)).await;
    assert!(!verifier.is_revoked(&principal));
    settle().await;
    advance(SECOND).await;
    assert!(verifier.is_revoked(&principal));
    // No key vouches for who comes another way.
    let other = Principal::builder("https://issuer", "usr_1").build();
    assert!(!verifier.is_revoked(&other));
}
