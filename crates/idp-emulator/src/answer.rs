//! Answers that several routes give.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::environment::Shared;
use crate::key::CryptoError;

/// Marks a response whose body [`spell`] still has to write.
#[derive(Clone)]
struct Unspelt(String);

/// Marks a response that never leaves: the connection is closed instead.
#[derive(Clone)]
pub(crate) struct HangUp;

/// No answer at all.
pub(crate) fn hang_up() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(HangUp);
    response
}

/// An error that OAuth does not define. [`spell`] writes its body.
pub(crate) fn rest_error(status: StatusCode, message: &str) -> Response {
    let mut response = status.into_response();
    response
        .extensions_mut()
        .insert(Unspelt(message.to_owned()));
    response
}

/// Writes errors as the vendor spells them. A key that cannot sign or a guard that refuses knows no
/// vendor.
pub(crate) async fn spell(
    State(environment): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let Some(Unspelt(message)) = response.extensions_mut().remove() else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    let body = (environment.vendor.error)(parts.status, &message);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    Response::from_parts(parts, Body::from(body.to_string()))
}

pub(crate) fn unknown_resource() -> Response {
    rest_error(StatusCode::NOT_FOUND, "resource not found")
}

pub(crate) async fn no_route(uri: Uri) -> Response {
    let path: String = uri.path().chars().take(200).collect();
    rest_error(StatusCode::NOT_FOUND, &format!("nothing is at {path}"))
}

/// The token that a request shows: as `Bearer` (RFC 6750), or as `token`, as GitHub takes it.
pub(crate) fn shown_token(headers: &HeaderMap) -> Option<&str> {
    let shown = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = shown.split_once(' ')?;
    let known = ["bearer", "token"].map(|known| scheme.eq_ignore_ascii_case(known));
    known.contains(&true).then(|| token.trim())
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
