//! The login page, answered as a browser answers it.

use idp_emulator::{ClockChange, Emulator, User};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    CALLBACK, assert_error, authorize, builder, callback, get, http, parameter, post_form,
    post_json, redeem, register, verified,
};

async fn emulator() -> Emulator {
    let other = User::new("usr_2", "grace@example.com").name("Grace");
    builder()
        .auto_consent(false)
        .user(User::new("usr_1", "ada@example.com").name("Ada Lovelace"))
        .user(other)
        .start()
        .await
        .unwrap()
}

/// The value of a hidden input.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let start = page.find(&format!("name=\"{name}\" value=\"")).unwrap();
    page[start..].split('"').nth(3).unwrap()
}

async fn open(emulator: &Emulator, client: &str) -> String {
    let response = authorize(emulator, client, &[]).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.text().await.unwrap()
}

async fn answer(emulator: &Emulator, page: &str, rest: &[(&str, &str)]) -> Response {
    let mut form = vec![
        ("login_request_id", hidden(page, "login_request_id")),
        ("csrf", hidden(page, "csrf")),
    ];
    form.extend(rest);
    post_form(emulator, "/oauth/consent", &form).await
}

async fn refused(response: Response, text: &str) {
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.headers().get("location").is_none());
    let page = response.text().await.unwrap();
    assert!(page.contains(text), "{page}");
}

#[tokio::test]
async fn the_page_says_who_asks_for_what() {
    let emulator = emulator().await;
    let client = register(&emulator).await;
    let response = authorize(&emulator, &client, &[]).await;
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'nonce-"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'"));
    assert_eq!(response.headers()["cache-control"], "no-store");
    let page = response.text().await.unwrap();
    let nonce = policy
        .split("nonce-")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    assert!(page.contains(&format!("<style nonce=\"{nonce}\">")));
    for text in [
        "Test client",
        &client,
        "127.0.0.1",
        "Ada Lovelace",
        "Grace",
        "notes:read",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("notes:write") && !page.contains("<script"));
    assert_eq!(hidden(&page, "login_request_id"), "lri_1");
}

#[tokio::test]
async fn names_are_escaped() {
    let emulator = emulator().await;
    let body = json!({
        "client_name": "<img src=x onerror=alert(1)>\"'",
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "none",
    });
    let path = "/api/v1/resources/res_123/clients:register";
    let registered: Value = post_json(&emulator, path, &body)
        .await
        .json()
        .await
        .unwrap();
    let page = open(&emulator, registered["client_id"].as_str().unwrap()).await;
    assert!(!page.contains("<img") && page.contains("onerror"));
}

#[tokio::test]
async fn allowing_gives_a_code_for_the_chosen_user_and_scopes() {
    let emulator = emulator().await;
    let client = register(&emulator).await;
    let page = open(&emulator, &client).await;
    let response = answer(
        &emulator,
        &page,
        &[("decision", "allow"), ("user", "usr_2")],
    )
    .await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let location = callback(&response);
    assert_eq!(parameter(&location, "state").as_deref(), Some("st"));
    let code = parameter(&location, "code").unwrap();
    let tokens: Value = redeem(&emulator, &client, &code)
        .await
        .json()
        .await
        .unwrap();
    // The box of `notes:read` was not ticked.
    assert_eq!(tokens["scope"], "openid email profile offline_access");
    let claims = verified(&emulator, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(claims["sub"], "usr_2");
}

#[tokio::test]
async fn scopes_that_were_not_asked_cannot_be_ticked() {
    let emulator = emulator().await;
    let client = register(&emulator).await;
    let page = open(&emulator, &client).await;
    let ticked = [
        ("decision", "allow"),
        ("user", "usr_1"),
        ("scope", "notes:read"),
        ("scope", "notes:write"),
    ];
    let location = callback(&answer(&emulator, &page, &ticked).await);
    let code = parameter(&location, "code").unwrap();
    let tokens: Value = redeem(&emulator, &client, &code)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        tokens["scope"],
        "openid email profile offline_access notes:read"
    );
}

#[tokio::test]
async fn denying_goes_back_with_access_denied() {
    let emulator = emulator().await;
    let client = register(&emulator).await;
    let page = open(&emulator, &client).await;
    let location = callback(&answer(&emulator, &page, &[("decision", "deny")]).await);
    assert_eq!(
        parameter(&location, "error").as_deref(),
        Some("access_denied")
    );
    assert_eq!(parameter(&location, "state").as_deref(), Some("st"));
    assert_eq!(
        parameter(&location, "iss"),
        Some(emulator.resource_issuer("res_123"))
    );
    assert!(parameter(&location, "code").is_none());
}

