use std::sync::Mutex;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use thyra_oauth::{ManualClock, Secret};

use super::*;
use crate::verify::testing::{self, Signer};
use crate::verify::{
    Algorithm, Audience, ClaimName, IssuerPattern, Issuers, JwtVerifier, KeySet, StaticTokens,
    VerifyingKey,
};

const NOW: u64 = 1_700_000_000;
const A: &str = "https://a.example";
const B: &str = "https://b.example";
const RESOURCE: &str = "https://mcp.example.com/mcp";

/// Says what it is told to, and writes down that it was asked.
#[derive(Clone, Debug)]
struct Scripted {
    name: &'static str,
    issuer: &'static str,
    cached: Option<Verdict>,
    verdict: Verdict,
    revoked: bool,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    fn new(name: &'static str, verdict: Verdict) -> Self {
        Self {
            name,
            issuer: "",
            cached: None,
            verdict,
            revoked: false,
            asked: Arc::default(),
        }
    }

    fn note(&self, what: &str) {
        let mut asked = self.asked.lock().unwrap();
        asked.push(format!("{what} {}", self.name));
    }
}

impl TokenVerifier for Scripted {
    fn check_cached(&self, _: &BearerToken<'_>) -> Option<Verdict> {
        self.cached.clone()
    }

    fn verify<'a>(&'a self, _: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        self.note("verify");
        let verdict = self.verdict.clone();
        async move {
            tokio::task::yield_now().await;
            verdict
        }
        .boxed()
    }

    fn is_revoked(&self, principal: &Principal) -> bool {
        self.note(&format!("revoked {}", principal.source().unwrap_or("-")));
        self.revoked
    }

    fn knows_issuer(&self, issuer: &str) -> bool {
        self.issuer == issuer
    }

    fn warnings(&self) -> Vec<String> {
        vec![format!("DEBUG: {}", self.name)]
    }
}

fn ada() -> Principal {
    Principal::builder(A, "ada").client_id("c").build()
}

fn accepted() -> Verdict {
    Verdict::Accepted(Arc::new(ada()))
}

fn outage(seconds: u64) -> Verdict {
    Verdict::Unavailable(Unavailable {
        retry_after: Duration::from_secs(seconds),
    })
}

fn rejected() -> Verdict {
    Verdict::Rejected(TokenRejected::UnknownToken)
}

fn any_of(verifiers: impl IntoIterator<Item = Scripted>) -> AnyOf {
    let builder = verifiers
        .into_iter()
        .fold(AnyOf::builder(), |builder, verifier| {
            builder.verifier(verifier.name, verifier)
        });
    builder.build().unwrap()
}

/// As a [`Protection`](crate::Protection) asks.
async fn judge(verifier: &dyn TokenVerifier, token: &str) -> Verdict {
    let token = BearerToken::new(token);
    match verifier.check_cached(&token) {
        Some(verdict) => verdict,
        None => verifier.verify(&token).await,
    }
}

async fn source(verifier: &dyn TokenVerifier, token: &str) -> Result<String, TokenRejected> {
    match judge(verifier, token).await {
        Verdict::Accepted(principal) => Ok(principal.source().unwrap_or("-").to_owned()),
        Verdict::Rejected(reason) => Err(reason),
        Verdict::Unavailable(_) => panic!("unavailable"),
    }
}

#[test]
fn names_are_distinct_and_clear() {
    let named = |names: &[&str]| {
        let builder = names.iter().fold(AnyOf::builder(), |builder, name| {
            builder.verifier(*name, StaticTokens::default())
        });
        builder.build().map(drop)
    };
    assert_eq!(named(&[]), Err(AnyOfError::NoVerifier));
    assert_eq!(named(&["people", "People", "a b", "é"]), Ok(()));
    for name in ["", " ", " a", "a ", "a/b", "/", "a\nb", "a\0"] {
        assert_eq!(
            named(&["people", name]),
            Err(AnyOfError::Name(name.to_owned())),
            "{name:?}"
        );
    }
    assert_eq!(
        named(&["a", "b", "a"]),
        Err(AnyOfError::SameName("a".to_owned()))
    );
}

#[tokio::test]
async fn the_first_that_accepts_is_the_last_that_is_asked() {
    let asked = Arc::default();
    let verifiers = [("a", rejected()), ("b", accepted()), ("c", accepted())];
    let verifier = any_of(verifiers.map(|(name, verdict)| Scripted {
        asked: Arc::clone(&asked),
        ..Scripted::new(name, verdict)
    }));
    assert_eq!(source(&verifier, "token").await.unwrap(), "b");
    assert_eq!(*asked.lock().unwrap(), ["verify a", "verify b"]);
}

