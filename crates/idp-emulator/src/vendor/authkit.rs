//! `AuthKit` of `WorkOS`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Facts;
use super::oidc::OIDC;
use super::row::{First, Ids, Offer, Paths, ResourceChoice, Row, Tokens, UnknownResource};

/// An `AuthKit` domain. A token is for the resource that the request names, if that is among the
/// MCP resource indicators; otherwise it is for the environment, and no server should take it.
pub(crate) const AUTHKIT: Row = Row {
    name: "AuthKit",
    realm: "authkit",
    paths: Paths {
        authorize: "/oauth2/authorize",
        token: "/oauth2/token",
        register: Some("/oauth2/register"),
        keys: "/oauth2/jwks",
        revoke: None,
        introspect: Some("/oauth2/introspection"),
        userinfo: Some("/oauth2/userinfo"),
        ..OIDC.paths
    },
    offers: &[Offer::MetadataDocuments, Offer::Pkce],
    tokens: Tokens {
        header_type: None,
        ..OIDC.tokens
    },
    resources: ResourceChoice::Named {
        parameters: &["resource"],
        absent_is_first: false,
        unknown: UnknownResource::Ignored,
    },
    ids: Ids {
        key: "sso_oidc_key_pair_",
        client: "client_",
        session: "session_",
        ..OIDC.ids
    },
    first: First {
        user: "user_1",
        environment_client: "client_machine",
        ..OIDC.first
    },
    variables: &[("AUTHKIT_DOMAIN", "{url}")],
    claims,
    error,
    ..OIDC
};

fn claims(facts: &Facts<'_>) -> Value {
    json!({
        "iss": facts.issuer,
        "aud": facts.resource_url().unwrap_or("client_environment"),
        "sub": facts.subject,
        "sid": facts.session,
        "jti": facts.id,
        "client_id": facts.client,
        "org_id": facts.organization(),
        "role": facts.roles().first(),
        "roles": facts.roles(),
        "permissions": facts.permissions(),
        "scope": facts.scope(),
        "iat": facts.issued_at,
        "exp": facts.expires_at,
    })
}

fn error(_: StatusCode, message: &str) -> Value {
    json!({ "message": message, "error": message })
}
