//! What the log tells the operator of a login that fails.

use reqwest::StatusCode;

use crate::support::{Browser, CALLBACK, Client, Log, Rig};

#[tokio::test]
async fn it_names_a_required_scope_that_was_not_granted() {
    let log = Log::open();
    let scopes = ["notes:read", "notes:nobody-grants"];
    let rig = Rig::with(|builder| builder.required_scopes(scopes)).await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let answer = client.log_in(&mut Browser::new()).await;
    answer.assert_error(CALLBACK, "access_denied");
    let line = log.line("missing=notes:nobody-grants ");
    for part in ["WARN", "granted=notes:read", "do not require it"] {
        assert!(line.contains(part), "{part} in {line}");
    }
}

#[tokio::test]
async fn it_has_what_the_identity_provider_says_and_what_it_was_asked_for() {
    let log = Log::open();
    let rig = Rig::with(|builder| builder.required_scopes(["notes:read"])).await;
    let client = Client::register(rig.url(), CALLBACK).await;
    let mut browser = Browser::new();
    let page = client.open(&mut browser).await;
    let upstream = client.decide(&mut browser, &page, "approve").await;
    let state = upstream.parameter("state").unwrap();
    let description = format!("it is\nnot on the list{}", "!".repeat(300));
    let mut back = url::Url::parse(&format!("{}/auth/callback", rig.url())).unwrap();
    back.query_pairs_mut()
        .append_pair("error", "invalid_scope_of_a_test")
        .append_pair("error_description", &description)
        .append_pair("iss", rig.emulator.url())
        .append_pair("state", &state);
    let answer = browser.get(back.as_str()).await;
    answer.assert_error(CALLBACK, "server_error");

    let line = log.line("invalid_scope_of_a_test");
    for part in [
        "WARN",
        "it is",
        "not on the list!",
        "notes:read",
        "offline_access",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert!(!line.contains(&"!".repeat(200)), "{line}");
    assert!(!line.contains(&state), "{line}");
}

#[tokio::test]
async fn an_error_without_a_state_is_for_the_operator() {
    let log = Log::open();
    let rig = Rig::start().await;
    let callback = format!("{}/auth/callback", rig.url());
    let url = format!(
        "{callback}?error=stray_error_of_a_test&error_description=the+%3Cb%3Eredirect+URI\
         &error_description=again"
    );
    let mut browser = Browser::new();
    for _ in 0..7 {
        let page = browser.get(&url).await;
        page.assert_page(StatusCode::BAD_REQUEST.as_u16());
        assert!(
            page.body
                .contains("operator of this server finds the reason in its log")
        );
        assert!(
            !page.body.contains("stray_error_of_a_test"),
            "{}",
            page.body
        );
        assert!(!page.body.contains("<b>redirect"), "{}", page.body);
    }
    // Strangers can send them by the million.
    let lines = log.lines("stray_error_of_a_test");
    assert_eq!(lines.len(), 5, "{lines:?}");
    for part in ["WARN", "the <b>redirect URI", &callback] {
        assert!(lines[0].contains(part), "{part} in {}", lines[0]);
    }
    // With neither, the request is at fault.
    let page = browser.get(&callback).await;
    page.assert_page(400);
    assert!(page.body.contains("`state` is missing"), "{}", page.body);
}

#[tokio::test]
async fn at_the_start_it_says_where_the_identity_provider_must_send_browsers() {
    let log = Log::open();
    let rig = Rig::with(|builder| builder.redirect_path("/back/to/this-test")).await;
    let line = log.line("/back/to/this-test");
    let expected = format!("redirect_uri={}/back/to/this-test", rig.url());
    assert!(line.contains("INFO") && line.contains(&expected), "{line}");
}
