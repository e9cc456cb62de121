//! Scalekit as the authorization server.

use std::sync::Arc;

use crate::layer::{Protected, Protection};
use crate::metadata::forward::AuthorizationServerForward;
use crate::metadata::well_known::WellKnown;
use crate::provider::{AuthProvider, ProviderError};
use crate::verify::{Jwks, TokenVerifier};

mod builder;
mod environment;
mod settings;
mod verification;

pub use builder::ScalekitProviderBuilder;
pub use settings::ScalekitProviderSettings;

use environment::Environment;
use thyra_oauth::{ResourceUrl, ScopeRules, ScopeSet};
use verification::Verification;

/// How the base URL is named in messages.
const BASE_URL: &str = "base_url (THYRA_BASE_URL or MCP_URL)";
const BASE_URL_HELP: &str = "Set it to the URL at which clients reach this server, such as \
     https://mcp.example.com; for development, http://localhost:8000.";

/// Protects a resource with access tokens that Scalekit issued.
///
/// The server is a resource server only (OAuth 2.1 section 1.1): it verifies tokens with the
/// environment's key set, and needs neither a client nor a secret of Scalekit's. A token is accepted
/// when
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
#[derive(Clone, Debug)]
pub struct ScalekitProvider {
    environment: Environment,
    base_url: String,
    required_scopes: ScopeSet,
    scopes_supported: Option<ScopeSet>,
    scope_rules: ScopeRules,
    resource_name: Option<String>,
    resource_documentation: Option<String>,
    audience: ScalekitAudience,
    issuers: ScalekitIssuers,
    forward_metadata: bool,
    verifier: Option<Arc<dyn TokenVerifier>>,
    verification: Verification,
    /// One for all protections that are made.
    keys: Jwks,
}

/// What the `aud` of a token must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScalekitAudience {
    /// The resource id and the URL of this server. The URL must be set as the Server URL in the
    /// Scalekit dashboard, exactly as the metadata names it.
    Both,
    /// The URL of this server only, as FastMCP 2.13 had it. The URL must be set as the Server URL in
    /// the Scalekit dashboard, exactly as the metadata names it.
    McpUrl,
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

impl ScalekitProvider {
    /// The path of the endpoint where none is said.
    pub const DEFAULT_MCP_PATH: &str = "/mcp";

    /// Begins to set up a provider.
    pub fn builder() -> ScalekitProviderBuilder {
        ScalekitProviderBuilder::new()
    }

    /// A provider set up by environment variables; see [`ScalekitProviderSettings`] for their names.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] when a variable is missing or cannot be used.
    pub fn from_env() -> Result<Self, ProviderError> {
        ScalekitProviderSettings::from_env()?.provider()
    }

    /// Puts the door in front of any tower service whose endpoint is at `/mcp`: the well-known
    /// documents are served, and everything else needs a good token. For another path, use
    /// [`AuthProvider::protection`] and [`Protection::protect`].
    ///
    /// # Errors
    ///
    /// As [`AuthProvider::protection`].
    pub fn protect<S>(&self, inner: S) -> Result<Protected<S>, ProviderError> {
        Ok(self.protection(Self::DEFAULT_MCP_PATH)?.protect(inner))
    }

    /// The well-known documents of the resource at `mcp_path`, for a server that routes them itself.
    ///
    /// # Errors
    ///
    /// As [`AuthProvider::protection`].
    pub fn routes(&self, mcp_path: &str) -> Result<WellKnown, ProviderError> {
        Ok(self.protection(mcp_path)?.well_known().clone())
    }

    /// The environment's URL, without a slash at the end.
    pub fn environment_url(&self) -> &str {
        self.environment.url()
    }

    /// The identifier of the resource.
    pub fn resource_id(&self) -> &str {
        self.environment.resource_id()
    }

    /// The public URL of this server, with or without the path of the endpoint.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The URL of the key set.
    pub fn keys_url(&self) -> &str {
        self.environment.keys_url().as_str()
    }

    /// The issuers that are accepted.
    pub fn issuers(&self) -> Vec<String> {
        let environment = self.environment.url().to_owned();
        let resource = self.authorization_server().to_owned();
        match self.issuers {
            ScalekitIssuers::Both => vec![environment, resource],
            ScalekitIssuers::EnvironmentOnly => vec![environment],
            ScalekitIssuers::ResourceOnly => vec![resource],
        }
    }

    /// The authorization server that the metadata sends clients to.
    pub fn authorization_server(&self) -> &str {
        self.environment.resource_issuer().as_str()
    }

    fn resource(&self, mcp_path: &str) -> Result<ResourceUrl, ProviderError> {
        ResourceUrl::new(&self.base_url, mcp_path)
            .map_err(|error| ProviderError::resource(BASE_URL, BASE_URL_HELP, mcp_path, error))
    }

    fn forward(&self) -> Option<AuthorizationServerForward> {
        let Verification { clock, fetcher, .. } = &self.verification;
        self.forward_metadata.then(|| {
            AuthorizationServerForward::new(
                self.environment.resource_issuer(),
                fetcher.clone(),
                Arc::clone(clock),
            )
        })
    }
}

impl ScalekitAudience {
    /// Everything of this that `aud` must hold.
    fn expected(self, resource_id: &str, resource: &ResourceUrl) -> Vec<String> {
        let (id, url) = (resource_id.to_owned(), resource.as_str().to_owned());
        match self {
            Self::Both => vec![id, url],
            Self::McpUrl => vec![url],
            Self::ResourceId => vec![id],
        }
    }
}

impl AuthProvider for ScalekitProvider {
    fn protection(&self, mcp_path: &str) -> Result<Protection, ProviderError> {
        let resource = self.resource(mcp_path)?;
        let servers = [self.authorization_server()];
        let protection = if let Some(verifier) = &self.verifier {
            Protection::builder("Scalekit", resource, Arc::clone(verifier), servers)
        } else {
            let issuers = self.issuers();
            let audience = self.audience.expected(self.resource_id(), &resource);
            let verifier = self.verification.verifier(
                self.keys.clone(),
                &issuers,
                self.audience,
                self.resource_id(),
                &resource,
            )?;
            Protection::builder("Scalekit", resource, Arc::new(verifier), servers)
                .audience(audience)
                .issuers(issuers)
        };
        protection
            .required_scopes(self.required_scopes.clone())
            .scopes_supported(self.scopes_supported.clone())
            .scope_rules(self.scope_rules.clone())
            .resource_name(self.resource_name.clone())
            .resource_documentation(self.resource_documentation.clone())
            .forward(self.forward())
            .build()
    }
}

#[cfg(test)]
mod tests;
