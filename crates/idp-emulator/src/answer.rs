//! Answers that several routes give.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::key::CryptoError;

/// An error of Scalekit's REST interface: a gRPC status in JSON.
pub(crate) fn rest_error(status: StatusCode, message: &str) -> Response {
    (status, Json(rest_error_body(status, message))).into_response()
}

pub(crate) fn rest_error_body(status: StatusCode, message: &str) -> Value {
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

pub(crate) fn unknown_resource() -> Response {
    rest_error(StatusCode::NOT_FOUND, "resource not found")
}

pub(crate) async fn no_route(uri: Uri) -> Response {
    let path: String = uri.path().chars().take(200).collect();
    rest_error(StatusCode::NOT_FOUND, &format!("nothing is at {path}"))
}

/// JSON that nobody may keep (RFC 6749 section 5.1).
pub(crate) fn uncached(status: StatusCode, body: Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// A redirect that nobody may keep. The status is 303 after a form, 302 after a link.
pub(crate) fn redirect(status: StatusCode, location: &str) -> Response {
    match HeaderValue::try_from(location) {
        Ok(location) => (
            status,
            [
                (header::LOCATION, location),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
                (
                    header::REFERRER_POLICY,
                    HeaderValue::from_static("no-referrer"),
                ),
            ],
        )
            .into_response(),
        Err(_) => rest_error(
            StatusCode::BAD_REQUEST,
            "the redirect URI fits into no header",
        ),
    }
}

impl IntoResponse for CryptoError {
    fn into_response(self) -> Response {
        rest_error(StatusCode::INTERNAL_SERVER_ERROR, &self.to_string())
    }
}
