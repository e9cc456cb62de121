//! Google's ways.

use idp_emulator::{ClockChange, EndpointFault, Faults, Vendor};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::proxy::{Proxy, text};
use crate::support::{decode, get_json, parameter};

const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";
const PROFILE: &str = "https://www.googleapis.com/auth/userinfo.profile";

async fn google() -> Proxy {
    Proxy::at(Vendor::Google).await
}

#[tokio::test]
async fn discovery_leads_to_tokens_of_a_known_person() {
    let google = google().await;
    let url = google.emulator.url();
    let metadata = get_json(&google.emulator, "/.well-known/openid-configuration").await;
    for (member, path) in [
        ("issuer", ""),
        ("authorization_endpoint", "/o/oauth2/v2/auth"),
        ("token_endpoint", "/token"),
        ("userinfo_endpoint", "/v1/userinfo"),
        ("revocation_endpoint", "/revoke"),
        ("jwks_uri", "/oauth2/v3/certs"),
    ] {
        assert_eq!(metadata[member], format!("{url}{path}"), "{member}");
    }
    assert!(metadata.get("registration_endpoint").is_none());

    let scope = [("scope", "openid email profile"), ("nonce", "n-1")];
    let location = google.callback(&scope).await;
    assert_eq!(parameter(&location, "iss").as_deref(), Some(url));
    let tokens = google.redeem(&parameter(&location, "code").unwrap()).await;
    let token = text(&tokens, "access_token");
    assert!(token.starts_with("ya29."));
    assert_eq!(tokens["expires_in"], 3_599);
    let (_, claims) = decode(text(&tokens, "id_token"));
    assert_eq!(claims["iss"], url);
    assert_eq!(claims["nonce"], "n-1");
    assert_eq!(claims["aud"], google.id);
    assert_eq!(claims["sub"], "583231");
    assert_eq!(claims["email"], "ada@example.com");
    assert_eq!(claims["name"], "Ada Lovelace");
    for (path, member) in [
        ("/v1/userinfo", "sub"),
        ("/oauth2/v2/userinfo", "id"),
        ("/oauth2/v3/userinfo", "sub"),
    ] {
        let told = google.shown(path, token).await;
        assert_eq!(told[member], "583231", "{path}");
        assert_eq!(told["email"], "ada@example.com", "{path}");
        assert_eq!(google.show(path, "ya29.x").await.status(), 401, "{path}");
    }
}

#[tokio::test]
async fn short_names_of_scopes_become_long_ones() {
    let google = google().await;
    for asked in [
        "openid email profile".to_owned(),
        format!("openid {EMAIL} {PROFILE}"),
    ] {
        let tokens = google.log_in(&[("scope", &asked)]).await;
        assert_eq!(tokens["scope"], format!("openid {EMAIL} {PROFILE}"));
    }
}

#[tokio::test]
async fn a_refresh_token_comes_for_offline_access_with_consent() {
    let google = google().await;
    for (access, prompt, given) in [
        ("offline", "consent", true),
        ("offline", "select_account consent", true),
        ("offline", "", false),
        ("offline", "select_account", false),
        ("online", "consent", false),
        ("", "consent", false),
        ("", "", false),
    ] {
        let tokens = google
            .log_in(&[("access_type", access), ("prompt", prompt)])
            .await;
        let held = tokens.get("refresh_token").is_some();
        assert_eq!(held, given, "{access} {prompt}");
    }
    // `offline_access` is no scope there.
    let tokens = google.log_in(&[("scope", "openid offline_access")]).await;
    assert!(tokens.get("refresh_token").is_none());
}

const OFFLINE: [(&str, &str); 3] = [
    ("access_type", "offline"),
    ("prompt", "consent"),
    ("scope", "openid email"),
];

