//! A whole login: client, proxy, identity provider, and back.

use idp_emulator::{Faults, MetadataFault};
use reqwest::StatusCode;

use crate::support::{Browser, CALLBACK, Client, Rig};

#[tokio::test]
async fn a_client_registers_logs_in_and_calls() {
    let rig = Rig::with(|builder| builder.valid_scopes(["notes:read"])).await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();

    let page = client.open(&mut browser).await;
    page.assert_page(200);
    for shown in ["A client", "127.0.0.1:33418", "notes:read"] {
        assert!(page.body.contains(shown), "{shown} in {}", page.body);
    }
    // The identity provider is not asked before the person agrees.
    assert_eq!(rig.emulator.requests("/authorize"), 0);

    let upstream = client.decide(&mut browser, &page, "approve").await;
    assert!(upstream.location().unwrap().starts_with(rig.emulator.url()));
    assert_eq!(
        upstream.parameter("code_challenge_method").as_deref(),
        Some("S256")
    );
    assert_ne!(
        upstream.parameter("code_challenge"),
        Some(Client::challenge())
    );
    assert_ne!(
        upstream.parameter("state").as_deref(),
        Some("the state of the client")
    );
    let answer = browser.follow_but(upstream, CALLBACK).await;

    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.location().unwrap().starts_with(CALLBACK));
    assert_eq!(
        answer.parameter("state").as_deref(),
        Some("the state of the client")
    );
    assert_eq!(answer.parameter("iss").as_deref(), Some(rig.url()));
    // The login is over, and so is its cookie.
    assert!(browser.cookies.is_empty(), "{:?}", browser.cookies);

    let code = answer.parameter("code").unwrap();
    let (status, tokens) = client.redeem(&code).await;
    assert_eq!(status, StatusCode::OK, "{tokens}");
    let (status, caller) = client.call(tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{caller}");
    assert_eq!(caller["subject"], "user-1");
    assert_eq!(caller["client_id"], *client.id);
    assert_eq!(caller["scopes"], serde_json::json!(["notes:read"]));

    let (status, again) = client
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await;
    assert_eq!(status, StatusCode::OK, "{again}");
    let (status, _) = client.call(again["access_token"].as_str().unwrap()).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_person_may_say_no() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let page = client.open(&mut browser).await;
    let answer = client.decide(&mut browser, &page, "deny").await;
    answer.assert_error(CALLBACK, "access_denied");
    assert_eq!(
        answer.parameter("state").as_deref(),
        Some("the state of the client")
    );
    assert_eq!(rig.emulator.requests("/authorize"), 0);
    assert!(browser.cookies.is_empty());
    // There is nothing left to agree to.
    client
        .decide(&mut browser, &page, "approve")
        .await
        .assert_page(400);
}

#[tokio::test]
async fn several_logins_go_on_in_one_browser() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let one = client.open(&mut browser).await;
    let two = client.open(&mut browser).await;
    // The page is read again, and the older one is sent.
    let url = format!(
        "{}/consent?transaction={}",
        rig.url(),
        one.field("transaction")
    );
    browser.get(&url).await.assert_page(200);
    for page in [one, two] {
        let page = client.decide(&mut browser, &page, "approve").await;
        let answer = browser.follow_but(page, CALLBACK).await;
        let (status, _) = client.redeem(&answer.parameter("code").unwrap()).await;
        assert_eq!(status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_form_that_is_sent_twice_goes_to_the_same_place() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let page = client.open(&mut browser).await;
    let first = client.decide(&mut browser, &page, "approve").await;
    let second = client.decide(&mut browser, &page, "approve").await;
    assert_eq!(first.location(), second.location());
    assert!(first.location().is_some());
}

#[tokio::test]
async fn a_scope_that_the_identity_provider_does_not_grant_is_not_granted() {
    // It drops scopes that it does not know.
    let rig = Rig::with(|builder| builder.required_scopes(["notes:admin"])).await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let answer = client.log_in(&mut Browser::new()).await;
    answer.assert_error(CALLBACK, "access_denied");

    let rig = Rig::with(|builder| builder.valid_scopes(["notes:admin", "notes:read"])).await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let answer = client.log_in(&mut Browser::new()).await;
    let (_, tokens) = client.redeem(&answer.parameter("code").unwrap()).await;
    assert_eq!(tokens["scope"], "notes:read");
}

#[tokio::test]
async fn an_identity_provider_that_cannot_be_found_is_no_refusal() {
    let rig = Rig::start().await;
    rig.emulator.faults(Faults {
        metadata: MetadataFault::Status500,
        ..Faults::default()
    });
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let page = client.open(&mut browser).await;
    let answer = client.decide(&mut browser, &page, "approve").await;
    answer.assert_error(CALLBACK, "temporarily_unavailable");
    // The client has its answer, so the login is over.
    client
        .decide(&mut browser, &page, "approve")
        .await
        .assert_page(400);
}

#[tokio::test]
async fn an_identity_provider_that_is_down_is_no_refusal() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let page = client.open(&mut browser).await;
    let page = client.decide(&mut browser, &page, "approve").await;
    let location = page.location().unwrap();
    let back = browser.get(&location).await;
    drop(rig.emulator);
    let answer = browser.get(&back.location().unwrap()).await;
    answer.assert_error(CALLBACK, "temporarily_unavailable");
}