#[tokio::test]
async fn a_page_is_answered_once_and_soon() {
    let emulator = emulator().await;
    emulator.clock(ClockChange::Freeze(1_800_000_000));
    let client = register(&emulator).await;
    let allow = [("decision", "allow"), ("user", "usr_1")];
    let page = open(&emulator, &client).await;
    assert_eq!(
        answer(&emulator, &page, &allow).await.status(),
        StatusCode::SEE_OTHER
    );
    refused(answer(&emulator, &page, &allow).await, "start again").await;
    let page = open(&emulator, &client).await;
    emulator.clock(ClockChange::Advance(600));
    refused(answer(&emulator, &page, &allow).await, "start again").await;
}

#[tokio::test]
async fn another_site_cannot_answer() {
    let emulator = emulator().await;
    let client = register(&emulator).await;
    let page = open(&emulator, &client).await;
    let guessed = [
        ("login_request_id", "lri_1"),
        ("csrf", "guess"),
        ("decision", "allow"),
        ("user", "usr_1"),
    ];
    refused(
        post_form(&emulator, "/oauth/consent", &guessed).await,
        "start again",
    )
    .await;
    let own = [
        ("login_request_id", "lri_1"),
        ("csrf", hidden(&page, "csrf")),
        ("decision", "allow"),
        ("user", "usr_1"),
    ];
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let request = http()
            .post(format!("{}/oauth/consent", emulator.url()))
            .header("origin", origin)
            .form(&own);
        refused(request.send().await.unwrap(), "another site").await;
    }
    let request = http()
        .post(format!("{}/oauth/consent", emulator.url()))
        .header("origin", emulator.url())
        .form(&own);
    assert_eq!(
        request.send().await.unwrap().status(),
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn an_incomplete_form_grants_nothing() {
    let emulator = emulator().await;
    let client = register(&emulator).await;
    for (rest, text) in [
        (vec![("decision", "allow")], "user"),
        (vec![("decision", "allow"), ("user", "usr_9")], "user"),
        (vec![("decision", "maybe"), ("user", "usr_1")], "decision"),
        (vec![], "decision"),
    ] {
        let page = open(&emulator, &client).await;
        refused(answer(&emulator, &page, &rest).await, text).await;
    }
    refused(
        post_form(&emulator, "/oauth/consent", &[("decision", "allow")]).await,
        "form",
    )
    .await;
}

#[tokio::test]
async fn prompt_none_asks_nobody() {
    let emulator = emulator().await;
    let client = register(&emulator).await;
    let location = callback(&authorize(&emulator, &client, &[("prompt", "none")]).await);
    assert_eq!(
        parameter(&location, "error").as_deref(),
        Some("login_required")
    );
}

#[tokio::test]
async fn logout_returns_to_known_places_only() {
    let emulator = emulator().await;
    let back = "/oidc/logout?post_logout_redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fbye&state=s";
    let response = get(&emulator, back).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(
        response.headers()["location"],
        "http://localhost:3000/bye?state=s"
    );
    for elsewhere in ["https%3A%2F%2Fevil.example", "javascript%3Aalert(1)"] {
        let path = format!("/oidc/logout?post_logout_redirect_uri={elsewhere}");
        refused(get(&emulator, &path).await, "no client").await;
    }
    assert_eq!(
        get(&emulator, "/oidc/logout").await.status(),
        StatusCode::OK
    );
    // A client's own origin is known.
    let body = json!({"redirect_uris": ["https://app.example/cb"]});
    let path = "/api/v1/resources/res_123/clients:register";
    assert_eq!(
        post_json(&emulator, path, &body).await.status(),
        StatusCode::CREATED
    );
    let path = "/oidc/logout?post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fbye";
    assert_eq!(get(&emulator, path).await.status(), StatusCode::FOUND);
}

#[tokio::test]
async fn a_code_of_the_page_still_needs_its_verifier() {
    let emulator = emulator().await;
    let client = register(&emulator).await;
    let page = open(&emulator, &client).await;
    let location = callback(
        &answer(
            &emulator,
            &page,
            &[("decision", "allow"), ("user", "usr_1")],
        )
        .await,
    );
    let code = parameter(&location, "code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", &client),
        ("code", &code),
        ("redirect_uri", CALLBACK),
    ];
    let response = post_form(&emulator, "/oauth/token", &form).await;
    assert_error(response, 400, "invalid_request").await;
}
