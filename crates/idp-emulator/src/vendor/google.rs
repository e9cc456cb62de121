//! Google.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::api::{About, Api, Known, plain};
use super::oidc::OIDC;
use super::row::{
    Document, First, Ids, Lifetimes, Offer, Opaque, Paths, ResourceChoice, Row, Tokens,
};
use super::scopes::{Refresh, Rotation, Scopes};

/// accounts.google.com, oauth2.googleapis.com and www.googleapis.com on one origin.
///
/// A refresh token comes for `access_type=offline` with `prompt=consent`. Google also gives one
/// without `prompt` when a person sees an application for the first time; here everybody has seen
/// every application before, so that nobody can count on it.
pub(crate) const GOOGLE: Row = Row {
    name: "Google",
    realm: "Google",
    paths: Paths {
        authorize: "/o/oauth2/v2/auth",
        token: "/token",
        register: None,
        keys: "/oauth2/v3/certs",
        revoke: Some("/revoke"),
        introspect: None,
        userinfo: Some("/v1/userinfo"),
        ..OIDC.paths
    },
    documents: &[Document::OpenidAppended],
    offers: &[
        Offer::OpenRevocation,
        Offer::Pkce,
        Offer::PkceOptional,
        Offer::ResponseIssuer,
        Offer::Revocation,
    ],
    tokens: Tokens {
        opaque: Opaque::All,
        opaque_prefix: "ya29.",
        refresh_prefix: "1//",
        organization: "hd",
        ..OIDC.tokens
    },
    scopes: Scopes {
        own: &[
            "openid",
            EMAIL,
            PROFILE,
            "https://www.googleapis.com/auth/calendar.readonly",
            "https://www.googleapis.com/auth/drive.readonly",
        ],
        refresh: Refresh::Asked(&[("access_type", "offline"), ("prompt", "consent")]),
        rotation: Rotation::Kept,
        aliases: &[("email", EMAIL), ("profile", PROFILE)],
        ..OIDC.scopes
    },
    resources: ResourceChoice::Nothing,
    ids: Ids {
        key: "google-key-",
        ..OIDC.ids
    },
    lifetimes: Lifetimes {
        session_token: 3_599,
        // It has no end of its own; half a year without use ends it.
        refresh_token: 15_552_000,
        ..OIDC.lifetimes
    },
    first: First {
        user: "110248495921238986420",
        application: "1-emulator.apps.googleusercontent.com",
        application_scopes: &["openid", EMAIL],
        ..OIDC.first
    },
    applications_only: true,
    user_info: user_info_v3,
    apis: &[
        Api {
            path: "/tokeninfo",
            about: About::Token,
            parameter: Some("access_token"),
            scopes: &[],
            answer: token_info,
            headers: plain,
            refusal: || {
                let body = json!({
                    "error": "invalid_token", "error_description": "Invalid Value",
                });
                (StatusCode::BAD_REQUEST, body)
            },
        },
        user_info("/oauth2/v2/userinfo", user_info_v2),
        user_info("/oauth2/v3/userinfo", user_info_v3),
    ],
    variables: &[
        ("GOOGLE_URL", "{url}"),
        ("GOOGLE_CLIENT_ID", "{application}"),
        ("GOOGLE_CLIENT_SECRET", "{application_secret}"),
    ],
    error,
    ..OIDC
};

const EMAIL: &str = "https://www.googleapis.com/auth/userinfo.email";
const PROFILE: &str = "https://www.googleapis.com/auth/userinfo.profile";

const fn user_info(path: &'static str, answer: fn(&Known<'_>) -> Value) -> Api {
    Api {
        path,
        about: About::Person,
        parameter: Some("access_token"),
        scopes: &["openid", EMAIL, PROFILE],
        answer,
        headers: plain,
        refusal: || {
            let status = StatusCode::UNAUTHORIZED;
            (status, error(status, "Invalid Credentials"))
        },
    }
}

/// Numbers are texts there.
fn token_info(known: &Known<'_>) -> Value {
    let end = known.end().unwrap_or_default();
    let has = |scope| known.has(scope);
    json!({
        "azp": known.text("client_id"),
        "aud": known.text("client_id"),
        "sub": has("openid").then_some(&known.user.subject),
        "scope": known.text("scope"),
        "exp": end.to_string(),
        "expires_in": end.saturating_sub(known.now).to_string(),
        "email": has(EMAIL).then_some(&known.user.email),
        "email_verified": has(EMAIL).then_some("true"),
        "access_type": "online",
    })
}

fn user_info_v2(known: &Known<'_>) -> Value {
    let user = known.user;
    json!({
        "id": user.subject,
        "email": known.has(EMAIL).then_some(&user.email),
        "verified_email": known.has(EMAIL).then_some(true),
        "name": known.has(PROFILE).then_some(&user.name),
        "picture": known.has(PROFILE).then(|| format!("{}/avatars/{}", known.url, user.subject)),
        "hd": user.organization,
    })
}

fn user_info_v3(known: &Known<'_>) -> Value {
    let user = known.user;
    json!({
        "sub": user.subject,
        "email": known.has(EMAIL).then_some(&user.email),
        "email_verified": known.has(EMAIL).then_some(true),
        "name": known.has(PROFILE).then_some(&user.name),
        "picture": known.has(PROFILE).then(|| format!("{}/avatars/{}", known.url, user.subject)),
        "hd": user.organization,
    })
}

fn error(status: StatusCode, message: &str) -> Value {
    json!({
        "error": {
            "code": status.as_u16(),
            "message": message,
            "status": status.canonical_reason().unwrap_or_default().to_uppercase().replace(' ', "_"),
        },
    })
}
