//! What the browser shows at the end. Nothing of the request is repeated in it.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use http::header::{HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{Response, StatusCode};

/// After an answer that counts.
pub(super) fn done(granted: bool) -> Response<String> {
    if granted {
        page(StatusCode::OK, "You are logged in.")
    } else {
        page(StatusCode::BAD_REQUEST, "The login did not succeed.")
    }
}

/// After a request that is no answer.
pub(super) fn refused(status: StatusCode) -> Response<String> {
    page(
        status,
        "This is not the answer to a login that is going on.",
    )
}

fn page(status: StatusCode, sentence: &str) -> Response<String> {
    let mut response = Response::new(format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Login</title>\n\
         <p>{sentence} You can close this page and go back to your program.</p></html>\n"
    ));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
