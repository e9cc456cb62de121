//! Okta.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Facts;
use super::oidc::OIDC;
use super::row::{Document, First, Ids, Offer, Paths, ResourceChoice, Row, Tokens};
use super::scopes::{Scopes, UnknownScope};

/// Custom authorization servers of Okta; each tenant is one, and its audience is fixed: the URL of
/// the server that it protects. Registering a client needs an API token of the organisation, so
/// clients cannot.
pub(crate) const OKTA: Row = Row {
    name: "Okta",
    realm: "okta",
    paths: Paths {
        issuer: "/oauth2/{tenant}",
        environment_issuer: "/oauth2/{tenant}",
        authorize: "/oauth2/{tenant}/v1/authorize",
        token: "/oauth2/{tenant}/v1/token",
        register: None,
        keys: "/oauth2/{tenant}/v1/keys",
        revoke: Some("/oauth2/{tenant}/v1/revoke"),
        introspect: Some("/oauth2/{tenant}/v1/introspect"),
        userinfo: Some("/oauth2/{tenant}/v1/userinfo"),
        ..OIDC.paths
    },
    documents: &[Document::OauthAppended, Document::OpenidAppended],
    offers: &[
        Offer::Dpop,
        Offer::Pkce,
        Offer::PkceOptional,
        Offer::Revocation,
    ],
    tokens: Tokens {
        header_type: None,
        ..OIDC.tokens
    },
    scopes: Scopes {
        unknown: UnknownScope::Refused,
        ..OIDC.scopes
    },
    resources: ResourceChoice::First,
    ids: Ids {
        key: "okta-key-",
        client: "0oa",
        token: "AT.",
        ..OIDC.ids
    },
    first: First {
        tenant: "default",
        user: "00u1",
        environment_client: "0oaMachine",
        ..OIDC.first
    },
    variables: &[("OKTA_ISSUER", "{url}/oauth2/{tenant}")],
    claims,
    error,
    ..OIDC
};

/// `sub` is the login of the user, `uid` the identifier; roles are groups.
fn claims(facts: &Facts<'_>) -> Value {
    json!({
        "ver": 1,
        "jti": facts.id,
        "iss": facts.issuer,
        "aud": facts.resource_url().unwrap_or("api://default"),
        "sub": facts.email().unwrap_or(facts.client),
        "cid": facts.client,
        "uid": facts.user.map(|user| &user.subject),
        "scp": facts.scopes,
        "groups": facts.roles(),
        "auth_time": facts.user.map(|_| facts.issued_at),
        "iat": facts.issued_at,
        "exp": facts.expires_at,
    })
}

fn error(status: StatusCode, message: &str) -> Value {
    let code = match status {
        StatusCode::NOT_FOUND => "E0000007",
        StatusCode::TOO_MANY_REQUESTS => "E0000047",
        _ => "E0000009",
    };
    json!({
        "errorCode": code,
        "errorSummary": message,
        "errorLink": code,
        "errorId": "oae1",
        "errorCauses": [],
    })
}
