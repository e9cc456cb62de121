//! Auth0, as "Auth for MCP" has it.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Facts;
use super::oidc::OIDC;
use super::row::{
    Document, First, Ids, Offer, Opaque, Paths, ResourceChoice, Row, Tokens, UnknownResource,
};

/// A tenant of Auth0. Its issuer ends in a slash, and a resource is an API whose identifier is the
/// URL of the server. The `resource` parameter counts as `audience` does. Who names neither gets an
/// opaque token, for user info only.
pub(crate) const AUTH0: Row = Row {
    name: "Auth0",
    realm: "Service",
    paths: Paths {
        issuer: "/",
        environment_issuer: "/",
        token: "/oauth/token",
        register: Some("/oidc/register"),
        keys: "/.well-known/jwks.json",
        revoke: Some("/oauth/revoke"),
        introspect: None,
        logout: "/v2/logout",
        ..OIDC.paths
    },
    documents: &[Document::OpenidAppended, Document::OauthInserted],
    offers: &[
        Offer::Dpop,
        Offer::MetadataDocuments,
        Offer::Pkce,
        Offer::PkceOptional,
        Offer::ResponseIssuer,
        Offer::Revocation,
    ],
    tokens: Tokens {
        header_type: Some("JWT"),
        opaque: Opaque::WithoutResource,
        // "Unknown or invalid refresh token" comes with 403.
        invalid_grant: StatusCode::FORBIDDEN,
        ..OIDC.tokens
    },
    resources: ResourceChoice::Named {
        parameters: &["resource", "audience"],
        absent_is_first: false,
        unknown: UnknownResource::Refused("access_denied", "Service not found"),
    },
    ids: Ids {
        key: "auth0-key-",
        client: "tpc_",
        ..OIDC.ids
    },
    first: First {
        user: "auth0|1",
        environment_client: "auth0-machine-1",
        ..OIDC.first
    },
    variables: &[
        ("AUTH0_DOMAIN", "{url}"),
        ("AUTH0_CLIENT_ID", "{application}"),
        ("AUTH0_CLIENT_SECRET", "{application_secret}"),
    ],
    claims,
    error,
    ..OIDC
};

/// The tenant's default profile: `azp` names the client, and the user info endpoint is a second
/// audience of tokens with `openid`. Permissions are there when the API has RBAC switched on.
fn claims(facts: &Facts<'_>) -> Value {
    let userinfo = format!("{}/userinfo", facts.url);
    let openid = facts.scopes.iter().any(|scope| scope == "openid");
    let mut audience: Vec<&str> = facts.resource_url().into_iter().collect();
    if openid || audience.is_empty() {
        audience.push(&userinfo);
    }
    let subject = match facts.user {
        Some(_) => facts.subject.to_owned(),
        None => format!("{}@clients", facts.client),
    };
    json!({
        "iss": facts.issuer,
        "sub": subject,
        "aud": audience,
        "iat": facts.issued_at,
        "exp": facts.expires_at,
        "jti": facts.id,
        "azp": facts.client,
        "org_id": facts.organization(),
        "scope": facts.scope(),
        "permissions": facts.permissions(),
        "gty": facts.user.is_none().then_some("client-credentials"),
    })
}

fn error(status: StatusCode, message: &str) -> Value {
    json!({
        "statusCode": status.as_u16(),
        "error": status.canonical_reason(),
        "message": message,
    })
}
