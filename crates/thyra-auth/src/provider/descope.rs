//! Descope as the authorization server.

mod place;

use thyra_oauth::ResourceUrl;

use super::variables::provider_settings;
use super::{
    Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, TokenProfile, Vendor,
};
use crate::verify::{Algorithm, Audience, AudienceDemand, IssuerPattern};
use place::Place;

/// Protects a resource with access tokens of a Descope project, as a resource server only: clients
/// register at Descope and log in there.
///
/// It is set up with the discovery URL or the issuer of an MCP server in Descope
/// ([`config_url`](DescopeProviderBuilder::config_url)), or with a
/// [`project_id`](DescopeProviderBuilder::project_id). A token is accepted when it is signed with
/// RS256 by a key of `{api}/{project}/.well-known/jwks.json`, its `iss` is one of the project's
/// ([`DescopeIssuers`]), and its `aud` holds the URL of this server or the project
/// ([`DescopeAudience`]).
///
/// ```
/// use thyra_auth::{AuthProvider, DescopeProvider};
///
/// let provider = DescopeProvider::builder()
///     .config_url("https://api.descope.com/v1/apps/agentic/P1/MS1/.well-known/openid-configuration")
///     .base_url("https://mcp.example.com")
///     .build()?;
/// assert_eq!(
///     provider.authorization_servers(),
///     ["https://api.descope.com/v1/apps/agentic/P1/MS1"]
/// );
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type DescopeProvider = Provider<Descope>;

/// Sets up a [`DescopeProvider`]; made by [`DescopeProvider::builder`].
pub type DescopeProviderBuilder = ProviderBuilder<Descope>;

/// What is special about Descope; see [`DescopeProvider`].
#[derive(Clone, Debug, Default)]
pub struct Descope {
    config_url: Option<String>,
    project_id: Option<String>,
    api_url: Option<String>,
    audience: DescopeAudience,
    issuers: DescopeIssuers,
}

/// What the `aud` of a token must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DescopeAudience {
    /// The project id, which Descope puts into every token of the project, or the URL of this
    /// server. A token that another server of the project received is good here.
    #[default]
    Either,
    /// The URL of this server. It must be the MCP Server URL in the Descope console, exactly as the
    /// metadata names it.
    ServerUrl,
}

/// Which issuers are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DescopeIssuers {
    /// All that the project writes into tokens: its own, those of its MCP servers, and those of its
    /// tenants.
    #[default]
    Project,
    /// The one that clients are sent to.
    ServerOnly,
}

impl DescopeProviderBuilder {
    /// What the `aud` of a token must hold; the project id or the URL of this server by default.
    pub fn audience(mut self, audience: DescopeAudience) -> Self {
        self.vendor.audience = audience;
        self
    }

    /// Which issuers are accepted; all of the project by default.
    pub fn issuers(mut self, issuers: DescopeIssuers) -> Self {
        self.vendor.issuers = issuers;
        self
    }
}

impl Descope {
    fn place(&self) -> Result<Place, ProviderError> {
        Place::new(
            self.config_url.as_deref(),
            self.project_id.as_deref(),
            self.api_url.as_deref(),
        )
    }
}

impl Vendor for Descope {
    const NAME: &'static str = "Descope";
    const VARIABLES: Option<&'static str> = Some("DESCOPE");
    const FORWARDS_METADATA: bool = true;

    fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let place = self.place()?;
        let server = place.authorization_server();
        let mut profile = TokenProfile::new(&server)
            .keys_url(place.keys_url())
            .algorithms([Algorithm::Rs256])
            // The tenant that the user has chosen, of all that are theirs.
            .organization_claims(["dct"]);
        if self.issuers == DescopeIssuers::Project {
            let project = place.project_issuer();
            let (mut tenants, mut servers) = (project.clone(), place.servers_issuer());
            tenants.push('/');
            servers.push('/');
            profile = profile
                .issuers([server, project])
                .issuer_pattern(IssuerPattern::new(tenants, "")?)
                .issuer_pattern(IssuerPattern::new(servers, "")?);
        }
        Ok(profile.into())
    }

    fn audience(&self, resource: &ResourceUrl) -> Result<AudienceDemand, ProviderError> {
        let place = self.place()?;
        let audience = match self.audience {
            DescopeAudience::Either => vec![resource.as_str(), place.project_id()],
            DescopeAudience::ServerUrl => vec![resource.as_str()],
        };
        Ok(Audience::any_of(audience)?.into())
    }
}

provider_settings! {
    /// The settings of a [`DescopeProvider`], before anything is checked. Either `config_url` or
    /// `project_id` is needed.
    pub struct DescopeProviderSettings for Descope {
        /// The discovery URL of the MCP server in Descope, or its issuer:
        /// `https://api.descope.com/v1/apps/agentic/{project}/{server}`, with or without
        /// `/.well-known/openid-configuration`. The one of a project,
        /// `https://api.descope.com/v1/apps/{project}`, is accepted too.
        config_url,
        /// The identifier of the project, `P...`, where there is no `config_url`.
        project_id,
        /// Where Descope's API is, with a `project_id`: `https://api.descope.com` by default.
        api_url,
    }
}

#[cfg(test)]
pub(super) mod tests;
