//! What a client says about itself when it registers.

use serde::Deserialize;
use thyra_oauth::ScopeSet;

use super::{MAX_BODY, RegistrationRefused};
use crate::client::{ApplicationType, GrantType, GrantTypes, RedirectUri, name};

/// How many redirect URIs a client may have.
const MAX_REDIRECT_URIS: usize = 10;

/// What a client says about itself, read and judged (RFC 7591 section 2).
#[derive(Debug)]
pub(super) struct Request {
    pub(super) name: Option<String>,
    pub(super) redirect_uris: Vec<RedirectUri>,
    pub(super) application_type: ApplicationType,
    pub(super) grant_types: GrantTypes,
    pub(super) scopes: Option<ScopeSet>,
}

/// As it comes. Members that are not known are ignored, as RFC 7591 section 2 demands.
#[derive(Deserialize)]
struct Metadata {
    redirect_uris: Option<Vec<String>>,
    client_name: Option<String>,
    application_type: Option<ApplicationType>,
    grant_types: Option<Vec<String>>,
    response_types: Option<Vec<String>>,
    scope: Option<String>,
    token_endpoint_auth_method: Option<String>,
}

impl Request {
    pub(super) fn read(body: &[u8]) -> Result<Self, RegistrationRefused> {
        if body.len() > MAX_BODY {
            return Err(RegistrationRefused::TooLarge);
        }
        // An array would be read as the members in their order.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(RegistrationRefused::Metadata(
                "the metadata is not a JSON object (RFC 7591 section 3.1)",
            ));
        }
        let metadata: Metadata =
            serde_json::from_slice(body).map_err(RegistrationRefused::Syntax)?;
        metadata.judge()
    }
}

impl Metadata {
    fn judge(self) -> Result<Request, RegistrationRefused> {
        let application_type = self.application_type.unwrap_or_default();
        let redirect_uris = self.redirect_uris.unwrap_or_default();
        if redirect_uris.is_empty() {
            return Err(RegistrationRefused::RedirectUris(
                "`redirect_uris` must name where browsers come back to",
            ));
        }
        if redirect_uris.len() > MAX_REDIRECT_URIS {
            return Err(RegistrationRefused::RedirectUris(
                "`redirect_uris` must name at most 10",
            ));
        }
        let mut uris = Vec::with_capacity(redirect_uris.len());
        for (at, uri) in redirect_uris.iter().enumerate() {
            let read = RedirectUri::parse(uri).and_then(|uri| {
                uri.check_for(application_type)?;
                Ok(uri)
            });
            uris.push(read.map_err(|reason| RegistrationRefused::RedirectUri { at, reason })?);
        }
        let scopes = match self.scope.as_deref().map(ScopeSet::learned) {
            None => None,
            Some(Ok(scopes)) => Some(scopes),
            Some(Err(_)) => {
                return Err(RegistrationRefused::Metadata(
                    "`scope` must be scopes with spaces between them (RFC 6749 section 3.3)",
                ));
            }
        };
        if self
            .response_types
            .is_some_and(|types| !types.iter().any(|kind| kind == "code"))
        {
            return Err(RegistrationRefused::Metadata(
                "`response_types` must contain `code`, the only one that there is here",
            ));
        }
        // A client that asks for a secret learns from the answer that it needs none. One that has
        // keys would not want to be let in without them.
        if self.token_endpoint_auth_method.as_deref() == Some("private_key_jwt") {
            return Err(RegistrationRefused::Metadata(
                "`private_key_jwt` is for clients with a metadata document; publish one, or register with `none`",
            ));
        }
        Ok(Request {
            name: self.client_name.as_deref().and_then(name::clean),
            redirect_uris: uris,
            application_type,
            grant_types: grant_types(self.grant_types.as_deref())?,
            scopes,
        })
    }
}

/// Without a list, what MCP clients need: RFC 7591 would give them no refresh tokens, which those
/// that leave the list out do not mean.
fn grant_types(names: Option<&[String]>) -> Result<GrantTypes, RegistrationRefused> {
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
        Err(RegistrationRefused::Metadata(
            "`grant_types` must contain `authorization_code`",
        ))
    }
}
