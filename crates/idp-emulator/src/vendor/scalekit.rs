//! Scalekit.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::row::{
    Document, EnvironmentPaths, First, IdTokens, Ids, Lifetimes, Offer, Paths, Registered,
    ResourceChoice, Row, Tokens,
};
use super::scopes::{Refresh, Scopes, UnknownScope};
use super::{Facts, oidc};
use crate::issuer::{IssuerMode, ScopeShape};

/// A Scalekit environment. Each MCP server in it is an issuer of its own.
pub(crate) const SCALEKIT: Row = Row {
    name: "Scalekit",
    realm: "scalekit",
    paths: Paths {
        any_tenant: &[],
        issuer: "/resources/{resource}",
        environment_issuer: "",
        environment: Some(EnvironmentPaths {
            authorize: "/oauth/authorize",
            token: "/oauth/token",
        }),
        authorize: "/resources/{resource}/oauth/authorize",
        token: "/resources/{resource}/oauth/token",
        register: Some("/api/v1/resources/{resource}/clients:register"),
        keys: "/keys",
        revoke: Some("/oauth/revoke"),
        introspect: None,
        userinfo: None,
        logout: "/oidc/logout",
        consent: "/oauth/consent",
    },
    documents: &[Document::OauthInserted, Document::OauthAppended],
    offers: &[Offer::MetadataDocuments, Offer::Pkce, Offer::ResponseIssuer],
    tokens: Tokens {
        header_type: Some("JWT"),
        issuer_mode: IssuerMode::Environment,
        organization: "oid",
        ..oidc::OIDC.tokens
    },
    id_tokens: IdTokens {
        audience_list: true,
        on_refresh: false,
        ..oidc::OIDC.id_tokens
    },
    scopes: Scopes {
        own: &["openid", "profile", "email", "offline_access"],
        unknown: UnknownScope::Dropped,
        refresh: Refresh::OfflineAccess,
        ..oidc::OIDC.scopes
    },
    resources: ResourceChoice::Nothing,
    ids: Ids {
        key: "snk_",
        client: "m2m_",
        token: "tkn_",
        session: "ses_",
        login: "lri_",
    },
    lifetimes: Lifetimes {
        code: 60,
        session_token: 300,
        refresh_token: 86_400,
    },
    first: First {
        tenant: "environment",
        resource: "res_1",
        user: "usr_1",
        environment_client: "skc_1",
        // As Scalekit's management clients get.
        environment_scopes: &["openid"],
        ..oidc::OIDC.first
    },
    variables: &[
        ("SCALEKIT_ENVIRONMENT_URL", "{url}"),
        ("SCALEKIT_RESOURCE_ID", "{resource}"),
        ("SCALEKIT_CLIENT_ID", "{client}"),
        ("SCALEKIT_CLIENT_SECRET", "{secret}"),
    ],
    claims,
    error,
    oauth_error: oidc::oauth_error,
    registration,
    ..oidc::OIDC
};

/// The audience is the identifier, and the Server URL if there is one. A session token is for the
/// client, and a machine's without a resource for nobody.
fn claims(facts: &Facts<'_>) -> Value {
    let audience: Vec<&str> = match (facts.resource, facts.user) {
        (Some(resource), _) => [resource.id.as_str()]
            .into_iter()
            .chain(resource.uri.as_deref())
            .collect(),
        (None, Some(_)) => vec![facts.client],
        (None, None) => Vec::new(),
    };
    let string = matches!(facts.shape, ScopeShape::Scope | ScopeShape::Both);
    let array = matches!(facts.shape, ScopeShape::Scopes | ScopeShape::Both);
    json!({
        "iss": facts.issuer,
        "aud": audience,
        "sub": facts.subject,
        "client_id": facts.client,
        "oid": facts.organization(),
        "roles": facts.roles(),
        "permissions": facts.permissions(),
        "sid": facts.session,
        "jti": facts.id,
        "iat": facts.issued_at,
        "nbf": facts.issued_at,
        "exp": facts.expires_at,
        "scope": string.then(|| facts.scope()),
        "scopes": array.then_some(facts.scopes),
    })
}

/// A gRPC status in JSON.
fn error(status: StatusCode, message: &str) -> Value {
    let (code, name) = match status {
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => (3, "INVALID_ARGUMENT"),
        StatusCode::FORBIDDEN => (7, "PERMISSION_DENIED"),
        StatusCode::NOT_FOUND => (5, "NOT_FOUND"),
        StatusCode::INTERNAL_SERVER_ERROR => (13, "INTERNAL"),
        _ => (9, "FAILED_PRECONDITION"),
    };
    json!({
        "code": code,
        "message": message,
        "details": [{
            "@type": "type.googleapis.com/scalekit.v1.errdetails.ErrorInfo",
            "error_code": name,
        }],
    })
}

/// The members of Scalekit's own message.
fn registration(registered: &Registered<'_>) -> Value {
    json!({
        "name": registered.client.name,
        "scopes": registered.scopes,
        "resource_id": registered.resource.map(|resource| &resource.id),
    })
}
