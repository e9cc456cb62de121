use std::time::Duration;

use http::{StatusCode, header};
use proptest::prelude::*;
use thyra_oauth::{ManualClock, ScopeSet};
use thyra_store::{Bounds, Fault, Faulty, MemoryStore, StoreKey, StoreKeys};

use super::record::NOTED_FOR;
use super::*;
use crate::client::{GrantType, GrantTypes};

/// In the middle of 2026.
const NOW: Duration = Duration::from_hours(495_000);

const ISSUER: &str = "https://as.example";

struct Rig {
    registrations: Registrations,
    memory: MemoryStore,
    clock: ManualClock,
}

impl Rig {
    fn new() -> Self {
        Self::with(RegistrationPolicy::open(), false, MemoryStore::BOUNDS)
    }

    fn with(policy: RegistrationPolicy, identity_assertion: bool, bounds: Bounds) -> Self {
        let clock = ManualClock::new(NOW);
        let memory = MemoryStore::with(bounds, Arc::new(clock.clone()));
        let registrations = Registrations::new(
            ISSUER,
            policy,
            offered(identity_assertion),
            Store::of_memory(memory.clone()),
            Arc::new(clock.clone()),
        );
        Self {
            registrations,
            memory,
            clock,
        }
    }

    async fn register(&self, metadata: Value) -> Result<Value, RegistrationRefused> {
        let body = metadata.to_string();
        self.registrations.register(body.as_bytes(), None).await
    }

    async fn registered(&self, metadata: Value) -> (String, Value) {
        let answer = self.register(metadata).await.unwrap();
        (answer["client_id"].as_str().unwrap().to_owned(), answer)
    }

    async fn exists(&self, client_id: &str) -> bool {
        self.registrations.find(client_id).await.unwrap().is_some()
    }
}

fn offered(identity_assertion: bool) -> Arc<Offered> {
    Arc::new(Offered {
        identity_assertion,
        scopes: ScopeSet::from(["read", "write"]),
    })
}

fn plain() -> Value {
    json!({ "client_name": "Claude", "redirect_uris": ["http://localhost:33418/cb"] })
}

/// The status, the error and the description of the answer.
fn answered(refused: &RegistrationRefused) -> (StatusCode, String, String) {
    let answer = refused.answer();
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    let body: Value = serde_json::from_slice(answer.body()).unwrap();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (answer.status(), text("error"), text("error_description"))
}

