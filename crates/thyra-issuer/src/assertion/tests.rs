use std::sync::Arc;

use serde_json::json;
use thyra_auth::{Clock, Fetcher, KeySet, ManualClock, Secret, SigningKey};
use thyra_store::Store;

use super::*;

const NOW: u64 = 1_800_000_000;
const IDP: &str = "https://login.corp.example";
const US: &str = "https://mcp.example";
const RESOURCE: &str = "https://mcp.example/mcp";

struct Rig {
    key: SigningKey,
    clock: ManualClock,
    assertions: Assertions,
}

impl Rig {
    fn new(settings: IdentityAssertion) -> Self {
        let key = SigningKey::generate().unwrap().key_id("idp");
        let mut jwk = key.public_jwk();
        jwk["kid"] = "idp".into();
        let keys = json!({ "keys": [jwk] }).to_string();
        let keys = KeySet::from_jwks(keys.as_bytes()).unwrap();
        let clock = ManualClock::new(Duration::from_secs(NOW));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let verifier = settings.verifier(IDP, keys.into(), US, &shared).unwrap();
        let fetcher = Fetcher::default();
        let built = settings.build(US, Store::memory(), &shared, &fetcher);
        let assertions = Assertions {
            issuers: vec![TrustedIssuer {
                issuer: IDP.to_owned(),
                verifier,
            }],
            ..built.unwrap()
        };
        Self {
            key,
            clock,
            assertions,
        }
    }

    fn signed(&self, typ: &str, claims: &Value) -> Secret {
        let header = Map::from_iter([("typ".to_owned(), Value::from(typ))]);
        self.key.sign(header, claims).unwrap()
    }

    async fn judged_for(
        &self,
        assertion: &Secret,
        client_id: &str,
    ) -> Result<Asserted, AssertionRefused> {
        let addressee = Addressee {
            client_id,
            is_resource: &|resource| resource == RESOURCE,
        };
        self.assertions.judge(assertion.expose(), addressee).await
    }

    /// The judgement on good claims with these changes.
    async fn judged(&self, changes: &Value) -> Result<Asserted, AssertionRefused> {
        let assertion = self.signed(TYPE, &claims(changes));
        self.judged_for(&assertion, "client").await
    }
}

