use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use thyra_auth::KeySet;
use thyra_oauth::{Clock as _, Fetcher, ManualClock, ScopeSet, SigningKey, client_assertion};
use thyra_store::{Fault, Faulty, MemoryStore, Store, StoreKey, StoreKeys};

use super::*;
use crate::client::{ClientKind, ClientRules, DocumentReach, IssuerClient, RegistrationPolicy};

const ISSUER: &str = "https://as.example/base";
const TOKEN_ENDPOINT: &str = "https://as.example/base/token";
/// It needs encoding.
const SECRET: &str = "s3cret with+100%&:=";

struct Rig {
    clients: Clients,
    clock: ManualClock,
    key: SigningKey,
    store: Faulty,
}

impl Rig {
    fn new() -> Self {
        let clock = ManualClock::new(Duration::from_hours(495_000));
        let key = SigningKey::generate().unwrap().key_id("k");
        let mut jwk = key.public_jwk();
        jwk["kid"] = "k".into();
        let jwks = json!({ "keys": [jwk] }).to_string();
        let keys = KeySet::from_jwks(jwks.as_bytes()).unwrap();
        let rules = ClientRules {
            configured: vec![
                IssuerClient::new("app", ["http://localhost/cb"]),
                IssuerClient::new("reports", ["https://reports.example/cb"])
                    .secret(SECRET.to_owned()),
                IssuerClient::new("signer", ["https://signer.example/cb"]).keys(keys),
            ],
            redirect_patterns: None,
            registration: RegistrationPolicy::open(),
            documents: DocumentReach::None,
            identity_assertion: false,
            valid_scopes: ScopeSet::default(),
            issuer: ISSUER.to_owned(),
            token_endpoint: TOKEN_ENDPOINT.to_owned(),
        };
        let memory = MemoryStore::with(MemoryStore::BOUNDS, Arc::new(clock.clone()));
        let store = Faulty::new(memory);
        let keys = StoreKeys::new(StoreKey::generate().unwrap());
        let encrypted = Store::encrypted(store.clone(), keys);
        let shared = Arc::new(clock.clone());
        let clients = Clients::new(rules, encrypted, Fetcher::new(), shared).unwrap();
        Self {
            clients,
            clock,
            key,
            store,
        }
    }

    /// The client, or the status and the error of the answer.
    async fn authenticate(&self, authorization: &[&str], form: &[(&str, &str)]) -> Outcome {
        let mut headers = HeaderMap::new();
        for value in authorization {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        let query = form_urlencoded(form);
        let form = Form::of_query(&query).unwrap();
        match self.clients.authenticate(&headers, &form).await {
            Ok(client) => Ok(client.id),
            Err(error) => {
                let answer = error.answer();
                let body: Value = serde_json::from_slice(answer.body()).unwrap();
                let challenge = answer.headers().contains_key(header::WWW_AUTHENTICATE);
                let description = body["error_description"].as_str().unwrap().to_owned();
                assert!(!description.contains("s3cret"), "{description}");
                let code = body["error"].as_str().unwrap().to_owned();
                Err((answer.status().as_u16(), code, challenge, description))
            }
        }
    }

    fn assertion(&self, change: impl FnOnce(&mut Map<String, Value>)) -> String {
        let now = self.clock.unix().as_secs();
        let claims = json!({
            "iss": "signer", "sub": "signer", "aud": ISSUER, "jti": "1", "iat": now, "exp": now + 60,
        });
        let Value::Object(mut claims) = claims else {
            unreachable!("it is an object")
        };
        change(&mut claims);
        self.key.sign(Map::new(), &claims).unwrap().expose().clone()
    }

    async fn assert(&self, assertion: &str) -> Outcome {
        let form = [
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion),
        ];
        self.authenticate(&[], &form).await
    }
}