#[tokio::test]
async fn a_refresh_token_goes_on_and_is_not_given_again() {
    let google = google().await;
    let tokens = google.log_in(&OFFLINE).await;
    let refresh = text(&tokens, "refresh_token");
    assert!(refresh.starts_with("1//"));
    google.emulator.clock(ClockChange::Advance(3_600));
    let old = text(&tokens, "access_token");
    assert_eq!(google.show("/v1/userinfo", old).await.status(), 401);
    for _ in 0..3 {
        let renewed = google.refresh(refresh).await;
        assert!(renewed.get("refresh_token").is_none(), "{renewed}");
        // An ID token comes again, without a nonce.
        let (_, claims) = decode(text(&renewed, "id_token"));
        assert_eq!(claims["sub"], "583231");
        assert!(claims.get("nonce").is_none());
        let token = text(&renewed, "access_token");
        assert_eq!(google.show("/v1/userinfo", token).await.status(), 200);
    }
    let refused = google.refreshment("1//unknown").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"], "invalid_grant");
}

#[tokio::test]
async fn token_info_says_for_whom_a_token_is() {
    let google = google().await;
    google.emulator.clock(ClockChange::Freeze(1_800_000_000));
    let tokens = google.log_in(&[("scope", "openid email")]).await;
    let token = text(&tokens, "access_token");
    let told = google.shown("/tokeninfo", token).await;
    assert_eq!(told["aud"], google.id);
    assert_eq!(told["azp"], google.id);
    assert_eq!(told["sub"], "583231");
    assert_eq!(told["scope"], format!("openid {EMAIL}"));
    assert_eq!(told["exp"], "1800003599");
    assert_eq!(told["expires_in"], "3599");
    assert_eq!(told["email_verified"], "true");
    let by_query = google
        .shown(&format!("/tokeninfo?access_token={token}"), "")
        .await;
    assert_eq!(by_query, told);

    let without = google.log_in(&[("scope", "email")]).await;
    let told = google
        .shown("/tokeninfo", text(&without, "access_token"))
        .await;
    assert_eq!(told["sub"], Value::Null);

    let refused = google.show("/tokeninfo", "ya29.unknown").await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"], "invalid_token");
    google.emulator.faults(Faults {
        introspection: EndpointFault::Status500,
        ..Faults::default()
    });
    assert_eq!(google.show("/tokeninfo", token).await.status(), 500);
}

#[tokio::test]
async fn whoever_has_a_token_may_revoke_it() {
    for by_query in [true, false] {
        for member in ["access_token", "refresh_token"] {
            let google = google().await;
            let tokens = google.log_in(&OFFLINE).await;
            let (access, refresh) = (
                text(&tokens, "access_token"),
                text(&tokens, "refresh_token"),
            );
            let token = text(&tokens, member);
            let request = if by_query {
                google.request(Method::POST, &format!("/revoke?token={token}"))
            } else {
                google
                    .request(Method::POST, "/revoke")
                    .form(&[("token", token)])
            };
            assert_eq!(request.send().await.unwrap().status(), 200);
            assert_eq!(google.show("/tokeninfo", access).await.status(), 400);
            assert_eq!(google.refresh(refresh).await["error"], "invalid_grant");
        }
    }
    let google = google().await;
    let request = google.request(Method::POST, "/revoke");
    let refused = request.form(&[("token", "unknown")]).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["error"], "invalid_token");
    google.emulator.faults(Faults {
        revocation: EndpointFault::Status500,
        ..Faults::default()
    });
    let request = google.request(Method::POST, "/revoke");
    assert_eq!(request.send().await.unwrap().status(), 500);
}

#[tokio::test]
async fn a_profile_needs_a_scope_of_it() {
    let google = google().await;
    let drive = "https://www.googleapis.com/auth/drive.readonly";
    let tokens = google.log_in(&[("scope", drive)]).await;
    let token = text(&tokens, "access_token");
    let refused = google.show("/oauth2/v2/userinfo", token).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    assert!(tokens.get("id_token").is_none());
}
