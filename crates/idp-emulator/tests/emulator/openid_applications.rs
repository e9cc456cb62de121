//! Hugging Face, `WorkOS` and OCI: applications that find everything by discovery.

use idp_emulator::{Client, Vendor};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::proxy::{self, BACK, Proxy, text};
use crate::support::{VERIFIER, decode, get_json, parameter};

#[tokio::test]
async fn discovery_names_what_is_there() {
    for (vendor, issuer, paths) in [
        (
            Vendor::HuggingFace,
            "",
            [
                "/oauth/authorize",
                "/oauth/token",
                "/oauth/userinfo",
                "/oauth/jwks",
            ],
        ),
        (
            Vendor::WorkOs,
            "",
            [
                "/oauth2/authorize",
                "/oauth2/token",
                "/oauth2/userinfo",
                "/oauth2/jwks",
            ],
        ),
        (
            Vendor::Oci,
            "/identity.oraclecloud.com/",
            [
                "/oauth2/v1/authorize",
                "/oauth2/v1/token",
                "/oauth2/v1/userinfo",
                "/admin/v1/SigningCert/jwk",
            ],
        ),
    ] {
        let proxy = Proxy::at(vendor).await;
        let url = proxy.emulator.url();
        let metadata = get_json(&proxy.emulator, "/.well-known/openid-configuration").await;
        assert_eq!(metadata["issuer"], format!("{url}{issuer}"), "{vendor}");
        let names = [
            "authorization_endpoint",
            "token_endpoint",
            "userinfo_endpoint",
            "jwks_uri",
        ];
        for (name, path) in names.into_iter().zip(paths) {
            assert_eq!(metadata[name], format!("{url}{path}"), "{vendor}");
            let status = proxy.show(path, "").await.status();
            assert_ne!(status, StatusCode::NOT_FOUND, "{vendor}: {path}");
        }
        assert!(metadata.get("registration_endpoint").is_none());
        let location = proxy.callback(&[]).await;
        assert_eq!(parameter(&location, "iss"), None, "{vendor}");
    }
}

#[tokio::test]
async fn an_id_token_echoes_the_nonce_and_names_the_issuer() {
    for (vendor, issuer) in [
        (Vendor::HuggingFace, ""),
        (Vendor::WorkOs, ""),
        (Vendor::Oci, "/identity.oraclecloud.com/"),
    ] {
        let proxy = Proxy::at(vendor).await;
        let asked = [("scope", "openid profile"), ("nonce", "n-1")];
        let tokens = proxy.log_in(&asked).await;
        let (_, claims) = decode(text(&tokens, "id_token"));
        let url = proxy.emulator.url();
        assert_eq!(claims["iss"], format!("{url}{issuer}"), "{vendor}");
        assert_eq!(claims["nonce"], "n-1", "{vendor}");
        assert_eq!(claims["aud"], proxy.id, "{vendor}");
        assert_eq!(claims["sub"], "583231", "{vendor}");
    }
}

