//! GitHub, with an OAuth app.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::api::{About, Api, ApplicationTokens, Known};
use super::oidc::{OIDC, date};
use super::row::{
    Dialect, First, Ids, Lifetimes, Offer, Opaque, Paths, ResourceChoice, Row, Tokens,
};
use super::scopes::{Refresh, Rotation, Scopes};

/// github.com and its REST API on one origin; the API is below `/api/v3` as well, where an
/// Enterprise Server has it.
///
/// Tokens do not end, as those of OAuth apps; with ends they come with refresh tokens, as those of
/// GitHub Apps. Scopes are granted as they were asked for, whereas GitHub leaves out the ones that
/// others include. Subjects are meant to be numbers.
pub(crate) const GITHUB: Row = Row {
    name: "GitHub",
    realm: "GitHub",
    paths: Paths {
        authorize: "/login/oauth/authorize",
        token: "/login/oauth/access_token",
        register: None,
        revoke: None,
        introspect: None,
        userinfo: None,
        ..OIDC.paths
    },
    documents: &[],
    offers: &[Offer::PkceOptional],
    tokens: Tokens {
        opaque: Opaque::All,
        opaque_prefix: "gho_",
        refresh_prefix: "ghr_",
        expiring: false,
        invalid_refresh_token: "bad_refresh_token",
        dialect: Dialect::Early,
        ..OIDC.tokens
    },
    scopes: Scopes {
        own: &[
            "gist",
            "notifications",
            "project",
            "public_repo",
            "read:org",
            "read:project",
            "read:user",
            "repo",
            "repo:status",
            "user",
            "user:email",
            "user:follow",
            "workflow",
            "write:org",
        ],
        refresh: Refresh::Expiring,
        rotation: Rotation::Rotated,
        commas: true,
        ..OIDC.scopes
    },
    resources: ResourceChoice::Nothing,
    ids: Ids {
        client: "Ov23li",
        ..OIDC.ids
    },
    lifetimes: Lifetimes {
        code: 600,
        session_token: 28_800,
        refresh_token: 15_897_600,
    },
    first: First {
        user: "583231",
        application: "Ov23liEmulator000001",
        application_scopes: &["user"],
        ..OIDC.first
    },
    applications_only: true,
    apis: &[
        user("/user", person),
        user("/api/v3/user", person),
        user("/user/emails", emails),
        user("/api/v3/user/emails", emails),
        user("/user/repos", |_| json!([])),
        user("/api/v3/user/repos", |_| json!([])),
    ],
    application_tokens: Some(ApplicationTokens {
        roots: &["", "/api/v3"],
        answer: described,
    }),
    variables: &[
        ("GITHUB_URL", "{url}"),
        ("GITHUB_CLIENT_ID", "{application}"),
        ("GITHUB_CLIENT_SECRET", "{application_secret}"),
    ],
    error,
    oauth_error,
    token_answer,
    ..OIDC
};

const fn user(path: &'static str, answer: fn(&Known<'_>) -> Value) -> Api {
    Api {
        path,
        about: About::Person,
        parameter: None,
        scopes: &[],
        answer,
        headers,
        refusal,
    }
}

fn headers(known: &Known<'_>) -> Vec<(&'static str, String)> {
    vec![
        ("x-oauth-scopes", known.scopes().join(", ")),
        ("x-oauth-client-id", known.text("client_id").to_owned()),
        ("x-ratelimit-limit", "5000".to_owned()),
        ("x-ratelimit-remaining", "4999".to_owned()),
    ]
}

fn refusal() -> (StatusCode, Value) {
    let status = StatusCode::UNAUTHORIZED;
    (status, error(status, "Bad credentials"))
}

fn person(known: &Known<'_>) -> Value {
    let user = known.user;
    let login = user.email.split('@').next().unwrap_or_default();
    let address = known.has("user") || known.has("user:email");
    json!({
        "login": login,
        "id": number(&user.subject),
        "type": "User",
        "name": user.name,
        "email": address.then_some(&user.email),
        "avatar_url": format!("{}/avatars/{login}", known.url),
        "html_url": format!("{}/{login}", known.url),
        "url": format!("{}/users/{login}", known.url),
        "company": null,
        "site_admin": false,
    })
}

/// A subject that is no number stays as it is.
fn number(subject: &str) -> Value {
    match subject.parse::<u64>() {
        Ok(number) => json!(number),
        Err(_) => json!(subject),
    }
}

fn emails(known: &Known<'_>) -> Value {
    json!([{
        "email": known.user.email, "verified": true, "primary": true, "visibility": "private",
    }])
}

fn described(known: &Known<'_>) -> Value {
    let client = known.text("client_id");
    let last = known.token.char_indices().nth_back(7);
    json!({
        "id": 1,
        "url": format!("{}/authorizations/1", known.url),
        "app": { "client_id": client, "name": client, "url": known.url },
        "token": known.token,
        "token_last_eight": last.map_or("", |(at, _)| &known.token[at..]),
        "hashed_token": null,
        "note": null,
        "fingerprint": null,
        "scopes": known.scopes(),
        "created_at": known.claims.get("iat").and_then(Value::as_u64).map(date),
        "expires_at": known.end().map(date),
        "user": person(known),
    })
}

fn error(status: StatusCode, message: &str) -> Value {
    json!({
        "message": message,
        "documentation_url": "https://docs.github.com/rest",
        "status": status.as_str(),
    })
}

fn oauth_error(error: &str, description: &str) -> Value {
    let error = match error {
        "invalid_client" => "incorrect_client_credentials",
        "invalid_grant" => "bad_verification_code",
        other => other,
    };
    json!({
        "error": error,
        "error_description": description,
        "error_uri": "https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps",
    })
}

fn token_answer(answer: &mut Map<String, Value>) {
    if let Some(Value::String(scope)) = answer.get_mut("scope") {
        *scope = scope.replace(' ', ",");
    }
    answer.insert("token_type".to_owned(), json!("bearer"));
    if answer.contains_key("refresh_token") {
        let seconds = GITHUB.lifetimes.refresh_token;
        answer.insert("refresh_token_expires_in".to_owned(), json!(seconds));
    }
}
