//! Documents that clients discover.

use idp_emulator::Resource;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{builder, get, get_json, http, start};

const INSERTED: &str = "/.well-known/oauth-authorization-server/resources/res_123";
const APPENDED: &str = "/resources/res_123/.well-known/oauth-authorization-server";

#[tokio::test]
async fn both_forms_hold_the_same_document() {
    let emulator = start().await;
    let url = emulator.url();
    let document = get_json(&emulator, INSERTED).await;
    assert_eq!(document, get_json(&emulator, APPENDED).await);
    assert_eq!(
        document,
        json!({
            "issuer": format!("{url}/resources/res_123"),
            "authorization_endpoint": format!("{url}/resources/res_123/oauth/authorize"),
            "token_endpoint": format!("{url}/resources/res_123/oauth/token"),
            "registration_endpoint": format!("{url}/api/v1/resources/res_123/clients:register"),
            "jwks_uri": format!("{url}/keys"),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
            "token_endpoint_auth_methods_supported":
                ["none", "client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "client_id_metadata_document_supported": true,
            "scopes_supported": ["notes:read", "notes:write"],
            "authorization_response_iss_parameter_supported": true,
        })
    );
}

#[tokio::test]
async fn switches_of_the_resource_show() {
    let closed = Resource::new("res_9")
        .dynamic_registration(false)
        .client_metadata_documents(false);
    let emulator = builder().resource(closed).start().await.unwrap();
    let document = get_json(
        &emulator,
        "/.well-known/oauth-authorization-server/resources/res_9",
    )
    .await;
    assert!(document.get("registration_endpoint").is_none());
    assert_eq!(document["client_id_metadata_document_supported"], false);
}

#[tokio::test]
async fn what_scalekit_does_not_have_is_not_found_in_its_error_shape() {
    let emulator = start().await;
    for path in [
        "/.well-known/oauth-authorization-server/resources/res_9",
        "/resources/res_9/.well-known/oauth-authorization-server",
        "/resources/res_123/.well-known/openid-configuration",
        "/resources/res_123/keys",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
        "/oauth/register",
        "/resources/res_9/oauth/authorize",
    ] {
        let response = get(&emulator, path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["code"], 5, "{path}");
        assert_eq!(body["details"][0]["error_code"], "NOT_FOUND");
    }
}

#[tokio::test]
async fn the_environment_document_registers_no_clients() {
    let emulator = start().await;
    let document = get_json(&emulator, "/.well-known/openid-configuration").await;
    assert_eq!(document["issuer"], emulator.url());
    assert!(document.get("registration_endpoint").is_none());
    for (name, endpoint) in document.as_object().unwrap() {
        let Some(url) = endpoint.as_str().filter(|_| name != "issuer") else {
            continue;
        };
        let status = http().get(url).send().await.unwrap().status();
        assert_ne!(status, StatusCode::NOT_FOUND, "{url}");
    }
}

#[tokio::test]
async fn the_key_set_names_use_algorithm_and_key() {
    let emulator = start().await;
    let keys = get_json(&emulator, "/keys").await;
    assert_eq!(keys, emulator.jwks());
    let key = &keys["keys"][0];
    let named = ["use", "kty", "kid", "alg", "e"].map(|name| key[name].as_str().unwrap());
    assert_eq!(named, ["sig", "RSA", "snk_1", "RS256", "AQAB"]);
    assert_eq!(key["n"].as_str().unwrap().len(), 342);
}

#[tokio::test]
async fn programs_in_browsers_may_read_and_ask() {
    let emulator = start().await;
    for path in [
        INSERTED,
        APPENDED,
        "/keys",
        "/.well-known/openid-configuration",
        "/oauth/token",
        "/resources/res_123/oauth/token",
        "/api/v1/resources/res_123/clients:register",
    ] {
        let request = http()
            .request(Method::OPTIONS, format!("{}{path}", emulator.url()))
            .header("origin", "http://localhost:6274")
            .header("access-control-request-method", "POST");
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT, "{path}");
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        let allowed = response.headers()["access-control-allow-headers"]
            .to_str()
            .unwrap();
        assert!(allowed.contains("content-type") && allowed.contains("authorization"));
    }
    let response = get(&emulator, "/oauth/authorize").await;
    assert!(
        response
            .headers()
            .get("access-control-allow-origin")
            .is_none()
    );
    assert_eq!(
        get(&emulator, "/keys").await.headers()["access-control-allow-origin"],
        "*"
    );
}
