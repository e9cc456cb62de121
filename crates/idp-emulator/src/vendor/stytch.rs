//! Stytch Connected Apps.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Facts;
use super::oidc::OIDC;
use super::row::{First, Ids, Offer, Paths, ResourceChoice, Row, Tokens};

/// A project of Stytch behind a custom domain; the tenant is the project. Tokens are for the
/// project, whichever resource was asked for.
///
/// The login page of a real project is part of the customer's own site; here it is the emulator's.
pub(crate) const STYTCH: Row = Row {
    name: "Stytch",
    realm: "stytch",
    paths: Paths {
        authorize: "/oauth/authorize",
        token: "/v1/oauth2/token",
        register: Some("/v1/oauth2/register"),
        keys: "/.well-known/jwks.json",
        revoke: Some("/v1/oauth2/revoke"),
        introspect: Some("/v1/oauth2/introspect"),
        userinfo: Some("/v1/oauth2/userinfo"),
        ..OIDC.paths
    },
    offers: &[
        Offer::MetadataDocuments,
        Offer::Pkce,
        Offer::ResponseIssuer,
        Offer::Revocation,
    ],
    tokens: Tokens {
        header_type: Some("JWT"),
        ..OIDC.tokens
    },
    resources: ResourceChoice::First,
    ids: Ids {
        key: "jwk-test-",
        client: "connected-app-test-",
        ..OIDC.ids
    },
    first: First {
        tenant: "project-test-1",
        user: "user-test-1",
        environment_client: "connected-app-test-machine",
        ..OIDC.first
    },
    variables: &[
        ("STYTCH_DOMAIN", "{url}"),
        ("STYTCH_PROJECT_ID", "{tenant}"),
    ],
    claims,
    error,
    ..OIDC
};

fn claims(facts: &Facts<'_>) -> Value {
    json!({
        "iss": facts.issuer,
        "aud": [facts.tenant],
        "sub": facts.subject,
        "client_id": facts.client,
        "scope": facts.scope(),
        "jti": facts.id,
        "iat": facts.issued_at,
        "nbf": facts.issued_at,
        "exp": facts.expires_at,
    })
}

fn error(status: StatusCode, message: &str) -> Value {
    json!({
        "status_code": status.as_u16(),
        "request_id": "request-id-test-1",
        "error_type": "route_not_found",
        "error_message": message,
    })
}
