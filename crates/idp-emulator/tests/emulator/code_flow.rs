//! The authorization code flow, with consent given at once.

use idp_emulator::{Client, ClockChange, IssuerMode, Resource, ScopeShape, User};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    CALLBACK, SERVER_URL, VERIFIER, assert_error, authorize, builder, callback, code, get_json,
    parameter, post_form, redeem, register, start, verified,
};

#[tokio::test]
async fn from_registration_to_tokens() {
    let emulator = start().await;
    emulator.clock(ClockChange::Freeze(1_800_000_000));
    let client = register(&emulator).await;
    let response = authorize(&emulator, &client, &[("nonce", "n-1")]).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    let location = callback(&response);
    assert_eq!(parameter(&location, "state").as_deref(), Some("st"));
    assert_eq!(
        parameter(&location, "iss"),
        Some(emulator.resource_issuer("res_123"))
    );

    let response = redeem(&emulator, &client, &parameter(&location, "code").unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let tokens: Value = response.json().await.unwrap();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 300);
    assert_eq!(
        tokens["scope"],
        "openid email profile offline_access notes:read"
    );
    assert!(tokens["refresh_token"].is_string());

    let claims = verified(&emulator, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(
        claims,
        json!({
            "iss": emulator.url(),
            "aud": ["res_123", SERVER_URL],
            "sub": "usr_1",
            "client_id": client,
            "oid": "org_1",
            "sid": "ses_1",
            "jti": "tkn_1",
            "iat": 1_800_000_000,
            "nbf": 1_800_000_000,
            "exp": 1_800_000_300,
            "scope": "openid email profile offline_access notes:read",
        })
    );
    let id = verified(&emulator, tokens["id_token"].as_str().unwrap()).await;
    assert_eq!(id["aud"], json!([client]));
    assert_eq!(id["nonce"], "n-1");
    assert_eq!(id["email"], "ada@example.com");
    assert_eq!(id["iss"], emulator.resource_issuer("res_123"));
}

#[tokio::test]
async fn a_code_works_once() {
    let emulator = start().await;
    let client = register(&emulator).await;
    let code = code(&emulator, &client, &[]).await;
    let tokens: Value = redeem(&emulator, &client, &code)
        .await
        .json()
        .await
        .unwrap();
    assert_error(
        redeem(&emulator, &client, &code).await,
        400,
        "invalid_grant",
    )
    .await;
    // What came of the code went with it.
    let token = tokens["refresh_token"].as_str().unwrap();
    let refreshed = crate::support::refresh(&emulator, &client, token).await;
    assert_error(refreshed, 400, "invalid_grant").await;
}

#[tokio::test]
async fn a_code_lives_a_minute() {
    let emulator = start().await;
    let client = register(&emulator).await;
    emulator.clock(ClockChange::Freeze(1_800_000_000));
    let (young, old) = (
        code(&emulator, &client, &[]).await,
        code(&emulator, &client, &[]).await,
    );
    emulator.clock(ClockChange::Advance(59));
    assert_eq!(
        redeem(&emulator, &client, &young).await.status(),
        StatusCode::OK
    );
    emulator.clock(ClockChange::Advance(1));
    assert_error(redeem(&emulator, &client, &old).await, 400, "invalid_grant").await;
}

#[tokio::test]
async fn a_code_needs_its_verifier_client_and_redirect_uri() {
    let emulator = start().await;
    let client = register(&emulator).await;
    let other = register(&emulator).await;
    let short = "short";
    for (name, value) in [
        (
            "code_verifier",
            "another-verifier-of-at-least-forty-three-chars",
        ),
        ("code_verifier", short),
        ("redirect_uri", "http://127.0.0.1:7778/callback"),
        ("client_id", &other),
        ("code", "unknown"),
    ] {
        let code = code(&emulator, &client, &[]).await;
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("client_id", &client),
            ("code", &code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", CALLBACK),
        ];
        for pair in &mut form {
            if pair.0 == name {
                pair.1 = value;
            }
        }
        let response = post_form(&emulator, "/oauth/token", &form).await;
        assert_error(response, 400, "invalid_grant").await;
        if name != "code" {
            // The first attempt has spent it.
            assert_error(
                redeem(&emulator, &client, &code).await,
                400,
                "invalid_grant",
            )
            .await;
        }
    }
}

#[tokio::test]
async fn without_a_known_redirect_uri_nobody_is_redirected() {
    let emulator = start().await;
    let client = register(&emulator).await;
    for (client, changes, text) in [
        (
            client.as_str(),
            [("redirect_uri", "https://evil.example/")],
            "redirect_uri",
        ),
        (
            &client,
            [("redirect_uri", "http://127.0.0.1:7777/callback/")],
            "redirect_uri",
        ),
        (&client, [("redirect_uri", "")], "redirect_uri"),
        (&client, [("client_id", "")], "client_id"),
        (
            "m2m_404",
            [("scope", "openid")],
            "invalid_client_metadata_url",
        ),
        (
            "https://unknown.example/client",
            [("scope", "openid")],
            "invalid_client_metadata_url",
        ),
        (
            "<script>alert(1)</script>",
            [("scope", "openid")],
            "invalid_client_metadata_url",
        ),
    ] {
        let response = authorize(&emulator, client, &changes).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert!(response.headers().get("location").is_none());
        let page = response.text().await.unwrap();
        assert!(page.contains(text) && !page.contains("<script>"), "{page}");
    }
}

#[tokio::test]
async fn a_loopback_client_may_change_its_port() {
    let emulator = start().await;
    let client = register(&emulator).await;
    let other_port = "http://127.0.0.1:50123/callback";
    let response = authorize(&emulator, &client, &[("redirect_uri", other_port)]).await;
    assert_eq!(response.status(), StatusCode::FOUND);
    assert!(
        response.headers()["location"]
            .to_str()
            .unwrap()
            .starts_with(other_port)
    );
}

#[tokio::test]
async fn a_bad_request_comes_back_to_the_client_with_state_and_issuer() {
    let emulator = start().await;
    let client = register(&emulator).await;
    let long = "x".repeat(5_000);
    for (changes, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", ""), "invalid_request"),
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("scope", "unknown"), "invalid_scope"),
        (("nonce", long.as_str()), "invalid_request"),
    ] {
        let location = callback(&authorize(&emulator, &client, &[changes]).await);
        assert_eq!(
            parameter(&location, "error").as_deref(),
            Some(error),
            "{changes:?}"
        );
        assert_eq!(parameter(&location, "state").as_deref(), Some("st"));
        assert_eq!(
            parameter(&location, "iss"),
            Some(emulator.resource_issuer("res_123"))
        );
        assert!(parameter(&location, "code").is_none());
    }
}