/// A claim and its other value; null removes it.
type Change = (&'static str, Value);

type Outcome = Result<String, (u16, String, bool, String)>;

fn form_urlencoded(form: &[(&str, &str)]) -> String {
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    encoded.extend_pairs(form).finish()
}

fn basic_header(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn each_client_proves_itself_in_its_own_way() {
    let rig = Rig::new();
    let app = [("client_id", "app")];
    assert_eq!(rig.authenticate(&[], &app).await.unwrap(), "app");
    let by_header = basic_header("app", "");
    assert_eq!(rig.authenticate(&[&by_header], &[]).await.unwrap(), "app");

    let post = [("client_id", "reports"), ("client_secret", SECRET)];
    assert_eq!(rig.authenticate(&[], &post).await.unwrap(), "reports");
    for header in [
        basic_header("reports", &encoded(SECRET)),
        basic_header("reports", &encoded(SECRET).replace('+', "%20")),
        // As clients do that do not encode.
        basic_header("reports", SECRET),
        basic_header("reports", SECRET).replace("Basic ", "bASIC  "),
    ] {
        for form in [&[][..], &[("client_id", "reports")]] {
            let outcome = rig.authenticate(&[&header], form).await;
            assert_eq!(outcome.unwrap(), "reports", "{header}");
        }
    }

    let signed = client_assertion(&rig.key, "signer", ISSUER, &rig.clock).unwrap();
    assert_eq!(rig.assert(signed.expose()).await.unwrap(), "signer");
    let form = [
        ("client_id", "signer"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", &rig.assertion(|_| ())),
    ];
    assert_eq!(rig.authenticate(&[], &form).await.unwrap(), "signer");
}

#[tokio::test]
async fn a_client_with_a_secret_or_keys_is_never_let_in_without() {
    let rig = Rig::new();
    let other = rig.assertion(|claims| {
        claims.insert("sub".into(), "reports".into());
        claims.insert("iss".into(), "reports".into());
    });
    let own = rig.assertion(|_| ());
    for (headers, form) in [
        (vec![], vec![("client_id", "reports")]),
        (vec![basic_header("reports", "")], vec![]),
        (
            vec![basic_header("reports", "another secret, as long")],
            vec![],
        ),
        (vec![basic_header("reports", &SECRET[1..])], vec![]),
        (
            vec![],
            vec![
                ("client_id", "reports"),
                ("client_secret", "another secret, as long"),
            ],
        ),
        (
            vec![],
            vec![("client_id", "reports"), ("client_secret", "")],
        ),
        (
            vec![],
            vec![
                ("client_assertion_type", ASSERTION_TYPE),
                ("client_assertion", &*other),
            ],
        ),
        (vec![], vec![("client_id", "signer")]),
        (
            vec![],
            vec![("client_id", "signer"), ("client_secret", SECRET)],
        ),
        (vec![basic_header("signer", SECRET)], vec![]),
        (vec![basic_header("signer", "")], vec![]),
        // A public client has no secret that could be right.
        (
            vec![],
            vec![("client_id", "app"), ("client_secret", SECRET)],
        ),
        (vec![basic_header("app", SECRET)], vec![]),
        // Nobody knows these.
        (vec![], vec![("client_id", "nobody")]),
        (vec![basic_header("nobody", SECRET)], vec![]),
        (vec![], vec![("client_id", "APP")]),
        (vec![], vec![("client_id", "app ")]),
    ] {
        let with_header = !headers.is_empty();
        let headers: Vec<_> = headers.iter().map(String::as_str).collect();
        let refused = rig.authenticate(&headers, &form).await.unwrap_err();
        let (status, error, challenge, _) = refused;
        assert_eq!(
            (status, &*error),
            (401, "invalid_client"),
            "{headers:?} {form:?}"
        );
        assert_eq!(challenge, with_header, "{headers:?} {form:?}");
    }
    // What is signed, is signed for this client only.
    assert!(rig.assert(&own).await.is_ok());
}

#[tokio::test]
async fn a_request_that_says_two_things_is_not_guessed_at() {
    let rig = Rig::new();
    let header = basic_header("reports", &encoded(SECRET));
    let assertion = rig.assertion(|_| ());
    let typed = ("client_assertion_type", ASSERTION_TYPE);
    let signed = ("client_assertion", &*assertion);
    for (headers, form) in [
        (vec![], vec![]),
        (vec![], vec![("client_id", "")]),
        (vec![], vec![("client_secret", SECRET)]),
        (vec![], vec![("client_id", "app"), ("client_id", "app")]),
        (vec![&*header, &*header], vec![]),
        (vec![&*header], vec![("client_id", "app")]),
        (
            vec![&*header],
            vec![("client_id", "reports"), ("client_secret", SECRET)],
        ),
        (vec![&*header], vec![typed, signed]),
        (
            vec![],
            vec![
                ("client_id", "signer"),
                ("client_secret", SECRET),
                typed,
                signed,
            ],
        ),
        (vec![], vec![("client_id", "app"), typed, signed]),
        (vec![], vec![("client_id", "signer"), signed]),
        (vec![], vec![("client_id", "signer"), typed]),
        (
            vec![],
            vec![
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
                ),
                signed,
            ],
        ),
    ] {
        let refused = rig.authenticate(&headers, &form).await.unwrap_err();
        assert_eq!(
            (refused.0, &*refused.1),
            (400, "invalid_request"),
            "{form:?}"
        );
    }
    for header in [
        "Basic",
        "Basic !",
        "Basic YXBw",
        "Bearer abc",
        "Basic /w==",
        "",
    ] {
        let refused = rig.authenticate(&[header], &[]).await.unwrap_err();
        let seen = (refused.0, &*refused.1, refused.2);
        assert_eq!(seen, (401, "invalid_client", true), "{header}");
    }
}

#[tokio::test]
async fn an_assertion_is_short_for_us_and_of_this_client() {
    let rig = Rig::new();
    let now = rig.clock.unix().as_secs();
    let cases: Vec<(&str, Vec<Change>)> = vec![
        ("aud", vec![("aud", json!("https://as.example"))]),
        (
            "aud with a slash",
            vec![("aud", json!(format!("{ISSUER}/")))],
        ),
        (
            "aud of another, too",
            vec![("aud", json!([ISSUER, "https://other.example"]))],
        ),
        (
            "both names of ours",
            vec![("aud", json!([ISSUER, TOKEN_ENDPOINT]))],
        ),
        ("no aud", vec![("aud", Value::Null)]),
        ("iss", vec![("iss", json!("app"))]),
        ("no iss", vec![("iss", Value::Null)]),
        ("no exp", vec![("exp", Value::Null)]),
        ("expired", vec![("exp", json!(now - 31))]),
        ("too long", vec![("exp", json!(now + 331))]),
        ("of the future", vec![("iat", json!(now + 100))]),
        ("not yet", vec![("nbf", json!(now + 100))]),
        ("no jti", vec![("jti", Value::Null)]),
        ("empty jti", vec![("jti", json!(""))]),
        ("a number for a jti", vec![("jti", json!(7))]),
        ("sub", vec![("sub", json!("app"))]),
        (
            "sub and iss",
            vec![("sub", json!("reports")), ("iss", json!("reports"))],
        ),
        ("no sub", vec![("sub", Value::Null)]),
    ];
    for (name, changes) in cases {
        let assertion = rig.assertion(|claims| {
            for (claim, value) in changes {
                match value {
                    Value::Null => claims.remove(claim),
                    value => claims.insert(claim.to_owned(), value),
                };
            }
        });
        let (status, error, ..) = rig.assert(&assertion).await.unwrap_err();
        assert_eq!((status, &*error), (401, "invalid_client"), "{name}");
    }
    // What was refused for itself has not used its `jti`, and both names of ours are good.
    for aud in [json!(ISSUER), json!([TOKEN_ENDPOINT])] {
        let assertion = rig.assertion(|claims| {
            claims.insert("jti".into(), aud.to_string().into());
            claims.insert("aud".into(), aud);
            claims.insert("exp".into(), (now + 300).into());
        });
        assert_eq!(rig.assert(&assertion).await.unwrap(), "signer");
    }
}

#[tokio::test]
async fn an_assertion_of_another_key_or_kind_is_refused() {
    let rig = Rig::new();
    let claims = json!({ "iss": "signer", "sub": "signer", "aud": ISSUER, "jti": "1", "exp": rig.clock.unix().as_secs() + 60 });
    let other = SigningKey::generate().unwrap().key_id("k");
    let forged = other.sign(Map::new(), &claims).unwrap();
    let token = Map::from_iter([("typ".to_owned(), json!("at+jwt"))]);
    let access_token = rig.key.sign(token, &claims).unwrap();
    let encode =
        |json: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json.to_string());
    let unsigned = format!(
        "{}.{}.",
        encode(json!({ "alg": "none" })),
        encode(claims.clone())
    );
    let signed = rig.assertion(|_| ());
    let stripped = signed.rsplit_once('.').unwrap().0.to_owned() + ".";
    for assertion in [
        forged.expose(),
        access_token.expose(),
        &unsigned,
        &stripped,
        "a.b.c",
        "x",
    ] {
        let (status, error, ..) = rig.assert(assertion).await.unwrap_err();
        assert_eq!((status, &*error), (401, "invalid_client"), "{assertion}");
    }
    assert!(rig.assert(&signed).await.is_ok());
}

#[tokio::test]
async fn an_assertion_is_good_once_and_not_without_the_store() {
    let rig = Rig::new();
    let assertion = rig.assertion(|_| ());
    assert!(rig.assert(&assertion).await.is_ok());
    for _ in 0..3 {
        let (status, _, _, description) = rig.assert(&assertion).await.unwrap_err();
        assert_eq!(status, 401);
        assert!(description.contains("was used before"), "{description}");
    }
    // Until it has ended, also by a clock that is behind.
    rig.clock.advance(Duration::from_secs(89));
    let (.., description) = rig.assert(&assertion).await.unwrap_err();
    assert!(description.contains("was used before"), "{description}");
    rig.clock.advance(Duration::from_secs(2));
    let (.., description) = rig.assert(&assertion).await.unwrap_err();
    assert!(!description.contains("was used before"), "{description}");

    rig.store.fail(Fault::Down);
    let assertion = rig.assertion(|_| ());
    let (status, error, ..) = rig.assert(&assertion).await.unwrap_err();
    assert_eq!((status, &*error), (503, "temporarily_unavailable"));
    let (status, ..) = rig
        .authenticate(&[], &[("client_id", "AAAAAAAAAAAAAAAAAAAAAA")])
        .await
        .unwrap_err();
    assert_eq!(status, 503);
    rig.store.heal();
    assert!(rig.assert(&assertion).await.is_ok());
}

#[tokio::test]
async fn of_many_at_once_one_uses_an_assertion() {
    let rig = Arc::new(Rig::new());
    let assertion: Arc<str> = rig.assertion(|_| ()).into();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (rig, assertion) = (Arc::clone(&rig), Arc::clone(&assertion));
        tasks.spawn(async move { rig.assert(&assertion).await.is_ok() });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.into_iter().filter(|won| *won).count(), 1);
}

