use serde_json::{Value, json};

use super::*;
use crate::provider::testing::{BASE_URL, Door, NOW, RESOURCE, Sample, refuses_bad_urls, with};
use crate::verify::{ClaimName, TokenRejected};

const DOMAIN_URL: &str = "https://login.example.com";
const PROJECT: &str = "project-test-1";

fn builder() -> StytchProviderBuilder {
    StytchProvider::builder()
        .domain(DOMAIN_URL)
        .project_id(PROJECT)
}

/// An access token of a Connected App.
fn claims() -> Value {
    json!({
        "iss": DOMAIN_URL, "sub": "user-test-16d9ba61", "aud": [PROJECT],
        "client_id": "connected-app-test-d731954d", "exp": NOW + 300, "nbf": NOW, "iat": NOW,
        "jti": "LOe49j3s9d9d", "scope": "openid email notes:read",
    })
}

pub(in crate::provider) fn sample() -> Sample {
    Sample::new(builder(), claims())
}

#[tokio::test]
async fn a_token_says_who_calls() {
    let door = Door::of(builder());
    for issuer in [DOMAIN_URL, "stytch.com/project-test-1"] {
        let ada = door
            .judge(&with(&claims(), &json!({ "iss": issuer })))
            .await;
        let ada = ada.unwrap();
        assert_eq!(ada.subject(), "user-test-16d9ba61");
        assert_eq!(ada.client_id(), Some("connected-app-test-d731954d"));
        assert!(ada.has_scope("notes:read"));
    }
    assert_eq!(
        door.fetched(),
        [format!("{DOMAIN_URL}/.well-known/jwks.json")]
    );
}

#[tokio::test]
async fn only_access_tokens_of_this_project_are_accepted() {
    use TokenRejected::{AudienceMismatch, IssuerMismatch, MissingClaim};
    let door = Door::of(builder());
    for (changes, expected) in [
        (json!({ "aud": null }), MissingClaim(ClaimName::Aud)),
        (json!({ "aud": ["project-test-2"] }), AudienceMismatch),
        (json!({ "aud": [] }), AudienceMismatch),
        // A session of the same user in the same project.
        (
            json!({
                "client_id": null, "scope": null,
                "https://stytch.com/session": { "id": "session-test-1" },
            }),
            MissingClaim(ClaimName::ClientId),
        ),
        // Other projects.
        (
            json!({ "iss": "stytch.com/project-test-2" }),
            IssuerMismatch,
        ),
        (
            json!({ "iss": "https://stytch.com/project-test-1" }),
            IssuerMismatch,
        ),
        (
            json!({ "iss": "https://login.example.org" }),
            IssuerMismatch,
        ),
    ] {
        let outcome = door.judge(&with(&claims(), &changes)).await.map(drop);
        assert_eq!(outcome, Err(expected), "{changes}");
    }
}

#[tokio::test]
async fn a_custom_audience_keeps_the_other_servers_of_the_project_out() {
    let door = Door::of(builder().audience(RESOURCE));
    let own = with(&claims(), &json!({ "aud": [PROJECT, RESOURCE] }));
    assert!(door.judge(&own).await.is_ok());
    assert_eq!(
        door.judge(&claims()).await.map(drop),
        Err(TokenRejected::AudienceMismatch)
    );
}

#[test]
fn settings_are_checked() {
    let problem = |builder: StytchProviderBuilder| {
        let error = builder.base_url(BASE_URL).build().unwrap_err();
        error.to_string()
    };
    insta::assert_snapshot!(problem(StytchProvider::builder()), @"domain (STYTCH_DOMAIN) is not set. Copy the project domain, or your custom domain, from Stytch's dashboard, Project settings; it looks like https://word-word-1234.customers.stytch.dev.");
    insta::assert_snapshot!(problem(StytchProvider::builder().domain("login.example.com")), @"project_id (STYTCH_PROJECT_ID) is not set. Copy the Project ID from Stytch's dashboard, Project settings; it looks like project-live-c60c0abe-c25a-4472-a9ed-320c6667d317.");
    for id in ["", "a b", "project/1", "..", "a%2fb"] {
        assert!(
            problem(builder().project_id(id)).contains("project_id"),
            "{id}"
        );
    }
    assert!(problem(builder().audience("\t")).contains("it is blank"));
    assert!(problem(builder().domain("https://login.example.com/a")).contains("it has a path"));
    refuses_bad_urls(|url| problem(builder().domain(url)));
    let settings = StytchProviderSettings::from_vars([
        ("STYTCH_DOMAIN", "login.example.com"),
        ("STYTCH_PROJECT_ID", PROJECT),
        ("THYRA_BASE_URL", BASE_URL),
    ]);
    let provider = settings.unwrap().provider().unwrap();
    assert_eq!(
        provider.issuers(),
        [DOMAIN_URL, "stytch.com/project-test-1"]
    );
}
