//! Identity domains of Oracle Cloud Infrastructure.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Facts;
use super::oidc::OIDC;
use super::row::{Document, First, Ids, Lifetimes, Offer, Paths, ResourceChoice, Row, Tokens};
use super::scopes::{Redeeming, Scopes, UnknownScope};

/// An identity domain. Every domain has the issuer `https://identity.oraclecloud.com/`, wherever
/// its metadata is; here that is the environment URL with this name as its path.
///
/// The scopes of a code are fixed when it is issued: a `scope` at its exchange is refused.
pub(crate) const OCI: Row = Row {
    name: "OCI",
    realm: "oci",
    paths: Paths {
        issuer: ISSUER,
        environment_issuer: ISSUER,
        authorize: "/oauth2/v1/authorize",
        token: "/oauth2/v1/token",
        register: None,
        keys: "/admin/v1/SigningCert/jwk",
        revoke: Some("/oauth2/v1/revoke"),
        introspect: Some("/oauth2/v1/introspect"),
        userinfo: Some("/oauth2/v1/userinfo"),
        logout: "/oauth2/v1/userlogout",
        ..OIDC.paths
    },
    documents: &[Document::OpenidAt("")],
    offers: &[Offer::PkceOptional, Offer::Revocation],
    tokens: Tokens {
        header_type: Some("JWT"),
        organization: "tenant",
        ..OIDC.tokens
    },
    scopes: Scopes {
        own: &[
            "openid",
            "profile",
            "email",
            "phone",
            "address",
            "groups",
            "approles",
            "offline_access",
        ],
        unknown: UnknownScope::Refused,
        redeeming: Redeeming::WithoutScope,
        ..OIDC.scopes
    },
    resources: ResourceChoice::Nothing,
    ids: Ids {
        key: "SIGNING_KEY_",
        ..OIDC.ids
    },
    lifetimes: Lifetimes {
        session_token: 3_600,
        refresh_token: 604_800,
        ..OIDC.lifetimes
    },
    first: First {
        user: "ada@example.com",
        application: "0123456789abcdef0123456789abcdef",
        application_scopes: &["openid"],
        ..OIDC.first
    },
    applications_only: true,
    variables: &[
        ("OCI_DOMAIN_URL", "{url}"),
        ("OCI_DOMAIN_ISSUER", "{url}/identity.oraclecloud.com/"),
        ("OCI_CLIENT_ID", "{application}"),
        ("OCI_CLIENT_SECRET", "{application_secret}"),
    ],
    claims,
    error,
    ..OIDC
};

const ISSUER: &str = "/identity.oraclecloud.com/";

fn claims(facts: &Facts<'_>) -> Value {
    json!({
        "iss": facts.issuer,
        "aud": [facts.url, facts.client],
        "sub": facts.subject,
        "sub_type": if facts.user.is_some() { "user" } else { "client" },
        "user_id": facts.user.map(|user| &user.subject),
        "user_displayname": facts.name(),
        "client_id": facts.client,
        "client_name": facts.client,
        "tenant": facts.organization(),
        "scope": facts.scope(),
        "sid": facts.session,
        "tok_type": "AT",
        "jti": facts.id,
        "iat": facts.issued_at,
        "exp": facts.expires_at,
    })
}

fn error(status: StatusCode, message: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": status.as_str(),
        "detail": message,
    })
}
