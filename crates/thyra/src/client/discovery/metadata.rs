//! The two documents, where they are, and what makes them acceptable.

use std::collections::VecDeque;

use serde::Deserialize;
use thyra_auth::ScopeSet;
use url::Url;

use super::super::learned::{UrlRefused, is_same_origin, learned};
use super::super::printable::printable;
use super::{DiscoveryError, malformed};

/// What a protected resource says about itself (RFC 9728 section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceMetadata {
    /// Its identifier, byte for byte: what tokens are asked for with `resource` (RFC 8707).
    pub resource: String,
    /// The first of its authorization servers, byte for byte.
    pub issuer: String,
    /// The scopes that it knows, when it says so.
    pub scopes_supported: Option<ScopeSet>,
}

/// What an authorization server says about itself (RFC 8414 section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthorizationServerMetadata {
    /// Its identifier, byte for byte.
    pub issuer: String,
    /// Where a person logs in.
    pub authorization_endpoint: Url,
    /// Where codes become tokens.
    pub token_endpoint: Url,
    /// Where clients register themselves, when they may (RFC 7591).
    pub registration_endpoint: Option<Url>,
    /// Whether every authorization response names the issuer (RFC 9207).
    pub names_issuer_in_responses: bool,
    /// Whether it gives refresh tokens to those who ask for the scope `offline_access`.
    pub offers_offline_access: bool,
}

impl ResourceMetadata {
    /// `None` when the body is no JSON object: then the document is not here.
    pub(super) fn read(
        body: &[u8],
        server: &Url,
        url: &Url,
    ) -> Result<Option<Self>, DiscoveryError> {
        #[derive(Deserialize)]
        struct Document {
            resource: String,
            authorization_servers: Option<Vec<String>>,
            scopes_supported: Option<Vec<String>>,
        }

        let Some(document) = decode::<Document>(body, url)? else {
            return Ok(None);
        };
        if !covers(&document.resource, server) {
            return Err(DiscoveryError::ResourceMismatch {
                url: url.to_string(),
                found: printable(&document.resource),
                server: server.to_string(),
            });
        }
        let issuer = document
            .authorization_servers
            .and_then(|servers| servers.into_iter().next())
            .ok_or_else(|| DiscoveryError::NoAuthorizationServer {
                url: url.to_string(),
            })?;
        Ok(Some(Self {
            resource: document.resource,
            issuer,
            scopes_supported: document
                .scopes_supported
                .map(|scopes| ScopeSet::parse(&scopes.join(" ")))
                .filter(|scopes| !scopes.is_empty()),
        }))
    }
}

impl AuthorizationServerMetadata {
    /// `None` when the body is no JSON object: then the document is not here.
    pub(super) fn read(
        body: &[u8],
        resource: &ResourceMetadata,
        server: &Url,
        url: &Url,
    ) -> Result<Option<Self>, DiscoveryError> {
        #[derive(Deserialize)]
        struct Document {
            issuer: String,
            authorization_endpoint: Option<String>,
            token_endpoint: Option<String>,
            registration_endpoint: Option<String>,
            code_challenge_methods_supported: Option<Vec<String>>,
            authorization_response_iss_parameter_supported: Option<bool>,
            scopes_supported: Option<Vec<String>>,
        }

        let Some(document) = decode::<Document>(body, url)? else {
            return Ok(None);
        };
        if document.issuer != resource.issuer {
            return Err(DiscoveryError::IssuerMismatch {
                url: url.to_string(),
                wanted: printable(&resource.issuer),
                found: printable(&document.issuer),
            });
        }
        let methods = document
            .code_challenge_methods_supported
            .unwrap_or_default();
        if !methods.iter().any(|method| method == "S256") {
            return Err(DiscoveryError::NoPkce {
                issuer: printable(&document.issuer),
            });
        }
        let endpoint = |value: Option<String>, name: &str| match value {
            Some(text) => Ok(learned(&text, server)?),
            None => Err(malformed(url, &format!("`{name}` is missing"))),
        };
        Ok(Some(Self {
            authorization_endpoint: endpoint(
                document.authorization_endpoint,
                "authorization_endpoint",
            )?,
            token_endpoint: endpoint(document.token_endpoint, "token_endpoint")?,
            registration_endpoint: document
                .registration_endpoint
                .map(|text| learned(&text, server))
                .transpose()?,
            offers_offline_access: document
                .scopes_supported
                .is_some_and(|scopes| scopes.iter().any(|scope| scope == "offline_access")),
            names_issuer_in_responses: document.authorization_response_iss_parameter_supported
                == Some(true),
            issuer: document.issuer,
        }))
    }
}

/// Where the metadata of `server` can be: the path form of RFC 9728 section 3.1, then the root.
pub(super) fn resource_urls(server: &Url) -> Vec<Url> {
    const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
    let mut root = server.clone();
    root.set_fragment(None);
    root.set_query(None);
    root.set_path(WELL_KNOWN);
    let mut urls = Vec::new();
    if server.path() != "/" || server.query().is_some() {
        let mut inserted = root.clone();
        inserted.set_path(&format!(
            "{WELL_KNOWN}{}",
            without_final_slash(server.path())
        ));
        inserted.set_query(server.query());
        urls.push(inserted);
    }
    urls.push(root);
    urls
}

/// Where the metadata of `issuer` can be.
///
/// The order is that of MCP: RFC 8414 section 3.1, then `OpenID` Connect with the path inserted, then
/// appended. Last comes the RFC 8414 name with the path in front, the only place of some servers.
pub(super) fn authorization_server_urls(
    issuer: &str,
    server: &Url,
) -> Result<VecDeque<Url>, UrlRefused> {
    const OAUTH: &str = "/.well-known/oauth-authorization-server";
    const OPENID: &str = "/.well-known/openid-configuration";
    let base = learned(issuer, server)?;
    let path = without_final_slash(base.path());
    let at = |path: String| {
        let mut url = base.clone();
        url.set_query(None);
        url.set_path(&path);
        url
    };
    let paths = if path.is_empty() {
        vec![OAUTH.to_owned(), OPENID.to_owned()]
    } else {
        vec![
            format!("{OAUTH}{path}"),
            format!("{OPENID}{path}"),
            format!("{path}{OPENID}"),
            format!("{path}{OAUTH}"),
        ]
    };
    Ok(paths.into_iter().map(at).collect())
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
    let rest = server.path().strip_prefix(without_final_slash(url.path()));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn without_final_slash(path: &str) -> &str {
    path.strip_suffix('/').unwrap_or(path)
}

fn decode<'a, T: Deserialize<'a>>(body: &'a [u8], url: &Url) -> Result<Option<T>, DiscoveryError> {
    match serde_json::from_slice(body) {
        Ok(document) => Ok(Some(document)),
        // A page instead of a document is how some servers answer for what is not there.
        Err(error) if error.is_syntax() || error.is_eof() => Ok(None),
        Err(error) => Err(malformed(url, &error.to_string())),
    }
}
