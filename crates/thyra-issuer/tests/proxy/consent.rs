//! What is remembered of what a person agreed to.

use thyra_issuer::Consent;

use crate::support::{Browser, CALLBACK as LOOPBACK, Client, Page, Rig};

/// Nobody else can listen there.
const CALLBACK: &str = "https://client.example/callback";

async fn rig() -> Rig {
    Rig::with(|builder| {
        builder
            .require_authorization_consent(Consent::Remember)
            .valid_scopes(["notes:read", "notes:write"])
    })
    .await
}

/// Agrees, and does not want to be asked again.
async fn agree(client: &Client, browser: &mut Browser) -> Page {
    let page = client.open(browser).await;
    let (transaction, csrf) = (page.field("transaction"), page.field("csrf"));
    let form = [
        ("transaction", &*transaction),
        ("csrf", &csrf),
        ("action", "approve"),
        ("remember", "yes"),
    ];
    browser
        .post(&format!("{}/consent", client.server), &form)
        .await
}

fn is_asked(rig: &Rig, page: &Page) -> bool {
    let location = page.location().unwrap();
    assert!(location.starts_with(rig.url()) || location.starts_with(rig.emulator.url()));
    location.starts_with(rig.url())
}

#[tokio::test]
async fn the_same_is_asked_once() {
    let rig = rig().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new().with("sec-fetch-site", "none");
    assert!(is_asked(
        &rig,
        &browser.get(&client.authorization_url()).await
    ));
    agree(&client, &mut browser).await;
    let page = browser.get(&client.authorization_url()).await;
    assert!(!is_asked(&rig, &page));
    let answer = browser.follow_but(page, CALLBACK).await;
    assert!(answer.parameter("code").is_some());
}

#[tokio::test]
async fn something_else_is_asked_about() {
    let rig = rig().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let other = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new().with("sec-fetch-site", "none");
    agree(&client, &mut browser).await;
    for url in [
        other.authorization_url(),
        client.url_with("scope", "notes:write"),
    ] {
        assert!(is_asked(&rig, &browser.get(&url).await), "{url}");
    }
    assert!(!is_asked(
        &rig,
        &browser.get(&client.authorization_url()).await
    ));
}

#[tokio::test]
async fn what_any_program_of_a_computer_could_receive_is_asked_about() {
    let rig = rig().await;
    for callback in [LOOPBACK, "com.example.app:/callback"] {
        let client = Client::register(rig.url(), callback).await;
        let mut browser = Browser::new().with("sec-fetch-site", "none");
        agree(&client, &mut browser).await;
        let page = browser.get(&client.authorization_url()).await;
        assert!(is_asked(&rig, &page), "{callback}");
    }
}

#[tokio::test]
async fn whoever_was_led_here_is_asked() {
    let rig = rig().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    agree(&client, &mut browser).await;
    // A browser that says nothing may have been led here, too.
    assert!(is_asked(
        &rig,
        &browser.get(&client.authorization_url()).await
    ));
    for (site, asked) in [("cross-site", true), ("same-site", false), ("none", false)] {
        let mut browser = browser.clone().with("sec-fetch-site", site);
        let page = browser.get(&client.authorization_url()).await;
        assert_eq!(is_asked(&rig, &page), asked, "{site}");
    }
}

#[tokio::test]
async fn nothing_is_remembered_unless_the_person_wants_it() {
    let rig = rig().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new().with("sec-fetch-site", "none");
    client.log_in(&mut browser).await;
    assert!(is_asked(
        &rig,
        &browser.get(&client.authorization_url()).await
    ));

    let strict = Rig::start().await;
    let client = Client::register(strict.url(), CALLBACK).await;
    let mut browser = Browser::new().with("sec-fetch-site", "none");
    agree(&client, &mut browser).await;
    let page = browser.get(&client.authorization_url()).await;
    assert!(is_asked(&strict, &page));
}
