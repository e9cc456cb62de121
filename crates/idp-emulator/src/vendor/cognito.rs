//! Amazon Cognito.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::Facts;
use super::oidc::OIDC;
use super::row::{
    Document, First, IdTokens, Ids, Offer, Paths, ResourceChoice, Row, Tokens, UnknownResource,
};
use super::scopes::{Refresh, Rotation, Scopes, UnknownScope};

/// User pools of Cognito; each tenant is one. Access tokens have an audience only if a user's
/// client asks for one with `resource`; minted ones have none. There is no registration, and
/// `offline_access` is no scope: refresh tokens always come.
///
/// The hosted login of a real pool has a domain of its own; here it is below the pool.
pub(crate) const COGNITO: Row = Row {
    name: "Cognito",
    realm: "cognito",
    paths: Paths {
        issuer: "/{tenant}",
        environment_issuer: "/{tenant}",
        authorize: "/{tenant}/oauth2/authorize",
        token: "/{tenant}/oauth2/token",
        register: None,
        keys: "/{tenant}/.well-known/jwks.json",
        revoke: Some("/{tenant}/oauth2/revoke"),
        introspect: None,
        userinfo: Some("/{tenant}/oauth2/userInfo"),
        ..OIDC.paths
    },
    documents: &[Document::OpenidAppended],
    offers: &[Offer::PkceOptional, Offer::Revocation],
    tokens: Tokens {
        header_type: None,
        organization: "custom:organization",
        ..OIDC.tokens
    },
    id_tokens: IdTokens {
        more: |user, _| {
            json!({
                "token_use": "id",
                "cognito:username": user.subject,
                "cognito:groups": user.roles,
            })
        },
        ..OIDC.id_tokens
    },
    scopes: Scopes {
        own: &["openid", "profile", "email", "phone"],
        unknown: UnknownScope::Refused,
        refresh: Refresh::Always,
        rotation: Rotation::Kept,
        ..OIDC.scopes
    },
    resources: ResourceChoice::Named {
        parameters: &["resource"],
        absent_is_first: true,
        unknown: UnknownResource::Refused("invalid_grant", "no resource server is called so"),
    },
    ids: Ids {
        key: "cognito-key-",
        ..OIDC.ids
    },
    first: First {
        tenant: "eu-central-1_Emulator1",
        user: "c0ffee00-0000-4000-8000-000000000001",
        environment_client: "cognitomachine1",
        ..OIDC.first
    },
    variables: &[
        ("COGNITO_USER_POOL_ID", "{tenant}"),
        ("COGNITO_ENDPOINT", "{url}"),
        ("COGNITO_CLIENT_ID", "{application}"),
        ("COGNITO_CLIENT_SECRET", "{application_secret}"),
    ],
    claims,
    error,
    oauth_error: |error, _| json!({ "error": error }),
    token_answer,
    ..OIDC
};

fn claims(facts: &Facts<'_>) -> Value {
    json!({
        "iss": facts.issuer,
        "aud": facts.bound.then(|| facts.resource_url()),
        "sub": facts.subject,
        "client_id": facts.client,
        "origin_jti": facts.session,
        "event_id": facts.session,
        "jti": facts.id,
        "token_use": "access",
        "version": 2,
        "username": facts.user.map(|user| &user.subject),
        "cognito:groups": facts.roles(),
        "scope": facts.scope(),
        "auth_time": facts.issued_at,
        "iat": facts.issued_at,
        "exp": facts.expires_at,
    })
}

/// It does not say which scopes were granted.
fn token_answer(answer: &mut Map<String, Value>) {
    answer.remove("scope");
}

fn error(_: StatusCode, message: &str) -> Value {
    json!({ "message": message })
}
