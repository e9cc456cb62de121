//! Attacks on logins, each of them known from somewhere.

use reqwest::StatusCode;
use url::Url;

use crate::support::{Browser, CALLBACK, Client, Rig};

const ATTACKER: &str = "https://attacker.example/callback";

/// The identity provider's answer, before the browser brings it back.
async fn upstream_answer(client: &Client, browser: &mut Browser) -> Url {
    let page = client.open(browser).await;
    let page = client.decide(browser, &page, "approve").await;
    let back = browser.get(&page.location().unwrap()).await;
    Url::parse(&back.location().unwrap()).unwrap()
}

fn with(url: &Url, name: &str, value: Option<&str>) -> String {
    let mut changed = url.clone();
    let pairs = url.query_pairs().filter(|(one, _)| one != name);
    changed.query_pairs_mut().clear().extend_pairs(pairs);
    if let Some(value) = value {
        changed.query_pairs_mut().append_pair(name, value);
    }
    changed.into()
}

/// A stranger's client asks for a login of somebody whom the identity provider remembers.
#[tokio::test]
async fn confused_deputy_a_client_that_nobody_agreed_to_is_asked_about() {
    let rig = Rig::start().await;
    // The person has logged in with an honest client, and the identity provider asks no more.
    let honest = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    honest.log_in(&mut browser).await;
    let asked = rig.emulator.requests("/authorize");

    let attacker = Client::register(rig.url(), ATTACKER).await;
    for site in ["cross-site", "none", "same-site", "same-origin"] {
        let mut browser = browser.clone().with("sec-fetch-site", site);
        let page = browser.get(&attacker.authorization_url()).await;
        let page = browser.follow(page, &[rig.url()]).await;
        page.assert_page(200);
        assert!(page.body.contains("attacker.example"));
        assert_eq!(rig.emulator.requests("/authorize"), asked);
    }
}

/// The attacker begins a login, agrees to it, and lets the victim finish it.
#[tokio::test]
async fn session_fixation_a_login_goes_on_only_in_the_browser_that_began_it() {
    let rig = Rig::start().await;
    let attacker = Client::register(rig.url(), ATTACKER).await;
    let (mut mine, mut victims) = (Browser::new(), Browser::new());

    let page = attacker.open(&mut mine).await;
    victims.get(page.url.as_str()).await.assert_page(403);
    attacker
        .decide(&mut victims, &page, "approve")
        .await
        .assert_page(403);

    // The link to the identity provider, which lets the victim through at once.
    let upstream = attacker.decide(&mut mine, &page, "approve").await;
    let back = victims.get(&upstream.location().unwrap()).await;
    let page = victims.get(&back.location().unwrap()).await;
    page.assert_page(403);
    // Nor with a cookie of another login of the victim's own.
    let honest = Client::register(rig.url(), CALLBACK).await;
    honest.open(&mut victims).await;
    victims
        .get(&back.location().unwrap())
        .await
        .assert_page(403);
}

/// The cookie of one login is sent under the name of another.
#[tokio::test]
async fn a_cookie_of_another_login_does_not_count() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let one = client.open(&mut browser).await;
    let mine = browser.cookies.clone();
    let mut other = Browser::new();
    client.open(&mut other).await;
    let name = mine.keys().next().unwrap().clone();
    let value = other.cookies.values().next().unwrap().clone();
    other.cookies.insert(name, value);
    client
        .decide(&mut other, &one, "approve")
        .await
        .assert_page(403);
}

/// A page of another site sends the form.
#[tokio::test]
async fn consent_csrf_a_form_of_another_origin_is_refused() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let page = client.open(&mut browser).await;
    let (transaction, csrf) = (page.field("transaction"), page.field("csrf"));
    let url = format!("{}/consent", rig.url());
    let form = |csrf| {
        [
            ("transaction", transaction.as_str()),
            ("csrf", csrf),
            ("action", "approve"),
        ]
    };
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let page = browser.post_from(&url, Some(origin), &form(&csrf)).await;
        page.assert_page(403);
    }
    for site in ["cross-site", "same-site"] {
        let mut browser = browser.clone().with("sec-fetch-site", site);
        browser.post(&url, &form(&csrf)).await.assert_page(403);
    }
    // An old browser does not say where a form comes from: the token is the lock.
    let another = client.open(&mut browser.clone()).await.field("csrf");
    for guess in ["", "guess", &another] {
        let page = browser.post_from(&url, None, &form(guess)).await;
        assert!(matches!(page.status.as_u16(), 400 | 403), "{}", page.status);
        assert_eq!(page.location(), None);
    }
    let unknown = [&form(&csrf)[..2], &[("action", "allow")]].concat();
    browser.post(&url, &unknown).await.assert_page(400);
    assert_eq!(rig.emulator.requests("/authorize"), 0);
    let page = browser.post_from(&url, None, &form(&csrf)).await;
    assert!(page.location().is_some());
}

