use serde_json::{Value, json};

use super::*;
use crate::principal::PrincipalKind;
use crate::provider::testing::{Door, NOW, RESOURCE, Sample, refuses_bad_urls, with};
use crate::verify::{ClaimName, TokenRejected};

const SERVER: &str = "https://api.descope.com/v1/apps/agentic/P1/MS1";
const PROJECT: &str = "https://api.descope.com/v1/apps/P1";

fn builder() -> DescopeProviderBuilder {
    DescopeProvider::builder().config_url(SERVER)
}

/// An access token of a person for an MCP server, as Descope documents it.
fn claims() -> Value {
    json!({
        "iss": SERVER, "aud": ["client-1", "P1"], "sub": "U2abc", "azp": "client-1",
        "scope": "openid notes:read", "exp": NOW + 300, "iat": NOW, "dct": "T9",
        "tenants": { "T9": { "roles": ["owner"] } }, "roles": ["editor"],
        "permissions": ["notes.write"], "email": "ada@example.com",
    })
}

pub(in crate::provider) fn sample() -> Sample {
    Sample::new(builder(), claims())
}

#[tokio::test]
async fn a_token_says_who_calls() {
    let door = Door::of(builder());
    let ada = door.judge(&claims()).await.unwrap();
    assert_eq!(ada.subject(), "U2abc");
    assert_eq!(ada.client_id(), Some("client-1"));
    assert_eq!(ada.tenant(), Some("T9"));
    assert_eq!(ada.kind(), PrincipalKind::User);
    assert_eq!(ada.email(), Some("ada@example.com"));
    assert_eq!(ada.roles().collect::<Vec<_>>(), ["editor"]);
    assert!(ada.has_scope("notes:read"));
    assert!(!ada.has_scope("notes.write"), "permissions are no scopes");
    assert_eq!(
        door.fetched(),
        ["https://api.descope.com/P1/.well-known/jwks.json"]
    );
}

#[tokio::test]
async fn the_issuers_of_the_project_are_accepted_and_no_others() {
    let of_project = Door::of(builder());
    let of_server = Door::of(builder().issuers(DescopeIssuers::ServerOnly));
    for issuer in [
        PROJECT,
        &format!("{PROJECT}/T9"),
        "https://api.descope.com/v1/apps/agentic/P1/MS2",
    ] {
        let claims = with(&claims(), &json!({ "iss": issuer }));
        assert!(of_project.judge(&claims).await.is_ok(), "{issuer}");
        let outcome = of_server.judge(&claims).await.map(drop);
        assert_eq!(outcome, Err(TokenRejected::IssuerMismatch), "{issuer}");
    }
    assert!(of_server.judge(&claims()).await.is_ok());
    for issuer in [
        "https://api.descope.com/v1/apps/P2",
        "https://api.descope.com/v1/apps/P2/T9",
        "https://api.descope.com/v1/apps/agentic/P2/MS1",
        "https://api.descope.com/v1/apps/agentic/P1",
        "https://api.descope.com/v1/apps/agentic/P1/",
        "https://api.descope.com/v1/apps/agentic/P1/MS1/x",
        "https://api.descope.com/v1/apps/P1/../P2",
        "https://api.descope.com/v1/apps/P1/..",
        "https://api.descope.com/v1/apps/P1/%2e%2e",
        "https://api.descope.com/v1/apps/P1/T9?x=1",
        "https://api.descope.com/P1",
        "https://api.evil.example/v1/apps/P1",
        "P1",
    ] {
        let claims = with(&claims(), &json!({ "iss": issuer }));
        let outcome = of_project.judge(&claims).await.map(drop);
        assert_eq!(outcome, Err(TokenRejected::IssuerMismatch), "{issuer}");
    }
}

#[tokio::test]
async fn the_audience_is_the_server_or_the_project() {
    let either = Door::of(builder());
    let server = Door::of(builder().audience(DescopeAudience::ServerUrl));
    for (aud, by_either, by_server) in [
        (json!(["client-1", "P1"]), true, false),
        (json!(RESOURCE), true, true),
        (json!(["P1", RESOURCE]), true, true),
        (json!("client-1"), false, false),
        (json!("P2"), false, false),
        (json!("https://other.example.com/mcp"), false, false),
    ] {
        let claims = with(&claims(), &json!({ "aud": aud }));
        for (door, good) in [(&either, by_either), (&server, by_server)] {
            let outcome = door.judge(&claims).await.map(drop);
            let expected = if good {
                Ok(())
            } else {
                Err(TokenRejected::AudienceMismatch)
            };
            assert_eq!(outcome, expected, "{aud}");
        }
    }
    let none = with(&claims(), &json!({ "aud": null }));
    let outcome = either.judge(&none).await.map(drop);
    assert_eq!(outcome, Err(TokenRejected::MissingClaim(ClaimName::Aud)));
}

