//! What a client says about itself (RFC 7591 section 2), in a registration or in a document.

use serde::Deserialize;
use thiserror::Error;
use thyra_oauth::ScopeSet;

use super::{ApplicationType, GrantType, GrantTypes, RedirectRefused, RedirectUri, name};

/// How many redirect URIs a client may have.
const MAX_REDIRECT_URIS: usize = 10;

/// What a client says about itself, read and judged.
#[derive(Debug)]
pub(super) struct Metadata {
    pub(super) name: Option<String>,
    pub(super) redirect_uris: Vec<RedirectUri>,
    pub(super) application_type: ApplicationType,
    pub(super) grant_types: GrantTypes,
    pub(super) scopes: Option<ScopeSet>,
    pub(super) authentication_method: Option<String>,
}

/// As it comes. Members that are not known are ignored, as RFC 7591 section 2 demands.
#[derive(Deserialize)]
struct Members {
    redirect_uris: Option<Vec<String>>,
    client_name: Option<String>,
    application_type: Option<ApplicationType>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    scope: Option<String>,
    token_endpoint_auth_method: Option<String>,
}

impl Metadata {
    pub(super) fn read(json: &[u8]) -> Result<Self, MetadataRefused> {
        // An array would be read as the members in their order.
        if !json.trim_ascii_start().starts_with(b"{") {
            return Err(MetadataRefused::Member(
                "the metadata is not a JSON object (RFC 7591 section 3.1)",
            ));
        }
        let members: Members = serde_json::from_slice(json).map_err(MetadataRefused::Syntax)?;
        members.judge()
    }
}

impl Members {
    fn judge(self) -> Result<Metadata, MetadataRefused> {
        let application_type = self.application_type.unwrap_or_default();
        let redirect_uris = self.redirect_uris.unwrap_or_default();
        if redirect_uris.is_empty() {
            return Err(MetadataRefused::RedirectUris(
                "`redirect_uris` must name where browsers come back to",
            ));
        }
        if redirect_uris.len() > MAX_REDIRECT_URIS {
            return Err(MetadataRefused::RedirectUris(
                "`redirect_uris` must name at most 10",
            ));
        }
        let mut uris = Vec::with_capacity(redirect_uris.len());
        for (at, uri) in redirect_uris.iter().enumerate() {
            let read = RedirectUri::parse(uri).and_then(|uri| {
                uri.check_for(application_type)?;
                Ok(uri)
            });
            uris.push(read.map_err(|reason| MetadataRefused::RedirectUri { at, reason })?);
        }
        let scopes = match self.scope.as_deref().map(ScopeSet::learned) {
            None => None,
            Some(Ok(scopes)) => Some(scopes),
            Some(Err(_)) => {
                return Err(MetadataRefused::Member(
                    "`scope` must be scopes with spaces between them (RFC 6749 section 3.3)",
                ));
            }
        };
        let has_code = |types: Vec<String>| types.iter().any(|kind| kind == "code");
        if !self.response_types.is_none_or(has_code) {
            return Err(MetadataRefused::Member(
                "`response_types` must contain `code`, the only one that there is here",
            ));
        }
        Ok(Metadata {
            name: self.client_name.as_deref().and_then(name::clean),
            redirect_uris: uris,
            application_type,
            grant_types: grant_types(self.grant_types.as_deref())?,
            scopes,
            authentication_method: self.token_endpoint_auth_method,
        })
    }
}

/// Without a list, what MCP clients need: RFC 7591 would give them no refresh tokens, which those
/// that leave the list out do not mean.
fn grant_types(names: Option<&[String]>) -> Result<GrantTypes, MetadataRefused> {
    let Some(names) = names else {
        return Ok(GrantTypes::LOGINS);
    };
    let grants: GrantTypes = names
        .iter()
        .filter_map(|name| GrantType::read(name))
        .collect();
    if grants.contain(GrantType::AuthorizationCode) {
        Ok(grants)
    } else {
        Err(MetadataRefused::Member(
            "`grant_types` must contain `authorization_code`",
        ))
    }
}

/// What of a client's metadata counts here.
#[derive(Debug)]
pub(super) struct Offered {
    /// Whether there are ID-JAGs.
    pub(super) identity_assertion: bool,
    /// The scopes that clients may ask for.
    pub(super) scopes: ScopeSet,
}

impl Offered {
    /// Scopes that are not known here would only be asked for in vain. A client that knows none of
    /// them asks for what it needs when it comes (RFC 7591 section 2).
    pub(super) fn scopes(&self, named: Option<&ScopeSet>) -> Option<ScopeSet> {
        let named = named?.iter();
        let known: ScopeSet = named.filter(|scope| self.scopes.contains(scope)).collect();
        (!known.is_empty()).then_some(known)
    }

    /// The grant of ID-JAG comes and goes with the server, whatever the client says.
    pub(super) fn grant_types(&self, named: GrantTypes) -> GrantTypes {
        if self.identity_assertion {
            named.with(GrantType::JwtBearer)
        } else {
            named.without(GrantType::JwtBearer)
        }
    }
}

/// Why metadata cannot be used. The text is safe to show.
#[derive(Debug, Error)]
pub(crate) enum MetadataRefused {
    #[error("{0}")]
    Member(&'static str),
    #[error("the redirect URI number {} is not accepted: {reason}", at + 1)]
    RedirectUri { at: usize, reason: RedirectRefused },
    #[error("{0}")]
    RedirectUris(&'static str),
    #[error("the metadata is not the JSON of RFC 7591 section 2: {0}")]
    Syntax(#[source] serde_json::Error),
}

impl MetadataRefused {
    /// The error code of RFC 7591 section 3.2.2.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Member(_) | Self::Syntax(_) => "invalid_client_metadata",
            Self::RedirectUri { .. } | Self::RedirectUris(_) => "invalid_redirect_uri",
        }
    }
}
