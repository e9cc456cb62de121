//! What the endpoints answer to programs. Nothing of it may be kept by a cache.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::json;

/// JSON that no cache keeps (OAuth 2.1 section 3.2.3).
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<Bytes> {
    // Our own types have text for keys, so they always serialise.
    let body = serde_json::to_vec(value).unwrap_or_default();
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// An error as OAuth 2.1 section 3.2.4 has it. `description` must not hold a secret.
pub(crate) fn error(status: StatusCode, error: &str, description: &str) -> Response<Bytes> {
    let body = json!({ "error": error, "error_description": description });
    json(status, &body)
}

/// Sends the browser to another page, always with GET: 303, so that no form is posted again.
pub(crate) fn redirect(location: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    // Redirect URIs are of visible ASCII characters, so this is always a header value.
    let location = HeaderValue::try_from(location).unwrap_or(HeaderValue::from_static("/"));
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let none = HeaderValue::from_static("no-referrer");
    headers.insert(header::REFERRER_POLICY, none);
    response
}

/// Nothing, for those who only look whether there is an endpoint.
pub(crate) fn nothing() -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