#[test]
fn every_form_of_the_url_leads_to_the_same() {
    let server = |builder: DescopeProviderBuilder| {
        let provider = builder.base_url("https://mcp.example.com").build().unwrap();
        let keys = provider.keys_url().map(str::to_owned);
        (provider.authorization_servers()[0].clone(), keys.unwrap())
    };
    let config = |url: &str| server(DescopeProvider::builder().config_url(url));
    for url in [
        SERVER,
        &format!("{SERVER}/"),
        &format!(" {SERVER}/.well-known/openid-configuration "),
        &format!("{SERVER}/.well-known/oauth-authorization-server"),
    ] {
        let keys = "https://api.descope.com/P1/.well-known/jwks.json".to_owned();
        assert_eq!(config(url), (SERVER.to_owned(), keys));
    }
    let own = "https://auth.acme.example/v1/apps/agentic/P1/MS1";
    let keys = "https://auth.acme.example/P1/.well-known/jwks.json".to_owned();
    assert_eq!(config(own), (own.to_owned(), keys));
    let project = DescopeProvider::builder().project_id("P1");
    assert_eq!(server(project.clone()), config(PROJECT));
    let own = server(project.api_url("https://auth.acme.example/"));
    assert_eq!(own.0, "https://auth.acme.example/v1/apps/P1");
}

#[test]
fn settings_are_checked() {
    let problem = |builder: DescopeProviderBuilder| {
        let builder = builder.base_url("https://mcp.example.com");
        builder.build().unwrap_err().to_string()
    };
    let config = |url: &str| problem(DescopeProvider::builder().config_url(url));
    let project = |id: &str| problem(DescopeProvider::builder().project_id(id));
    insta::assert_snapshot!(problem(DescopeProvider::builder()), @"config_url (DESCOPE_CONFIG_URL) is not set. Copy the discovery URL or the issuer of your MCP server from the Descope console, MCP Servers > your server > Connection Information; it looks like https://api.descope.com/v1/apps/agentic/P2abc/MS3def. Or set project_id (DESCOPE_PROJECT_ID).");
    insta::assert_snapshot!(project("P1/../P2"), @"project_id (DESCOPE_PROJECT_ID) cannot be used: it holds characters other than letters, digits, `_` and `-`. Copy the project ID from the Descope console, Project; it looks like P2abc.");
    insta::assert_snapshot!(problem(builder().project_id("P2")), @"project_id (DESCOPE_PROJECT_ID) cannot be used: it is not the project that config_url names. Copy the project ID from the Descope console, Project; it looks like P2abc.");
    insta::assert_snapshot!(problem(builder().api_url("https://x.example")), @"api_url (DESCOPE_API_URL) cannot be used: config_url names the API already. Set it to your custom domain or to the API of your region, or remove it: the default is https://api.descope.com.");
    refuses_bad_urls(config);
    for url in [
        "https://api.descope.com",
        "https://api.descope.com/v1/apps",
        "https://api.descope.com/v1/apps/agentic",
        "https://api.descope.com/v1/apps/agentic/P1",
        "https://api.descope.com/v1/apps/agentic/P1/MS1/x",
        "https://api.descope.com/v1/apps/P1/x",
        "https://api.descope.com/v1/apps//MS1",
        "https://api.descope.com/v1/apps/P1%2fx",
    ] {
        let problem = config(url);
        assert!(
            problem.starts_with("config_url (DESCOPE_CONFIG_URL) cannot"),
            "{problem}"
        );
    }
    for id in ["", " ", "P1/x", "P1?x", "é"] {
        assert!(
            project(id).starts_with("project_id (DESCOPE_PROJECT_ID) cannot"),
            "{id}"
        );
    }
    let settings = DescopeProviderSettings::from_vars([
        ("DESCOPE_CONFIG_URL", SERVER),
        ("DESCOPE_PROJECT_ID", "P1"),
        ("MCP_URL", RESOURCE),
    ]);
    let provider = settings.unwrap().provider().unwrap();
    assert_eq!(
        provider.issuers(),
        [
            SERVER,
            PROJECT,
            "https://api.descope.com/v1/apps/P1/{segment}",
            "https://api.descope.com/v1/apps/agentic/P1/{segment}",
        ]
    );
}
