//! Hugging Face.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::api::{About, Api, Known, plain};
use super::oidc::{OIDC, date};
use super::row::{
    Document, First, Ids, Lifetimes, Offer, Opaque, Paths, ResourceChoice, Row, Tokens,
};
use super::scopes::{Refresh, Scopes};

/// huggingface.co. Whether an answer with tokens holds a refresh token is not documented; here it
/// always does, and each use gives a new one.
///
/// The real one also takes applications by the URL of their metadata document, and registers some.
pub(crate) const HUGGING_FACE: Row = Row {
    name: "Hugging Face",
    realm: "huggingface",
    paths: Paths {
        authorize: "/oauth/authorize",
        token: "/oauth/token",
        register: None,
        keys: "/oauth/jwks",
        revoke: None,
        introspect: None,
        userinfo: Some("/oauth/userinfo"),
        ..OIDC.paths
    },
    documents: &[Document::OpenidAppended],
    offers: &[Offer::Pkce, Offer::PkceOptional],
    tokens: Tokens {
        opaque: Opaque::All,
        opaque_prefix: "hf_oauth_",
        ..OIDC.tokens
    },
    scopes: Scopes {
        own: &[
            "openid",
            "profile",
            "email",
            "read-billing",
            "read-repos",
            "contribute-repos",
            "write-repos",
            "manage-repos",
            "inference-api",
            "write-discussions",
        ],
        refresh: Refresh::Always,
        ..OIDC.scopes
    },
    resources: ResourceChoice::Nothing,
    ids: Ids {
        key: "hf-key-",
        ..OIDC.ids
    },
    lifetimes: Lifetimes {
        session_token: 28_800,
        refresh_token: 2_592_000,
        ..OIDC.lifetimes
    },
    first: First {
        user: "5f17f0a0925b9863e28ad517",
        application: "11111111-2222-4333-8444-555555555555",
        application_scopes: &["openid", "profile"],
        ..OIDC.first
    },
    applications_only: true,
    user_info,
    apis: &[Api {
        path: "/api/whoami-v2",
        about: About::Person,
        parameter: None,
        scopes: &[],
        answer: who_am_i,
        headers: plain,
        refusal: || {
            let status = StatusCode::UNAUTHORIZED;
            (
                status,
                error(status, "Invalid credentials in Authorization header"),
            )
        },
    }],
    variables: &[
        ("HF_URL", "{url}"),
        ("HF_CLIENT_ID", "{application}"),
        ("HF_CLIENT_SECRET", "{application_secret}"),
    ],
    error,
    ..OIDC
};

/// It does not say which scopes the token has.
fn user_info(known: &Known<'_>) -> Value {
    let user = known.user;
    let login = user.email.split('@').next().unwrap_or_default();
    let mut answer = json!({
        "sub": user.subject,
        "name": user.name,
        "preferred_username": login,
        "profile": format!("{}/{login}", known.url),
        "picture": format!("{}/avatars/{login}", known.url),
        "isPro": false,
        "orgs": [],
    });
    if known.has("email") {
        answer["email"] = json!(user.email);
        answer["email_verified"] = json!(true);
    }
    answer
}

fn who_am_i(known: &Known<'_>) -> Value {
    let user = known.user;
    let address = known.has("email");
    json!({
        "type": "user",
        "id": user.subject,
        "name": user.email.split('@').next(),
        "fullname": user.name,
        "email": address.then_some(&user.email),
        "emailVerified": address.then_some(true),
        "canPay": false,
        "isPro": false,
        "avatarUrl": format!("{}/avatars/{}", known.url, user.subject),
        "orgs": [],
        "auth": {
            "type": "access_token",
            "accessToken": {
                "displayName": known.text("client_id"),
                "role": "fineGrained",
                "createdAt": known.claims.get("iat").and_then(Value::as_u64).map(date),
                "scopes": known.scopes(),
            },
            "expiresAt": known.end().map(date),
        },
    })
}

fn error(_: StatusCode, message: &str) -> Value {
    json!({ "error": message })
}