#[tokio::test]
async fn a_registered_client_is_public_and_lives_on_while_it_comes() {
    let rig = Rig::new();
    let body = json!({ "redirect_uris": ["http://localhost/"], "token_endpoint_auth_method": "client_secret_post" });
    let answer = rig
        .clients
        .register(body.to_string().as_bytes())
        .await
        .unwrap();
    let id = answer["client_id"].as_str().unwrap();
    let form = [("client_id", id)];
    assert_eq!(rig.authenticate(&[], &form).await.unwrap(), id);
    let client = rig.clients.find(id).await.unwrap();
    assert_eq!(client.kind, ClientKind::Registered);
    rig.clients.confirm(&client).await;
    for _ in 0..5 {
        rig.clock.advance(Duration::from_hours(24 * 60));
        assert_eq!(rig.authenticate(&[], &form).await.unwrap(), id);
    }
    rig.clock.advance(Duration::from_hours(24 * 90));
    let (status, error, ..) = rig.authenticate(&[], &form).await.unwrap_err();
    assert_eq!((status, &*error), (401, "invalid_client"));
}

proptest! {
    #[test]
    fn whatever_comes_lets_nobody_in(header in "[ -~]{0,60}", secret in "\\PC{0,40}", assertion in "[-_.A-Za-z0-9]{0,80}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let rig = Rig::new();
        let typed = ("client_assertion_type", ASSERTION_TYPE);
        let encoded = basic_header("reports", &secret);
        runtime.block_on(async {
            for (headers, form) in [
                (vec![&*header], vec![]),
                (vec![&*encoded], vec![]),
                (vec![], vec![("client_id", "reports"), ("client_secret", &*secret)]),
                (vec![], vec![("client_id", "signer"), typed, ("client_assertion", &*assertion)]),
            ] {
                let outcome = rig.authenticate(&headers, &form).await;
                assert!(outcome.is_err(), "{headers:?} {form:?}");
            }
        });
    }
}
