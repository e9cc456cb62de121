//! What the authorization endpoint takes, and how it says no.

use reqwest::StatusCode;
use serde_json::Value;
use thyra_issuer::Consent;

use crate::support::{Browser, CALLBACK, Client, Rig};

#[tokio::test]
async fn what_a_client_gets_wrong_it_is_told() {
    let rig = Rig::with(|builder| builder.required_scopes(["notes:read"])).await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let long = "s".repeat(2049);
    let short = Client::challenge()[1..].to_owned();
    let other = format!("{}/other", rig.url());
    for (name, value, error) in [
        ("response_type", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "code token", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        // PKCE is not optional, and cannot be talked down.
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", &short, "invalid_request"),
        (
            "code_challenge",
            "a-challenge-with-43-characters-and-a+sign!!",
            "invalid_request",
        ),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("scope", "everything", "invalid_scope"),
        ("scope", "notes:read \u{e9}", "invalid_scope"),
        ("resource", "https://other.example/mcp", "invalid_target"),
        ("resource", &other, "invalid_target"),
        ("request", "eyJ", "request_not_supported"),
        ("request_uri", "urn:x", "request_uri_not_supported"),
    ] {
        let answer = browser.get(&client.url_with(name, value)).await;
        answer.assert_error(CALLBACK, error);
        let state = answer.parameter("state");
        assert_eq!(
            state.as_deref(),
            Some("the state of the client"),
            "{name}={value}"
        );
    }
    for state in [&long, "caf\u{e9}", "line\nbreak", "\u{7f}"] {
        let answer = browser.get(&client.url_with("state", state)).await;
        answer.assert_error(CALLBACK, "invalid_request");
        assert_eq!(answer.parameter("state"), None);
    }
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    for name in ["state", "scope", "code_challenge", "response_type"] {
        let url = format!("{}&{name}=again&{name}=again", client.url_with(name, ""));
        browser
            .get(&url)
            .await
            .assert_error(CALLBACK, "invalid_request");
    }
    // These decide where an answer goes.
    for name in ["client_id", "redirect_uri"] {
        let url = format!("{}&{name}=again", client.authorization_url());
        browser.get(&url).await.assert_page(400);
    }
}

#[tokio::test]
async fn the_resource_may_be_spelled_as_clients_spell_it() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let upper = rig.url().replace("http://", "HTTP://") + "/mcp";
    for resource in [
        "",
        &format!("{}/mcp", rig.url()),
        &format!("{}/mcp/", rig.url()),
        &format!("{}/mcp?session=1", rig.url()),
        &upper,
    ] {
        let page = browser.get(&client.url_with("resource", resource)).await;
        let location = page.location().unwrap();
        assert!(
            location.starts_with(&format!("{}/consent?", rig.url())),
            "{location}"
        );
    }
    for resource in [
        "/mcp",
        "mcp",
        "http://127.0.0.1:1/mcp",
        "http://a@127.0.0.1/mcp",
    ] {
        let page = browser.get(&client.url_with("resource", resource)).await;
        page.assert_error(CALLBACK, "invalid_target");
    }
    let fragment = client.url_with("resource", &format!("{}/mcp#a", rig.url()));
    browser
        .get(&fragment)
        .await
        .assert_error(CALLBACK, "invalid_target");
    // All that are named must be ours.
    let both = format!(
        "{}&resource=https%3A%2F%2Fother.example",
        client.authorization_url()
    );
    browser
        .get(&both)
        .await
        .assert_error(CALLBACK, "invalid_target");
}

#[tokio::test]
async fn an_unknown_client_is_told_where_to_register() {
    let rig = Rig::start().await;
    let mut browser = Browser::new();
    let client = Client::known(rig.url(), "nobody", CALLBACK);
    let page = browser.get(&client.authorization_url()).await;
    page.assert_page(400);
    assert!(page.body.contains("nobody"));

    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.get(client.authorization_url()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let register = format!("{}/register", rig.url());
    let link = format!("<{register}>; rel=\"http://oauth.net/core/2.1/#registration\"");
    assert_eq!(answer.headers()["link"], *link);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(body["error"], "invalid_request");
    assert_eq!(body["registration_endpoint"], *register);
    assert_eq!(body["state"], "the state of the client");
}

#[tokio::test]
async fn a_request_may_be_a_form() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let form = client.request();
    let form: Vec<_> = form
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let url = format!("{}/authorize", rig.url());
    let page = browser
        .post_from(&url, Some("https://client.example"), &form)
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert!(
        page.location()
            .unwrap()
            .starts_with(&format!("{}/consent?", rig.url()))
    );
}

#[tokio::test]
async fn looking_changes_nothing() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let page = browser.head(&client.authorization_url()).await;
    assert_eq!((page.status, page.location()), (StatusCode::OK, None));
    assert!(browser.cookies.is_empty());

    let page = client.open(&mut browser).await;
    let page = client.decide(&mut browser, &page, "approve").await;
    let back = browser.get(&page.location().unwrap()).await;
    let callback = back.location().unwrap();
    assert_eq!(browser.head(&callback).await.location(), None);
    // The link is still good.
    let answer = browser.get(&callback).await;
    assert!(answer.parameter("code").is_some());

    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.request(reqwest::Method::OPTIONS, client.authorization_url());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    assert_eq!(answer.headers()["allow"], "GET, HEAD, POST, OPTIONS");
    assert!(!answer.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_body_that_is_too_long_is_not_read() {
    let rig = Rig::start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for path in ["authorize", "consent", "register", "token", "revoke"] {
        let request = http.post(format!("{}/{path}", rig.url()));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request
            .body("a".repeat(6 * 1024 * 1024))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
}

#[tokio::test]
async fn only_so_many_logins_begin_at_a_time() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let mut refused = None;
    for _ in 0..1_000 {
        browser.cookies.clear();
        let page = browser.get(&client.authorization_url()).await;
        if page.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(page);
            break;
        }
    }
    let refused = refused.unwrap();
    refused.assert_page(429);
    assert!(refused.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn without_a_page_the_person_goes_straight_to_the_identity_provider() {
    for consent in [Consent::External, Consent::Off] {
        let rig = Rig::with(|builder| builder.require_authorization_consent(consent)).await;
        let client = Client::register(rig.url(), CALLBACK).await;
        let mut browser = Browser::new();
        let page = browser.get(&client.authorization_url()).await;
        assert!(page.location().unwrap().starts_with(rig.emulator.url()));
        let back = browser.get(&page.location().unwrap()).await;
        // The login stays in its browser all the same.
        let mut other = Browser::new();
        other.get(&back.location().unwrap()).await.assert_page(403);
        let answer = browser.get(&back.location().unwrap()).await;
        assert!(answer.parameter("code").is_some());
        let page = browser
            .get(&format!("{}/consent?transaction=x", rig.url()))
            .await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
    }
}
