use serde_json::{Value, json};

use super::*;
use crate::provider::testing::{Door, NOW, RESOURCE, Sample, refuses_bad_urls, with};
use crate::verify::{ClaimName, TokenRejected, testing};

const ISSUER: &str = "https://abcdefgh.supabase.co/auth/v1";

fn builder() -> SupabaseProviderBuilder {
    SupabaseProvider::builder().project_url("https://abcdefgh.supabase.co")
}

/// An access token of the project's OAuth server, as Supabase documents it.
fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "8ccaa7af", "aud": "authenticated", "role": "authenticated",
        "user_id": "8ccaa7af", "email": "ada@example.com", "phone": "", "client_id": "9a8b7c6d",
        "aal": "aal1", "amr": [{ "method": "password", "timestamp": NOW }], "session_id": "s1",
        "is_anonymous": false, "iat": NOW, "exp": NOW + 300,
        "user_metadata": { "name": "Ada", "email_verified": true, "roles": ["admin"] },
        "app_metadata": { "provider": "email" },
    })
}

pub(in crate::provider) fn sample() -> Sample {
    Sample::new(builder(), claims())
}

#[tokio::test]
async fn a_token_says_who_calls() {
    let door = Door::of(builder());
    let token = testing::ec().token(&claims());
    let ada = door.judge_token(&token).await.unwrap();
    assert_eq!(ada.subject(), "8ccaa7af");
    assert_eq!(ada.client_id(), Some("9a8b7c6d"));
    assert_eq!(ada.email(), Some("ada@example.com"));
    assert_eq!(
        ada.email_verified(),
        None,
        "users may write what stands in user_metadata"
    );
    assert_eq!(ada.name(), Some("Ada"));
    assert_eq!(ada.roles().collect::<Vec<_>>(), ["authenticated"]);
    assert_eq!(ada.tenant(), None);
    assert!(ada.scopes().is_empty());
    assert_eq!(
        door.fetched(),
        ["https://abcdefgh.supabase.co/auth/v1/.well-known/jwks.json"]
    );
}

#[tokio::test]
async fn only_tokens_of_the_project_are_accepted() {
    use TokenRejected::{AudienceMismatch, IssuerMismatch, MissingClaim};
    let door = Door::of(builder());
    for (changes, expected) in [
        (json!({ "aud": "anon" }), AudienceMismatch),
        (json!({ "aud": "Authenticated" }), AudienceMismatch),
        (json!({ "aud": RESOURCE }), AudienceMismatch),
        (json!({ "aud": null }), MissingClaim(ClaimName::Aud)),
        (
            json!({ "iss": "https://other.supabase.co/auth/v1" }),
            IssuerMismatch,
        ),
        (
            json!({ "iss": "https://abcdefgh.supabase.co" }),
            IssuerMismatch,
        ),
        // The keys of the API that every project had before.
        (
            json!({ "iss": "supabase", "role": "anon", "aud": null }),
            IssuerMismatch,
        ),
    ] {
        let outcome = door.judge(&with(&claims(), &changes)).await.map(drop);
        assert_eq!(outcome, Err(expected), "{changes}");
    }
}

#[tokio::test]
async fn a_hook_may_name_this_server() {
    let door = Door::of(builder().audience(RESOURCE));
    let ours = with(&claims(), &json!({ "aud": ["authenticated", RESOURCE] }));
    assert!(door.judge(&ours).await.is_ok());
    let outcome = door.judge(&claims()).await.map(drop);
    assert_eq!(outcome, Err(TokenRejected::AudienceMismatch));
}

#[test]
fn settings_are_checked() {
    let problem = |builder: SupabaseProviderBuilder| {
        let builder = builder.base_url("https://mcp.example.com");
        builder.build().unwrap_err().to_string()
    };
    insta::assert_snapshot!(problem(SupabaseProvider::builder()), @"project_url (SUPABASE_PROJECT_URL) is not set. Copy the project URL from the Supabase dashboard, Project Settings > Data API; it looks like https://abcdefgh.supabase.co.");
    insta::assert_snapshot!(problem(builder().audience(" ")), @"audience (SUPABASE_AUDIENCE) cannot be used: it is blank. Set it to what your custom access token hook writes into `aud`, or remove it.");
    insta::assert_snapshot!(problem(builder().auth_path("")), @"auth_path (SUPABASE_AUTH_PATH) cannot be used: it is blank. Set it to the path of Supabase Auth below the project URL, or remove it: the default is /auth/v1.");
    refuses_bad_urls(|url| problem(SupabaseProvider::builder().project_url(url)));
    for path in ["/auth/v1?x=1", "../x", "auth#x", "a b"] {
        let problem = problem(builder().auth_path(path));
        assert!(
            problem.starts_with("auth_path (SUPABASE_AUTH_PATH) cannot"),
            "{problem}"
        );
    }
    for (path, issuer) in [
        ("/auth/v1/", ISSUER),
        ("auth/v1", ISSUER),
        ("custom", "https://abcdefgh.supabase.co/custom"),
    ] {
        let settings = SupabaseProviderSettings::from_vars([
            ("SUPABASE_PROJECT_URL", "https://abcdefgh.supabase.co/"),
            ("SUPABASE_AUTH_PATH", path),
            ("MCP_URL", RESOURCE),
        ]);
        assert_eq!(settings.unwrap().provider().unwrap().issuers(), [issuer]);
    }
}
