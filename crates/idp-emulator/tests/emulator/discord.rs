//! Discord's ways.

use idp_emulator::{ClockChange, EndpointFault, Faults, Vendor};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::proxy::{Proxy, text};
use crate::support::parameter;

async fn discord() -> Proxy {
    Proxy::at(Vendor::Discord).await
}

#[tokio::test]
async fn an_application_learns_whose_a_token_is() {
    let discord = discord().await;
    discord.emulator.clock(ClockChange::Freeze(1_800_000_000));
    let tokens = discord.log_in(&[("scope", "identify email")]).await;
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 604_800);
    assert_eq!(tokens["scope"], "identify email");
    let token = text(&tokens, "access_token");
    for path in ["/api/oauth2/@me", "/api/v10/oauth2/@me", "/oauth2/@me"] {
        let me = discord.shown(path, token).await;
        assert_eq!(me["application"]["id"], discord.id);
        assert_eq!(me["scopes"], json!(["identify", "email"]));
        assert_eq!(me["expires"], "2027-01-22T08:00:00.000000+00:00");
        assert_eq!(me["user"]["id"], "583231");
        assert_eq!(me["user"]["email"], "ada@example.com");
    }
    let person = discord.shown("/api/users/@me", token).await;
    assert_eq!(person["username"], "ada");
    assert_eq!(person["global_name"], "Ada Lovelace");

    let refused = discord.show("/api/oauth2/@me", "unknown").await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body, json!({ "message": "401: Unauthorized", "code": 0 }));
}

#[tokio::test]
async fn a_token_without_identify_names_nobody() {
    let discord = discord().await;
    let tokens = discord.log_in(&[("scope", "guilds")]).await;
    let token = text(&tokens, "access_token");
    let me = discord.shown("/api/oauth2/@me", token).await;
    assert!(me.get("user").is_none(), "{me}");
    let refused = discord.show("/api/users/@me", token).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_unknown_scope_is_refused() {
    let location = discord().await.callback(&[("scope", "identify fly")]).await;
    let error = parameter(&location, "error");
    assert_eq!(error.as_deref(), Some("invalid_scope"));
}

#[tokio::test]
async fn each_refresh_gives_a_new_refresh_token() {
    let discord = discord().await;
    let tokens = discord.log_in(&[("scope", "identify")]).await;
    let first = text(&tokens, "refresh_token");
    let renewed = discord.refresh(first).await;
    let second = text(&renewed, "refresh_token");
    assert_ne!(first, second);
    assert!(discord.refresh(second).await["access_token"].is_string());
    let again = discord.refreshment(first).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    let body: Value = again.json().await.unwrap();
    assert_eq!(body["error"], "invalid_grant");
}

#[tokio::test]
async fn an_application_revokes_its_tokens() {
    let discord = discord().await;
    let tokens = discord.log_in(&[("scope", "identify")]).await;
    let (access, refresh) = (
        text(&tokens, "access_token"),
        text(&tokens, "refresh_token"),
    );
    let revoke = |secret: &str, token: &str| {
        discord
            .request(Method::POST, "/api/oauth2/token/revoke")
            .basic_auth(&discord.id, Some(secret))
            .form(&[("token", token)])
            .send()
    };
    assert_eq!(revoke("guessed", refresh).await.unwrap().status(), 401);
    let alive = async || discord.show("/api/oauth2/@me", access).await.status() == 200;
    assert!(alive().await);
    assert_eq!(
        revoke(&discord.secret, refresh).await.unwrap().status(),
        200
    );
    assert!(!alive().await);
    assert_eq!(discord.refresh(refresh).await["error"], "invalid_grant");
}

#[tokio::test]
async fn the_two_kinds_of_questions_break_apart() {
    let discord = discord().await;
    let tokens = discord.log_in(&[("scope", "identify")]).await;
    let token = text(&tokens, "access_token");
    let status = async |path| discord.show(path, token).await.status().as_u16();
    discord.emulator.faults(Faults {
        introspection: EndpointFault::Status429,
        ..Faults::default()
    });
    assert_eq!(status("/api/oauth2/@me").await, 429);
    assert_eq!(status("/api/users/@me").await, 200);
    discord.emulator.faults(Faults {
        userinfo: EndpointFault::Status500,
        ..Faults::default()
    });
    assert_eq!(status("/api/oauth2/@me").await, 200);
    assert_eq!(status("/api/users/@me").await, 500);
}
