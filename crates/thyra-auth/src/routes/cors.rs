//! What browsers are told about routes that every origin may read.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// How long browsers may keep the answer to a preflight: the longest that all of them honour.
const PREFLIGHT_MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// Which headers the pages of other origins may send and read, at routes that every origin may
/// read.
///
/// By default they may send any header, and read `WWW-Authenticate` beside those that browsers
/// always show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    allowed: HeaderValue,
    exposed: HeaderValue,
}

impl Cors {
    /// `allowed` are the headers that pages may send, and `exposed` those that they may read, both
    /// as the headers of the Fetch standard list them: names with commas between them.
    pub fn new(allowed: HeaderValue, exposed: HeaderValue) -> Self {
        Self { allowed, exposed }
    }

    /// Every origin may read this answer.
    pub(super) fn share(&self, headers: &mut HeaderMap) {
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        );
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.clone());
        headers.insert(
            HeaderName::from_static("x-content-type-options"),
            HeaderValue::from_static("nosniff"),
        );
    }

    /// Adds what a preflight asks for, if this is one.
    pub(super) fn answer_preflight(
        &self,
        asked: &HeaderMap,
        methods: HeaderValue,
        headers: &mut HeaderMap,
    ) {
        if asked.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
            headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, self.allowed.clone());
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE);
        }
    }
}

impl Default for Cors {
    fn default() -> Self {
        Self {
            // The wildcard does not cover `authorization` (Fetch standard, "CORS-preflight fetch").
            allowed: HeaderValue::from_static("authorization, *"),
            exposed: HeaderValue::from_static("www-authenticate"),
        }
    }
}
