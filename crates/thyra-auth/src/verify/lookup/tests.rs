use std::collections::HashMap;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};

use thyra_oauth::ManualClock;
use tokio::sync::Notify;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const START: Duration = Duration::from_secs(1_000);

/// An authority whose answers and moods can be changed.
#[derive(Clone, Debug)]
struct Authority(Arc<Moods>);

#[derive(Debug, Default)]
struct Moods {
    /// Which tokens it knows, and when they end.
    tokens: Mutex<HashMap<String, Option<Duration>>>,
    mood: Mutex<Mood>,
    /// What it was asked about.
    asked: Mutex<Vec<String>>,
    /// Questions wait for this, if it was made shut.
    gate: Notify,
    shut: AtomicBool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mood {
    #[default]
    Well,
    Confused,
    Down,
    Limited(Duration),
    Silent,
}

impl Authority {
    fn knowing(tokens: &[&str]) -> Self {
        let authority = Self(Arc::default());
        for token in tokens {
            authority.know(token, None);
        }
        authority
    }

    fn know(&self, token: &str, end: Option<Duration>) {
        self.0.tokens.lock().unwrap().insert(token.to_owned(), end);
    }

    fn forget(&self, token: &str) {
        self.0.tokens.lock().unwrap().remove(token);
    }

    fn mood(&self, mood: Mood) {
        *self.0.mood.lock().unwrap() = mood;
    }

    fn asked(&self) -> usize {
        self.0.asked.lock().unwrap().len()
    }

    fn shut(&self, shut: bool) {
        self.0.shut.store(shut, Ordering::SeqCst);
        self.0.gate.notify_waiters();
    }

    fn answer(&self, token: &str) -> Result<Known, LookupError> {
        let ends = self.0.tokens.lock().unwrap().get(token).copied();
        let Some(end) = ends else {
            return Err(TokenRejected::Inactive.into());
        };
        let mut principal = Principal::builder("https://issuer", token).token_id(token);
        if let Some(end) = end {
            principal = principal.expires_at(end);
        }
        Ok(Known::new(principal))
    }
}

impl TokenLookup for Authority {
    fn look_up<'a>(
        &'a self,
        token: BearerToken<'a>,
        _: &'a dyn Clock,
    ) -> BoxFuture<'a, Result<Known, LookupError>> {
        async move {
            self.0.asked.lock().unwrap().push(token.as_str().to_owned());
            while self.0.shut.load(Ordering::SeqCst) {
                self.0.gate.notified().await;
            }
            let mood = *self.0.mood.lock().unwrap();
            match mood {
                Mood::Well => self.answer(token.as_str()),
                Mood::Confused => Err(LookupError::bad_answer("it is a poem")),
                Mood::Down => Err(LookupError::no_answer("the line is dead")),
                Mood::Limited(retry_after) => Err(LookupError::NoAnswer {
                    source: "too many questions".into(),
                    retry_after: Some(retry_after),
                }),
                Mood::Silent => pending().await,
            }
        }
        .boxed()
    }
}

/// What a verdict comes to.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Accepted(String),
    Rejected(TokenRejected),
    Unavailable(Duration),
}

async fn judge(verifier: &LookupVerifier, token: &str) -> Outcome {
    outcome(verifier.verify(&BearerToken::new(token)).await)
}

fn outcome(verdict: Verdict) -> Outcome {
    match verdict {
        Verdict::Accepted(principal) => Outcome::Accepted(principal.subject().to_owned()),
        Verdict::Rejected(reason) => Outcome::Rejected(reason),
        Verdict::Unavailable(outage) => Outcome::Unavailable(outage.retry_after),
    }
}

fn ada() -> Outcome {
    Outcome::Accepted("ada".to_owned())
}

fn set_up(authority: &Authority) -> (Arc<ManualClock>, LookupVerifierBuilder) {
    let clock = Arc::new(ManualClock::new(START));
    let builder = LookupVerifier::builder(authority.clone()).clock(clock.clone());
    (clock, builder)
}