fn claims(changes: &Value) -> Value {
    let mut claims = json!({
        "iss": IDP, "sub": "u1", "aud": US, "client_id": "client", "resource": RESOURCE,
        "jti": "one", "iat": NOW, "exp": NOW + 300, "email": "ada@corp.example",
        "scope": "read write",
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
    }
    claims
}

fn settings() -> IdentityAssertion {
    IdentityAssertion::new([IDP])
}

#[tokio::test]
async fn an_assertion_names_a_person_of_its_issuer_and_is_good_once() {
    let rig = Rig::new(settings());
    let asserted = rig.judged(&json!({})).await.unwrap();
    assert_eq!(asserted.subject, format!("{IDP} u1"));
    assert_eq!(asserted.claims["email"], "ada@corp.example");
    assert_eq!(asserted.claims["assertion_iss"], IDP);
    assert_eq!(asserted.scopes, Some(ScopeSet::parse("read write")));
    let again = rig.judged(&json!({})).await;
    assert!(matches!(again, Err(AssertionRefused::Replayed)));
    let other = rig
        .judged(&json!({ "jti": "two", "scope": null }))
        .await
        .unwrap();
    assert_eq!(other.scopes, None);
}

#[tokio::test]
async fn people_are_the_same_where_the_operator_says_so() {
    let rig = Rig::new(settings().shares_subjects());
    assert_eq!(rig.judged(&json!({})).await.unwrap().subject, "u1");
}

#[tokio::test]
async fn only_assertions_for_this_server_client_and_resource_are_good() {
    let rig = Rig::new(settings().required_scopes(["read"]));
    for (what, changes) in [
        ("another issuer", json!({ "iss": "https://evil.example" })),
        (
            "the issuer with a slash",
            json!({ "iss": format!("{IDP}/") }),
        ),
        ("no issuer", json!({ "iss": null })),
        (
            "another audience",
            json!({ "aud": "https://other.example" }),
        ),
        ("no audience", json!({ "aud": null })),
        ("another client", json!({ "client_id": "other" })),
        ("no client", json!({ "client_id": null })),
        (
            "another resource",
            json!({ "resource": "https://mcp.example/other" }),
        ),
        ("several resources", json!({ "resource": [RESOURCE] })),
        ("no resource", json!({ "resource": null })),
        ("no subject", json!({ "sub": null })),
        ("an empty subject", json!({ "sub": "" })),
        ("a subject that is a number", json!({ "sub": 1 })),
        ("no identifier", json!({ "jti": null })),
        ("an empty identifier", json!({ "jti": "" })),
        ("an identifier that is a number", json!({ "jti": 1 })),
        ("no end", json!({ "exp": null })),
        ("an end that is text", json!({ "exp": "1800000300" })),
        ("an end that is true", json!({ "exp": true })),
        (
            "an end that has passed",
            json!({ "iat": NOW - 400, "exp": NOW - 100 }),
        ),
        ("a life that is too long", json!({ "exp": NOW + 301 })),
        (
            "a life that ends before it begins",
            json!({ "iat": NOW + 20, "exp": NOW + 10 }),
        ),
        ("no beginning", json!({ "iat": null })),
        ("a beginning that is text", json!({ "iat": "1800000000" })),
        ("a beginning that is true", json!({ "iat": true })),
        (
            "a beginning to come",
            json!({ "iat": NOW + 31, "exp": NOW + 60 }),
        ),
        ("not yet", json!({ "nbf": NOW + 31 })),
        ("a `nbf` that is true", json!({ "nbf": true })),
        ("a scope that is missing", json!({ "scope": "write" })),
        ("no scopes", json!({ "scope": null })),
        ("scopes as a list", json!({ "scope": ["read"] })),
    ] {
        let outcome = rig.judged(&changes).await;
        assert!(outcome.is_err(), "{what}: {outcome:?}");
    }
    // Nothing of that has used the identifier up.
    rig.judged(&json!({})).await.unwrap();
}

#[tokio::test]
async fn other_tokens_of_the_same_issuer_are_no_assertions() {
    let rig = Rig::new(settings());
    let good = claims(&json!({}));
    for typ in ["JWT", "at+jwt", "oauth-id-jag", ""] {
        let outcome = rig.judged_for(&rig.signed(typ, &good), "client").await;
        let refused = TokenRejected::TypeNotAllowed;
        assert!(
            matches!(outcome, Err(AssertionRefused::Rejected(reason)) if reason == refused),
            "{typ}"
        );
    }
    let untyped = rig.key.sign(Map::new(), &good).unwrap();
    assert!(rig.judged_for(&untyped, "client").await.is_err());
    let forged = SigningKey::generate().unwrap().key_id("idp");
    let header = Map::from_iter([("typ".to_owned(), Value::from(TYPE))]);
    let forged = forged.sign(header, &good).unwrap();
    assert!(rig.judged_for(&forged, "client").await.is_err());
    for text in ["", ".", "..", "a.b.c", &"x".repeat(20_000)] {
        let text = Secret::new(text.to_owned());
        assert!(rig.judged_for(&text, "client").await.is_err());
    }
    let full = rig.signed(&format!("application/{TYPE}"), &good);
    rig.judged_for(&full, "client").await.unwrap();
}

#[tokio::test]
async fn clocks_may_differ_by_half_a_minute() {
    let rig = Rig::new(settings());
    let early = json!({ "iat": NOW + 30, "exp": NOW + 60 });
    rig.judged(&early).await.unwrap();
    let made = rig.signed(TYPE, &claims(&json!({ "jti": "two" })));
    rig.clock.advance(Duration::from_secs(329));
    rig.judged_for(&made, "client").await.unwrap();
    // It is remembered for as long as it could be used.
    let again = rig.judged_for(&made, "client").await;
    assert!(matches!(again, Err(AssertionRefused::Replayed)));
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_when_the_server_starts() {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Duration::ZERO));
    let none: [&str; 0] = [];
    for settings in [
        IdentityAssertion::new(none),
        IdentityAssertion::new(["not a URL"]),
        settings().access_token_lifetime(Duration::ZERO),
        settings().jwks_uri("https://other.example", "https://other.example/keys"),
        settings().jwks_uri(IDP, "keys"),
        settings().algorithms([thyra_auth::Algorithm::Hs256]),
        settings().audience([" "]),
        IdentityAssertion::new([IDP, "https://other.example"]).shares_subjects(),
    ] {
        let shown = format!("{settings:?}");
        let built = settings.build(US, Store::memory(), &clock, &Fetcher::default());
        assert!(built.is_err(), "{shown}");
    }
    let keys = settings().jwks_uri(IDP, "https://login.corp.example/keys");
    assert!(
        keys.build(US, Store::memory(), &clock, &Fetcher::default())
            .is_ok()
    );
}