/// An answer of another identity provider is brought back.
#[tokio::test]
async fn mix_up_an_answer_of_another_issuer_is_not_read() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    for issuer in [Some("https://attacker.example"), None] {
        let mut browser = Browser::new();
        let answer = upstream_answer(&client, &mut browser).await;
        let tokens = rig.emulator.requests("/token");
        let page = browser.get(&with(&answer, "iss", issuer)).await;
        page.assert_error(CALLBACK, "access_denied");
        // The code went nowhere.
        assert_eq!(rig.emulator.requests("/token"), tokens);
    }
}

/// The answer of one login is brought back to another one of the same browser.
#[tokio::test]
async fn a_state_of_another_login_does_not_count() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let one = upstream_answer(&client, &mut browser).await;
    let two = upstream_answer(&client, &mut browser).await;
    let state = |url: &Url| {
        let mut pairs = url.query_pairs();
        pairs
            .find(|(name, _)| name == "state")
            .unwrap()
            .1
            .into_owned()
    };
    let (first, second) = (state(&one), state(&two));
    let (id, _) = first.split_once('.').unwrap();
    let (_, secret) = second.split_once('.').unwrap();
    let none = Browser::new();
    for state in [
        &format!("{id}.{secret}"),
        &format!("{id}."),
        &format!(".{secret}"),
        id,
        "",
        ".",
        &format!("{first}.{secret}"),
    ] {
        let page = browser.get(&with(&one, "state", Some(state))).await;
        page.assert_page(400);
    }
    // The code of one login in the answer of the other: the identity provider's PKCE says no.
    let mut pairs = one.query_pairs();
    let code = pairs
        .find(|(name, _)| name == "code")
        .unwrap()
        .1
        .into_owned();
    let page = browser.get(&with(&two, "code", Some(&code))).await;
    assert!(page.parameter("error").is_some());
    drop(none);
}

/// The link of the callback is used twice, at once and later.
#[tokio::test]
async fn callback_replay_exactly_one_code_comes_of_a_login() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let answer = upstream_answer(&client, &mut browser).await;
    let (mut one, mut two) = (browser.clone(), browser.clone());
    let (first, second) = tokio::join!(one.get(answer.as_str()), two.get(answer.as_str()));
    let codes = [&first, &second].into_iter();
    let codes = codes.filter(|page| page.location().is_some() && page.parameter("code").is_some());
    assert_eq!(codes.count(), 1, "{first:?} {second:?}");
    browser.get(answer.as_str()).await.assert_page(400);
    assert_eq!(rig.emulator.requests("/token"), 1);
}

/// A code is stolen on its way and brought to another client.
#[tokio::test]
async fn code_injection_a_code_is_of_no_use_to_another_client() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let other = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let code = client.log_in(&mut browser).await.parameter("code").unwrap();
    let (status, answer) = other.redeem(&code).await;
    assert_eq!(
        (status, &answer["error"]),
        (StatusCode::BAD_REQUEST, &"invalid_grant".into())
    );
    // It changed nothing for its owner.
    assert_eq!(client.redeem(&code).await.0, StatusCode::OK);
}

/// The identity provider's words are markup, or worse.
#[tokio::test]
async fn what_the_identity_provider_writes_is_not_passed_on() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    for (error, expected) in [
        ("access_denied", "access_denied"),
        ("login_required", "access_denied"),
        ("temporarily_unavailable", "temporarily_unavailable"),
        ("server_error", "server_error"),
        ("<script>alert(1)</script>", "server_error"),
        ("\r\nset-cookie: a=b", "server_error"),
    ] {
        let mut browser = Browser::new();
        let answer = upstream_answer(&client, &mut browser).await;
        let mut back = Url::parse(&with(&answer, "code", None)).unwrap();
        back.query_pairs_mut()
            .append_pair("error", error)
            .append_pair("error_description", "<b>call 555-0100</b>")
            .append_pair("error_uri", "https://attacker.example");
        let page = browser.get(back.as_str()).await;
        page.assert_error(CALLBACK, expected);
        let location = page.location().unwrap();
        for raw in ["555-0100", "alert", "attacker", "set-cookie"] {
            assert!(!location.contains(raw), "{location}");
        }
    }
}

/// A page of a login cannot be stood in a frame.
#[tokio::test]
async fn clickjacking_no_page_is_framed() {
    let rig = Rig::start().await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let page = client.open(&mut browser).await;
    let missing = browser.get(&format!("{}/consent", rig.url())).await;
    for page in [page, missing] {
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(page.headers["x-frame-options"], "DENY");
    }
}
