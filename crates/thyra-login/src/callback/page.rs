//! What the browser shows at the end. Nothing of the request is repeated in it.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_FRAME_OPTIONS,
};
use http::header::{HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{Response, StatusCode};

/// After an answer that counts.
pub(super) fn done(granted: bool) -> Response<String> {
    if granted {
        page(
            StatusCode::OK,
            "You are logged in",
            "You can close this page and go back to your program.",
        )
    } else {
        page(
            StatusCode::BAD_REQUEST,
            "The login did not succeed",
            "Your program says why. You can close this page and go back to it.",
        )
    }
}

/// After a request that is no answer.
pub(super) fn refused(status: StatusCode) -> Response<String> {
    page(
        status,
        "No login is waiting for this",
        "This is not the answer to a login that is going on. Go back to your program and log in again, \
         if it does not go on by itself.",
    )
}

/// What the pages look like, in light and in dark. Its digest is in the policy, so that nothing
/// else can style a page.
const STYLE: &str = "body{font:1.125rem/1.5 system-ui,sans-serif;margin:15vh auto;max-width:32rem;\
     padding:0 1rem}h1{font-size:1.5rem;line-height:1.2}";
const POLICY: &str = "default-src 'none'; \
     style-src 'sha256-gYFi1onIrHDAoYEu4pJ32L54vWVt2ZqEd1Md/ksbPDo='; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

fn page(status: StatusCode, heading: &str, sentence: &str) -> Response<String> {
    let mut response = Response::new(format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{heading}</title>\n<style>{STYLE}</style>\n\
         <h1>{heading}</h1>\n<p>{sentence}</p>\n</html>\n"
    ));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest::{SHA256, digest};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn the_policy_names_the_style_of_the_page_and_nothing_else() {
        let digest = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
        assert!(
            POLICY.contains(&format!("style-src 'sha256-{digest}'")),
            "{digest}"
        );
        for page in [done(true), done(false), refused(StatusCode::NOT_FOUND)] {
            assert!(page.body().contains(&format!("<style>{STYLE}</style>")));
            assert!(!page.body().contains("<script") && !page.body().contains("http"));
        }
    }
}
