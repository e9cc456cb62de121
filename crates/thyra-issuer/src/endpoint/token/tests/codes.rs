use super::*;

#[tokio::test]
async fn a_code_becomes_tokens() {
    let rig = Rig::new();
    let answer = rig.redeem(&rig.begun().await).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(answer.body["token_type"], "Bearer");
    assert_eq!(answer.body["expires_in"], 3600);
    assert_eq!(answer.body["scope"], "read write");
    let principal = rig.admit(&answer.text("access_token")).await.unwrap();
    assert_eq!(
        (principal.subject(), principal.client_id()),
        ("ada", Some("one"))
    );
    assert!(rig.admit(&answer.text("refresh_token")).await.is_err());
}

#[tokio::test]
async fn a_replayed_code_ends_the_login_that_came_of_it() {
    let rig = Rig::new();
    let begun = rig.begun().await;
    let first = rig.redeem(&begun).await;
    assert!(rig.admit(&first.text("access_token")).await.is_ok());
    let again = rig.redeem(&begun).await;
    assert_eq!(again.error(), (400, "invalid_grant"));
    assert!(rig.admit(&first.text("access_token")).await.is_err());
    let refreshed = rig.refresh(&first.text("refresh_token"), &[]).await;
    assert_eq!(refreshed.error(), (400, "invalid_grant"));
}

#[tokio::test]
async fn a_code_is_used_up_by_a_try_that_fails() {
    let rig = Rig::new();
    let wrong = CodeVerifier::random().unwrap();
    for (name, value, error) in [
        ("code_verifier", wrong.expose(), "invalid_grant"),
        ("code_verifier", "short", "invalid_grant"),
        ("redirect_uri", "http://127.0.0.1/other", "invalid_grant"),
        (
            "redirect_uri",
            "http://127.0.0.1:8080/callback",
            "invalid_grant",
        ),
        ("resource", "https://mcp.example/other", "invalid_target"),
        ("resource", "https://evil.example/mcp", "invalid_target"),
        ("resource", "mcp", "invalid_target"),
    ] {
        let begun = rig.begun().await;
        let outcome = rig.post("/token", &begun.with(name, value)).await;
        assert_eq!(outcome.error(), (400, error), "{name} {value}");
        let right = rig.redeem(&begun).await;
        assert_eq!(right.error(), (400, "invalid_grant"), "{name} {value}");
    }
}

#[tokio::test]
async fn another_client_gets_nothing_for_a_code_and_does_not_use_it_up() {
    let rig = Rig::new();
    let begun = rig.begun().await;
    let injected = rig.post("/token", &begun.with("client_id", "two")).await;
    assert_eq!(injected.error(), (400, "invalid_grant"));
    assert!(rig.redeem(&begun).await.is_ok());
}

#[tokio::test]
async fn the_verifier_cannot_be_left_out_and_the_redirect_uri_can() {
    let rig = Rig::new();
    let begun = rig.begun().await;
    // PKCE downgrade: the code stands for a request with a challenge.
    let without: Vec<_> = begun.with("code_verifier", "");
    let outcome = rig.post("/token", &without).await;
    assert_eq!(outcome.error(), (400, "invalid_request"));
    // A slash at the end makes no other resource of it.
    let resource = format!("{RESOURCE}/");
    let mut named = begun.with("resource", &resource);
    named.retain(|(name, _)| *name != "redirect_uri");
    assert!(rig.post("/token", &named).await.is_ok());
}

#[tokio::test]
async fn a_code_ends_after_five_minutes() {
    let rig = Rig::new();
    let begun = rig.begun().await;
    rig.advance(300);
    assert_eq!(rig.redeem(&begun).await.error(), (400, "invalid_grant"));
}

#[tokio::test]
async fn only_forms_of_known_grants_are_read() {
    let rig = Rig::new();
    let begun = rig.begun().await;
    for (what, form, error) in [
        (
            "no grant type",
            vec![("client_id", "one")],
            "invalid_request",
        ),
        (
            "another grant",
            begun.with("grant_type", "password"),
            "unsupported_grant_type",
        ),
        (
            "client credentials",
            begun.with("grant_type", "client_credentials"),
            "unsupported_grant_type",
        ),
        (
            "assertions, which are off",
            begun.with("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            "unsupported_grant_type",
        ),
        (
            "token exchange, which is off",
            begun.with(
                "grant_type",
                "urn:ietf:params:oauth:grant-type:token-exchange",
            ),
            "unsupported_grant_type",
        ),
        ("no code", begun.with("code", ""), "invalid_request"),
    ] {
        let outcome = rig.post("/token", &form).await;
        assert_eq!(outcome.error(), (400, error), "{what}");
    }
    let mut twice: Vec<_> = begun.form().into();
    twice.push(("code", "another"));
    let outcome = rig.post("/token", &twice).await;
    assert_eq!(outcome.error(), (400, "invalid_request"));
    let json = r#"{"grant_type":"authorization_code"}"#.to_owned();
    let outcome = rig.send("/token", "application/json", json).await;
    assert_eq!(outcome.error(), (400, "invalid_request"));
    let form = "application/x-www-form-urlencoded";
    let outcome = rig
        .send("/token", form, "a=".to_owned() + &"x".repeat(65 * 1024))
        .await;
    assert_eq!(outcome.status, StatusCode::PAYLOAD_TOO_LARGE);
    // None of that has used the code up.
    assert!(rig.redeem(&begun).await.is_ok());
}

#[tokio::test]
async fn an_unknown_client_is_told_so() {
    let rig = Rig::new();
    let begun = rig.begun().await;
    let outcome = rig.post("/token", &begun.with("client_id", "nobody")).await;
    assert_eq!(outcome.error(), (401, "invalid_client"));
    assert!(rig.redeem(&begun).await.is_ok());
}
