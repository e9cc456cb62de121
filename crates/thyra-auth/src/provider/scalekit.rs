//! Scalekit as the authorization server.

mod environment;

use thyra_oauth::ResourceUrl;

use super::variables::provider_settings;
use super::{
    Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, TokenProfile, Vendor,
};
use crate::verify::{Algorithm, Audience, AudienceDemand};
use environment::Environment;

/// Protects a resource with access tokens that Scalekit issued.
///
/// The server is a resource server only (OAuth 2.1 section 1.1): it verifies tokens with the
/// environment's key set, and needs neither a client nor a secret of Scalekit's. A token is
/// accepted when
/// - it is signed with RS256 by a key of `{environment}/keys`,
/// - its `iss` is `{environment}` or `{environment}/resources/{resource id}`, byte for byte
///   ([`ScalekitIssuers`]),
/// - its `aud` holds the resource id ([`ScalekitAudience`]),
/// - it has `sub` and `exp`, and is neither expired nor used before its time,
/// - and its `resource`, if it has one, is the URL of this server.
///
/// Its scopes are those of `scope`, `scopes` and `scp` together, and its organisation is `oid`, or
/// `org_id` where there is none. Clients are sent to the resource's own issuer.
///
/// ```
/// use thyra_auth::{AuthProvider, ScalekitProvider, ScopeSet};
///
/// let provider = ScalekitProvider::builder()
///     .environment_url("https://acme.scalekit.dev")
///     .resource_id("res_123")
///     .base_url("https://mcp.example.com")
///     .required_scopes(ScopeSet::from_iter(["notes:read"]))
///     .build()?;
/// let protection = provider.protection("/mcp")?;
/// assert_eq!(protection.resource().as_str(), "https://mcp.example.com/mcp");
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type ScalekitProvider = Provider<Scalekit>;

/// Sets up a [`ScalekitProvider`]; made by [`ScalekitProvider::builder`].
///
/// The environment URL, the resource id and the base URL are needed; the rest has defaults.
pub type ScalekitProviderBuilder = ProviderBuilder<Scalekit>;

/// What is special about Scalekit; see [`ScalekitProvider`].
#[derive(Clone, Debug, Default)]
pub struct Scalekit {
    environment_url: Option<String>,
    resource_id: Option<String>,
    client_id: Option<String>,
    audience: ScalekitAudience,
    issuers: ScalekitIssuers,
}

/// What the `aud` of a token must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScalekitAudience {
    /// The resource id and the URL of this server. The URL must be set as the Server URL in the
    /// Scalekit dashboard, exactly as the metadata names it.
    Both,
    /// The URL of this server only, as FastMCP 2.13 had it. The URL must be set as the Server URL
    /// in the Scalekit dashboard, exactly as the metadata names it.
    ServerUrl,
    /// The resource id, which Scalekit puts into every token for the resource.
    #[default]
    ResourceId,
}

/// Which issuers are accepted. Scalekit is moving from the environment to the resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScalekitIssuers {
    /// `{environment}` and `{environment}/resources/{resource id}`.
    #[default]
    Both,
    /// `{environment}`, as tokens had it until August 2026.
    EnvironmentOnly,
    /// `{environment}/resources/{resource id}`, once the environment was moved.
    ResourceOnly,
}

impl ScalekitProviderBuilder {
    /// What the `aud` of a token must hold; the resource id by default.
    pub fn audience(mut self, audience: ScalekitAudience) -> Self {
        self.vendor.audience = audience;
        self
    }

    /// Which issuers are accepted; both by default.
    pub fn issuers(mut self, issuers: ScalekitIssuers) -> Self {
        self.vendor.issuers = issuers;
        self
    }
}

impl Vendor for Scalekit {
    const NAME: &'static str = "Scalekit";
    const VARIABLES: Option<&'static str> = Some("SCALEKIT");
    const FORWARDS_METADATA: bool = true;

    fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        let environment =
            Environment::new(self.environment_url.as_deref(), self.resource_id.as_deref())?;
        if self.client_id.is_some() {
            tracing::warn!(
                "SCALEKIT_CLIENT_ID is not used: verifying tokens needs no client. Remove it"
            );
        }
        let (old, new) = (environment.url(), environment.resource_issuer());
        let issuers = match self.issuers {
            ScalekitIssuers::Both => vec![old, &new],
            ScalekitIssuers::EnvironmentOnly => vec![old],
            ScalekitIssuers::ResourceOnly => vec![&*new],
        };
        let profile = TokenProfile::new(&*new)
            .issuers(issuers)
            .keys_url(environment.keys_url())
            .algorithms([Algorithm::Rs256])
            // The one that Scalekit documents comes first.
            .organization_claims(["oid", "org_id"])
            .check_resource_claim();
        Ok(profile.into())
    }

    fn audience(&self, resource: &ResourceUrl) -> Result<AudienceDemand, ProviderError> {
        let id = self.resource_id.as_deref().unwrap_or_default().trim();
        let audience = match self.audience {
            ScalekitAudience::Both => vec![id, resource.as_str()],
            ScalekitAudience::ServerUrl => vec![resource.as_str()],
            ScalekitAudience::ResourceId => vec![id],
        };
        Ok(Audience::all_of(audience)?.into())
    }
}

provider_settings! {
    /// The settings of a [`ScalekitProvider`], before anything is checked.
    ///
    /// ```
    /// use thyra_auth::ScalekitProviderSettings;
    ///
    /// let mut settings = ScalekitProviderSettings::from_vars([
    ///     ("SCALEKIT_ENVIRONMENT_URL", "https://acme.scalekit.dev"),
    ///     ("SCALEKIT_RESOURCE_ID", "res_123"),
    /// ])?;
    /// settings.base_url.get_or_insert("http://localhost:8000".to_owned());
    /// let provider = settings.provider()?;
    /// # Ok::<(), thyra_auth::ProviderError>(())
    /// ```
    ///
    /// `SCALEKIT_CLIENT_ID` is accepted and not used: verifying tokens needs no client.
    pub struct ScalekitProviderSettings for Scalekit {
        /// The URL of the Scalekit environment, such as `https://acme.scalekit.dev`. White space
        /// around it and slashes at its end are ignored.
        environment_url,
        /// The identifier of the MCP server in Scalekit, `res_...`.
        resource_id,
    }
    unused {
        /// Accepted and not used.
        client_id,
    }
}

#[cfg(test)]
pub(super) mod tests;
