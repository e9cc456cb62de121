//! A service that a router of axum nested under a prefix.

use axum::extract::NestedPath;
use http::request::Parts;
use thyra_auth::ResourceUrl;

use super::McpService;

/// Which part of a server a service is given to serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The endpoint and the public routes. They belong to the root of the origin.
    Whole,
    /// The endpoint alone, which may be nested under a prefix.
    Endpoint,
}

impl McpService {
    /// The service for the endpoint alone.
    pub(crate) fn endpoint_only(&self) -> Self {
        Self {
            part: Part::Endpoint,
            ..self.clone()
        }
    }

    /// What is wrong with where a router has put this service, if anything is.
    pub(super) fn misplaced(&self, parts: &Parts) -> Option<String> {
        let prefix = parts.extensions.get::<NestedPath>()?.as_str();
        let resource = self.app.door.protection()?.resource();
        misplaced(self.part, prefix, &self.app.path, resource)
    }
}

/// What is wrong with a service that a router nested under `prefix`, and what to do about it.
///
/// A protected server is known by its resource URL: tokens are issued for it, and clients derive
/// from it where the documents are (RFC 9728 section 3.1). So the prefix must be in that URL, and
/// the documents must not be under the prefix.
fn misplaced(part: Part, prefix: &str, endpoint: &str, resource: &ResourceUrl) -> Option<String> {
    let prefix = prefix.trim_end_matches('/');
    let place = format!("{prefix}{endpoint}");
    let fits = resource
        .path()
        .trim_end_matches('/')
        .ends_with(place.trim_end_matches('/'));
    let resource = resource.as_str();
    if !fits {
        return Some(format!(
            "This server is nested under {prefix}, so clients call it at {place}, but its provider \
             protects {resource}. Give the provider the public URL with the prefix as its base URL, \
             as in https://mcp.example.com{prefix}, and nest only what into_routers() returns as \
             `endpoint`."
        ));
    }
    (part == Part::Whole).then(|| {
        format!(
            "This server is nested under {prefix} together with its public routes, but clients of \
             {resource} look for those at the root. Call into_routers(): nest its `endpoint`, and \
             merge its `public_routes` at the root."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_must_be_in_the_resource_and_the_documents_out_of_it() {
        let resource = |base: &str| ResourceUrl::new(base, "/mcp").unwrap();
        let said = |part, base: &str| misplaced(part, "/api", "/mcp", &resource(base));
        assert_eq!(said(Part::Endpoint, "https://h/api"), None);
        // A proxy in front takes `/v1` away.
        assert_eq!(said(Part::Endpoint, "https://h/v1/api"), None);
        let unknown = said(Part::Endpoint, "https://h").unwrap();
        assert!(unknown.contains("protects https://h/mcp."), "{unknown}");
        assert!(
            unknown.contains("https://mcp.example.com/api,"),
            "{unknown}"
        );
        assert!(said(Part::Endpoint, "https://h/notapi").is_some());
        let whole = said(Part::Whole, "https://h/api").unwrap();
        assert!(whole.contains("into_routers()"), "{whole}");
    }
}
