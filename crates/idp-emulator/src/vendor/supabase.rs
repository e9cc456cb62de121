//! Supabase.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Facts;
use super::oidc::OIDC;
use super::row::{Document, First, Ids, Offer, Paths, ResourceChoice, Row, Tokens};
use super::scopes::{Refresh, Scopes};
use crate::key::KeyKind;

/// A project of Supabase. Tokens are signed with ES256, their audience is `authenticated` for all
/// servers of the project, and they name no scopes.
pub(crate) const SUPABASE: Row = Row {
    name: "Supabase",
    realm: "supabase",
    paths: Paths {
        issuer: "/auth/v1",
        environment_issuer: "/auth/v1",
        authorize: "/auth/v1/oauth/authorize",
        token: "/auth/v1/oauth/token",
        register: Some("/auth/v1/oauth/clients/register"),
        keys: "/auth/v1/.well-known/jwks.json",
        revoke: None,
        introspect: None,
        userinfo: Some("/auth/v1/oauth/userinfo"),
        ..OIDC.paths
    },
    documents: &[
        Document::OauthInserted,
        Document::OauthAppended,
        Document::OpenidAppended,
    ],
    offers: &[Offer::Pkce],
    tokens: Tokens {
        key: KeyKind::P256,
        header_type: Some("JWT"),
        ..OIDC.tokens
    },
    scopes: Scopes {
        own: &["openid", "profile", "email", "phone"],
        refresh: Refresh::Always,
        ..OIDC.scopes
    },
    resources: ResourceChoice::First,
    ids: Ids {
        key: "supabase-key-",
        ..OIDC.ids
    },
    first: First {
        user: "c0ffee00-0000-4000-8000-000000000001",
        ..OIDC.first
    },
    variables: &[("SUPABASE_PROJECT_URL", "{url}")],
    claims,
    error,
    ..OIDC
};

fn claims(facts: &Facts<'_>) -> Value {
    json!({
        "iss": facts.issuer,
        "aud": "authenticated",
        "sub": facts.subject,
        "role": "authenticated",
        "client_id": facts.client,
        "session_id": facts.session,
        "aal": "aal1",
        "email": facts.email(),
        "phone": "",
        "app_metadata": { "provider": "email", "roles": facts.roles() },
        "user_metadata": { "name": facts.name() },
        "is_anonymous": false,
        "iat": facts.issued_at,
        "exp": facts.expires_at,
    })
}

fn error(status: StatusCode, message: &str) -> Value {
    json!({ "code": status.as_u16(), "error_code": "not_found", "msg": message })
}
