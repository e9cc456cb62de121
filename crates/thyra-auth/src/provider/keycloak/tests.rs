use serde_json::{Value, json};

use super::*;
use crate::principal::PrincipalKind;
use crate::provider::testing::{Door, NOW, RESOURCE, Sample, refuses_bad_urls, with};
use crate::verify::{ClaimName, TokenRejected};

const REALM: &str = "https://login.example.com/realms/acme";

fn builder() -> KeycloakProviderBuilder {
    KeycloakProvider::builder().realm_url(REALM)
}

/// An access token of a person, as Keycloak 26 writes it with an audience mapper.
fn claims() -> Value {
    json!({
        "exp": NOW + 300, "iat": NOW, "jti": "onrtac:8d0f", "iss": REALM,
        "aud": [RESOURCE, "account"], "sub": "b7a0-41", "typ": "Bearer", "azp": "notes-cli",
        "sid": "s1", "acr": "1", "allowed-origins": ["http://localhost"],
        "realm_access": { "roles": ["offline_access", "editor"] },
        "resource_access": { "notes": { "roles": ["writer"] }, "account": { "roles": ["view"] } },
        "scope": "openid profile email notes:read", "email_verified": true, "name": "Ada Lovelace",
        "preferred_username": "ada", "email": "ada@example.com", "groups": ["/staff"],
    })
}

pub(in crate::provider) fn sample() -> Sample {
    Sample::new(builder(), claims())
}

#[tokio::test]
async fn a_token_says_who_calls() {
    let door = Door::of(builder());
    let ada = door.judge(&claims()).await.unwrap();
    assert_eq!(ada.subject(), "b7a0-41");
    assert_eq!(ada.client_id(), Some("notes-cli"));
    assert_eq!(ada.kind(), PrincipalKind::User);
    assert_eq!(ada.email(), Some("ada@example.com"));
    assert_eq!(ada.email_verified(), Some(true));
    assert_eq!(ada.name(), Some("Ada Lovelace"));
    assert_eq!(
        ada.roles().collect::<Vec<_>>(),
        ["offline_access", "editor"]
    );
    assert_eq!(ada.groups().collect::<Vec<_>>(), ["/staff"]);
    assert_eq!(ada.tenant(), None);
    assert!(ada.has_scope("notes:read"));
    assert_eq!(
        door.fetched(),
        ["https://login.example.com/realms/acme/protocol/openid-connect/certs"]
    );
}

#[tokio::test]
async fn roles_may_be_those_of_one_client() {
    let roles = async |client: &str| {
        let door = Door::of(builder().roles_client(client));
        let ada = door.judge(&claims()).await.unwrap();
        ada.roles().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(roles("notes").await, ["writer"]);
    assert!(roles("other").await.is_empty());
    assert!(roles("notes.roles").await.is_empty());
}

#[tokio::test]
async fn only_access_tokens_for_this_server_are_accepted() {
    use TokenRejected::{AudienceMismatch, ClaimNotAccepted, IssuerMismatch, MissingClaim};
    let door = Door::of(builder());
    for (changes, expected) in [
        // What Keycloak issues before anybody maps an audience.
        (json!({ "aud": null }), MissingClaim(ClaimName::Aud)),
        (json!({ "aud": "account" }), AudienceMismatch),
        (
            json!({ "aud": "https://other.example.com/mcp" }),
            AudienceMismatch,
        ),
        (json!({ "aud": format!("{RESOURCE}/") }), AudienceMismatch),
        (json!({ "typ": "ID" }), ClaimNotAccepted),
        (json!({ "typ": "Refresh" }), ClaimNotAccepted),
        (json!({ "typ": null }), ClaimNotAccepted),
        // Another realm of the same Keycloak.
        (
            json!({ "iss": "https://login.example.com/realms/beta" }),
            IssuerMismatch,
        ),
        (
            json!({ "iss": "https://login.example.com/realms/acme/../beta" }),
            IssuerMismatch,
        ),
    ] {
        let outcome = door.judge(&with(&claims(), &changes)).await.map(drop);
        assert_eq!(outcome, Err(expected), "{changes}");
    }
    let lower = with(&claims(), &json!({ "typ": "bearer" }));
    assert!(door.judge(&lower).await.is_ok());
}

#[tokio::test]
async fn the_audience_may_be_another() {
    let door = Door::of(builder().audience("notes"));
    let notes = with(&claims(), &json!({ "aud": "notes" }));
    assert!(door.judge(&notes).await.is_ok());
    assert_eq!(
        door.judge(&claims()).await.map(drop),
        Err(TokenRejected::AudienceMismatch)
    );
}

#[test]
fn settings_are_checked() {
    let problem = |builder: KeycloakProviderBuilder| {
        let builder = builder.base_url("https://mcp.example.com");
        builder.build().unwrap_err().to_string()
    };
    insta::assert_snapshot!(problem(KeycloakProvider::builder()), @"realm_url (KEYCLOAK_REALM_URL) is not set. Set it to the URL of the realm, such as https://login.example.com/realms/acme: the `issuer` that Realm settings > OpenID Endpoint Configuration shows.");
    insta::assert_snapshot!(problem(builder().audience(" ")), @"audience (KEYCLOAK_AUDIENCE) cannot be used: it is blank. Set it to what the audience mapper writes into `aud`, or remove it: the default is the URL of this server.");
    insta::assert_snapshot!(problem(builder().roles_client("")), @"roles_client (KEYCLOAK_ROLES_CLIENT) cannot be used: it is blank. Set it to the Client ID whose roles count, or remove it: the default are the roles of the realm.");
    refuses_bad_urls(|url| problem(KeycloakProvider::builder().realm_url(url)));
    let settings = KeycloakProviderSettings::from_vars([
        (
            "KEYCLOAK_REALM_URL",
            "https://login.example.com/realms/acme/",
        ),
        ("KEYCLOAK_AUDIENCE", "notes"),
        ("KEYCLOAK_ROLES_CLIENT", "notes"),
        ("MCP_URL", "https://mcp.example.com/mcp"),
    ]);
    let provider = settings.unwrap().provider().unwrap();
    assert_eq!(provider.issuers(), [REALM]);
}
