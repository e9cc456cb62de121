//! An authorization server that follows the standards; what most vendors have in common.

use std::time::{Duration, UNIX_EPOCH};

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Facts;
use super::api::Known;
use super::row::{
    Dialect, Document, First, IdTokens, Ids, Lifetimes, Offer, Opaque, Paths, ResourceChoice, Row,
    Tokens, UnknownResource,
};
use super::scopes::{Redeeming, Refresh, Rotation, Scopes, UnknownScope};
use crate::issuer::IssuerMode;
use crate::key::KeyKind;
use crate::resource::Resource;

/// One issuer at the root, for all resources, with access tokens as RFC 9068 has them.
pub(crate) const OIDC: Row = Row {
    name: "OpenID Connect",
    realm: "oidc",
    paths: Paths {
        any_tenant: &[],
        issuer: "",
        environment_issuer: "",
        environment: None,
        authorize: "/authorize",
        token: "/token",
        register: Some("/register"),
        keys: "/jwks",
        revoke: Some("/revoke"),
        introspect: Some("/introspect"),
        userinfo: Some("/userinfo"),
        logout: "/logout",
        consent: "/consent",
    },
    documents: &[Document::OauthInserted, Document::OpenidAppended],
    offers: &[
        Offer::Dpop,
        Offer::MetadataDocuments,
        Offer::Pkce,
        Offer::ResponseIssuer,
        Offer::Revocation,
        Offer::SignedIntrospection,
    ],
    tokens: Tokens {
        key: KeyKind::Rsa,
        header_type: Some("at+jwt"),
        opaque: Opaque::None,
        opaque_prefix: "",
        issuer_mode: IssuerMode::Resource,
        organization: "org_id",
        refresh_prefix: "",
        expiring: true,
        invalid_grant: StatusCode::BAD_REQUEST,
        invalid_refresh_token: "invalid_grant",
        dialect: Dialect::Standard,
    },
    id_tokens: IdTokens {
        audience_list: false,
        on_refresh: true,
        more: |_, _| json!({}),
    },
    scopes: Scopes {
        own: &["openid", "profile", "email", "offline_access"],
        unknown: UnknownScope::Dropped,
        refresh: Refresh::OfflineAccess,
        rotation: Rotation::Rotated,
        redeeming: Redeeming::Anyway,
        commas: false,
        aliases: &[],
        apis: &[],
        echo: |_, scopes| scopes.to_vec(),
        prefixes: no_prefix,
    },
    resources: ResourceChoice::Named {
        parameters: &["resource"],
        absent_is_first: true,
        unknown: UnknownResource::Refused("invalid_target", "no such resource is known here"),
    },
    ids: Ids {
        key: "key-",
        client: "client-",
        token: "token-",
        session: "session-",
        login: "login-",
    },
    lifetimes: Lifetimes {
        code: 60,
        session_token: 300,
        refresh_token: 86_400,
    },
    first: First {
        tenant: "main",
        resource: "mcp",
        user: "user-1",
        environment_client: "machine-1",
        application: "application-1",
        application_scopes: &[],
        environment_scopes: &[],
    },
    applications_only: false,
    user_info,
    apis: &[],
    application_tokens: None,
    variables: &[("ISSUER_URL", "{url}")],
    claims,
    error,
    oauth_error,
    token_answer: |_| {},
    registration: |_| json!({}),
};

fn claims(facts: &Facts<'_>) -> Value {
    json!({
        "iss": facts.issuer,
        "aud": facts.resource_url().unwrap_or(facts.client),
        "sub": facts.subject,
        "client_id": facts.client,
        "org_id": facts.organization(),
        "roles": facts.roles(),
        "sid": facts.session,
        "jti": facts.id,
        "iat": facts.issued_at,
        "exp": facts.expires_at,
        "scope": facts.scope(),
    })
}

fn user_info(known: &Known<'_>) -> Value {
    let user = known.user;
    json!({
        "sub": user.subject,
        "email": user.email,
        "email_verified": true,
        "name": user.name,
    })
}

pub(super) fn error(status: StatusCode, message: &str) -> Value {
    json!({ "error": status.canonical_reason(), "error_description": message })
}

pub(super) fn oauth_error(error: &str, description: &str) -> Value {
    json!({ "error": error, "error_description": description })
}

pub(super) fn no_prefix(_: &Resource) -> Vec<String> {
    Vec::new()
}

/// A date and time as RFC 3339 writes it.
pub(super) fn date(unix: u64) -> String {
    // Years of five digits have no such form.
    let unix = unix.min(253_402_300_799);
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(unix)).to_string()
}
