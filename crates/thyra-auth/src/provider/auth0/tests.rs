use serde_json::{Value, json};

use super::*;
use crate::principal::PrincipalKind;
use crate::provider::testing::{Door, NOW, RESOURCE, Sample, refuses_bad_urls, with};
use crate::verify::testing;
use crate::verify::{ClaimName, TokenRejected};

fn builder() -> Auth0ProviderBuilder {
    Auth0Provider::builder().domain("acme.eu.auth0.com")
}

/// An access token of a person, in Auth0's own profile with permissions.
fn claims() -> Value {
    json!({
        "iss": "https://acme.eu.auth0.com/", "sub": "auth0|65a1",
        "aud": [RESOURCE, "https://acme.eu.auth0.com/userinfo"], "azp": "tpc_1", "iat": NOW,
        "exp": NOW + 300, "scope": "openid profile notes:read", "org_id": "org_9",
        "permissions": ["notes:write"], "https://acme.example/email": "ada@example.com",
        "https://acme.example/roles": ["editor"],
    })
}

pub(in crate::provider) fn sample() -> Sample {
    Sample::new(builder(), claims())
}

#[tokio::test]
async fn a_token_says_who_calls() {
    let door = Door::of(builder().claims_namespace("https://acme.example/"));
    let ada = door.judge(&claims()).await.unwrap();
    assert_eq!(ada.subject(), "auth0|65a1");
    assert_eq!(ada.client_id(), Some("tpc_1"));
    assert_eq!(ada.organization(), Some("org_9"));
    assert_eq!(ada.tenant(), Some("org_9"));
    assert_eq!(ada.kind(), PrincipalKind::User);
    assert_eq!(ada.email(), Some("ada@example.com"));
    assert_eq!(ada.email_verified(), None);
    assert_eq!(ada.roles().collect::<Vec<_>>(), ["editor"]);
    assert!(ada.has_scope("notes:read") && ada.has_scope("notes:write"));
    assert_eq!(
        door.fetched(),
        ["https://acme.eu.auth0.com/.well-known/jwks.json"]
    );
}

#[tokio::test]
async fn the_profile_of_rfc_9068_is_understood() {
    let claims = with(
        &claims(),
        &json!({ "azp": null, "client_id": "tpc_1", "jti": "73Wa", "permissions": null }),
    );
    let header = json!({ "alg": "RS256", "kid": "rsa", "typ": "at+jwt" }).to_string();
    let token = testing::rsa().token_with(&header, &claims.to_string());
    let ada = Door::of(builder()).judge_token(&token).await.unwrap();
    assert_eq!(ada.client_id(), Some("tpc_1"));
    assert_eq!(ada.token_id(), Some("73Wa"));
    assert_eq!(ada.email(), None, "nothing is read without the namespace");
}

#[tokio::test]
async fn a_machine_is_one() {
    let changes = json!({
        "sub": "tpc_1@clients", "gty": "client-credentials", "permissions": ["notes:read"],
    });
    let machine = Door::of(builder()).judge(&with(&claims(), &changes)).await;
    assert_eq!(machine.unwrap().kind(), PrincipalKind::Machine);
}

#[tokio::test]
async fn only_access_tokens_for_this_server_are_accepted() {
    use TokenRejected::{AudienceMismatch, InvalidClaim, IssuerMismatch, MissingClaim};
    let door = Door::of(builder());
    for (changes, expected) in [
        // An identity token is for the client.
        (json!({ "aud": "tpc_1" }), AudienceMismatch),
        // A token that was asked for without an audience.
        (
            json!({ "aud": "https://acme.eu.auth0.com/userinfo" }),
            AudienceMismatch,
        ),
        (
            json!({ "aud": "https://acme.eu.auth0.com/api/v2/" }),
            AudienceMismatch,
        ),
        (json!({ "aud": null }), MissingClaim(ClaimName::Aud)),
        (
            json!({ "iss": "https://beta.eu.auth0.com/" }),
            IssuerMismatch,
        ),
        (
            json!({ "iss": "https://acme.eu.auth0.com" }),
            IssuerMismatch,
        ),
        (
            json!({ "permissions": [{ "name": "x" }] }),
            InvalidClaim(ClaimName::MoreScopes),
        ),
    ] {
        let outcome = door.judge(&with(&claims(), &changes)).await.map(drop);
        assert_eq!(outcome, Err(expected), "{changes}");
    }
    let es256 = door.judge_token(&testing::ec().token(&claims())).await;
    assert_eq!(es256.map(drop), Err(TokenRejected::AlgorithmNotAllowed));
}

#[tokio::test]
async fn the_audience_may_be_another() {
    let door = Door::of(builder().audience("urn:notes"));
    let notes = with(&claims(), &json!({ "aud": "urn:notes" }));
    assert!(door.judge(&notes).await.is_ok());
    let outcome = door.judge(&claims()).await.map(drop);
    assert_eq!(outcome, Err(TokenRejected::AudienceMismatch));
}

#[test]
fn settings_are_checked() {
    let problem = |builder: Auth0ProviderBuilder| {
        let builder = builder.base_url("https://mcp.example.com");
        builder.build().unwrap_err().to_string()
    };
    insta::assert_snapshot!(problem(Auth0Provider::builder()), @"domain (AUTH0_DOMAIN) is not set. Set it to the domain of the tenant, such as acme.eu.auth0.com, or to the custom domain that tokens carry in `iss`.");
    insta::assert_snapshot!(problem(builder().audience("")), @"audience (AUTH0_AUDIENCE) cannot be used: it is blank. Set it to the identifier of the API in Auth0, or remove it: the default is the URL of this server.");
    insta::assert_snapshot!(problem(builder().claims_namespace(" ")), @"claims_namespace (AUTH0_CLAIMS_NAMESPACE) cannot be used: it is blank. Set it to what your Action puts before the names of its claims, such as https://acme.example/, or remove it.");
    refuses_bad_urls(|domain| problem(Auth0Provider::builder().domain(domain)));
    for domain in [
        "acme.auth0.com/authorize",
        "https://acme.auth0.com/x",
        "a b",
        "../x",
    ] {
        let problem = problem(Auth0Provider::builder().domain(domain));
        assert!(
            problem.starts_with("domain (AUTH0_DOMAIN) cannot"),
            "{problem}"
        );
    }
    let settings = Auth0ProviderSettings::from_vars([
        ("AUTH0_DOMAIN", " https://login.acme.example/ "),
        ("AUTH0_AUDIENCE", "urn:notes"),
        ("AUTH0_CLAIMS_NAMESPACE", "https://acme.example/"),
        ("AUTH0_REQUIRED_SCOPES", "notes:read"),
        ("THYRA_BASE_URL", "https://mcp.example.com"),
    ]);
    let provider = settings.unwrap().provider().unwrap();
    assert_eq!(provider.issuers(), ["https://login.acme.example/"]);
    assert_eq!(
        provider.authorization_servers(),
        ["https://login.acme.example/"]
    );
}
