//! How a [`ScalekitProvider`] is set up.

use std::sync::Arc;
use std::time::Duration;

use thyra_oauth::{Clock, Fetcher, ScopeRules, ScopeSet};
use url::Url;

use super::{
    BASE_URL, BASE_URL_HELP, Environment, ScalekitAudience, ScalekitIssuers, ScalekitProvider,
    ScalekitProviderSettings, Verification,
};
use crate::provider::{ProviderError, check_scopes};
use crate::verify::{Jwks, TokenVerifier};

/// Sets up a [`ScalekitProvider`]; made by [`ScalekitProvider::builder`].
///
/// The environment URL, the resource id and the base URL are needed; the rest has defaults.
#[derive(Clone, Debug, Default)]
#[must_use = "there is no provider before `build`"]
pub struct ScalekitProviderBuilder {
    settings: ScalekitProviderSettings,
    scope_rules: ScopeRules,
    audience: ScalekitAudience,
    issuers: ScalekitIssuers,
    keep_metadata: bool,
    verifier: Option<Arc<dyn TokenVerifier>>,
    verification: Verification,
}

impl ScalekitProviderBuilder {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Takes over all settings, the ones that are not set included.
    pub fn settings(mut self, settings: ScalekitProviderSettings) -> Self {
        self.settings = settings;
        self
    }

    /// The URL of the Scalekit environment, such as `https://acme.scalekit.dev`. White space around
    /// it and slashes at its end are ignored.
    pub fn environment_url(mut self, url: impl Into<String>) -> Self {
        self.settings.environment_url = Some(url.into());
        self
    }

    /// The identifier of the MCP server in Scalekit, `res_...`.
    pub fn resource_id(mut self, id: impl Into<String>) -> Self {
        self.settings.resource_id = Some(id.into());
        self
    }

    /// The public URL of this server, with or without the path of the endpoint: `https`, or `http`
    /// for a loopback host.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.settings.base_url = Some(url.into());
        self
    }

    /// The scopes that every request needs; none by default. A token without them is answered with
    /// 403 and a challenge that names them.
    pub fn required_scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.settings.required_scopes = Some(scopes.into());
        self
    }

    /// The scopes that the metadata offers; the required ones by default.
    pub fn scopes_supported(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.settings.scopes_supported = Some(scopes.into());
        self
    }

    /// Which scopes stand for narrower ones; none by default.
    pub fn scope_rules(mut self, rules: ScopeRules) -> Self {
        self.scope_rules = rules;
        self
    }

    /// The server's name for people, in the metadata.
    pub fn resource_name(mut self, name: impl Into<String>) -> Self {
        self.settings.resource_name = Some(name.into());
        self
    }

    /// The URL of a page for developers, in the metadata.
    pub fn resource_documentation(mut self, url: impl Into<String>) -> Self {
        self.settings.resource_documentation = Some(url.into());
        self
    }

    /// What the `aud` of a token must hold; the resource id by default.
    pub fn audience(mut self, audience: ScalekitAudience) -> Self {
        self.audience = audience;
        self
    }

    /// Which issuers are accepted; both by default.
    pub fn issuers(mut self, issuers: ScalekitIssuers) -> Self {
        self.issuers = issuers;
        self
    }

    /// Whether Scalekit's authorization server metadata is served here as well, at
    /// `/.well-known/oauth-authorization-server`, for clients from before RFC 9728. On by default.
    pub fn forward_authorization_server_metadata(mut self, on: bool) -> Self {
        self.keep_metadata = !on;
        self
    }

    /// How far the clocks of this machine and of Scalekit may differ; 30 seconds by default.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.verification.leeway = leeway;
        self
    }

    /// The clock that tokens are judged by and that cached metadata ages by, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.verification.clock = clock;
        self
    }

    /// The client that fetches keys and metadata.
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.verification.fetcher = fetcher;
        self
    }

    /// For how long keys that were fetched go on verifying tokens while Scalekit cannot be reached; a
    /// day by default. After that, requests are answered with 503.
    pub fn keys_max_stale(mut self, max_stale: Duration) -> Self {
        self.verification.max_stale = Some(max_stale);
        self
    }

    /// Refuses tokens by their identifier (`jti`), for example those of a revoked consent: Scalekit's
    /// tokens are good until they expire, unless the server remembers which are not. The hook is
    /// asked with every request, so it must not block.
    pub fn deny(mut self, hook: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.verification.deny = Some(Arc::new(hook));
        self
    }

    /// Verifies tokens with something else altogether. Issuers, audience, leeway, clock and
    /// [`deny`](Self::deny) then have no effect; scopes, metadata and challenges stay.
    pub fn token_verifier(mut self, verifier: Arc<dyn TokenVerifier>) -> Self {
        self.verifier = Some(verifier);
        self
    }

    /// Checks the settings and makes the provider. Nothing is fetched.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] names the setting that is missing or cannot be used, and says where the
    /// right value is found.
    pub fn build(self) -> Result<ScalekitProvider, ProviderError> {
        let ScalekitProviderSettings {
            environment_url,
            resource_id,
            base_url,
            required_scopes,
            scopes_supported,
            resource_name,
            resource_documentation,
            client_id,
        } = self.settings;
        let environment = Environment::new(
            &environment_url.ok_or_else(Environment::missing_url)?,
            &resource_id.ok_or_else(Environment::missing_resource_id)?,
        )?;
        let base_url = base_url.ok_or(ProviderError::Missing {
            setting: BASE_URL,
            help: BASE_URL_HELP,
        })?;
        if client_id.is_some() {
            tracing::warn!(
                "SCALEKIT_CLIENT_ID is not used: verifying tokens needs no client. Remove it"
            );
        }
        if let Some(text) = &resource_documentation
            && !text.trim().is_empty()
            && !Url::parse(text.trim()).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
        {
            return Err(ProviderError::Invalid {
                setting: "resource_documentation (SCALEKIT_RESOURCE_DOCUMENTATION)",
                problem: "it is not an absolute URL".to_owned(),
                help: "Set it to the URL of a page for developers, or remove it.",
            });
        }
        let required_scopes = required_scopes.unwrap_or_default();
        check_scopes(
            "required_scopes (SCALEKIT_REQUIRED_SCOPES)",
            &required_scopes,
        )?;
        if let Some(scopes) = &scopes_supported {
            check_scopes("scopes_supported (SCALEKIT_SCOPES_SUPPORTED)", scopes)?;
        }
        let present = |text: Option<String>| {
            text.map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let mut keys = Jwks::builder(environment.keys_url().clone())
            .fetcher(self.verification.fetcher.clone());
        if let Some(max_stale) = self.verification.max_stale {
            keys = keys.max_stale(max_stale);
        }
        let provider = ScalekitProvider {
            environment,
            base_url: base_url.trim().to_owned(),
            required_scopes,
            scopes_supported,
            scope_rules: self.scope_rules,
            resource_name: present(resource_name),
            resource_documentation: present(resource_documentation),
            audience: self.audience,
            issuers: self.issuers,
            forward_metadata: !self.keep_metadata,
            verifier: self.verifier,
            verification: self.verification,
            keys: keys.build(),
        };
        // A base URL that cannot work is reported now, whatever the path will be.
        provider.resource("")?;
        Ok(provider)
    }
}
