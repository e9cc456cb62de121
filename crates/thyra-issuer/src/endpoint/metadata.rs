//! The documents in which the authorization server describes itself (RFC 8414), and its public
//! keys.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde::Serialize;
use thyra_auth::PublicRoute;
use thyra_oauth::{AUTHORIZATION_SERVER, AuthorizationServerMetadata, LocationOrder, locations};
use url::Url;

use crate::answer;
use crate::server::{AUTHORIZE, AuthorizationServer, JWKS, REGISTER, REVOKE, TOKEN};

const OPENID_PROVIDER: &str = "openid-configuration";

/// The document. Programs that look for `OpenID` provider metadata find the same, with what they
/// expect there; this is no `OpenID` provider, and issues no ID tokens.
#[derive(Debug, Serialize)]
struct Document {
    #[serde(flatten)]
    metadata: AuthorizationServerMetadata,
    /// How clients may authenticate at the revocation endpoint (RFC 8414 section 2).
    revocation_endpoint_auth_methods_supported: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    revocation_endpoint_auth_signing_alg_values_supported: Vec<String>,
    /// The resource that tokens are issued for (RFC 9728 section 4).
    protected_resources: [String; 1],
    /// Which profiles of grants the token endpoint takes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authorization_grant_profiles_supported: Vec<&'static str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    openid: Option<OpenId>,
}

/// What readers of `OpenID` provider metadata insist on (`OpenID` Connect Discovery section 3).
#[derive(Clone, Copy, Debug, Serialize)]
struct OpenId {
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
}

const OPENID: OpenId = OpenId {
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
};

/// The documents, wherever a client may look for them, and the key set.
pub(super) fn routes(server: &Arc<AuthorizationServer>) -> Vec<PublicRoute> {
    let mut routes: Vec<_> = paths(server)
        .into_iter()
        .map(|path| {
            let is_openid = path.contains(OPENID_PROVIDER);
            let body = body(server, is_openid.then_some(OPENID));
            PublicRoute::new(path, [Method::GET], move |_: Request<Bytes>| {
                let response = json(body.clone());
                async move { response }
            })
            .any_origin()
        })
        .collect();
    let path = server.parts.urls.path(JWKS);
    let keys = Arc::clone(server);
    let key_set = PublicRoute::new(path, [Method::GET], move |_: Request<Bytes>| {
        let server = Arc::clone(&keys);
        async move { key_set(&server).await }
    });
    routes.push(key_set.any_origin());
    routes
}

/// Where the issuer's URL says that the documents are, with the name inserted or appended; where
/// the resource's does, for clients from before RFC 9728; and at the root.
fn paths(server: &AuthorizationServer) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    let places = [server.parts.urls.issuer(), server.resource.as_str()];
    for place in places.into_iter().filter_map(|url| Url::parse(url).ok()) {
        let places = locations(&place, LocationOrder::SpecifiedFirst);
        paths.extend(places.iter().map(|url| url.path().to_owned()));
    }
    for name in [AUTHORIZATION_SERVER, OPENID_PROVIDER] {
        paths.push(format!("/.well-known/{name}"));
    }
    let mut unique = Vec::new();
    for path in paths {
        if !unique.contains(&path) {
            unique.push(path);
        }
    }
    unique
}

fn body(server: &AuthorizationServer, openid: Option<OpenId>) -> Bytes {
    let parts = &server.parts;
    let (urls, clients) = (&parts.urls, &parts.clients);
    let methods = owned(clients.authentication_methods());
    let algorithms = owned(clients.assertion_algorithms());
    let mut metadata = AuthorizationServerMetadata::new(urls.issuer());
    metadata.authorization_endpoint = Some(urls.url(AUTHORIZE));
    metadata.token_endpoint = Some(urls.url(TOKEN));
    metadata.revocation_endpoint = Some(urls.url(REVOKE));
    metadata.jwks_uri = Some(urls.url(JWKS));
    metadata.registration_endpoint = clients.register_themselves().then(|| urls.url(REGISTER));
    metadata.scopes_supported = owned(parts.scopes.valid().iter());
    metadata.response_types_supported = owned(["code"]);
    metadata.response_modes_supported = owned(["query"]);
    metadata.grant_types_supported = owned(parts.grant_types());
    metadata
        .token_endpoint_auth_methods_supported
        .clone_from(&methods);
    metadata
        .token_endpoint_auth_signing_alg_values_supported
        .clone_from(&algorithms);
    metadata
        .service_documentation
        .clone_from(&parts.service_documentation);
    metadata.code_challenge_methods_supported = owned(["S256"]);
    metadata.authorization_response_iss_parameter_supported = true;
    metadata.client_id_metadata_document_supported = clients.have_documents();
    let document = Document {
        metadata,
        revocation_endpoint_auth_methods_supported: methods,
        revocation_endpoint_auth_signing_alg_values_supported: algorithms,
        protected_resources: [server.resource.as_str().to_owned()],
        authorization_grant_profiles_supported: parts.grant_profiles(),
        openid,
    };
    // Text and lists of text always serialise.
    Bytes::from(serde_json::to_vec(&document).unwrap_or_default())
}

fn owned<S: Into<String>>(values: impl IntoIterator<Item = S>) -> Vec<String> {
    values.into_iter().map(Into::into).collect()
}

fn json(body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, kind);
    let cache = HeaderValue::from_static("public, max-age=300");
    headers.insert(header::CACHE_CONTROL, cache);
    response
}

async fn key_set(server: &AuthorizationServer) -> Response<Bytes> {
    match server.parts.token_keys.ring().await {
        Ok(ring) => json(Bytes::from(ring.published().to_string())),
        Err(error) => {
            tracing::warn!(%error, "the keys of our tokens cannot be published");
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let problem = "the keys cannot be read at the moment; try again";
            answer::error(status, "temporarily_unavailable", problem)
        }
    }
}