#[tokio::test]
async fn whoever_remembers_a_token_is_enough() {
    let cached = Scripted {
        cached: Some(accepted()),
        ..Scripted::new("b", rejected())
    };
    let asked = Arc::clone(&cached.asked);
    let verifier = any_of([Scripted::new("a", rejected()), cached]);
    assert_eq!(source(&verifier, "token").await.unwrap(), "b");
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_refusal_at_hand_settles_nothing_while_another_has_to_judge() {
    let refuses = Scripted {
        cached: Some(Verdict::Rejected(TokenRejected::Denied)),
        ..Scripted::new("a", accepted())
    };
    let verifier = any_of([refuses.clone(), Scripted::new("b", accepted())]);
    assert_eq!(source(&verifier, "token").await.unwrap(), "b");

    let verifier = any_of([refuses]);
    let at_hand = verifier.check_cached(&BearerToken::new("token"));
    assert!(matches!(
        at_hand,
        Some(Verdict::Rejected(TokenRejected::Denied))
    ));
}

#[tokio::test]
async fn a_success_after_an_outage_wins() {
    let verifier = any_of([
        Scripted::new("a", outage(5)),
        Scripted::new("b", accepted()),
    ]);
    assert_eq!(source(&verifier, "token").await.unwrap(), "b");
}

#[tokio::test]
async fn an_outage_comes_before_a_rejection_and_the_shortest_wait_counts() {
    for order in [
        [outage(9), rejected(), outage(3), outage(60)],
        [rejected(), outage(3), outage(9), outage(60)],
        [outage(60), outage(3), rejected(), rejected()],
    ] {
        let names = ["a", "b", "c", "d"].into_iter();
        let verifiers = names.zip(order).map(|(n, v)| Scripted::new(n, v));
        let Verdict::Unavailable(outage) = judge(&any_of(verifiers), "token").await else {
            panic!("an outage")
        };
        assert_eq!(outage.retry_after, Duration::from_secs(3));
    }
}

#[tokio::test]
async fn the_rejection_of_the_verifier_in_which_a_token_came_furthest_is_told() {
    let reason = async |order: &[TokenRejected]| {
        let names = ["a", "b", "c"].into_iter();
        let verifiers = names.zip(order.iter());
        let verifiers = verifiers.map(|(n, r)| Scripted::new(n, Verdict::Rejected(*r)));
        source(&any_of(verifiers), "token").await.unwrap_err()
    };
    let ladder = [
        TokenRejected::Malformed,
        TokenRejected::UnknownToken,
        TokenRejected::AlgorithmNotAllowed,
        TokenRejected::IssuerMismatch,
        TokenRejected::SignatureInvalid,
        TokenRejected::MissingClaim(ClaimName::Sub),
        TokenRejected::AudienceMismatch,
        TokenRejected::Expired,
        TokenRejected::Denied,
    ];
    for pair in ladder.windows(2) {
        let [less, more] = [pair[0], pair[1]];
        assert_eq!(reason(&[less, more]).await, more);
        assert_eq!(reason(&[more, less, less]).await, more);
    }
    // Of two that are as telling, the first.
    let (first, second) = (TokenRejected::NotYetValid, TokenRejected::Expired);
    assert_eq!(reason(&[first, second]).await, first);
    for kind in TokenRejected::ALL {
        assert_eq!(reason(&[*kind]).await, *kind);
    }
}

/// What a JWT looks like whose signature nobody has looked at.
fn claiming(payload: &str) -> String {
    let [header, payload] =
        [r#"{"alg":"RS256"}"#, payload].map(|part| URL_SAFE_NO_PAD.encode(part));
    format!("{header}.{payload}.c2ln")
}

#[tokio::test]
async fn the_issuer_that_a_token_claims_decides_who_is_asked_first_and_nothing_else() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let known = |name, issuer| Scripted {
        issuer,
        asked: Arc::clone(&asked),
        ..Scripted::new(name, rejected())
    };
    let verifier = any_of([known("x", ""), known("a", A), known("b", B)]);
    let order = async |token: &str| {
        asked.lock().unwrap().clear();
        source(&verifier, token).await.unwrap_err();
        asked.lock().unwrap().join(", ").replace("verify ", "")
    };
    assert_eq!(
        order(&claiming(&json!({ "iss": B }).to_string())).await,
        "b, x, a"
    );
    assert_eq!(
        order(&claiming(&json!({ "iss": A }).to_string())).await,
        "a, x, b"
    );
    for neither in [
        "opaque".to_owned(),
        "a.b.c".to_owned(),
        "..".to_owned(),
        claiming("{}"),
        claiming(&json!({ "iss": [A] }).to_string()),
        claiming(&json!({ "iss": "https://c.example" }).to_string()),
        claiming(&format!(r#"{{"iss":"{B}","iss":"{A}"}}"#)),
        claiming(&"[".repeat(10_000)),
        claiming(&json!({ "iss": B, "padding": "a".repeat(20_000) }).to_string()),
    ] {
        assert_eq!(order(&neither).await, "x, a, b", "{}", &neither[..5]);
    }
}

#[tokio::test]
async fn the_same_caller_of_two_sources_is_two_callers() {
    let ids = async |name| {
        let verifier = any_of([Scripted::new(name, accepted())]);
        let Verdict::Accepted(principal) = judge(&verifier, "token").await else {
            panic!("accepted")
        };
        assert_eq!(principal.source(), Some(name));
        assert_eq!((principal.issuer(), principal.subject()), (A, "ada"));
        (principal.id(), principal.id().subject())
    };
    let (one, other) = (ids("one").await, ids("other").await);
    assert!(one.0 != other.0 && one.1 != other.1);
    assert!(one.0 != ada().id() && one.1 != ada().id().subject());
    assert_eq!(ids("one").await, one);
}

#[tokio::test]
async fn only_the_source_of_a_token_is_asked_whether_it_was_revoked() {
    let asked = Arc::default();
    let known = |name, revoked| Scripted {
        revoked,
        asked: Arc::clone(&asked),
        ..Scripted::new(name, accepted())
    };
    let verifier = any_of([known("a", false), known("b", true)]);
    let (a, b) = ("a".into(), "b".into());
    assert!(!verifier.is_revoked(&ada().admitted_by(&a)));
    assert!(verifier.is_revoked(&ada().admitted_by(&b)));
    // Whoever came another way, such as within the process.
    assert!(!verifier.is_revoked(&ada()));
    assert!(!verifier.is_revoked(&ada().admitted_by(&"bb".into())));
    assert_eq!(*asked.lock().unwrap(), ["revoked - a", "revoked - b"]);
}

#[tokio::test]
async fn verifiers_within_verifiers_are_told_apart_too() {
    let leaf = Scripted {
        revoked: true,
        issuer: B,
        ..Scripted::new("leaf", accepted())
    };
    let asked = Arc::clone(&leaf.asked);
    let inner = any_of([Scripted::new("x", rejected()), leaf]);
    let outer = AnyOf::builder()
        .verifier("x", Scripted::new("x", rejected()))
        .verifier("inner", inner)
        .build()
        .unwrap();
    let Verdict::Accepted(principal) = judge(&outer, "token").await else {
        panic!("accepted")
    };
    assert_eq!(principal.source(), Some("inner/leaf"));
    assert!(outer.is_revoked(&principal));
    assert_eq!(*asked.lock().unwrap(), ["verify leaf", "revoked - leaf"]);
    assert!(outer.knows_issuer(B) && !outer.knows_issuer(A));
    assert_eq!(
        outer.warnings(),
        [
            "DEBUG: x (source x)",
            "DEBUG: x (source x) (source inner)",
            "DEBUG: leaf (source leaf) (source inner)",
        ]
    );
}

#[test]
fn a_verifier_knows_issuers_by_their_form_too() {
    let pattern = IssuerPattern::new("https://login.example.com/", "/v2.0").unwrap();
    let issuers = Issuers::any_of([A]).unwrap();
    let issuers = issuers.or_matching(pattern.segment_equals_claim("tid"));
    let keys = KeySet::from_jwks(testing::jwks(&[testing::ec()]).as_bytes()).unwrap();
    let audience = Audience::any_of([RESOURCE]).unwrap();
    let verifier = JwtVerifier::builder(keys, issuers, audience)
        .build()
        .unwrap();
    assert!(verifier.knows_issuer(A));
    assert!(verifier.knows_issuer("https://login.example.com/t1/v2.0"));
    for other in [
        B,
        "",
        "https://login.example.com/v2.0",
        "https://a.example/",
    ] {
        assert!(!verifier.knows_issuer(other), "{other}");
    }
}

/// Two issuers whose keys are all known, and one fixed token.
struct World {
    a: Signer,
    b: Signer,
    verifier: AnyOf,
}

fn jwt(issuer: &str, key: &Signer) -> JwtVerifier {
    let keys = KeySet::from_jwks(testing::jwks(&[key]).as_bytes()).unwrap();
    let issuers = Issuers::any_of([issuer]).unwrap();
    let audience = Audience::any_of([RESOURCE]).unwrap();
    JwtVerifier::builder(keys, issuers, audience)
        .clock(Arc::new(ManualClock::new(Duration::from_secs(NOW))))
        .build()
        .unwrap()
}

impl World {
    fn new() -> Self {
        // Keys of the same name, as any issuer may choose.
        let [a, b] = [(); 2].map(|()| Signer::ec("key"));
        let verifier = AnyOf::builder()
            .verifier("a", jwt(A, &a))
            .verifier("b", jwt(B, &b))
            .verifier("fixed", StaticTokens::default().token("fixed-token", ada()))
            .build()
            .unwrap();
        Self { a, b, verifier }
    }

    async fn judge(&self, token: &str) -> Result<String, TokenRejected> {
        source(&self.verifier, token).await
    }
}

fn claims(issuer: &str) -> Value {
    json!({ "iss": issuer, "aud": RESOURCE, "sub": "ada", "client_id": "c", "exp": NOW + 300 })
}

#[tokio::test]
async fn each_token_is_good_at_its_own_source() {
    let world = World::new();
    // Twice: verified, and remembered.
    for _ in 0..2 {
        assert_eq!(world.judge(&world.a.token(&claims(A))).await.unwrap(), "a");
        assert_eq!(world.judge(&world.b.token(&claims(B))).await.unwrap(), "b");
        assert_eq!(world.judge("fixed-token").await.unwrap(), "fixed");
    }
    let token = world.a.token(&claims(A));
    world.judge(&token).await.unwrap();
    let at_hand = world.verifier.check_cached(&BearerToken::new(&token));
    assert!(matches!(at_hand, Some(Verdict::Accepted(_))));
}

#[tokio::test]
async fn a_token_of_one_issuer_in_the_name_of_another_is_refused() {
    let world = World::new();
    assert_eq!(
        world.judge(&world.a.token(&claims(B))).await.unwrap_err(),
        TokenRejected::SignatureInvalid
    );
    assert_eq!(
        world.judge(&world.b.token(&claims(A))).await.unwrap_err(),
        TokenRejected::SignatureInvalid
    );
    let stranger = Signer::ec("key");
    for issuer in [A, B] {
        assert_eq!(
            world.judge(&stranger.token(&claims(issuer))).await,
            Err(TokenRejected::SignatureInvalid)
        );
    }
    assert_eq!(
        world
            .judge(&stranger.token(&claims("https://c.example")))
            .await,
        Err(TokenRejected::SignatureInvalid),
        "whose key it is comes before whose issuer it is"
    );
}

#[tokio::test]
async fn the_reason_is_that_of_the_tokens_own_issuer() {
    let world = World::new();
    let mut expired = claims(B);
    expired["exp"] = (NOW - 300).into();
    assert_eq!(
        world.judge(&world.b.token(&expired)).await,
        Err(TokenRejected::Expired)
    );
    let mut elsewhere = claims(A);
    elsewhere["aud"] = "https://other.example/mcp".into();
    assert_eq!(
        world.judge(&world.a.token(&elsewhere)).await,
        Err(TokenRejected::AudienceMismatch)
    );
    assert_eq!(
        world.judge("no-such-token").await,
        Err(TokenRejected::UnknownToken)
    );
}

#[tokio::test]
async fn a_secret_of_one_verifier_signs_nothing_for_another() {
    let secret = b"a secret that is long enough for HS256";
    let key = VerifyingKey::from_secret(&Secret::new(secret.to_vec()), Algorithm::Hs256).unwrap();
    let audience = Audience::any_of([RESOURCE]).unwrap();
    let issuers = Issuers::any_of([A]).unwrap();
    let shared = JwtVerifier::builder(key, issuers, audience)
        .clock(Arc::new(ManualClock::new(Duration::from_secs(NOW))))
        .build()
        .unwrap();
    let b = Signer::ec("key");
    let verifier = AnyOf::builder()
        .verifier("shared", shared)
        .verifier("b", jwt(B, &b))
        .build()
        .unwrap();
    let signed = |secret: &[u8], issuer: &str| {
        let input = testing::signing_input(r#"{"alg":"HS256"}"#, &claims(issuer).to_string());
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&key, input.as_bytes()));
        format!("{input}.{tag}")
    };
    assert_eq!(
        source(&verifier, &signed(secret, A)).await.unwrap(),
        "shared"
    );
    // The secret vouches for its own issuer only, and a public key is no secret.
    assert!(source(&verifier, &signed(secret, B)).await.is_err());
    for public in [b.pem(), b.jwk().to_string(), testing::jwks(&[&b])] {
        for issuer in [A, B] {
            assert!(
                source(&verifier, &signed(public.as_bytes(), issuer))
                    .await
                    .is_err()
            );
        }
    }
}
