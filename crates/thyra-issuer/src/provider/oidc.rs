//! Any `OpenID` provider behind our authorization server.

use std::sync::Arc;

use thyra_auth::{
    Algorithm, Audience, Issuers, Jwks, JwtVerifier, ProviderError, TokenVerifier, VerifierError,
};
use thyra_oauth::ScopeSet;

use super::builder::{IssuerBuilder, Kind};
use super::settings::IssuerSettings;
use super::{Behind, Issuer, UpstreamOptions};
use crate::server::ScopePolicy;
use crate::upstream::{Discovery, DiscoveryError, Endpoints, IdTokens, Identity, UpstreamSettings};

const CONFIG_HELP: &str = "Set it to the URL of the identity provider's metadata; it ends in \
     /.well-known/openid-configuration.";
const OPENID: &str = "openid";

/// An authorization server in front of an `OpenID` provider that registers no clients.
///
/// The endpoints and the keys are found through the provider's metadata, with the first login. The
/// ID token says who has signed in, unless [`verify_id_token`](OidcProxyBuilder::verify_id_token)
/// is switched off. Everything else is as with an [`OAuthProxy`](crate::OAuthProxy).
///
/// ```
/// use thyra_auth::{AuthProvider, Secret};
/// use thyra_issuer::OidcProxy;
///
/// let proxy = OidcProxy::builder()
///     .base_url("https://mcp.example.com")
///     .config_url("https://login.example.org/.well-known/openid-configuration")
///     .client_id("mcp-server")
///     .client_secret(Secret::new("from the application's page".to_owned()))
///     .build()?;
/// let protection = proxy.protection("/mcp")?;
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type OidcProxy = Issuer<Behind<OidcUpstream>>;

/// Sets up an [`OidcProxy`]; made by [`OidcProxy::builder`].
pub type OidcProxyBuilder = IssuerBuilder<Behind<OidcUpstream>>;

/// An `OpenID` provider; see [`OidcProxy`].
#[derive(Clone, Debug)]
pub struct OidcUpstream {
    pub(crate) config_url: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) strict: bool,
    pub(crate) audience: Option<String>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) verify_id_token: Option<bool>,
    pub(crate) token_verifier: Option<Arc<dyn TokenVerifier>>,
}

const KIND: Kind<Behind<OidcUpstream>> = Kind {
    name: "OIDC proxy",
    next: None,
    required_scopes: &[],
    warnings: &[],
    sign_in: Behind::sign_in,
};

impl OidcProxy {
    /// Begins to set up a proxy.
    pub fn builder() -> OidcProxyBuilder {
        IssuerBuilder::behind(OidcUpstream::default(), OidcUpstream::settings, &KIND)
    }
}

impl OidcProxyBuilder {
    /// The URL of the identity provider's metadata. Its issuer must be the one that the URL belongs
    /// to, unless [`upstream_issuer`](Self::upstream_issuer) names another.
    pub fn config_url(mut self, url: impl Into<String>) -> Self {
        self.vendor.vendor.config_url = Some(url.into());
        self
    }

    /// The issuer identifier of the identity provider. Without a
    /// [`config_url`](Self::config_url), the metadata is looked for where the issuer says.
    pub fn upstream_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.vendor.vendor.issuer = Some(issuer.into());
        self
    }

    /// Whether the metadata must have everything that `OpenID` Connect Discovery section 3 demands;
    /// on by default. Otherwise the endpoints are enough.
    pub fn strict(mut self, on: bool) -> Self {
        self.vendor.vendor.strict = on;
        self
    }

    /// The API that the identity provider issues access tokens for: it is asked for as `audience`,
    /// and an access token that is verified must be for it.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.vendor.vendor.audience = Some(audience.into());
        self
    }

    /// The algorithms that the identity provider's tokens may be signed with; all that have a
    /// public key by default.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.vendor.vendor.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Whether the ID token says who has signed in. It is so by default, unless there is a
    /// [`token_verifier`](Self::token_verifier). Switched off, the access token says it: it must be
    /// a JSON Web Token, for the [`audience`](Self::audience).
    pub fn verify_id_token(mut self, on: bool) -> Self {
        self.vendor.vendor.verify_id_token = Some(on);
        self
    }

    /// What says who has signed in, from the identity provider's access token. With
    /// [`verify_id_token`](Self::verify_id_token) switched on, both must name the same person.
    pub fn token_verifier(mut self, verifier: impl TokenVerifier + 'static) -> Self {
        self.vendor.vendor.token_verifier = Some(Arc::new(verifier));
        self
    }
}

