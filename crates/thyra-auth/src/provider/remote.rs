//! Any authorization server that issues JWTs and publishes its keys.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thyra_oauth::{Clock, Fetcher, ResourceUrl, ScopeRules, ScopeSet, SystemClock};
use url::Url;

use crate::layer::Protection;
use crate::metadata::forward::AuthorizationServerForward;
use crate::provider::{AuthProvider, ProviderError, check_scopes, issuer_url};
use crate::verify::{
    Algorithm, Audience, AudienceDemand, AudienceUnchecked, Discovery, Issuers, Jwks, JwtVerifier,
};

const ISSUER_HELP: &str = "Set it to the issuer identifier of the authorization server, byte for \
     byte as its tokens carry it in `iss`.";
const BASE_URL_HELP: &str = "Set it to the URL at which clients reach this server, such as \
     https://mcp.example.com; for development, http://localhost:8000.";

/// Protects a resource with JWT access tokens (RFC 9068 or like it) of one authorization server.
///
/// The key set is found through the issuer's metadata (RFC 8414, or `OpenID` Connect Discovery) with
/// the first token. The audience is the URL of the resource unless said otherwise.
///
/// ```
/// use thyra_auth::{AuthProvider, RemoteAuth, ScopeSet};
///
/// let provider = RemoteAuth::builder("https://auth.example.com/", "https://mcp.example.com")
///     .required_scopes(["notes:read"])
///     .build()?;
/// let protection = provider.protection("/mcp")?;
/// assert_eq!(protection.summary().audience, ["https://mcp.example.com/mcp"]);
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RemoteAuth {
    settings: RemoteAuthBuilder,
    issuer_url: Url,
    /// One for all protections that are made.
    keys: Jwks,
}

/// What the `aud` of a token must hold.
#[derive(Clone, Debug)]
enum ExpectedAudience {
    Named(Audience),
    Resource,
    Unchecked(AudienceUnchecked),
}

/// Sets up a [`RemoteAuth`]; made by [`RemoteAuth::builder`].
#[derive(Clone)]
#[must_use = "there is no provider before `build`"]
pub struct RemoteAuthBuilder {
    /// Byte for byte as configured: `iss` is compared with it.
    issuer: String,
    base_url: String,
    audience: ExpectedAudience,
    algorithms: Vec<Algorithm>,
    organization_claims: Vec<String>,
    required_scopes: ScopeSet,
    scopes_supported: Option<ScopeSet>,
    scope_rules: ScopeRules,
    resource_name: Option<String>,
    resource_documentation: Option<String>,
    forward_metadata: bool,
    leeway: Duration,
    clock: Arc<dyn Clock>,
    fetcher: Fetcher,
}

impl RemoteAuth {
    /// Begins to set up a provider.
    ///
    /// `issuer` is the issuer identifier of the authorization server, byte for byte as its tokens
    /// carry it; `base_url` is the public URL of this server, with or without the path of the
    /// endpoint.
    pub fn builder(issuer: impl Into<String>, base_url: impl Into<String>) -> RemoteAuthBuilder {
        RemoteAuthBuilder {
            issuer: issuer.into().trim().to_owned(),
            base_url: base_url.into(),
            audience: ExpectedAudience::Resource,
            algorithms: vec![Algorithm::Rs256, Algorithm::Es256],
            organization_claims: Vec::new(),
            required_scopes: ScopeSet::default(),
            scopes_supported: None,
            scope_rules: ScopeRules::default(),
            resource_name: None,
            resource_documentation: None,
            forward_metadata: false,
            leeway: Duration::from_secs(30),
            clock: Arc::new(SystemClock),
            fetcher: Fetcher::new(),
        }
    }

    fn resource(&self, mcp_path: &str) -> Result<ResourceUrl, ProviderError> {
        ResourceUrl::new(&self.settings.base_url, mcp_path)
            .map_err(|error| ProviderError::resource("base_url", BASE_URL_HELP, mcp_path, error))
    }
}

impl RemoteAuthBuilder {
    /// Demands this in `aud` instead of the URL of the resource, for authorization servers that know
    /// resources by another name.
    pub fn audience(mut self, audience: Audience) -> Self {
        self.audience = ExpectedAudience::Named(audience);
        self
    }

    /// Accepts every token of the issuer, whomever it was issued for; see [`AudienceUnchecked`] for
    /// what that means.
    pub fn audience_unchecked(mut self, unchecked: AudienceUnchecked) -> Self {
        self.audience = ExpectedAudience::Unchecked(unchecked);
        self
    }

