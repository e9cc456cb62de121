use futures_util::future::join_all;
use serde_json::{Value, json};
use thyra_oauth::ManualClock;

use super::*;
use crate::upstream::tests::vendor::FakeVendor;

const URL: &str = "https://idp.example/t/.well-known/openid-configuration";

fn document() -> Value {
    json!({
        "issuer": "https://idp.example/t",
        "authorization_endpoint": "https://login.example/authorize?p=1",
        "token_endpoint": "https://idp.example/token",
        "revocation_endpoint": "https://idp.example/revoke",
        "jwks_uri": "https://idp.example/keys",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    })
}

fn with(member: &str, value: Value) -> String {
    let mut document = document();
    document[member] = value;
    document.to_string()
}

struct Setup {
    vendor: FakeVendor,
    clock: ManualClock,
    discovery: Discovery,
}

fn setup(build: impl FnOnce(DiscoveryBuilder) -> DiscoveryBuilder) -> Setup {
    let vendor = FakeVendor::default();
    let clock = ManualClock::new(Duration::from_secs(1_700_000_000));
    let builder = Discovery::of_document(URL).unwrap();
    let builder = build(builder)
        .fetcher(Fetcher::over(vendor.clone()))
        .clock(Arc::new(clock.clone()));
    Setup {
        vendor,
        clock,
        discovery: builder.build().unwrap(),
    }
}

/// What comes of one document.
async fn of(document: &str) -> Result<Arc<Found>, Arc<DiscoveryError>> {
    let setup = setup(|builder| builder);
    setup.vendor.then(200, "application/json", document);
    setup.discovery.find().await
}

#[tokio::test]
async fn the_document_names_the_endpoints() {
    let found = of(&document().to_string()).await.unwrap();
    assert_eq!(found.issuer, "https://idp.example/t");
    let places = &found.places;
    assert_eq!(
        places.authorization.as_str(),
        "https://login.example/authorize?p=1"
    );
    assert_eq!(places.token.url.as_str(), "https://idp.example/token");
    let trust = Trust::Learned {
        from: Url::parse(URL).unwrap(),
    };
    assert_eq!(places.token.trust, trust);
    assert_eq!(
        places.revocation.as_ref().unwrap().url.as_str(),
        "https://idp.example/revoke"
    );
    assert!(!places.names_itself);
    let keys = found.keys.as_ref().unwrap();
    assert_eq!(keys.as_str(), "https://idp.example/keys");
    let named = with(
        "authorization_response_iss_parameter_supported",
        json!(true),
    );
    assert!(of(&named).await.unwrap().places.names_itself);
}

#[tokio::test]
async fn only_the_issuer_of_the_url_is_believed() {
    for (issuer, is_right) in [
        ("https://idp.example/t", true),
        // OpenID Connect Discovery section 4.1: both have their document there.
        ("https://idp.example/t/", true),
        ("https://idp.example", false),
        ("https://idp.example/T", false),
        ("https://idp.example.evil.example/t", false),
        ("", false),
    ] {
        let outcome = of(&with("issuer", json!(issuer))).await;
        assert_eq!(outcome.is_ok(), is_right, "{issuer}");
        if let Err(error) = outcome {
            assert!(
                matches!(&*error, DiscoveryError::OtherIssuer { .. }),
                "{error}"
            );
        }
    }
    // Some vendors name another one; whoever knows that says which.
    let setup = setup(|builder| builder.issuer("https://elsewhere.example/"));
    let other = with("issuer", json!("https://elsewhere.example/"));
    setup.vendor.then(200, "application/json", &other);
    setup.discovery.find().await.unwrap();
}

#[test]
fn a_url_says_which_issuer_it_belongs_to() {
    for (url, issuer) in [
        (URL, "https://idp.example/t"),
        (
            "https://idp.example:8443/.well-known/openid-configuration",
            "https://idp.example:8443",
        ),
        (
            "https://idp.example/.well-known/oauth-authorization-server/t",
            "https://idp.example/t",
        ),
    ] {
        let discovery = Discovery::of_document(url).unwrap().build().unwrap();
        assert!(
            discovery.issuers().iter().any(|known| known == issuer),
            "{url}"
        );
    }
    let odd = Discovery::of_document("https://idp.example/metadata.json").unwrap();
    assert!(matches!(odd.clone().build(), Err(DiscoveryError::NoIssuer)));
    odd.issuer("https://idp.example").build().unwrap();
    for url in [
        "http://idp.example/.well-known/openid-configuration",
        "idp.example",
        "",
    ] {
        assert!(Discovery::of_document(url).is_err(), "{url}");
        assert!(Discovery::of_issuer(url).is_err(), "{url}");
    }
    Discovery::of_issuer("https://idp.example/t")
        .unwrap()
        .build()
        .unwrap();
}