#[tokio::test]
async fn hugging_face_tells_a_person_from_a_token() {
    let hub = Proxy::at(Vendor::HuggingFace).await;
    let tokens = hub.log_in(&[("scope", "openid profile email")]).await;
    let token = text(&tokens, "access_token");
    assert!(token.starts_with("hf_oauth_"));
    assert_eq!(tokens["expires_in"], 28_800);
    let user = hub.shown("/oauth/userinfo", token).await;
    assert_eq!(user["sub"], "583231");
    assert_eq!(user["preferred_username"], "ada");
    assert_eq!(user["email"], "ada@example.com");
    assert!(user.get("scope").is_none());
    let who = hub.shown("/api/whoami-v2", token).await;
    assert_eq!(who["id"], "583231");
    assert_eq!(
        who["auth"]["accessToken"]["scopes"],
        json!(["openid", "profile", "email"])
    );
    let without = hub.log_in(&[("scope", "openid profile")]).await;
    let token = text(&without, "access_token");
    let user = hub.shown("/oauth/userinfo", token).await;
    assert!(user.get("email").is_none());

    for path in ["/oauth/userinfo", "/api/whoami-v2"] {
        let refused = hub.show(path, "hf_unknown").await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let renewed = hub.refresh(text(&without, "refresh_token")).await;
    assert_ne!(renewed["refresh_token"], without["refresh_token"]);
}

#[tokio::test]
async fn hugging_face_takes_applications_without_a_secret() {
    let public = Client::new("public").redirect_uris([BACK]);
    let builder = proxy::builder(Vendor::HuggingFace).client(public);
    let mut hub = Proxy::of(Vendor::HuggingFace, builder).await;
    hub.id = "public".to_owned();
    hub.secret = String::new();
    assert!(hub.log_in(&[]).await["access_token"].is_string());
}

#[tokio::test]
async fn work_os_gives_its_application_tokens_for_itself() {
    let work_os = Proxy::at(Vendor::WorkOs).await;
    let asked = [("scope", "openid profile email offline_access")];
    let tokens = work_os.log_in(&asked).await;
    let token = text(&tokens, "access_token");
    let (_, claims) = decode(token);
    assert_eq!(claims["aud"], work_os.id);
    assert_eq!(claims["client_id"], work_os.id);
    assert_eq!(claims["scope"], "openid profile email offline_access");
    let user = work_os.shown("/oauth2/userinfo", token).await;
    assert_eq!(
        user,
        json!({
            "sub": "583231", "email": "ada@example.com", "email_verified": true,
            "given_name": "Ada", "family_name": "Lovelace",
        })
    );
    let first = text(&tokens, "refresh_token");
    let renewed = work_os.refresh(first).await;
    assert_ne!(renewed["refresh_token"], first);
    assert_eq!(work_os.refresh(first).await["error"], "invalid_grant");
    let online = work_os.log_in(&[("scope", "openid")]).await;
    assert!(online.get("refresh_token").is_none());
}

#[tokio::test]
async fn oci_has_one_issuer_for_all_domains() {
    let oci = Proxy::at(Vendor::Oci).await;
    let tokens = oci.log_in(&[("scope", "openid offline_access")]).await;
    assert_eq!(tokens["expires_in"], 3_600);
    let token = text(&tokens, "access_token");
    let (header, claims) = decode(token);
    let keys = get_json(&oci.emulator, "/admin/v1/SigningCert/jwk").await;
    assert_eq!(keys["keys"][0]["kid"], header["kid"]);
    let url = oci.emulator.url();
    assert_eq!(claims["iss"], format!("{url}/identity.oraclecloud.com/"));
    assert_eq!(claims["client_id"], oci.id);
    assert_eq!(claims["scope"], "openid offline_access");
    let issuer = format!("{url}/identity.oraclecloud.com/");
    assert!(
        oci.emulator
            .variables()
            .contains(&("OCI_DOMAIN_ISSUER", issuer))
    );
    let user = oci.shown("/oauth2/v1/userinfo", token).await;
    assert_eq!(user["sub"], "583231");

    let asked = oci
        .request(Method::POST, "/oauth2/v1/introspect")
        .basic_auth(&oci.id, Some(&oci.secret))
        .form(&[("token", token)]);
    assert_eq!(proxy::json(asked).await["active"], true);
    let refresh = text(&tokens, "refresh_token");
    let revoked = oci
        .request(Method::POST, "/oauth2/v1/revoke")
        .basic_auth(&oci.id, Some(&oci.secret))
        .form(&[("token", refresh)]);
    assert_eq!(revoked.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(oci.refresh(refresh).await["error"], "invalid_grant");
    assert_eq!(oci.show("/oauth2/v1/userinfo", token).await.status(), 401);
}

#[tokio::test]
async fn oci_takes_no_scope_with_a_code() {
    let oci = Proxy::at(Vendor::Oci).await;
    let code = oci.code(&[("scope", "openid offline_access")]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
        ("redirect_uri", BACK),
        ("scope", "openid offline_access"),
    ];
    let refused = oci.token(&form).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"], "invalid_request");
    // The code was not spent, and a refresh may have a scope.
    let tokens = oci.redeem(&code).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens, "refresh_token")),
        ("scope", "openid"),
    ];
    let renewed = proxy::json(oci.token(&form)).await;
    assert_eq!(renewed["scope"], "openid");
}
