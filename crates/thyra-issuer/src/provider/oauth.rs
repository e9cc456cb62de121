//! Any OAuth 2.0 authorization server behind ours.

use std::sync::Arc;

use thyra_auth::{ProviderError, TokenVerifier};

use super::builder::{IssuerBuilder, Kind};
use super::settings::IssuerSettings;
use super::{Behind, Issuer, UpstreamOptions};
use crate::server::ScopePolicy;
use crate::upstream::{Endpoints, Identity, UpstreamSettings};

const ENDPOINT_HELP: &str = "Copy it from the documentation of the identity provider.";

/// An authorization server in front of an identity provider that speaks OAuth 2.0 and registers no
/// clients.
///
/// To MCP clients it is the authorization server: they register, log in, and get tokens of ours. To
/// the identity provider it is one application, which somebody has set up there with
/// `{base URL}/auth/callback` for a redirect URI. A verifier says who has signed in, from the
/// identity provider's access token; that token never reaches a client.
///
/// ```
/// use thyra_auth::{Audience, AuthProvider, DiscordLookup, LookupVerifier, Secret};
/// use thyra_issuer::OAuthProxy;
///
/// let discord = DiscordLookup::new(Audience::any_of(["1234567890"])?)?;
/// let proxy = OAuthProxy::builder()
///     .base_url("https://mcp.example.com")
///     .upstream_authorization_endpoint("https://discord.com/oauth2/authorize")
///     .upstream_token_endpoint("https://discord.com/api/oauth2/token")
///     .client_id("1234567890")
///     .client_secret(Secret::new("from the application's page".to_owned()))
///     .token_verifier(LookupVerifier::builder(discord).build())
///     .build()?;
/// let protection = proxy.protection("/mcp")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type OAuthProxy = Issuer<Behind<OAuthUpstream>>;

/// Sets up an [`OAuthProxy`]; made by [`OAuthProxy::builder`].
pub type OAuthProxyBuilder = IssuerBuilder<Behind<OAuthUpstream>>;

/// An identity provider that speaks OAuth 2.0; see [`OAuthProxy`].
#[derive(Clone, Debug, Default)]
pub struct OAuthUpstream {
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    issuer: Option<String>,
    token_verifier: Option<Arc<dyn TokenVerifier>>,
}

const KIND: Kind<Behind<OAuthUpstream>> = Kind {
    name: "OAuth proxy",
    next: None,
    required_scopes: &[],
    warnings: &[],
    sign_in: Behind::sign_in,
};

impl OAuthProxy {
    /// Begins to set up a proxy.
    pub fn builder() -> OAuthProxyBuilder {
        IssuerBuilder::behind(OAuthUpstream::default(), OAuthUpstream::settings, &KIND)
    }
}

impl OAuthProxyBuilder {
    /// Where the identity provider lets people sign in (RFC 6749 section 3.1).
    pub fn upstream_authorization_endpoint(mut self, url: impl Into<String>) -> Self {
        self.vendor.vendor.authorization_endpoint = Some(url.into());
        self
    }

    /// Where the identity provider exchanges codes for tokens (RFC 6749 section 3.2).
    pub fn upstream_token_endpoint(mut self, url: impl Into<String>) -> Self {
        self.vendor.vendor.token_endpoint = Some(url.into());
        self
    }

    /// Where the identity provider revokes tokens (RFC 7009), if it does.
    pub fn upstream_revocation_endpoint(mut self, url: impl Into<String>) -> Self {
        self.vendor.vendor.revocation_endpoint = Some(url.into());
        self
    }

    /// The issuer identifier of the identity provider, if its answers name it (`iss`, RFC 9207).
    /// Those that name another one are then refused.
    pub fn upstream_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.vendor.vendor.issuer = Some(issuer.into());
        self
    }

    /// What says who has signed in, from the identity provider's access token: a
    /// [`JwtVerifier`](thyra_auth::JwtVerifier), or a
    /// [`LookupVerifier`](thyra_auth::LookupVerifier) that asks the identity provider.
    pub fn token_verifier(mut self, verifier: impl TokenVerifier + 'static) -> Self {
        self.vendor.vendor.token_verifier = Some(Arc::new(verifier));
        self
    }
}

impl OAuthUpstream {
    fn settings(
        &self,
        options: &UpstreamOptions,
        settings: &IssuerSettings,
        _: &ScopePolicy,
    ) -> Result<UpstreamSettings, ProviderError> {
        let authorization = needed(
            "upstream_authorization_endpoint",
            self.authorization_endpoint.as_deref(),
        )?;
        let token = needed("upstream_token_endpoint", self.token_endpoint.as_deref())?;
        let revocation = self.revocation_endpoint.as_deref().map(str::trim);
        let endpoints = Endpoints::given(authorization, token, revocation).map_err(|refused| {
            let setting = "an endpoint of the identity provider";
            ProviderError::invalid(setting, refused.to_string(), ENDPOINT_HELP)
        })?;
        let endpoints = match &self.issuer {
            Some(issuer) => endpoints.of_issuer(issuer.trim()),
            None => endpoints,
        };
        let verifier = self.token_verifier.clone().ok_or_else(|| {
            let help = "Give a verifier that knows the identity provider's access tokens.";
            ProviderError::missing("token_verifier", help)
        })?;
        options.settings(settings, endpoints, Identity::AccessToken(verifier))
    }
}

fn needed<'a>(setting: &'static str, value: Option<&'a str>) -> Result<&'a str, ProviderError> {
    let value = value.map(str::trim).filter(|value| !value.is_empty());
    value.ok_or_else(|| ProviderError::missing(setting, ENDPOINT_HELP))
}
