//! What makes the two documents acceptable: reading them is `thyra_oauth`'s part, trusting them is
//! ours.

use std::collections::VecDeque;

use serde::de::DeserializeOwned;
use thyra_oauth::{
    AuthorizationServerMetadata, OFFLINE_ACCESS, ProtectedResourceMetadata, ScopeSet, is_of_urls,
    is_same_origin, learned_url, printable,
};
use url::Url;

use super::{AuthorizationServer, DiscoveryError, ProtectedResource, Purpose};

/// The most authorization servers that are tried, one after the other.
const MAX_SERVERS: usize = 3;

/// Judges the protected resource metadata that was found at `url`. Of several authorization
/// servers, `preferred` counts; without it, those that follow the first are there in case that one
/// is out of order. `None` when the body is not JSON: then the document is not there.
pub(super) fn judge_resource(
    body: &[u8],
    preferred: Option<&str>,
    server: &Url,
    url: &Url,
) -> Result<Option<(ProtectedResource, VecDeque<String>)>, DiscoveryError> {
    let Some(metadata) = decode::<ProtectedResourceMetadata>(body, url)? else {
        return Ok(None);
    };
    if !is_of_urls(&metadata.resource) {
        let problem = "its `resource` holds a character that no URL has (RFC 3986 section 2)";
        return Err(malformed(url, problem));
    }
    if !covers(&metadata.resource, server) {
        return Err(DiscoveryError::ResourceMismatch {
            url: url.to_string(),
            found: printable(&metadata.resource),
            server: server.to_string(),
        });
    }
    let mut named = VecDeque::from(metadata.authorization_servers);
    let place = named
        .iter()
        .position(|issuer| Some(issuer.as_str()) == preferred);
    let chosen = named.remove(place.unwrap_or_default());
    let issuer = chosen.ok_or_else(|| DiscoveryError::NoAuthorizationServer {
        url: url.to_string(),
    })?;
    if preferred.is_some() {
        // The client is one of a single authorization server.
        named.clear();
    }
    named.truncate(MAX_SERVERS - 1);
    let scopes = ScopeSet::learned(&metadata.scopes_supported.join(" "))
        .map_err(|refused| malformed(url, &format!("in its `scopes_supported`, {refused}")))?;
    let resource = ProtectedResource {
        resource: metadata.resource,
        issuer,
        scopes_supported: Some(scopes).filter(|scopes| !scopes.is_empty()),
        dpop_algorithms: metadata.dpop_signing_alg_values_supported,
        requires_dpop: metadata.dpop_bound_access_tokens_required,
    };
    Ok(Some((resource, named)))
}

/// Judges the metadata of `issuer` that was found at `url`. `None` when the body is not JSON: then
/// the document is not there.
pub(super) fn judge_authorization_server(
    body: &[u8],
    issuer: &str,
    purpose: Purpose,
    server: &Url,
    url: &Url,
) -> Result<Option<AuthorizationServer>, DiscoveryError> {
    let Some(metadata) = decode::<AuthorizationServerMetadata>(body, url)? else {
        return Ok(None);
    };
    if metadata.issuer != issuer {
        return Err(DiscoveryError::IssuerMismatch {
            url: url.to_string(),
            wanted: printable(issuer),
            found: printable(&metadata.issuer),
        });
    }
    let offers = |offered: &[String], wanted| offered.iter().any(|one| one == wanted);
    let is_for_person = purpose == Purpose::Person;
    if is_for_person && !offers(&metadata.code_challenge_methods_supported, "S256") {
        return Err(DiscoveryError::NoPkce {
            issuer: printable(&metadata.issuer),
        });
    }
    let learned = |text: Option<String>| text.map(|text| learned_url(&text, server)).transpose();
    let missing = |name| malformed(url, &format!("`{name}` is missing"));
    let authorization_endpoint = learned(metadata.authorization_endpoint)?;
    if is_for_person && authorization_endpoint.is_none() {
        return Err(missing("authorization_endpoint"));
    }
    Ok(Some(AuthorizationServer {
        authorization_endpoint,
        token_endpoint: learned(metadata.token_endpoint)?
            .ok_or_else(|| missing("token_endpoint"))?,
        registration_endpoint: learned(metadata.registration_endpoint)?,
        // A login in the browser does not need it.
        device_authorization_endpoint: learned(metadata.device_authorization_endpoint)
            .ok()
            .flatten(),
        // No login needs it.
        revocation_endpoint: learned(metadata.revocation_endpoint).ok().flatten(),
        authentication_methods: metadata.token_endpoint_auth_methods_supported,
        assertion_algorithms: metadata.token_endpoint_auth_signing_alg_values_supported,
        dpop_algorithms: metadata.dpop_signing_alg_values_supported,
        takes_metadata_documents: metadata.client_id_metadata_document_supported,
        offers_offline_access: offers(&metadata.scopes_supported, OFFLINE_ACCESS),
        names_issuer_in_responses: metadata.authorization_response_iss_parameter_supported,
        issuer: metadata.issuer,
    }))
}

/// Whether a token for `resource` is one for `server`: the same URL, or a path above it on the
/// same origin.
fn covers(resource: &str, server: &Url) -> bool {
    let Ok(url) = Url::parse(resource) else {
        return false;
    };
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if !plain
        || !is_same_origin(&url, server)
        || (url.query().is_some() && url.query() != server.query())
    {
        return false;
    }
    let path = url.path();
    let above = path.strip_suffix('/').unwrap_or(path);
    let rest = server.path().strip_prefix(above);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn decode<T: DeserializeOwned>(body: &[u8], url: &Url) -> Result<Option<T>, DiscoveryError> {
    match serde_json::from_slice(body) {
        Ok(document) => Ok(Some(document)),
        // Some servers answer with a page where they have no document.
        Err(error) if error.is_syntax() || error.is_eof() => Ok(None),
        Err(error) => Err(malformed(url, &error.to_string())),
    }
}

fn malformed(url: &Url, problem: &str) -> DiscoveryError {
    DiscoveryError::Malformed {
        url: url.to_string(),
        problem: printable(problem),
    }
}
