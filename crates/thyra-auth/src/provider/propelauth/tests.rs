use std::sync::Arc;
use std::time::Duration;

use http::header;
use serde_json::{Value, json};
use thyra_oauth::ManualClock;

use super::*;
use crate::provider::AuthProvider;
use crate::provider::testing::{BASE_URL, NOW, RESOURCE, request, with};
use crate::refusal::Refusal;
use crate::verify::lookup_testing::Upstream;
use crate::verify::{ClaimName, TokenRejected};

const ISSUER: &str = "https://auth.example.com/oauth/2.1";
const ASKED: &str = "https://auth.example.com/oauth/2.1/introspect";

fn builder() -> PropelAuthProviderBuilder {
    PropelAuthProvider::builder()
        .auth_url("https://auth.example.com/")
        .introspection_client_id("c1")
        .introspection_client_secret(Secret::new("hunter2".to_owned()))
}

fn answer() -> Value {
    json!({
        "active": true, "aud": RESOURCE, "sub": "31c41c16", "username": "ada@example.com",
        "client_id": "cli", "token_type": "Bearer", "scope": "notes:read", "iat": NOW,
        "exp": NOW + 600,
    })
}

#[tokio::test]
async fn an_active_token_for_this_server_is_accepted_and_no_other() {
    use TokenRejected::{AudienceMismatch, Inactive, IssuerMismatch, MissingClaim, TypeNotAllowed};
    for (changes, reason) in [
        (json!({}), None),
        (json!({ "iss": ISSUER }), None),
        (json!({ "active": false }), Some(Inactive)),
        (
            json!({ "aud": "https://other.example.com/mcp" }),
            Some(AudienceMismatch),
        ),
        (
            json!({ "aud": format!("{RESOURCE}/") }),
            Some(AudienceMismatch),
        ),
        (json!({ "aud": null }), Some(MissingClaim(ClaimName::Aud))),
        (
            json!({ "iss": "https://auth.other.example/oauth/2.1" }),
            Some(IssuerMismatch),
        ),
        (
            json!({ "token_type": "refresh_token" }),
            Some(TypeNotAllowed),
        ),
    ] {
        let upstream = Upstream::default();
        let body = with(&answer(), &changes).to_string();
        upstream.serve(ASKED, 200, "application/json", body);
        let provider = builder()
            .base_url(BASE_URL)
            .fetcher(upstream.fetcher())
            .clock(Arc::new(ManualClock::new(Duration::from_secs(NOW))));
        let door = provider.protection("/mcp").unwrap();
        let outcome = door.admit(&mut request("pat_1")).await;
        let expected = reason.map_or(Ok("31c41c16"), |reason| Err(Refusal::InvalidToken(reason)));
        let outcome = outcome
            .as_ref()
            .map(|ada| ada.subject())
            .map_err(Clone::clone);
        assert_eq!(outcome, expected, "{changes}");
        let asked = upstream.asked();
        assert_eq!(asked.len(), 1);
        assert!(asked[0].headers.contains_key(header::AUTHORIZATION));
    }
}

#[test]
fn settings_are_checked() {
    let problem = |builder: PropelAuthProviderBuilder| {
        builder.base_url(BASE_URL).build().unwrap_err().to_string()
    };
    let empty = PropelAuthProvider::builder;
    insta::assert_snapshot!(problem(empty()), @"auth_url (PROPELAUTH_AUTH_URL) is not set. Copy the Auth URL from the PropelAuth dashboard, Backend Integration; it looks like https://auth.example.com.");
    insta::assert_snapshot!(problem(builder().auth_url("https://auth.example.com/oauth/2.1")), @"auth_url (PROPELAUTH_AUTH_URL) cannot be used: it has a path; leave away what follows the host. Copy the Auth URL from the PropelAuth dashboard, Backend Integration; it looks like https://auth.example.com.");
    insta::assert_snapshot!(problem(builder().introspection_client_id("")), @"introspection_client_id (PROPELAUTH_INTROSPECTION_CLIENT_ID) cannot be used: it is blank. Copy the Client ID of the request validation credentials from the PropelAuth dashboard, MCP.");
    let no_secret = empty()
        .auth_url("https://auth.example.com")
        .introspection_client_id("c1");
    insta::assert_snapshot!(problem(no_secret), @"introspection_client_secret (PROPELAUTH_INTROSPECTION_CLIENT_SECRET) is not set. Copy the secret of the request validation credentials from the PropelAuth dashboard, MCP.");
    let settings = PropelAuthProviderSettings::from_vars([
        ("PROPELAUTH_AUTH_URL", "https://auth.example.com"),
        ("PROPELAUTH_INTROSPECTION_CLIENT_ID", "c1"),
        (
            "FASTMCP_SERVER_AUTH_PROPELAUTHPROVIDER_INTROSPECTION_CLIENT_SECRET",
            "hunter2",
        ),
        ("THYRA_BASE_URL", BASE_URL),
    ]);
    let provider = settings.unwrap().provider().unwrap();
    assert_eq!(provider.authorization_servers(), [ISSUER]);
}

#[tokio::test]
async fn its_metadata_is_forwarded() {
    const METADATA: &str =
        "https://auth.example.com/.well-known/oauth-authorization-server/oauth/2.1";
    let upstream = Upstream::default();
    upstream.serve(
        METADATA,
        200,
        "application/json",
        json!({ "issuer": ISSUER }).to_string(),
    );
    let provider = builder().base_url(BASE_URL).fetcher(upstream.fetcher());
    let door = provider.protection("/mcp").unwrap();
    let routes = door.public_routes();
    let request = http::Request::get("/.well-known/oauth-authorization-server");
    let request = request
        .body(http_body_util::Empty::<bytes::Bytes>::new())
        .unwrap();
    let answer = routes
        .respond(request, &crate::routes::Cors::default())
        .await;
    assert_eq!(answer.status(), 200);
    assert_eq!(upstream.asked()[0].url.as_str(), METADATA);
}