#[tokio::test]
async fn the_answer_says_what_counts() {
    let rig = Rig::new();
    let (id, mut answer) = rig.registered(plain()).await;
    assert_eq!(id.len(), ID_LENGTH);
    answer.as_object_mut().unwrap().remove("client_id");
    let wanted = json!({
        "client_id_issued_at": NOW.as_secs(),
        "client_name": "Claude",
        "redirect_uris": ["http://localhost:33418/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    });
    assert_eq!(answer, wanted);

    let client = rig.registrations.find(&id).await.unwrap().unwrap();
    assert_eq!(client.id, id);
    assert_eq!(client.name.as_deref(), Some("Claude"));
    assert_eq!(client.kind, ClientKind::Registered);
    assert_eq!(client.grant_types, GrantTypes::LOGINS);
    assert!(client.accepts("http://localhost:5000/cb").is_ok());
    assert!(client.accepts("http://localhost:5000/other").is_err());

    let (other, _) = rig.registered(plain()).await;
    assert_ne!(id, other);
}

#[tokio::test]
async fn what_cannot_count_is_replaced_and_the_answer_says_so() {
    let rig = Rig::new();
    for (given, member, wanted) in [
        (
            json!({ "token_endpoint_auth_method": "client_secret_basic" }),
            "token_endpoint_auth_method",
            json!("none"),
        ),
        (
            json!({ "token_endpoint_auth_method": "client_secret_post" }),
            "token_endpoint_auth_method",
            json!("none"),
        ),
        (
            json!({ "client_secret": "hush" }),
            "client_secret",
            Value::Null,
        ),
        (
            json!({ "client_id": "chosen-by-me-and-22-long" }),
            "client_secret",
            Value::Null,
        ),
        (
            json!({ "response_types": ["token", "code"] }),
            "response_types",
            json!(["code"]),
        ),
        (
            json!({ "grant_types": ["implicit", "authorization_code"] }),
            "grant_types",
            json!(["authorization_code"]),
        ),
        (
            json!({ "grant_types": ["urn:ietf:params:oauth:grant-type:jwt-bearer", "refresh_token", "authorization_code"] }),
            "grant_types",
            json!(["authorization_code", "refresh_token"]),
        ),
        (json!({ "scope": "write admin" }), "scope", json!("write")),
        (
            json!({ "scope": "openid email profile" }),
            "scope",
            Value::Null,
        ),
        (json!({ "scope": "" }), "scope", Value::Null),
        (
            json!({ "client_name": " \u{202e}Evil\n\u{200b}Corp " }),
            "client_name",
            json!("Evil Corp"),
        ),
        (
            json!({ "client_name": "\u{200b}" }),
            "client_name",
            Value::Null,
        ),
        (
            json!({ "client_name": null, "scope": null, "grant_types": null }),
            "scope",
            Value::Null,
        ),
        (
            json!({ "logo_uri": "https://evil.example/x.svg", "x": { "y": [1] } }),
            "logo_uri",
            Value::Null,
        ),
        (
            json!({ "application_type": "native" }),
            "application_type",
            json!("native"),
        ),
    ] {
        let mut metadata = plain();
        metadata
            .as_object_mut()
            .unwrap()
            .extend(given.as_object().unwrap().clone());
        let (id, answer) = rig.registered(metadata).await;
        assert_eq!(answer[member], wanted, "{given}");
        assert_ne!(id, "chosen-by-me-and-22-long");
    }
}

#[tokio::test]
async fn the_grant_of_id_jag_comes_with_identity_assertion() {
    let rig = Rig::with(RegistrationPolicy::open(), true, MemoryStore::BOUNDS);
    let (id, answer) = rig.registered(plain()).await;
    assert_eq!(answer["grant_types"][2], GrantType::JwtBearer.as_str());
    let client = rig.registrations.find(&id).await.unwrap().unwrap();
    assert!(client.grant_types.contain(GrantType::JwtBearer));
}

#[tokio::test]
async fn bad_metadata_is_refused_with_a_sentence() {
    let rig = Rig::new();
    let web = json!({ "application_type": "web" });
    let eleven = vec!["https://app.example/cb"; 11];
    let long = format!("https://app.example/{}", "x".repeat(2000));
    for (given, error, sentence) in [
        (
            json!({ "redirect_uris": null }),
            "invalid_redirect_uri",
            "must name where",
        ),
        (
            json!({ "redirect_uris": [] }),
            "invalid_redirect_uri",
            "must name where",
        ),
        (
            json!({ "redirect_uris": eleven }),
            "invalid_redirect_uri",
            "at most 10",
        ),
        (
            json!({ "redirect_uris": ["https://a.example", "javascript:alert(1)"] }),
            "invalid_redirect_uri",
            "number 2 is not accepted: its scheme",
        ),
        (
            json!({ "redirect_uris": ["http://app.example/cb"] }),
            "invalid_redirect_uri",
            "http is for this machine only",
        ),
        (
            json!({ "redirect_uris": [long] }),
            "invalid_redirect_uri",
            "longer than 2000 bytes",
        ),
        (
            json!({ "redirect_uris": ["https://app.example/*/../x"] }),
            "invalid_redirect_uri",
            "dot segment",
        ),
        (
            json!({ "redirect_uris": "https://app.example" }),
            "invalid_client_metadata",
            "RFC 7591 section 2",
        ),
        (
            json!({ "redirect_uris": [1] }),
            "invalid_client_metadata",
            "RFC 7591 section 2",
        ),
        (
            json!({ "application_type": "desktop" }),
            "invalid_client_metadata",
            "RFC 7591 section 2",
        ),
        (web, "invalid_redirect_uri", "`native`"),
        (
            json!({ "grant_types": ["client_credentials"] }),
            "invalid_client_metadata",
            "`authorization_code`",
        ),
        (
            json!({ "grant_types": [] }),
            "invalid_client_metadata",
            "`authorization_code`",
        ),
        (
            json!({ "response_types": ["token"] }),
            "invalid_client_metadata",
            "`code`",
        ),
        (
            json!({ "scope": "a\"b" }),
            "invalid_client_metadata",
            "RFC 6749 section 3.3",
        ),
        (
            json!({ "token_endpoint_auth_method": "private_key_jwt" }),
            "invalid_client_metadata",
            "metadata document",
        ),
    ] {
        let mut metadata = plain();
        metadata
            .as_object_mut()
            .unwrap()
            .extend(given.as_object().unwrap().clone());
        let refused = rig.register(metadata).await.unwrap_err();
        let (status, found, description) = answered(&refused);
        assert_eq!(
            (status, &*found),
            (StatusCode::BAD_REQUEST, error),
            "{given}"
        );
        assert!(description.contains(sentence), "{given}: {description}");
    }
    assert_eq!(rig.memory.held().entries, 0);
}

#[tokio::test]
async fn a_body_is_a_short_json_object() {
    let rig = Rig::new();
    let deep = format!("{}{}", r#"{"x":"#, "[".repeat(10_000));
    for body in [
        "",
        "null",
        "[]",
        r#"[["http://localhost/cb"]]"#,
        "{",
        "<html>",
        "\u{feff}{}",
        &deep,
    ] {
        let refused = rig
            .registrations
            .register(body.as_bytes(), None)
            .await
            .unwrap_err();
        assert_eq!(
            answered(&refused).1,
            "invalid_client_metadata",
            "{body:.20}"
        );
    }
    let twice =
        r#"{"redirect_uris":["http://localhost/"],"redirect_uris":["https://evil.example"]}"#;
    assert!(
        rig.registrations
            .register(twice.as_bytes(), None)
            .await
            .is_err()
    );
    let padded = |length: usize| {
        let body = plain().to_string();
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    let body = padded(MAX_BODY);
    assert!(
        rig.registrations
            .register(body.as_bytes(), None)
            .await
            .is_ok()
    );
    let body = padded(MAX_BODY + 1);
    let refused = rig
        .registrations
        .register(body.as_bytes(), None)
        .await
        .unwrap_err();
    assert_eq!(answered(&refused).0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn only_what_the_operator_allows_is_registered() {
    let rig = Rig::new();
    let patterns = RedirectPatterns::new(["https://*.example.com"]).unwrap();
    let register = |uri: &str| {
        let body = json!({ "redirect_uris": [uri] }).to_string();
        let (registrations, patterns) = (&rig.registrations, &patterns);
        async move {
            registrations
                .register(body.as_bytes(), Some(patterns))
                .await
        }
    };
    assert!(register("https://app.example.com/cb").await.is_ok());
    let refused = register("http://localhost/cb").await.unwrap_err();
    let (status, error, description) = answered(&refused);
    assert_eq!((status.as_u16(), &*error), (400, "invalid_redirect_uri"));
    assert!(
        description.contains("its operator decides"),
        "{description}"
    );
    let closed = Rig::with(RegistrationPolicy::closed(), false, MemoryStore::BOUNDS);
    assert_eq!(
        answered(&closed.register(plain()).await.unwrap_err()).0,
        StatusCode::FORBIDDEN
    );
    assert!(!closed.registrations.are_open());
}

#[tokio::test]
async fn only_the_open_server_that_a_client_registered_with_knows_it() {
    let rig = Rig::new();
    let (id, _) = rig.registered(plain()).await;
    for (issuer, policy, is_known) in [
        (ISSUER, RegistrationPolicy::open(), true),
        (ISSUER, RegistrationPolicy::closed(), false),
        ("https://other.example", RegistrationPolicy::open(), false),
    ] {
        let store = Store::of_memory(rig.memory.clone());
        let clock = Arc::new(rig.clock.clone());
        let of_another = Registrations::new(issuer, policy, offered(false), store, clock);
        let found = of_another.find(&id).await.unwrap();
        assert_eq!(found.is_some(), is_known, "{issuer}");
    }
}

#[tokio::test]
async fn a_registration_is_short_until_somebody_has_logged_in_with_it() {
    let rig = Rig::new();
    let (unused, _) = rig.registered(plain()).await;
    let (used, _) = rig.registered(plain()).await;
    // Coming back without a login is no use.
    rig.clock.advance(Duration::from_mins(20));
    rig.registrations.touch(&unused).await;
    rig.registrations.confirm(&used).await;
    rig.clock.advance(Duration::from_mins(10));
    assert!(!rig.exists(&unused).await);
    assert!(rig.exists(&used).await);
    // It lives for 90 days from its last use, within a day.
    rig.clock.advance(Duration::from_hours(24 * 80));
    rig.registrations.touch(&used).await;
    rig.clock.advance(Duration::from_hours(24 * 80));
    assert!(rig.exists(&used).await);
    rig.clock.advance(Duration::from_hours(24 * 10));
    assert!(!rig.exists(&used).await);
    // What is gone cannot be brought back.
    rig.registrations.confirm(&used).await;
    rig.registrations.confirm("nobody").await;
    assert!(!rig.exists(&used).await);
}

#[tokio::test]
async fn a_use_is_noted_once_a_day() {
    let clock = ManualClock::new(NOW);
    let memory = MemoryStore::with(MemoryStore::BOUNDS, Arc::new(clock.clone()));
    let faulty = Faulty::new(memory);
    let store = Store::encrypted(
        faulty.clone(),
        StoreKeys::new(StoreKey::generate().unwrap()),
    );
    let policy = RegistrationPolicy::open();
    let registrations = Registrations::new(
        ISSUER,
        policy,
        offered(false),
        store,
        Arc::new(clock.clone()),
    );
    let body = plain().to_string();
    let answer = registrations.register(body.as_bytes(), None).await.unwrap();
    let id = answer["client_id"].as_str().unwrap();
    registrations.confirm(id).await;
    let before = faulty.operations();
    for _ in 0..10 {
        registrations.touch(id).await;
        registrations.confirm(id).await;
    }
    assert_eq!(
        faulty.operations() - before,
        20,
        "one look each, and no write"
    );
    clock.advance(NOTED_FOR);
    registrations.touch(id).await;
    assert_eq!(faulty.operations() - before, 22);
    // That it cannot be noted is nobody's error.
    clock.advance(NOTED_FOR);
    faulty.fail(Fault::Down);
    registrations.touch(id).await;
    assert!(registrations.find(id).await.is_err());
}

#[tokio::test]
async fn too_many_at_once_wait_and_a_full_store_says_so() {
    let rig = Rig::new();
    for _ in 0..50 {
        rig.register(plain()).await.unwrap();
    }
    // What is refused for itself costs nobody a place.
    rig.clock.advance(Duration::from_millis(200));
    assert_eq!(
        answered(&rig.register(json!({})).await.unwrap_err()).0,
        StatusCode::BAD_REQUEST
    );
    rig.register(plain()).await.unwrap();
    let refused = rig.register(plain()).await.unwrap_err();
    assert_eq!(answered(&refused).0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.answer().headers()[header::RETRY_AFTER], "1");

    let bounds = Bounds {
        entries: 2,
        ..MemoryStore::BOUNDS
    };
    let rig = Rig::with(RegistrationPolicy::open(), false, bounds);
    rig.register(plain()).await.unwrap();
    rig.register(plain()).await.unwrap();
    let refused = rig.register(plain()).await.unwrap_err();
    assert_eq!(answered(&refused).0, StatusCode::SERVICE_UNAVAILABLE);
    rig.clock.advance(Duration::from_mins(30));
    rig.register(plain()).await.unwrap();
}

/// A hundred a second come, for almost three hours.
#[tokio::test]
async fn a_million_registrations_leave_no_more_than_half_an_hour_of_them() {
    let rig = Rig::new();
    let body = plain().to_string();
    let most = 5 * 30 * 60 + 50;
    let (mut registered, mut held) = (0, 0);
    for _ in 0..1_000_000 {
        rig.clock.advance(Duration::from_millis(10));
        let outcome = rig.registrations.register(body.as_bytes(), None).await;
        registered += usize::from(outcome.is_ok());
        held = held.max(rig.memory.held().entries);
    }
    assert!((50_000..=50_050).contains(&registered), "{registered}");
    assert!(held <= most, "{held} of {most}");
}

proptest! {
    #[test]
    fn whatever_comes_is_answered(body in "\\PC{0,100}", name in "\\PC{0,50}", uri in "\\PC{0,50}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let rig = Rig::new();
        let metadata = json!({ "client_name": name, "redirect_uris": [uri], "scope": name });
        runtime.block_on(async {
            for body in [body, metadata.to_string()] {
                let Ok(answer) = rig.registrations.register(body.as_bytes(), None).await else { continue };
                let id = answer["client_id"].as_str().unwrap();
                let client = rig.registrations.find(id).await.unwrap().unwrap();
                assert!(client.accepts(answer["redirect_uris"][0].as_str().unwrap()).is_ok());
            }
        });
    }
}
