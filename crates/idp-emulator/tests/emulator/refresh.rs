//! Refresh tokens and revocation.

use idp_emulator::{Client, ClockChange, Emulator};
use reqwest::StatusCode;
use serde_json::Value;

use crate::support::{
    CALLBACK, VERIFIER, assert_error, builder, code, post_form, redeem, refresh, register, start,
    verified,
};

async fn first_refresh_token(emulator: &Emulator, client: &str) -> String {
    let code = code(emulator, client, &[]).await;
    let tokens: Value = redeem(emulator, client, &code).await.json().await.unwrap();
    tokens["refresh_token"].as_str().unwrap().to_owned()
}

async fn refreshed(emulator: &Emulator, client: &str, token: &str) -> Value {
    let response = refresh(emulator, client, token).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

#[tokio::test]
async fn each_use_gives_a_new_token_of_the_same_session() {
    let emulator = start().await;
    let client = register(&emulator).await;
    let first = first_refresh_token(&emulator, &client).await;
    let tokens = refreshed(&emulator, &client, &first).await;
    let second = tokens["refresh_token"].as_str().unwrap();
    assert_ne!(first, second);
    let claims = verified(&emulator, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(claims["sid"], "ses_1");
    assert_eq!(claims["sub"], "usr_1");
    refreshed(&emulator, &client, second).await;
}

#[tokio::test]
async fn a_token_used_twice_ends_the_grant() {
    let emulator = start().await;
    let client = register(&emulator).await;
    let first = first_refresh_token(&emulator, &client).await;
    let tokens = refreshed(&emulator, &client, &first).await;
    assert_error(
        refresh(&emulator, &client, &first).await,
        400,
        "invalid_grant",
    )
    .await;
    let second = tokens["refresh_token"].as_str().unwrap();
    assert_error(
        refresh(&emulator, &client, second).await,
        400,
        "invalid_grant",
    )
    .await;
}

#[tokio::test]
async fn a_token_belongs_to_its_client_and_lives_a_day() {
    let emulator = start().await;
    emulator.clock(ClockChange::Freeze(1_800_000_000));
    let client = register(&emulator).await;
    let other = register(&emulator).await;
    let token = first_refresh_token(&emulator, &client).await;
    assert_error(
        refresh(&emulator, &other, &token).await,
        400,
        "invalid_grant",
    )
    .await;
    emulator.clock(ClockChange::Advance(86_399));
    let tokens = refreshed(&emulator, &client, &token).await;
    emulator.clock(ClockChange::Advance(86_400));
    let token = tokens["refresh_token"].as_str().unwrap();
    assert_error(
        refresh(&emulator, &client, token).await,
        400,
        "invalid_grant",
    )
    .await;
}

#[tokio::test]
async fn a_refresh_may_narrow_scopes_and_never_widen_them() {
    let emulator = start().await;
    let client = register(&emulator).await;
    let token = first_refresh_token(&emulator, &client).await;
    let ask = |scope: &'static str, token: String| {
        let (emulator, client) = (&emulator, client.clone());
        async move {
            let form = [
                ("grant_type", "refresh_token"),
                ("client_id", &client),
                ("refresh_token", &token),
                ("scope", scope),
            ];
            post_form(emulator, "/oauth/token", &form).await
        }
    };
    assert_error(
        ask("notes:write", token.clone()).await,
        400,
        "invalid_scope",
    )
    .await;
    let tokens: Value = ask("notes:read", token).await.json().await.unwrap();
    assert_eq!(tokens["scope"], "notes:read");
    let token = tokens["refresh_token"].as_str().unwrap();
    let tokens = refreshed(&emulator, &client, token).await;
    assert_eq!(
        tokens["scope"],
        "openid email profile offline_access notes:read"
    );
}

#[tokio::test]
async fn only_a_confidential_client_revokes() {
    let confidential = Client::new("m2m_web")
        .secret("s3cret")
        .redirect_uris([CALLBACK])
        .resource("res_123");
    let emulator = builder().client(confidential).start().await.unwrap();
    let public = register(&emulator).await;
    let token = first_refresh_token(&emulator, &public).await;
    let form = [("client_id", public.as_str()), ("token", &token)];
    let response = post_form(&emulator, "/oauth/revoke", &form).await;
    assert_error(response, 401, "invalid_client").await;

    let code = code(&emulator, "m2m_web", &[]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "m2m_web"),
        ("client_secret", "s3cret"),
        ("code", &code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", CALLBACK),
    ];
    let path = "/resources/res_123/oauth/token";
    let tokens: Value = post_form(&emulator, path, &form)
        .await
        .json()
        .await
        .unwrap();
    let own = tokens["refresh_token"].as_str().unwrap();
    for revoked in [token.as_str(), "unknown", own] {
        let form = [
            ("client_id", "m2m_web"),
            ("client_secret", "s3cret"),
            ("token", revoked),
        ];
        let response = post_form(&emulator, "/oauth/revoke", &form).await;
        assert_eq!(response.status(), StatusCode::OK);
    }
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "m2m_web"),
        ("client_secret", "s3cret"),
        ("refresh_token", own),
    ];
    assert_error(
        post_form(&emulator, path, &form).await,
        400,
        "invalid_grant",
    )
    .await;
    // A client revokes its own tokens only.
    refreshed(&emulator, &public, &token).await;
    let form = [("client_id", "m2m_web"), ("client_secret", "s3cret")];
    let response = post_form(&emulator, "/oauth/revoke", &form).await;
    assert_error(response, 400, "invalid_request").await;
}