#[tokio::test]
async fn a_good_answer_counts_for_its_time_and_a_bad_one_briefly() {
    let authority = Authority::knowing(&["ada"]);
    let (clock, builder) = set_up(&authority);
    let verifier = builder.build();
    assert_eq!(judge(&verifier, "ada").await, ada());
    assert_eq!(judge(&verifier, "ada").await, ada());
    let inactive = Outcome::Rejected(TokenRejected::Inactive);
    assert_eq!(judge(&verifier, "bob").await, inactive);
    assert_eq!(judge(&verifier, "bob").await, inactive);
    assert_eq!(authority.asked(), 2);
    clock.advance(5 * SECOND);
    authority.know("bob", None);
    let bob = Outcome::Accepted("bob".to_owned());
    assert_eq!(judge(&verifier, "bob").await, bob);
    assert_eq!(authority.asked(), 3);
    clock.advance(55 * SECOND);
    authority.forget("ada");
    assert_eq!(judge(&verifier, "ada").await, inactive);
    assert_eq!(judge(&verifier, "bob").await, bob);
    assert_eq!(authority.asked(), 4);
}

#[tokio::test]
async fn what_is_remembered_is_told_without_waiting() {
    let authority = Authority::knowing(&["ada"]);
    let verifier = set_up(&authority).1.build();
    let token = BearerToken::new("ada");
    assert!(verifier.check_cached(&token).is_none());
    judge(&verifier, "ada").await;
    authority.mood(Mood::Silent);
    let verdict = verifier.check_cached(&token).unwrap();
    assert_eq!(outcome(verdict), ada());
}

#[tokio::test]
async fn with_no_time_to_keep_every_request_asks() {
    let authority = Authority::knowing(&["ada"]);
    let (_, builder) = set_up(&authority);
    let verifier = builder
        .keep(Duration::ZERO)
        .keep_refusals(Duration::ZERO)
        .build();
    for _ in 0..3 {
        assert_eq!(judge(&verifier, "ada").await, ada());
        judge(&verifier, "bob").await;
    }
    assert_eq!(authority.asked(), 6);
}

#[tokio::test]
async fn nothing_counts_past_the_end_of_its_token() {
    let authority = Authority::knowing(&[]);
    authority.know("ada", Some(START + 10 * SECOND));
    let (clock, builder) = set_up(&authority);
    let verifier = builder.leeway(5 * SECOND).build();
    assert_eq!(judge(&verifier, "ada").await, ada());
    clock.advance(9 * SECOND);
    assert_eq!(judge(&verifier, "ada").await, ada());
    assert_eq!(authority.asked(), 1);
    // Within the leeway the authority has the word, every time.
    clock.advance(SECOND);
    assert_eq!(judge(&verifier, "ada").await, ada());
    assert_eq!(judge(&verifier, "ada").await, ada());
    assert_eq!(authority.asked(), 3);
    // Past it, not even the authority.
    clock.advance(5 * SECOND);
    let expired = Outcome::Rejected(TokenRejected::Expired);
    assert_eq!(judge(&verifier, "ada").await, expired);
}

#[derive(Debug)]
struct Hints(Known);

impl TokenLookup for Hints {
    fn look_up<'a>(
        &'a self,
        _: BearerToken<'a>,
        _: &'a dyn Clock,
    ) -> BoxFuture<'a, Result<Known, LookupError>> {
        ready(Ok(self.0.clone())).boxed()
    }
}

#[tokio::test]
async fn a_lookup_may_shorten_the_time_and_say_when_a_token_begins() {
    let clock = Arc::new(ManualClock::new(START));
    let verifier = |known| {
        let builder = LookupVerifier::builder(Hints(known)).clock(clock.clone());
        builder.leeway(SECOND).build()
    };
    let known = Known::new(Principal::builder("https://issuer", "ada"));
    let short = verifier(known.clone().keep_at_most(SECOND));
    let long = verifier(known.clone().keep_at_most(Duration::MAX));
    for verifier in [&short, &long] {
        assert_eq!(judge(verifier, "t").await, ada());
    }
    clock.advance(SECOND);
    let token = BearerToken::new("t");
    assert!(short.check_cached(&token).is_none());
    assert!(long.check_cached(&token).is_some());
    clock.advance(59 * SECOND);
    assert!(long.check_cached(&token).is_none());

    let now = clock.unix();
    let early = verifier(known.clone().not_before(now + 2 * SECOND));
    let refused = Outcome::Rejected(TokenRejected::NotYetValid);
    assert_eq!(judge(&early, "t").await, refused);
    assert_eq!(
        judge(&verifier(known.not_before(now + SECOND)), "t").await,
        ada()
    );
}

