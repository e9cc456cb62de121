//! Machines.

use idp_emulator::{Client, Emulator, Resource};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    CALLBACK, SERVER_URL, assert_error, builder, http, post_form, register, verified,
};

async fn emulator() -> Emulator {
    builder()
        .resource(Resource::new("res_other").scopes(["x"]))
        .client(
            Client::new("m2m_bot")
                .secret("s:e/c%r=t")
                .resource("res_123"),
        )
        .client(
            Client::new("m2m_small")
                .secret("s")
                .resource("res_123")
                .scopes(["notes:read"]),
        )
        .client(
            Client::new("m2m_web")
                .secret("s")
                .resource("res_123")
                .redirect_uris([CALLBACK]),
        )
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_machine_is_its_own_subject() {
    let emulator = emulator().await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "m2m_bot"),
        ("client_secret", "s:e/c%r=t"),
        ("scope", "notes:read openid"),
    ];
    for path in ["/oauth/token", "/resources/res_123/oauth/token"] {
        let tokens: Value = post_form(&emulator, path, &form)
            .await
            .json()
            .await
            .unwrap();
        assert_eq!(tokens["expires_in"], 3_600);
        assert_eq!(tokens["scope"], "notes:read");
        assert!(tokens.get("refresh_token").is_none());
        let claims = verified(&emulator, tokens["access_token"].as_str().unwrap()).await;
        assert_eq!(claims["sub"], "m2m_bot");
        assert_eq!(claims["client_id"], "m2m_bot");
        assert_eq!(claims["aud"], json!(["res_123", SERVER_URL]));
        assert_eq!(claims["scope"], "notes:read");
        assert!(claims.get("sid").is_none() && claims.get("oid").is_none());
    }
}

#[tokio::test]
async fn the_secret_may_come_in_the_header() {
    let emulator = emulator().await;
    // RFC 6749 section 2.3.1: both parts are form-encoded first. Many clients forget it.
    for secret in ["s%3Ae%2Fc%25r%3Dt", "s:e/c%r=t"] {
        let request = http()
            .post(format!("{}/oauth/token", emulator.url()))
            .basic_auth("m2m_bot", Some(secret))
            .form(&[("grant_type", "client_credentials")]);
        let tokens: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(tokens["scope"], "notes:read notes:write", "{tokens}");
    }
}

#[tokio::test]
async fn a_wrong_client_is_refused_with_a_challenge() {
    let emulator = emulator().await;
    for (path, id, secret) in [
        ("/oauth/token", "m2m_bot", "wrong"),
        ("/oauth/token", "m2m_bot", ""),
        ("/oauth/token", "nobody", "s"),
        ("/oauth/token", "", ""),
        ("/resources/res_other/oauth/token", "m2m_bot", "s:e/c%r=t"),
        (
            "/resources/res_123/oauth/token",
            "skc_1",
            "development-secret",
        ),
    ] {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
        ];
        let body = assert_error(
            post_form(&emulator, path, &form).await,
            401,
            "invalid_client",
        )
        .await;
        assert!(!body.to_string().contains("s:e/c"));
    }
    for header in ["Bearer x", "Basic", "Basic !!!", "Basic bm9jb2xvbg=="] {
        let request = http()
            .post(format!("{}/oauth/token", emulator.url()))
            .header("authorization", header)
            .form(&[("grant_type", "client_credentials")]);
        assert_error(request.send().await.unwrap(), 401, "invalid_client").await;
    }
}

#[tokio::test]
async fn a_request_that_is_none_is_refused() {
    let emulator = emulator().await;
    let good = [
        ("grant_type", "client_credentials"),
        ("client_id", "m2m_small"),
        ("client_secret", "s"),
    ];
    let with = |name, value| {
        let mut form = good.to_vec();
        form.push((name, value));
        form
    };
    for (form, status, error) in [
        (with("scope", "notes:write"), 400, "invalid_scope"),
        (
            with("grant_type", "client_credentials"),
            400,
            "invalid_request",
        ),
        (
            good.iter().copied().skip(1).collect(),
            400,
            "invalid_request",
        ),
        (
            vec![
                ("grant_type", "password"),
                ("client_id", "m2m_small"),
                ("client_secret", "s"),
            ],
            400,
            "unsupported_grant_type",
        ),
        (
            vec![
                ("grant_type", "client_credentials"),
                ("client_id", "m2m_web"),
                ("client_secret", "s"),
            ],
            400,
            "unauthorized_client",
        ),
    ] {
        assert_error(
            post_form(&emulator, "/oauth/token", &form).await,
            status,
            error,
        )
        .await;
    }
    let url = format!("{}/oauth/token", emulator.url());
    let both = http()
        .post(&url)
        .basic_auth("m2m_small", Some("s"))
        .form(&good);
    assert_error(both.send().await.unwrap(), 400, "invalid_request").await;
    let json = http()
        .post(&url)
        .json(&json!({"grant_type": "client_credentials"}));
    assert_error(json.send().await.unwrap(), 400, "invalid_request").await;
    let large = http()
        .post(&url)
        .form(&[("grant_type", "x".repeat(70_000))]);
    assert_error(large.send().await.unwrap(), 400, "invalid_request").await;

    let public = register(&emulator).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", public.as_str()),
    ];
    let response = post_form(&emulator, "/oauth/token", &form).await;
    assert_error(response, 400, "unauthorized_client").await;
}

#[tokio::test]
async fn an_environment_client_gets_a_token_that_is_for_no_server() {
    let emulator = emulator().await;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "skc_1"),
        ("client_secret", "development-secret"),
    ];
    let response = post_form(&emulator, "/oauth/token", &form).await;
    assert_eq!(response.status(), StatusCode::OK);
    let tokens: Value = response.json().await.unwrap();
    assert_eq!(tokens["scope"], "openid");
    let claims = verified(&emulator, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(claims["sub"], "skc_1");
    assert_eq!(claims["iss"], json!(emulator.url()));
    assert!(claims.get("aud").is_none());
}
