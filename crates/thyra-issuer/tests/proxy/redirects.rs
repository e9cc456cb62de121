//! No answer goes where it must not: at registration, at authorization, and at the end.

use reqwest::StatusCode;
use thyra_issuer::{Consent, RedirectPatterns};

use crate::support::{Browser, CALLBACK, Client, Rig};

/// What no client may ever have.
const NEVER: &[&str] = &[
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,hello",
    "file:///etc/passwd",
    "vbscript:x",
    "about:blank",
    "blob:https://a.example/1",
    "http://evil.example/callback",
    "http://localhost.evil.example/callback",
    "https://user@evil.example/callback",
    "https://good.example\\@evil.example/callback",
    "https://good.example/../callback",
    "https://good.example/%2e%2e/callback",
    "https://good.example/callback#fragment",
    "https:evil.example",
    "//evil.example/callback",
    "/callback",
    "callback",
    "https://good.example/ callback",
    "https://good.example/\ncallback",
];

/// What is not what the client registered.
const OTHERS: &[&str] = &[
    "https://good.example/",
    "https://good.example/callback/",
    "https://good.example/callback/more",
    "https://good.example/callback?more=1",
    "https://good.example:8443/callback",
    "https://good.example.evil.example/callback",
    "https://sub.good.example/callback",
    "https://good.example@evil.example/callback",
    "https://GOOD.example/callback#x",
    "http://good.example/callback",
    "https://evil.example/callback",
];

#[tokio::test]
async fn open_redirect_none_can_be_registered() {
    let rig = Rig::start().await;
    for uri in NEVER {
        let (status, answer) = Client::try_register(rig.url(), &[uri]).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{uri}: {answer}");
        assert_eq!(answer["error"], "invalid_redirect_uri", "{uri}: {answer}");
    }
}

#[tokio::test]
async fn open_redirect_none_is_taken_at_authorization() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), "https://good.example/callback").await;
    let mut browser = Browser::new();
    for uri in NEVER.iter().chain(OTHERS) {
        let page = browser.get(&client.url_with("redirect_uri", uri)).await;
        page.assert_page(400);
    }
    // An error must not carry the answer away either.
    for uri in OTHERS {
        let url = client.url_with("redirect_uri", uri) + "&scope=a&scope=b&response_type=x";
        browser.get(&url).await.assert_page(400);
    }
    let none = client.url_with("redirect_uri", "");
    assert_eq!(browser.get(&none).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_client_with_several_redirect_uris_must_name_one() {
    let rig = Rig::start().await;
    let uris = ["https://good.example/callback", CALLBACK];
    let (_, answer) = Client::try_register(rig.url(), &uris).await;
    let client = Client::known(rig.url(), answer["client_id"].as_str().unwrap(), CALLBACK);
    let mut browser = Browser::new();
    browser
        .get(&client.url_with("redirect_uri", ""))
        .await
        .assert_page(400);
    let page = browser.get(&client.authorization_url()).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_operator_decides_where_answers_may_go() {
    let patterns = RedirectPatterns::new(["https://*.good.example/*"]).unwrap();
    let rig = Rig::with(|builder| builder.allowed_client_redirect_uris(patterns)).await;
    for uri in [
        CALLBACK,
        "https://good.example/a",
        "https://good.example.evil.example/a",
    ] {
        let (status, _) = Client::try_register(rig.url(), &[uri]).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{uri}");
    }
    let client = Client::register(rig.url(), "https://app.good.example/a").await;
    let page = Browser::new().get(&client.authorization_url()).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_native_client_may_listen_on_any_port() {
    let rig = Rig::start().await;
    let mut client = Client::register(rig.url(), "http://127.0.0.1/callback").await;
    client.redirect_uri = "http://127.0.0.1:50123/callback".to_owned();
    let mut browser = Browser::new();
    let answer = client.log_in(&mut browser).await;
    assert!(
        answer
            .location()
            .unwrap()
            .starts_with("http://127.0.0.1:50123/callback?")
    );
    let (status, _) = client.redeem(&answer.parameter("code").unwrap()).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn what_a_redirect_uri_has_for_a_query_stays() {
    let rig = Rig::with(|builder| builder.require_authorization_consent(Consent::Off)).await;
    let uri = "https://good.example/callback?flag&a=%FF&iss=https%3A%2F%2Fevil.example";
    let client = Client::register(rig.url(), uri).await;
    let mut browser = Browser::new();
    let page = browser.get(&client.authorization_url()).await;
    let answer = browser.follow_but(page, "https://good.example").await;
    let location = answer.location().unwrap();
    assert!(
        location.starts_with("https://good.example/callback?flag&a=%FF&"),
        "{location}"
    );
    assert_eq!(answer.parameter("iss").as_deref(), Some(rig.url()));
    assert!(answer.parameter("code").is_some());
}
