//! The well-known documents of a protected resource, as public routes.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use thyra_oauth::{
    AUTHORIZATION_SERVER, PROTECTED_RESOURCE, ProtectedResourceMetadata, ResourceUrl,
};

use super::forward::{AuthorizationServerForward, Forwarded};
use crate::answer::json_error;
use crate::routes::PublicRoute;

/// Serves the metadata of a protected resource at the path form of its URL and at the root form
/// (RFC 9728 section 3.1), because clients ask for either.
pub(crate) fn protected_resource(
    resource: &ResourceUrl,
    metadata: &ProtectedResourceMetadata,
) -> impl Iterator<Item = PublicRoute> {
    // Strings and lists of strings always serialise.
    let body = serde_json::to_vec(metadata)
        .map(Bytes::from)
        .unwrap_or_default();
    paths(resource, PROTECTED_RESOURCE)
        .into_iter()
        .map(move |path| {
            let body = body.clone();
            document(path, move || {
                let body = body.clone();
                async move { json(body, "public, max-age=3600") }
            })
        })
}

/// Serves the authorization server's own metadata as well, for clients that look for it at the
/// resource server.
pub(crate) fn authorization_server(
    resource: &ResourceUrl,
    forward: AuthorizationServerForward,
) -> impl Iterator<Item = PublicRoute> {
    paths(resource, AUTHORIZATION_SERVER)
        .into_iter()
        .map(move |path| {
            let forward = forward.clone();
            document(path, move || forwarded(forward.clone()))
        })
}

/// Every origin may read the documents: they are the same for every caller.
fn document<F>(path: String, answer: impl Fn() -> F + Send + Sync + 'static) -> PublicRoute
where
    F: Future<Output = Response<Bytes>> + Send + 'static,
{
    PublicRoute::new(path, [Method::GET], move |_: Request<Bytes>| answer()).any_origin()
}

/// The path form and the root form; one path for a resource at the root.
fn paths(resource: &ResourceUrl, name: &str) -> Vec<String> {
    let mut paths = vec![
        resource.well_known_path(name),
        format!("/.well-known/{name}"),
    ];
    paths.dedup();
    paths
}

async fn forwarded(forward: AuthorizationServerForward) -> Response<Bytes> {
    match forward.document().await {
        Ok(Forwarded::Fresh(body)) => json(body, "public, max-age=300"),
        // A cache on the way must not make an outdated document live longer.
        Ok(Forwarded::Stale(body)) => json(body, "no-cache"),
        Err(_) => json_error(
            StatusCode::BAD_GATEWAY,
            "bad_gateway",
            "The authorization server's metadata cannot be read at the moment. Try again later, or \
             ask the authorization server itself.",
        ),
    }
}

fn json(body: Bytes, cache: &'static str) -> Response<Bytes> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

#[cfg(test)]
mod tests;