#[tokio::test]
async fn when_the_clock_is_set_back_an_answer_does_not_count_longer() {
    let authority = Authority::knowing(&["ada"]);
    let (clock, builder) = set_up(&authority);
    let verifier = builder.build();
    judge(&verifier, "ada").await;
    clock.set_unix(Duration::ZERO);
    clock.advance(60 * SECOND);
    judge(&verifier, "ada").await;
    assert_eq!(authority.asked(), 2);
}

#[tokio::test]
async fn callers_with_the_same_token_share_one_question() {
    let authority = Authority::knowing(&["ada"]);
    let verifier = set_up(&authority).1.build();
    authority.shut(true);
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let verifier = verifier.clone();
            tokio::spawn(async move { judge(&verifier, "ada").await })
        })
        .collect();
    while authority.asked() == 0 {
        tokio::task::yield_now().await;
    }
    authority.shut(false);
    for caller in callers {
        assert_eq!(caller.await.unwrap(), ada());
    }
    assert_eq!(authority.asked(), 1);
}

#[tokio::test]
async fn a_question_goes_on_when_the_first_of_its_callers_leaves() {
    let authority = Authority::knowing(&["ada"]);
    let verifier = set_up(&authority).1.build();
    authority.shut(true);
    let token = BearerToken::new("ada");
    let mut first = verifier.verify(&token);
    let mut second = verifier.verify(&token);
    assert!((&mut first).now_or_never().is_none());
    assert!((&mut second).now_or_never().is_none());
    drop(first);
    authority.shut(false);
    assert_eq!(outcome(second.await), ada());
    assert_eq!(authority.asked(), 1);
}

#[tokio::test]
async fn a_crowd_of_tokens_is_answered_with_503_and_known_ones_are_let_in() {
    let authority = Authority::knowing(&["ada", "bob"]);
    let (_, builder) = set_up(&authority);
    let verifier = builder.most_at_once(2).build();
    judge(&verifier, "ada").await;
    authority.shut(true);
    let tokens = ["x", "y"].map(BearerToken::new);
    let mut waiting = tokens.each_ref().map(|token| verifier.verify(token));
    for waiting in &mut waiting {
        assert!(waiting.now_or_never().is_none());
    }
    assert_eq!(judge(&verifier, "bob").await, Outcome::Unavailable(CROWDED));
    assert_eq!(judge(&verifier, "ada").await, ada());
    // Callers that leave make room at once.
    drop(waiting);
    authority.shut(false);
    let bob = Outcome::Accepted("bob".to_owned());
    assert_eq!(judge(&verifier, "bob").await, bob);
}