#[tokio::test]
async fn no_scope_asked_means_all_scopes_of_the_resource() {
    let emulator = start().await;
    let client = register(&emulator).await;
    let code = code(&emulator, &client, &[("scope", "")]).await;
    let tokens: Value = redeem(&emulator, &client, &code)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(tokens["scope"], "notes:read notes:write");
    assert!(tokens.get("refresh_token").is_none());
    assert!(tokens.get("id_token").is_none());
}

#[tokio::test]
async fn issuer_modes_and_scope_shapes() {
    let emulator = builder()
        .issuer_mode(IssuerMode::Alternate)
        .scope_shape(ScopeShape::Both)
        .start();
    let emulator = emulator.await.unwrap();
    let client = register(&emulator).await;
    let mut issuers = Vec::new();
    for _ in 0..3 {
        let code = code(&emulator, &client, &[("scope", "notes:read")]).await;
        let tokens: Value = redeem(&emulator, &client, &code)
            .await
            .json()
            .await
            .unwrap();
        let claims = verified(&emulator, tokens["access_token"].as_str().unwrap()).await;
        assert_eq!(claims["scope"], "notes:read");
        assert_eq!(claims["scopes"], json!(["notes:read"]));
        issuers.push(claims["iss"].as_str().unwrap().to_owned());
    }
    let by_resource = emulator.resource_issuer("res_123");
    assert_eq!(issuers, [emulator.url(), &by_resource, emulator.url()]);
    emulator.issuer(IssuerMode::Resource);
    let code = code(&emulator, &client, &[]).await;
    let tokens: Value = redeem(&emulator, &client, &code)
        .await
        .json()
        .await
        .unwrap();
    let claims = verified(&emulator, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(claims["iss"], json!(by_resource));
}

#[tokio::test]
async fn a_metadata_document_names_a_client() {
    let url = "https://app.example/client.json";
    let document = json!({
        "client_id": url, "client_name": "App", "redirect_uris": [CALLBACK], "extra": 1,
    });
    let closed = Resource::new("res_9").client_metadata_documents(false);
    let emulator = builder()
        .client_metadata(url, document)
        .resource(closed)
        .start();
    let emulator = emulator.await.unwrap();
    let code = code(&emulator, url, &[]).await;
    let tokens: Value = redeem(&emulator, url, &code).await.json().await.unwrap();
    let claims = verified(&emulator, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(claims["client_id"], url);
    assert_eq!(claims["aud"][0], "res_123");

    let form = [("grant_type", "client_credentials"), ("client_id", url)];
    let response = post_form(&emulator, "/resources/res_9/oauth/token", &form).await;
    assert_error(response, 401, "invalid_client").await;
}

#[tokio::test]
async fn a_foreign_resource_parameter_is_served_and_noted() {
    let emulator = start().await;
    let client = register(&emulator).await;
    code(&emulator, &client, &[("resource", SERVER_URL)]).await;
    code(
        &emulator,
        &client,
        &[("resource", "https://other.example/mcp")],
    )
    .await;
    let notes: Vec<_> = emulator
        .journal()
        .into_iter()
        .filter_map(|entry| entry.note)
        .collect();
    assert_eq!(notes.len(), 1);
    assert!(notes[0].contains("https://other.example/mcp"), "{notes:?}");
}

#[tokio::test]
async fn users_bring_their_own_claims() {
    let user = User::new("usr_7", "grace@example.com")
        .organization("org_7".to_owned())
        .roles(["admin"])
        .permissions(["data:read"])
        .claim("xoid", "acme")
        .claim("iss", "https://evil.example");
    let emulator = builder()
        .user(User::new("usr_1", "ada@example.com").name("Ada Lovelace"))
        .user(user)
        .start()
        .await
        .unwrap();
    let client = register(&emulator).await;
    let code = code(&emulator, &client, &[("login_hint", "grace@example.com")]).await;
    let tokens: Value = redeem(&emulator, &client, &code)
        .await
        .json()
        .await
        .unwrap();
    let claims = verified(&emulator, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(claims["sub"], "usr_7");
    assert_eq!(claims["oid"], "org_7");
    assert_eq!(claims["roles"], json!(["admin"]));
    assert_eq!(claims["permissions"], json!(["data:read"]));
    assert_eq!(claims["xoid"], "acme");
    assert_eq!(claims["iss"], json!(emulator.url()));
}

#[tokio::test]
async fn an_application_of_the_environment_gets_a_session_token() {
    let application = Client::new("skc_9")
        .secret("s3cret")
        .redirect_uris([CALLBACK])
        .scopes(["data:read"]);
    let emulator = builder().client(application).start().await.unwrap();
    let base = format!("{}/oauth/authorize", emulator.url());
    let challenge = crate::support::s256(VERIFIER);
    let parameters = [
        ("response_type", "code"),
        ("client_id", "skc_9"),
        ("redirect_uri", CALLBACK),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        ("scope", "openid data:read notes:read"),
    ];
    let url = url::Url::parse_with_params(&base, parameters).unwrap();
    let location = callback(&crate::support::http().get(url).send().await.unwrap());
    assert_eq!(parameter(&location, "iss").as_deref(), Some(emulator.url()));
    let code = parameter(&location, "code").unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "skc_9"),
        ("client_secret", "s3cret"),
        ("code", &code),
        ("code_verifier", VERIFIER),
        ("redirect_uri", CALLBACK),
    ];
    let tokens: Value = post_form(&emulator, "/oauth/token", &form)
        .await
        .json()
        .await
        .unwrap();
    let claims = verified(&emulator, tokens["access_token"].as_str().unwrap()).await;
    assert_eq!(claims["aud"], json!(["skc_9"]));
    assert_eq!(claims["scope"], "openid data:read");
    assert_eq!(
        get_json(&emulator, "/__emu/requests?path=/keys").await["count"],
        1
    );
}
