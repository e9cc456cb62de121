//! The JSON body of an error response.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

/// The JSON body of an error (RFC 6749 section 5.2, which RFC 6750 takes up).
#[derive(Serialize)]
struct Body {
    error: &'static str,
    error_description: &'static str,
}

/// A JSON error that no cache keeps. Its text is fixed, so it cannot contain anything of the
/// request.
pub(crate) fn json_error(
    status: StatusCode,
    error: &'static str,
    error_description: &'static str,
) -> Response<Bytes> {
    let body = Body {
        error,
        error_description,
    };
    // Two strings always serialise.
    let body = serde_json::to_vec(&body).unwrap_or_default();
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