impl OidcUpstream {
    pub(crate) fn settings(
        &self,
        options: &UpstreamOptions,
        settings: &IssuerSettings,
        _: &ScopePolicy,
    ) -> Result<UpstreamSettings, ProviderError> {
        let discovery = self.discovery(options, settings)?;
        let identity = self.identity(&discovery, options, settings)?;
        let has_id_token = !matches!(identity, Identity::AccessToken(_));
        let endpoints = Endpoints::Discovered(discovery);
        let mut upstream = options.settings(settings, endpoints, identity)?;
        if has_id_token {
            // Without it there is none (`OpenID` Connect Core section 3.1.2.1).
            upstream.scopes.further = ScopeSet::from([OPENID]).union(&upstream.scopes.further);
        }
        if let Some(audience) = &self.audience {
            let parameter = ("audience".to_owned(), audience.trim().to_owned());
            for parameters in [
                &mut upstream.extra_authorize_params,
                &mut upstream.extra_token_params.code,
                &mut upstream.extra_token_params.refresh,
            ] {
                // What the operator wrote as an extra parameter counts more.
                if !parameters.iter().any(|(name, _)| name == "audience") {
                    parameters.push(parameter.clone());
                }
            }
        }
        Ok(upstream)
    }

    fn discovery(
        &self,
        options: &UpstreamOptions,
        settings: &IssuerSettings,
    ) -> Result<Discovery, ProviderError> {
        let trimmed = |text: &'_ Option<String>| {
            let text = text.as_deref().map(str::trim);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let invalid = |setting: &'static str| {
            move |error: DiscoveryError| {
                ProviderError::invalid(setting, error.to_string(), CONFIG_HELP)
            }
        };
        let (builder, setting) = match (trimmed(&self.config_url), trimmed(&self.issuer)) {
            (Some(url), issuer) => {
                let builder = Discovery::of_document(&url).map_err(invalid("config_url"))?;
                let builder = match issuer {
                    Some(issuer) => builder.issuer(issuer),
                    None => builder,
                };
                (builder, "config_url")
            }
            (None, Some(issuer)) => {
                let builder = Discovery::of_issuer(&issuer);
                (
                    builder.map_err(invalid("upstream_issuer"))?,
                    "upstream_issuer",
                )
            }
            (None, None) => return Err(ProviderError::missing("config_url", CONFIG_HELP)),
        };
        let builder = builder
            .strict(self.strict)
            .fetcher(settings.fetcher().clone())
            .clock(Arc::clone(settings.clock()));
        let builder = match options.timeout {
            Some(timeout) => builder.timeout(timeout),
            None => builder,
        };
        builder.build().map_err(invalid(setting))
    }

    fn identity(
        &self,
        discovery: &Discovery,
        options: &UpstreamOptions,
        settings: &IssuerSettings,
    ) -> Result<Identity, ProviderError> {
        let id_tokens = || {
            let algorithms = self.algorithms.clone();
            IdTokens::discovered(discovery, options.client_id()?, algorithms).map_err(unusable)
        };
        Ok(match (&self.token_verifier, self.verify_id_token) {
            (None, None | Some(true)) => Identity::IdToken(id_tokens()?),
            (Some(verifier), Some(true)) => Identity::Both(id_tokens()?, Arc::clone(verifier)),
            (Some(verifier), None | Some(false)) => Identity::AccessToken(Arc::clone(verifier)),
            (None, Some(false)) => Identity::AccessToken(self.access_tokens(discovery, settings)?),
        })
    }

    fn access_tokens(
        &self,
        discovery: &Discovery,
        settings: &IssuerSettings,
    ) -> Result<Arc<dyn TokenVerifier>, ProviderError> {
        let audience = self
            .audience
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let audience = audience.ok_or_else(|| {
            let help = "Set it to what the identity provider writes into `aud` of its access \
                        tokens, or leave `verify_id_token` on.";
            ProviderError::missing("audience", help)
        })?;
        let keys = Jwks::builder(discovery.clone())
            .fetcher(settings.fetcher().clone())
            .clock(Arc::clone(settings.clock()))
            .build();
        let issuers = Issuers::any_of(discovery.issuers()).map_err(unusable)?;
        let audience = Audience::any_of([audience]).map_err(unusable)?;
        let builder = JwtVerifier::builder(keys, issuers, audience)
            .clock(Arc::clone(settings.clock()))
            // Each is seen once only.
            .cache_bytes(0);
        let builder = match self.algorithms.as_slice() {
            [] => builder,
            algorithms => builder.algorithms(algorithms.iter().copied()),
        };
        Ok(Arc::new(builder.build().map_err(unusable)?))
    }
}

impl Default for OidcUpstream {
    fn default() -> Self {
        Self {
            config_url: None,
            issuer: None,
            strict: true,
            audience: None,
            algorithms: Vec::new(),
            verify_id_token: None,
            token_verifier: None,
        }
    }
}

fn unusable(error: VerifierError) -> ProviderError {
    ProviderError::Verifier(error)
}
