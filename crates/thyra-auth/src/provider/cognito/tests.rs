use serde_json::{Value, json};

use super::*;
use crate::principal::PrincipalKind;
use crate::provider::testing::{BASE_URL, Door, NOW, RESOURCE, Sample, refuses_bad_urls, with};
use crate::verify::{ClaimName, TokenRejected};

const POOL: &str = "eu-central-1_AbCdEfGhI";
const ISSUER: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbCdEfGhI";

fn builder() -> CognitoProviderBuilder {
    CognitoProvider::builder().user_pool_id(POOL)
}

/// An access token of a person, as Cognito writes it for a client that asked for a resource.
fn claims() -> Value {
    json!({
        "sub": "c0ffee00-0000-4000-8000-000000000001", "iss": ISSUER, "aud": RESOURCE,
        "client_id": "1example23456789", "origin_jti": "o1", "event_id": "e1",
        "token_use": "access", "version": 2, "scope": "openid notes/read", "username": "ada",
        "cognito:groups": ["staff"], "auth_time": NOW, "iat": NOW, "exp": NOW + 300, "jti": "j1",
    })
}

pub(in crate::provider) fn sample() -> Sample {
    Sample::new(builder(), claims())
}

#[tokio::test]
async fn a_token_says_who_calls() {
    let door = Door::of(builder());
    let ada = door.judge(&claims()).await.unwrap();
    assert_eq!(ada.subject(), "c0ffee00-0000-4000-8000-000000000001");
    assert_eq!(ada.client_id(), Some("1example23456789"));
    assert_eq!(ada.kind(), PrincipalKind::User);
    assert_eq!(ada.groups().collect::<Vec<_>>(), ["staff"]);
    assert!(ada.has_scope("notes/read"));
    assert_eq!(door.fetched(), [format!("{ISSUER}/.well-known/jwks.json")]);
}

#[tokio::test]
async fn a_client_that_acts_for_itself_is_a_machine() {
    let job = json!({ "sub": "1example23456789", "username": null, "cognito:groups": null });
    let door = Door::of(builder());
    let job = door.judge(&with(&claims(), &job)).await.unwrap();
    assert_eq!(job.kind(), PrincipalKind::Machine);
}

#[tokio::test]
async fn tokens_without_an_audience_need_a_client_that_was_named() {
    let unbound = with(&claims(), &json!({ "aud": null }));
    let by_audience = Door::of(builder());
    assert_eq!(
        by_audience.judge(&unbound).await.map(drop),
        Err(TokenRejected::MissingClaim(ClaimName::Aud))
    );
    let by_client = Door::of(builder().client_ids("1example23456789, 2example23456789"));
    assert!(by_client.judge(&unbound).await.is_ok());
    for (changes, expected) in [
        (
            json!({ "client_id": "3example23456789" }),
            TokenRejected::AudienceMismatch,
        ),
        (
            json!({ "client_id": "1EXAMPLE23456789" }),
            TokenRejected::AudienceMismatch,
        ),
        // `aud` does not stand in for the client.
        (
            json!({ "client_id": null, "aud": "1example23456789" }),
            TokenRejected::MissingClaim(ClaimName::Aud),
        ),
    ] {
        let outcome = by_client.judge(&with(&unbound, &changes)).await.map(drop);
        assert_eq!(outcome, Err(expected), "{changes}");
    }
}

#[tokio::test]
async fn only_access_tokens_of_this_pool_for_this_server_are_accepted() {
    use TokenRejected::{AudienceMismatch, ClaimNotAccepted, IssuerMismatch};
    let door = Door::of(builder());
    for (changes, expected) in [
        (
            json!({ "aud": "https://other.example.com/mcp" }),
            AudienceMismatch,
        ),
        (json!({ "aud": "1example23456789" }), AudienceMismatch),
        (json!({ "token_use": "id" }), ClaimNotAccepted),
        (json!({ "token_use": null }), ClaimNotAccepted),
        (json!({ "token_use": ["access"] }), ClaimNotAccepted),
        // Other pools, of the same region and of the same name elsewhere.
        (
            json!({ "iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Other" }),
            IssuerMismatch,
        ),
        (
            json!({ "iss": "https://cognito-idp.us-east-1.amazonaws.com/eu-central-1_AbCdEfGhI" }),
            IssuerMismatch,
        ),
    ] {
        let outcome = door.judge(&with(&claims(), &changes)).await.map(drop);
        assert_eq!(outcome, Err(expected), "{changes}");
    }
}

#[test]
fn the_issuer_follows_from_the_pool() {
    let issuer = |builder: CognitoProviderBuilder| {
        let provider = builder.base_url(BASE_URL).build().unwrap();
        provider.issuers().join(" ")
    };
    assert_eq!(issuer(builder()), ISSUER);
    assert_eq!(
        issuer(builder().user_pool_id(" cn-north-1_Abc\n")),
        "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_Abc"
    );
    assert_eq!(
        issuer(builder().endpoint("http://localhost:4566/")),
        "http://localhost:4566/eu-central-1_AbCdEfGhI"
    );
}

#[test]
fn settings_are_checked() {
    let problem = |builder: CognitoProviderBuilder| {
        let error = builder.base_url(BASE_URL).build().unwrap_err();
        error.to_string()
    };
    insta::assert_snapshot!(problem(CognitoProvider::builder()), @"user_pool_id (COGNITO_USER_POOL_ID) is not set. Copy the User pool ID from the overview of the pool; it looks like eu-central-1_AbCdEfGhI.");
    insta::assert_snapshot!(problem(builder().client_ids(" ")), @"client_ids (COGNITO_CLIENT_IDS) cannot be used: it is blank. Set it to the IDs of the app clients that may call this server, or remove it: tokens must then name the URL of this server as their audience.");
    for (pool, part) in [
        ("", "it is blank"),
        ("eu-central-1", "no region before"),
        ("_Abc", "is missing"),
        ("eu-central-1_", "is missing"),
        ("eu-central-1_a/b", "characters other than"),
        ("evil.example/_a", "characters other than"),
        ("eu-central-1_Ab.evil.example", "characters other than"),
    ] {
        let problem = problem(builder().user_pool_id(pool));
        assert!(problem.contains(part), "{pool}: {problem}");
    }
    assert!(problem(builder().client_ids(",")).contains("it names nothing"));
    refuses_bad_urls(|url| problem(builder().endpoint(url)));
    let settings = CognitoProviderSettings::from_vars([
        ("COGNITO_USER_POOL_ID", POOL),
        ("COGNITO_CLIENT_IDS", r#"["1example23456789"]"#),
        ("THYRA_BASE_URL", BASE_URL),
    ]);
    let provider = settings.unwrap().provider().unwrap();
    assert_eq!(provider.issuers(), [ISSUER]);
}
