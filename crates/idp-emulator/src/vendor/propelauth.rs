//! `PropelAuth`.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Facts;
use super::oidc::OIDC;
use super::row::{Document, First, Ids, Offer, Opaque, Paths, Row, Tokens};

/// An auth URL of `PropelAuth`. Access tokens are opaque: a server asks the introspection endpoint
/// about each, as the environment client.
pub(crate) const PROPELAUTH: Row = Row {
    name: "PropelAuth",
    realm: "propelauth",
    paths: Paths {
        issuer: "/oauth/2.1",
        environment_issuer: "/oauth/2.1",
        authorize: "/oauth/2.1/authorize",
        token: "/oauth/2.1/token",
        register: Some("/oauth/2.1/register"),
        keys: "/oauth/2.1/jwks",
        revoke: Some("/oauth/2.1/revoke"),
        introspect: Some("/oauth/2.1/introspect"),
        userinfo: Some("/oauth/2.1/userinfo"),
        ..OIDC.paths
    },
    documents: &[Document::OauthInserted],
    offers: &[Offer::Pkce, Offer::Revocation],
    tokens: Tokens {
        opaque: Opaque::All,
        opaque_prefix: "pat_",
        ..OIDC.tokens
    },
    ids: Ids {
        key: "propelauth-key-",
        ..OIDC.ids
    },
    first: First {
        user: "c0ffee00-0000-4000-8000-000000000001",
        environment_client: "propelauth-introspection",
        ..OIDC.first
    },
    variables: &[
        ("PROPELAUTH_AUTH_URL", "{url}"),
        ("PROPELAUTH_INTROSPECTION_CLIENT_ID", "{client}"),
        ("PROPELAUTH_INTROSPECTION_CLIENT_SECRET", "{secret}"),
    ],
    claims,
    error,
    ..OIDC
};

/// What introspection answers. The audience is a string, never a list.
fn claims(facts: &Facts<'_>) -> Value {
    json!({
        "iss": facts.issuer,
        "aud": facts.resource_url(),
        "sub": facts.subject,
        "username": facts.email(),
        "client_id": facts.client,
        "token_type": "Bearer",
        "scope": facts.scope(),
        "iat": facts.issued_at,
        "exp": facts.expires_at,
    })
}

fn error(_: StatusCode, message: &str) -> Value {
    json!({ "error_code": "not_found", "user_facing_error": message })
}
