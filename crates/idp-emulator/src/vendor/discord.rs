//! Discord.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::api::{About, Api, Known, plain};
use super::oidc::{OIDC, date};
use super::row::{First, Lifetimes, Offer, Opaque, Paths, ResourceChoice, Row, Tokens};
use super::scopes::{Refresh, Scopes, UnknownScope};

/// discord.com. Each refresh gives a new refresh token, and its API is below `/api`, with or
/// without a version. Subjects are numbers, as texts.
pub(crate) const DISCORD: Row = Row {
    name: "Discord",
    realm: "Discord",
    paths: Paths {
        authorize: "/oauth2/authorize",
        token: "/api/oauth2/token",
        register: None,
        revoke: Some("/api/oauth2/token/revoke"),
        introspect: None,
        userinfo: None,
        ..OIDC.paths
    },
    documents: &[],
    offers: &[Offer::PkceOptional],
    tokens: Tokens {
        opaque: Opaque::All,
        ..OIDC.tokens
    },
    scopes: Scopes {
        own: &[
            "connections",
            "email",
            "guilds",
            "guilds.members.read",
            "identify",
        ],
        unknown: UnknownScope::Refused,
        refresh: Refresh::Always,
        ..OIDC.scopes
    },
    resources: ResourceChoice::Nothing,
    lifetimes: Lifetimes {
        session_token: 604_800,
        refresh_token: 15_552_000,
        ..OIDC.lifetimes
    },
    first: First {
        user: "268473310986240001",
        application: "157730590492196864",
        application_scopes: &["identify"],
        ..OIDC.first
    },
    applications_only: true,
    apis: &[
        asked("/api/oauth2/@me", About::Token, &[], me),
        asked("/api/v10/oauth2/@me", About::Token, &[], me),
        asked("/oauth2/@me", About::Token, &[], me),
        asked("/api/users/@me", About::Person, &["identify"], person),
        asked("/api/v10/users/@me", About::Person, &["identify"], person),
    ],
    variables: &[
        ("DISCORD_URL", "{url}"),
        ("DISCORD_CLIENT_ID", "{application}"),
        ("DISCORD_CLIENT_SECRET", "{application_secret}"),
    ],
    error,
    ..OIDC
};

const fn asked(
    path: &'static str,
    about: About,
    scopes: &'static [&'static str],
    answer: fn(&Known<'_>) -> Value,
) -> Api {
    Api {
        path,
        about,
        parameter: None,
        scopes,
        answer,
        headers: plain,
        refusal: || {
            let status = StatusCode::UNAUTHORIZED;
            (status, error(status, "401: Unauthorized"))
        },
    }
}

fn me(known: &Known<'_>) -> Value {
    let client = known.text("client_id");
    let mut answer = json!({
        "application": {
            "id": client, "name": client, "icon": null, "description": "", "bot_public": true,
        },
        "scopes": known.scopes(),
        "expires": known.end().map(|end| date(end).replace('Z', ".000000+00:00")),
    });
    if known.has("identify") {
        answer["user"] = person(known);
    }
    answer
}

fn person(known: &Known<'_>) -> Value {
    let user = known.user;
    let mut person = json!({
        "id": user.subject,
        "username": user.email.split('@').next(),
        "global_name": user.name,
        "discriminator": "0",
        "avatar": null,
        "public_flags": 0,
        "locale": "en-US",
    });
    if known.has("email") {
        person["email"] = json!(user.email);
        person["verified"] = json!(true);
    }
    person
}

fn error(_: StatusCode, message: &str) -> Value {
    json!({ "message": message, "code": 0 })
}