#[tokio::test]
async fn a_document_must_be_whole_unless_it_need_not() {
    for member in [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "response_types_supported",
        "subject_types_supported",
        "id_token_signing_alg_values_supported",
    ] {
        let error = of(&with(member, Value::Null)).await.unwrap_err();
        let DiscoveryError::Missing { member: named, .. } = &*error else {
            panic!("{error}");
        };
        assert_eq!(*named, member);
        let setup = setup(|builder| builder.strict(false));
        setup
            .vendor
            .then(200, "application/json", &with(member, Value::Null));
        let is_endpoint = member.ends_with("_endpoint");
        assert_eq!(
            setup.discovery.find().await.is_err(),
            is_endpoint,
            "{member}"
        );
    }
}

#[tokio::test]
async fn a_document_leads_neither_inside_nor_astray() {
    for url in [
        "http://idp.example/token",
        "https://127.0.0.1/token",
        "https://169.254.169.254/token",
        "https://[::1]/token",
        "javascript:alert(1)",
        "https://user@idp.example/token",
        "/token",
    ] {
        for member in [
            "authorization_endpoint",
            "token_endpoint",
            "revocation_endpoint",
            "jwks_uri",
        ] {
            let error = of(&with(member, json!(url))).await.unwrap_err();
            assert!(
                matches!(&*error, DiscoveryError::Url { .. }),
                "{url} {error}"
            );
        }
    }
    for (status, body) in [
        (404, document().to_string()),
        (302, document().to_string()),
        (200, "<html>".to_owned()),
        (200, "[]".to_owned()),
        (200, "x".repeat(MAX_BYTES + 1)),
    ] {
        let setup = setup(|builder| builder);
        setup.vendor.then(status, "application/json", &body);
        assert!(setup.discovery.find().await.is_err(), "{status}");
    }
}

#[tokio::test]
async fn all_who_wait_share_one_request() {
    let Setup {
        vendor,
        clock,
        discovery,
    } = setup(|builder| builder);
    let json = document().to_string();
    vendor.then(200, "application/json", &json);
    let found = join_all((0..100).map(|_| discovery.find())).await;
    assert!(found.iter().all(Result::is_ok));
    assert_eq!(vendor.asked().len(), 1);
    clock.advance(FRESH.checked_sub(Duration::from_secs(1)).unwrap());
    discovery.find().await.unwrap();
    assert_eq!(vendor.asked().len(), 1);
    clock.advance(Duration::from_secs(1));
    vendor.then(
        200,
        "application/json",
        &with("issuer", json!("https://idp.example/t/")),
    );
    let found = discovery.find().await.unwrap();
    assert_eq!(found.issuer, "https://idp.example/t/");
    assert_eq!(vendor.asked().len(), 2);
}

#[tokio::test]
async fn an_outage_is_asked_about_rarely_and_what_was_found_survives_it() {
    let Setup {
        vendor,
        clock,
        discovery,
    } = setup(|builder| builder);
    for _ in 0..10 {
        discovery.find().await.unwrap_err();
    }
    assert_eq!(vendor.asked().len(), 1);
    clock.advance(COOL_DOWN);
    vendor.then(200, "application/json", &document().to_string());
    discovery.find().await.unwrap();
    clock.advance(FRESH);
    for _ in 0..10 {
        discovery.find().await.unwrap();
    }
    assert_eq!(vendor.asked().len(), 3);
    clock.advance(STALE_LIMIT);
    discovery.find().await.unwrap_err();
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_ends_and_another_one_begins() {
    let Setup {
        vendor, discovery, ..
    } = setup(|builder| builder);
    let json = document().to_string();
    vendor.then(200, "application/json", &json);
    vendor.then(200, "application/json", &json);
    assert!(discovery.find().now_or_never().is_none());
    discovery.find().await.unwrap();
    assert_eq!(vendor.asked().len(), 2);
}
