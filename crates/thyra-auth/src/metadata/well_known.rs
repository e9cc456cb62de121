//! The well-known routes: exact paths, answered for every method and every origin.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};
use http_body_util::Full;
use thyra_oauth::{
    AUTHORIZATION_SERVER, PROTECTED_RESOURCE, ProtectedResourceMetadata, ResourceUrl,
};

use super::forward::{AuthorizationServerForward, Forwarded};
use crate::answer;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, last-event-id, mcp-method, mcp-name, mcp-protocol-version, \
     mcp-session-id",
);
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static("www-authenticate, mcp-session-id");
/// How long browsers may keep the answer to a preflight: the longest that all of them honour.
const PREFLIGHT_MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The well-known documents of one protected resource, each at its exact paths.
///
/// The documents are public: they are answered without a token, to any origin, for `GET`, `HEAD`
/// and `OPTIONS`. No path is matched by prefix or suffix, so nothing else becomes public with them.
#[derive(Clone)]
pub struct WellKnown {
    routes: Vec<(String, Document)>,
}

#[derive(Clone)]
enum Document {
    Forward(AuthorizationServerForward),
    Metadata(Bytes),
}

impl WellKnown {
    /// Serves `metadata` at the path form of `resource` and at the root form (RFC 9728
    /// section 3.1), because clients ask for either.
    pub fn new(resource: &ResourceUrl, metadata: &ProtectedResourceMetadata) -> Self {
        // Strings and lists of strings always serialise.
        let body = serde_json::to_vec(metadata)
            .map(Bytes::from)
            .unwrap_or_default();
        let mut table = Self { routes: Vec::new() };
        table.add(resource, PROTECTED_RESOURCE, &Document::Metadata(body));
        table
    }

    /// Serves the authorization server's own metadata as well, for clients that look for it at the
    /// resource server.
    #[must_use]
    pub fn with_forward(
        mut self,
        resource: &ResourceUrl,
        forward: AuthorizationServerForward,
    ) -> Self {
        self.add(resource, AUTHORIZATION_SERVER, &Document::Forward(forward));
        self
    }

    fn add(&mut self, resource: &ResourceUrl, name: &str, document: &Document) {
        for path in [
            resource.well_known_path(name),
            format!("/.well-known/{name}"),
        ] {
            if !self.answers(&path) {
                self.routes.push((path, document.clone()));
            }
        }
    }

    /// Whether `path` is one of the paths of these documents.
    pub fn answers(&self, path: &str) -> bool {
        self.document(path).is_some()
    }

    /// The paths, for a router that needs to know them in advance.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().map(|(path, _)| path.as_str())
    }

    /// Answers a request for one of the paths; 404 for any other path.
    ///
    /// `headers` are those of the request. The documents are the same for every caller, so a token
    /// in them is not looked at.
    pub async fn respond(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Response<Full<Bytes>> {
        let Some(document) = self.document(path) else {
            return with_cors(answer::error(
                StatusCode::NOT_FOUND,
                "not_found",
                "There is no such document.",
            ));
        };
        let mut response = match *method {
            Method::GET | Method::HEAD => document.response().await,
            Method::OPTIONS => return preflight(headers),
            _ => {
                let mut response = answer::error(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "method_not_allowed",
                    "This document is read with GET.",
                );
                response.headers_mut().insert(header::ALLOW, METHODS);
                response
            }
        };
        if method == Method::HEAD {
            let length = http_body::Body::size_hint(response.body()).exact();
            response
                .headers_mut()
                .insert(header::CONTENT_LENGTH, length.unwrap_or_default().into());
            *response.body_mut() = Full::default();
        }
        with_cors(response)
    }

    fn document(&self, path: &str) -> Option<&Document> {
        self.routes
            .iter()
            .find(|(route, _)| route == path)
            .map(|(_, document)| document)
    }
}

impl fmt::Debug for WellKnown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.paths()).finish()
    }
}

impl Document {
    async fn response(&self) -> Response<Full<Bytes>> {
        let (body, cache) = match self {
            Self::Metadata(body) => (body.clone(), "public, max-age=3600"),
            Self::Forward(forward) => match forward.document().await {
                Ok(Forwarded::Fresh(body)) => (body, "public, max-age=300"),
                // A cache on the way may not make an outdated document live longer.
                Ok(Forwarded::Stale(body)) => (body, "no-cache"),
                Err(_) => {
                    return answer::error(
                        StatusCode::BAD_GATEWAY,
                        "bad_gateway",
                        "The authorization server's metadata cannot be read at the moment. Try \
                         again later, or ask the authorization server itself.",
                    );
                }
            },
        };
        let mut response = Response::new(Full::new(body));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, JSON);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        response
    }
}

/// Every origin may read the documents, and needs to see the challenge of the endpoint they are for.
fn with_cors(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    response
}

fn preflight(request: &HeaderMap) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, METHODS);
    if request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_MAX_AGE);
    }
    with_cors(response)
}

#[cfg(test)]
mod tests;
