//! Keycloak.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Facts;
use super::oidc::OIDC;
use super::row::{Document, First, Ids, Offer, Paths, ResourceChoice, Row, Tokens};
use super::scopes::{Refresh, Scopes, UnknownScope};

/// Realms of Keycloak; each tenant is one. The resource parameter is not looked at: an audience
/// mapper puts the server's URL into `aud`, beside `account`.
pub(crate) const KEYCLOAK: Row = Row {
    name: "Keycloak",
    realm: "keycloak",
    paths: Paths {
        issuer: "/realms/{tenant}",
        environment_issuer: "/realms/{tenant}",
        authorize: "/realms/{tenant}/protocol/openid-connect/auth",
        token: "/realms/{tenant}/protocol/openid-connect/token",
        register: Some("/realms/{tenant}/clients-registrations/openid-connect"),
        keys: "/realms/{tenant}/protocol/openid-connect/certs",
        revoke: Some("/realms/{tenant}/protocol/openid-connect/revoke"),
        introspect: Some("/realms/{tenant}/protocol/openid-connect/token/introspect"),
        userinfo: Some("/realms/{tenant}/protocol/openid-connect/userinfo"),
        ..OIDC.paths
    },
    documents: &[Document::OpenidAppended, Document::OauthInserted],
    offers: &[
        Offer::Dpop,
        Offer::Pkce,
        Offer::ResponseIssuer,
        Offer::Revocation,
    ],
    tokens: Tokens {
        header_type: Some("JWT"),
        organization: "organization",
        ..OIDC.tokens
    },
    scopes: Scopes {
        unknown: UnknownScope::Refused,
        refresh: Refresh::Always,
        ..OIDC.scopes
    },
    resources: ResourceChoice::First,
    ids: Ids {
        key: "keycloak-key-",
        token: "onrtac:",
        ..OIDC.ids
    },
    first: First {
        tenant: "main",
        user: "c0ffee00-0000-4000-8000-000000000001",
        ..OIDC.first
    },
    variables: &[("KEYCLOAK_REALM_URL", "{url}/realms/{tenant}")],
    claims,
    error,
    ..OIDC
};

fn claims(facts: &Facts<'_>) -> Value {
    let audience: Vec<&str> = facts
        .resource_url()
        .into_iter()
        .chain(["account"])
        .collect();
    json!({
        "iss": facts.issuer,
        "aud": audience,
        "sub": facts.subject,
        "typ": "Bearer",
        "azp": facts.client,
        "sid": facts.session,
        "acr": "1",
        "auth_time": facts.issued_at,
        "realm_access": { "roles": facts.roles() },
        "resource_access": { "account": { "roles": ["view-profile"] } },
        "organization": facts.organization().map(|organization| [organization]),
        "scope": facts.scope(),
        "email_verified": facts.user.map(|_| true),
        "name": facts.name(),
        "preferred_username": facts.email(),
        "email": facts.email(),
        "jti": facts.id,
        "iat": facts.issued_at,
        "exp": facts.expires_at,
    })
}

fn error(status: StatusCode, _: &str) -> Value {
    json!({ "error": format!("HTTP {} {}", status.as_u16(), status.canonical_reason().unwrap_or_default()) })
}
