use serde_json::{Value, json};

use super::*;
use crate::principal::PrincipalKind;
use crate::provider::testing::{Door, NOW, RESOURCE, Sample, refuses_bad_urls, with};
use crate::verify::{ClaimName, TokenRejected, testing};

fn builder() -> AuthKitProviderBuilder {
    AuthKitProvider::builder().domain("acme.authkit.app")
}

/// An access token of a person, as `WorkOS` documents it.
fn claims() -> Value {
    json!({
        "iss": "https://acme.authkit.app", "aud": RESOURCE, "sub": "user_01HB",
        "client_id": "client_01JP", "org_id": "org_01HR", "sid": "app_consent_01",
        "scope": "openid profile email", "jti": "01JQ", "exp": NOW + 300, "iat": NOW,
    })
}

fn machine() -> Value {
    let changes = json!({ "aud": "client_env", "sub": "client_m2m", "client_id": "client_m2m" });
    with(&claims(), &changes)
}

pub(in crate::provider) fn sample() -> Sample {
    Sample::new(builder(), claims())
}

#[tokio::test]
async fn a_token_says_who_calls() {
    let door = Door::of(builder());
    let ada = door.judge(&claims()).await.unwrap();
    assert_eq!(ada.subject(), "user_01HB");
    assert_eq!(ada.client_id(), Some("client_01JP"));
    assert_eq!(ada.tenant(), Some("org_01HR"));
    assert_eq!(ada.token_id(), Some("01JQ"));
    assert_eq!(ada.kind(), PrincipalKind::User);
    assert_eq!(ada.email(), None);
    assert!(ada.has_scope("profile"));
    assert_eq!(door.fetched(), ["https://acme.authkit.app/oauth2/jwks"]);
}

#[tokio::test]
async fn machines_come_in_where_the_environment_is_named() {
    let outcome = Door::of(builder()).judge(&machine()).await.map(drop);
    assert_eq!(outcome, Err(TokenRejected::AudienceMismatch));
    let door = Door::of(builder().environment_client_id("client_env"));
    let caller = door.judge(&machine()).await.unwrap();
    assert_eq!(caller.kind(), PrincipalKind::Machine);
    assert!(door.judge(&claims()).await.is_ok());
    let other = with(&machine(), &json!({ "aud": "client_other" }));
    let outcome = door.judge(&other).await.map(drop);
    assert_eq!(outcome, Err(TokenRejected::AudienceMismatch));
}

#[tokio::test]
async fn only_tokens_for_this_server_are_accepted() {
    use TokenRejected::{AudienceMismatch, IssuerMismatch, MissingClaim};
    let door = Door::of(builder());
    for (changes, expected) in [
        (json!({ "aud": "client_01JP" }), AudienceMismatch),
        (
            json!({ "aud": "https://mcp.example.com" }),
            AudienceMismatch,
        ),
        (json!({ "aud": format!("{RESOURCE}/") }), AudienceMismatch),
        (json!({ "aud": null }), MissingClaim(ClaimName::Aud)),
        (json!({ "iss": "https://beta.authkit.app" }), IssuerMismatch),
        (
            json!({ "iss": "https://acme.authkit.app/" }),
            IssuerMismatch,
        ),
        // A session of the application itself.
        (json!({ "iss": "https://api.workos.com" }), IssuerMismatch),
    ] {
        let outcome = door.judge(&with(&claims(), &changes)).await.map(drop);
        assert_eq!(outcome, Err(expected), "{changes}");
    }
    let es256 = door.judge_token(&testing::ec().token(&claims())).await;
    assert_eq!(es256.map(drop), Err(TokenRejected::AlgorithmNotAllowed));
}

#[test]
fn settings_are_checked() {
    let problem = |builder: AuthKitProviderBuilder| {
        let builder = builder.base_url("https://mcp.example.com");
        builder.build().unwrap_err().to_string()
    };
    insta::assert_snapshot!(problem(AuthKitProvider::builder()), @"domain (AUTHKIT_DOMAIN) is not set. Copy the AuthKit domain from the WorkOS dashboard, Domains; it looks like acme.authkit.app.");
    insta::assert_snapshot!(problem(builder().environment_client_id("")), @"environment_client_id (AUTHKIT_ENVIRONMENT_CLIENT_ID) cannot be used: it is blank. Copy the client ID of the environment from the WorkOS dashboard, API Keys; it looks like client_01HXYZ. Remove it if no machines call.");
    refuses_bad_urls(|domain| problem(AuthKitProvider::builder().domain(domain)));
    let settings = AuthKitProviderSettings::from_vars([
        ("AUTHKIT_DOMAIN", "https://login.acme.example/"),
        ("AUTHKIT_ENVIRONMENT_CLIENT_ID", "client_env"),
        ("MCP_URL", RESOURCE),
    ]);
    let provider = settings.unwrap().provider().unwrap();
    assert_eq!(
        provider.authorization_servers(),
        ["https://login.acme.example"]
    );
}
