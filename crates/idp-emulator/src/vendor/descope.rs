//! Descope.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Facts;
use super::oidc::OIDC;
use super::row::{Document, First, Ids, Offer, Paths, ResourceChoice, Row, Tokens};

/// Projects of Descope; each tenant is one. Each MCP server of a project is an issuer of its own,
/// and its tokens are for the project. In `IssuerMode::Environment` tokens name the project as
/// their issuer.
pub(crate) const DESCOPE: Row = Row {
    name: "Descope",
    realm: "descope",
    paths: Paths {
        issuer: "/v1/apps/agentic/{tenant}/{resource}",
        environment_issuer: "/v1/apps/{tenant}",
        authorize: "/oauth2/v1/apps/agentic/{tenant}/{resource}/authorize",
        token: "/oauth2/v1/apps/agentic/{tenant}/{resource}/token",
        register: Some("/v1/mgmt/agentic/{tenant}/{resource}/register"),
        keys: "/{tenant}/.well-known/jwks.json",
        revoke: Some("/oauth2/v1/apps/agentic/{tenant}/{resource}/revoke"),
        introspect: None,
        userinfo: Some("/oauth2/v1/apps/agentic/{tenant}/{resource}/userinfo"),
        ..OIDC.paths
    },
    documents: &[Document::OpenidAppended, Document::OauthAppended],
    offers: &[Offer::MetadataDocuments, Offer::Pkce, Offer::Revocation],
    tokens: Tokens {
        header_type: Some("JWT"),
        organization: "dct",
        ..OIDC.tokens
    },
    resources: ResourceChoice::First,
    ids: Ids {
        key: "SK2",
        client: "UDEy",
        ..OIDC.ids
    },
    first: First {
        tenant: "P2Emulator",
        resource: "MS2Emulator",
        user: "U2Emulator1",
        environment_client: "P2Machine",
        ..OIDC.first
    },
    variables: &[(
        "DESCOPE_CONFIG_URL",
        "{url}/v1/apps/agentic/{tenant}/{resource}/.well-known/openid-configuration",
    )],
    claims,
    error,
    ..OIDC
};

fn claims(facts: &Facts<'_>) -> Value {
    json!({
        "iss": facts.issuer,
        "aud": [facts.tenant],
        "sub": facts.subject,
        "azp": facts.client,
        "drn": "DS",
        "amr": ["pwd"],
        "dct": facts.organization(),
        "permissions": facts.permissions(),
        "roles": facts.roles(),
        "scope": facts.scope(),
        "jti": facts.id,
        "iat": facts.issued_at,
        "exp": facts.expires_at,
    })
}

fn error(status: StatusCode, message: &str) -> Value {
    json!({
        "errorCode": format!("E{:06}", status.as_u16()),
        "errorDescription": message,
        "errorMessage": message,
    })
}
