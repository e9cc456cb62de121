//! Dynamic client registration.

use idp_emulator::{Emulator, Resource};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{CALLBACK, assert_error, builder, http, post_json, start};

async fn register(emulator: &Emulator, body: &Value) -> Response {
    post_json(emulator, "/api/v1/resources/res_123/clients:register", body).await
}

#[tokio::test]
async fn a_public_client_gets_an_identifier_and_no_secret() {
    let emulator = start().await;
    let body = json!({
        "client_name": "Inspector",
        "redirect_uris": [CALLBACK, "cursor://anysphere/cb"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "scope": "notes:read unknown openid",
    });
    let response = register(&emulator, &body).await;
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let mut answer: Value = response.json().await.unwrap();
    assert!(answer["client_id_issued_at"].take().is_u64());
    assert_eq!(
        answer,
        json!({
            "client_id": "m2m_1",
            "client_id_issued_at": null,
            "client_name": "Inspector",
            "name": "Inspector",
            "redirect_uris": [CALLBACK, "cursor://anysphere/cb"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "scope": "notes:read openid",
            "scopes": ["notes:read", "openid"],
            "resource_id": "res_123",
        })
    );
}

#[tokio::test]
async fn other_methods_get_a_secret_each() {
    let emulator = start().await;
    let mut secrets = Vec::new();
    for method in [
        json!(null),
        json!("client_secret_post"),
        json!("client_secret_basic"),
    ] {
        let body = json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": method});
        let answer: Value = register(&emulator, &body).await.json().await.unwrap();
        assert_eq!(answer["client_secret_expires_at"], 0);
        secrets.push(answer["client_secret"].as_str().unwrap().to_owned());
    }
    secrets.dedup();
    assert_eq!(secrets.len(), 3);
}

#[tokio::test]
async fn a_bad_registration_says_what_is_wrong_in_both_shapes() {
    let emulator = start().await;
    let many: Vec<_> = (0..21).map(|n| format!("https://a.example/{n}")).collect();
    for (body, error) in [
        (json!({}), "invalid_redirect_uri"),
        (json!({"redirect_uris": []}), "invalid_redirect_uri"),
        (json!({"redirect_uris": many}), "invalid_redirect_uri"),
        (
            json!({"redirect_uris": ["javascript:alert(1)"]}),
            "invalid_redirect_uri",
        ),
        (
            json!({"redirect_uris": ["http://a.example/cb"]}),
            "invalid_redirect_uri",
        ),
        (json!({"redirect_uris": "x"}), "invalid_client_metadata"),
        (json!({"redirect_uris": [7]}), "invalid_client_metadata"),
        (json!([]), "invalid_client_metadata"),
        (
            json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt"}),
            "invalid_client_metadata",
        ),
        (
            json!({"redirect_uris": [CALLBACK], "client_name": "x".repeat(70_000)}),
            "invalid_client_metadata",
        ),
    ] {
        let body = assert_error(register(&emulator, &body).await, 400, error).await;
        assert_eq!(body["code"], 3);
        assert_eq!(body["message"], body["error_description"]);
    }
    let url = format!(
        "{}/api/v1/resources/res_123/clients:register",
        emulator.url()
    );
    let response = http()
        .post(url)
        .body("{\"redirect_uris\"")
        .send()
        .await
        .unwrap();
    assert_error(response, 400, "invalid_client_metadata").await;
}

#[tokio::test]
async fn registration_that_is_off_or_elsewhere_is_refused() {
    let closed = Resource::new("res_9").dynamic_registration(false);
    let emulator = builder().resource(closed).start().await.unwrap();
    let body = json!({"redirect_uris": [CALLBACK]});
    for (resource, status) in [("res_9", 403), ("res_404", 404)] {
        let path = format!("/api/v1/resources/{resource}/clients:register");
        let response = post_json(&emulator, &path, &body).await;
        assert_eq!(response.status().as_u16(), status);
        let body: Value = response.json().await.unwrap();
        assert!(body["code"].is_u64());
    }
}