#[tokio::test]
async fn an_authority_that_is_down_is_left_alone_and_serves_as_soon_as_it_is_back() {
    for (mood, rest) in [
        (Mood::Down, Duration::from_millis(500)),
        (Mood::Limited(30 * SECOND), 30 * SECOND),
        (Mood::Limited(Duration::MAX), 600 * SECOND),
    ] {
        let authority = Authority::knowing(&["ada", "bob"]);
        let (clock, builder) = set_up(&authority);
        let verifier = builder.keep(3_600 * SECOND).build();
        judge(&verifier, "ada").await;
        authority.mood(mood);
        assert_eq!(judge(&verifier, "bob").await, Outcome::Unavailable(rest));
        // Nobody is asked, whatever the token, and those that are remembered are let in.
        for _ in 0..100 {
            assert_eq!(judge(&verifier, "bob").await, Outcome::Unavailable(rest));
            assert_eq!(judge(&verifier, "junk").await, Outcome::Unavailable(rest));
            assert_eq!(judge(&verifier, "ada").await, ada());
        }
        assert_eq!(authority.asked(), 2);
        clock.advance(rest);
        authority.mood(Mood::Well);
        let bob = Outcome::Accepted("bob".to_owned());
        assert_eq!(judge(&verifier, "bob").await, bob, "{mood:?}");
        assert_eq!(authority.asked(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn an_authority_that_says_nothing_is_an_outage() {
    let authority = Authority::knowing(&["ada"]);
    authority.mood(Mood::Silent);
    let (_, builder) = set_up(&authority);
    let verifier = builder.time_limit(3 * SECOND).build();
    let start = tokio::time::Instant::now();
    let verdict = judge(&verifier, "ada").await;
    assert_eq!(verdict, Outcome::Unavailable(rest::SHORTEST));
    assert_eq!(start.elapsed(), 3 * SECOND);
    judge(&verifier, "ada").await;
    assert_eq!(authority.asked(), 1);
}

#[tokio::test]
async fn a_token_that_confuses_the_authority_keeps_nobody_else_out() {
    let authority = Authority::knowing(&["ada"]);
    let (clock, builder) = set_up(&authority);
    let verifier = builder.build();
    authority.mood(Mood::Confused);
    let unavailable = Outcome::Unavailable(rest::SHORTEST);
    assert_eq!(judge(&verifier, "odd").await, unavailable);
    assert_eq!(judge(&verifier, "odd").await, unavailable);
    assert_eq!(authority.asked(), 1);
    authority.mood(Mood::Well);
    assert_eq!(judge(&verifier, "ada").await, ada());
    clock.advance(rest::SHORTEST);
    let inactive = Outcome::Rejected(TokenRejected::Inactive);
    assert_eq!(judge(&verifier, "odd").await, inactive);
}

#[tokio::test]
async fn nobody_is_asked_about_what_is_no_token() {
    let authority = Authority::knowing(&["ada"]);
    let verifier = set_up(&authority).1.build();
    let long = "a".repeat(MAX_TOKEN + 1);
    for (token, reason) in [
        ("", TokenRejected::Malformed),
        ("a b", TokenRejected::Malformed),
        ("a\r\nHost: x", TokenRejected::Malformed),
        ("\u{e9}", TokenRejected::Malformed),
        (&long, TokenRejected::TooLarge),
    ] {
        assert_eq!(judge(&verifier, token).await, Outcome::Rejected(reason));
    }
    assert_eq!(authority.asked(), 0);
}

#[tokio::test]
async fn a_denied_token_is_refused_at_once_and_ends_what_it_began() {
    let authority = Authority::knowing(&["ada"]);
    let denied = Arc::new(AtomicBool::new(false));
    let hook = Arc::clone(&denied);
    let (_, builder) = set_up(&authority);
    let verifier = builder
        .deny(move |id| id == "ada" && hook.load(Ordering::SeqCst))
        .build();
    let verdict = verifier.verify(&BearerToken::new("ada")).await;
    let Verdict::Accepted(principal) = verdict else {
        panic!("{verdict:?}")
    };
    assert!(!verifier.is_revoked(&principal));
    denied.store(true, Ordering::SeqCst);
    assert!(verifier.is_revoked(&principal));
    let refused = Outcome::Rejected(TokenRejected::Denied);
    assert_eq!(judge(&verifier, "ada").await, refused);
    denied.store(false, Ordering::SeqCst);
    assert_eq!(judge(&verifier, "ada").await, ada());
}

#[tokio::test]
async fn streams_of_a_token_that_is_found_revoked_end() {
    let authority = Authority::knowing(&["ada"]);
    let (clock, builder) = set_up(&authority);
    let verifier = builder.build();
    let Verdict::Accepted(principal) = verifier.verify(&BearerToken::new("ada")).await else {
        panic!("it is known")
    };
    authority.forget("ada");
    assert!(!verifier.is_revoked(&principal));
    clock.advance(60 * SECOND);
    judge(&verifier, "ada").await;
    assert!(verifier.is_revoked(&principal));
}

#[tokio::test]
async fn no_debug_output_holds_a_token() {
    let authority = Authority::knowing(&[]);
    let verifier = set_up(&authority).1.build();
    judge(&verifier, "hush").await;
    let verifier = LookupVerifier::builder(Hints(Known::new(Principal::builder("i", "s"))));
    assert!(!format!("{:?}", verifier.build()).contains("hush"));
}
