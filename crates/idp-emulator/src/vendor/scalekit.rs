//! Scalekit.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::{Claims, First, Ids, Lifetimes, Paths, Variables, Vendor};
use crate::client::Client;
use crate::resource::Resource;

/// A Scalekit environment. Each MCP server in it is an issuer of its own.
pub(crate) const SCALEKIT: Vendor = Vendor {
    name: "Scalekit",
    realm: "scalekit",
    paths: Paths {
        resource_issuer: "/resources/{resource}",
        authorize: "/oauth/authorize",
        token: "/oauth/token",
        register: "/api/v1/resources/{resource}/clients:register",
        keys: "/keys",
        revoke: "/oauth/revoke",
        logout: "/oidc/logout",
        consent: "/oauth/consent",
    },
    ids: Ids {
        key: "snk_",
        client: "m2m_",
        token: "tkn_",
        session: "ses_",
        login: "lri_",
    },
    claims: Claims {
        header_type: "JWT",
        client: "client_id",
        organization: "oid",
        permissions: "permissions",
        roles: "roles",
        session: "sid",
        scope: "scope",
        scopes: "scopes",
    },
    lifetimes: Lifetimes {
        code: 60,
        session_token: 300,
        refresh_token: 86_400,
    },
    first: First {
        resource: "res_1",
        user: "usr_1",
        environment_client: "skc_1",
        // As Scalekit's management clients get.
        environment_scopes: &["openid"],
    },
    variables: Variables {
        environment_url: "SCALEKIT_ENVIRONMENT_URL",
        resource_id: "SCALEKIT_RESOURCE_ID",
        client_id: "SCALEKIT_CLIENT_ID",
        client_secret: "SCALEKIT_CLIENT_SECRET",
    },
    audience,
    error,
    registration,
};

/// The identifier, and the Server URL if there is one.
fn audience(resource: &Resource) -> Vec<&str> {
    [resource.id.as_str()]
        .into_iter()
        .chain(resource.uri.as_deref())
        .collect()
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
fn registration(client: &Client, resource: &Resource, scopes: &[String]) -> Map<String, Value> {
    Map::from_iter([
        ("name".to_owned(), json!(client.name)),
        ("scopes".to_owned(), json!(scopes)),
        ("resource_id".to_owned(), json!(resource.id)),
    ])
}
