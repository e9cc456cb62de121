//! Clerk.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Facts;
use super::oidc::OIDC;
use super::row::{First, Ids, Offer, Opaque, Paths, ResourceChoice, Row, Tokens};

/// A Frontend API of Clerk. Access tokens are opaque unless the instance was switched to JWTs, and
/// either way they have no audience: every server of the instance takes them.
pub(crate) const CLERK: Row = Row {
    name: "Clerk",
    realm: "clerk",
    paths: Paths {
        authorize: "/oauth/authorize",
        token: "/oauth/token",
        register: Some("/oauth/register"),
        keys: "/.well-known/jwks.json",
        revoke: Some("/oauth/token/revoke"),
        introspect: Some("/oauth/token_info"),
        userinfo: Some("/oauth/userinfo"),
        ..OIDC.paths
    },
    offers: &[Offer::Pkce, Offer::PkceOptional, Offer::Revocation],
    tokens: Tokens {
        opaque: Opaque::All,
        opaque_prefix: "oat_",
        ..OIDC.tokens
    },
    resources: ResourceChoice::First,
    ids: Ids {
        key: "ins_",
        client: "clerk_client_",
        token: "oat_",
        session: "sess_",
        ..OIDC.ids
    },
    first: First {
        user: "user_1",
        environment_client: "clerk_machine",
        ..OIDC.first
    },
    variables: &[
        ("CLERK_DOMAIN", "{url}"),
        ("CLERK_CLIENT_ID", "{client}"),
        ("CLERK_CLIENT_SECRET", "{secret}"),
    ],
    claims,
    error,
    ..OIDC
};

/// What a JWT holds, and what `token_info` says of an opaque token.
fn claims(facts: &Facts<'_>) -> Value {
    json!({
        "iss": facts.issuer,
        "sub": facts.subject,
        "client_id": facts.client,
        "jti": facts.id,
        "scope": facts.scope(),
        "scp": facts.scopes,
        "iat": facts.issued_at,
        "nbf": facts.issued_at,
        "exp": facts.expires_at,
    })
}

fn error(_: StatusCode, message: &str) -> Value {
    json!({ "errors": [{ "code": "resource_not_found", "message": message }] })
}