    /// The signature algorithms that are accepted; RS256 and ES256 by default.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// The claims that may name the caller's organisation, the first of them that is there counting;
    /// none by default.
    pub fn organization_claims<S: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        self.organization_claims = names.into_iter().map(Into::into).collect();
        self
    }

    /// The scopes that every request needs; none by default.
    pub fn required_scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.required_scopes = scopes.into();
        self
    }

    /// The scopes that the metadata offers; the required ones by default.
    pub fn scopes_supported(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.scopes_supported = Some(scopes.into());
        self
    }

    /// Which scopes stand for narrower ones; none by default.
    pub fn scope_rules(mut self, rules: ScopeRules) -> Self {
        self.scope_rules = rules;
        self
    }

    /// The server's name for people, in the metadata.
    pub fn resource_name(mut self, name: impl Into<String>) -> Self {
        self.resource_name = Some(name.into());
        self
    }

    /// The URL of a page for developers, in the metadata.
    pub fn resource_documentation(mut self, url: impl Into<String>) -> Self {
        self.resource_documentation = Some(url.into());
        self
    }

    /// Serves the authorization server's metadata here as well, at
    /// `/.well-known/oauth-authorization-server`, for clients from before RFC 9728. Off by default.
    pub fn forward_authorization_server_metadata(mut self) -> Self {
        self.forward_metadata = true;
        self
    }

    /// How far the clocks of this machine and of the authorization server may differ; 30 seconds by
    /// default.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// The clock that tokens are judged by, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The client that fetches keys and metadata.
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.fetcher = fetcher;
        self
    }

    /// Checks the settings and makes the provider. Nothing is fetched.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] names the setting that cannot be used.
    pub fn build(self) -> Result<RemoteAuth, ProviderError> {
        let issuer_url = issuer_url::parse(&self.issuer).map_err(invalid_issuer)?;
        check_scopes("required_scopes", &self.required_scopes)?;
        if let Some(scopes) = &self.scopes_supported {
            check_scopes("scopes_supported", scopes)?;
        }
        let discovery = Discovery::new(&self.issuer, self.fetcher.clone())
            .map_err(|error| invalid_issuer(&error.to_string()))?;
        let provider = RemoteAuth {
            keys: Jwks::builder(discovery)
                .fetcher(self.fetcher.clone())
                .build(),
            issuer_url,
            settings: self,
        };
        // A base URL that cannot work is reported now, whatever the path will be.
        provider.resource("")?;
        Ok(provider)
    }
}

impl AuthProvider for RemoteAuth {
    fn protection(&self, mcp_path: &str) -> Result<Protection, ProviderError> {
        let resource = self.resource(mcp_path)?;
        let settings = &self.settings;
        let url = resource.as_str().to_owned();
        let (demand, audience) = match &settings.audience {
            ExpectedAudience::Named(audience) => (
                AudienceDemand::from(audience.clone()),
                audience.iter().map(str::to_owned).collect(),
            ),
            ExpectedAudience::Resource => (Audience::any_of([&url])?.into(), vec![url]),
            ExpectedAudience::Unchecked(unchecked) => {
                tracing::warn!(
                    issuer = %settings.issuer,
                    "the audience of tokens is not checked: whoever receives a token of this issuer \
                     can use it here"
                );
                ((*unchecked).into(), Vec::new())
            }
        };
        let issuers = Issuers::any_of([&settings.issuer])?;
        let verifier = JwtVerifier::builder(self.keys.clone(), issuers, demand)
            .algorithms(settings.algorithms.iter().copied())
            .organization_claims(&settings.organization_claims)
            .leeway(settings.leeway)
            .clock(Arc::clone(&settings.clock))
            .build()?;
        let forward = settings.forward_metadata.then(|| {
            AuthorizationServerForward::new(
                &self.issuer_url,
                settings.fetcher.clone(),
                Arc::clone(&settings.clock),
            )
        });
        Protection::builder("remote", resource, Arc::new(verifier), [&settings.issuer])
            .required_scopes(settings.required_scopes.clone())
            .scopes_supported(settings.scopes_supported.clone())
            .scope_rules(settings.scope_rules.clone())
            .resource_name(settings.resource_name.clone())
            .resource_documentation(settings.resource_documentation.clone())
            .forward(forward)
            .audience(audience)
            .build()
    }
}

impl fmt::Debug for RemoteAuthBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteAuth")
            .field("issuer", &self.issuer)
            .field("base_url", &self.base_url)
            .field("audience", &self.audience)
            .field("required_scopes", &self.required_scopes)
            .finish_non_exhaustive()
    }
}

fn invalid_issuer(problem: &str) -> ProviderError {
    ProviderError::Invalid {
        setting: "issuer",
        problem: problem.to_owned(),
        help: ISSUER_HELP,
    }
}

#[cfg(test)]
mod tests;
