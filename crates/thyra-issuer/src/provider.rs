//! Providers: from a few settings to an authorization server in front of a resource.

mod access;
mod behind;
mod builder;
mod oauth;
mod oidc;
mod settings;

use std::fmt;
use std::sync::Arc;

use thyra_auth::{AuthProvider, Protected, Protection, ProviderError};
use thyra_oauth::ResourceUrl;

pub use self::access::{UpstreamAccess, UpstreamAccessError};
pub(crate) use self::behind::UpstreamOptions;
pub use self::behind::{Behind, TokenEndpointAuth};
pub use self::builder::IssuerBuilder;
pub(crate) use self::builder::Kind;
pub use self::oauth::{OAuthProxy, OAuthProxyBuilder, OAuthUpstream};
pub use self::oidc::{OidcProxy, OidcProxyBuilder, OidcUpstream};
pub(crate) use self::settings::IssuerSettings;
use self::settings::{Checked, resource};

use crate::endpoint;
use crate::issued::IssuedVerifier;
use crate::server::{AuthorizationServer, Parts, SignIn};

/// An authorization server of your own, in front of the resource that it protects. `V` is how
/// people sign in; made by [`IssuerBuilder::build`].
///
/// It is an [`AuthProvider`]: the endpoints are public routes of the
/// [`Protection`], and its tokens are good for that resource alone. Clones share everything, and so
/// do the protections that it makes.
#[derive(Clone)]
pub struct Issuer<V> {
    vendor: V,
    settings: IssuerSettings,
    base_url: ResourceUrl,
    pub(crate) parts: Arc<Parts>,
    name: &'static str,
    warnings: Vec<String>,
}

impl<V> Issuer<V> {
    fn new(vendor: V, settings: IssuerSettings, checked: Checked, kind: &Kind<V>) -> Self {
        Self {
            vendor,
            settings,
            base_url: checked.base_url,
            parts: checked.parts,
            name: kind.name,
            warnings: checked.warnings,
        }
    }

    /// Puts the door in front of any tower service, whose endpoint is at `/mcp` unless
    /// [`endpoint_path`](IssuerBuilder::endpoint_path) says otherwise: the endpoints of the
    /// authorization server are served, and everything else needs a good token.
    ///
    /// # Errors
    ///
    /// As [`AuthProvider::protection`].
    pub fn protect<S>(&self, inner: S) -> Result<Protected<S>, ProviderError>
    where
        Self: AuthProvider,
    {
        let protection = self.protection(&self.settings.endpoint_path)?;
        Ok(protection.protect(inner))
    }

    /// The issuer identifier (RFC 8414 section 2), byte for byte as tokens carry it.
    pub fn issuer(&self) -> &str {
        self.parts.urls.issuer()
    }
}

impl<V: fmt::Debug + Send + Sync> AuthProvider for Issuer<V> {
    fn protection(&self, endpoint_path: &str) -> Result<Protection, ProviderError> {
        let settings = &self.settings;
        let resource = match &settings.resource_base_url {
            Some(url) => resource("resource_base_url", url.trim(), endpoint_path)?,
            None => resource("base_url", self.base_url.as_str(), endpoint_path)?,
        };
        let parts = &self.parts;
        let server = Arc::new(AuthorizationServer {
            parts: Arc::clone(parts),
            resource: resource.clone(),
        });
        let verifier = IssuedVerifier::new(
            &parts.grants,
            resource.as_str(),
            &parts.clock,
            self.warnings.clone(),
        )?;
        let audience = vec![resource.as_str().to_owned()];
        let mut protection =
            Protection::builder(self.name, resource, Arc::new(verifier), [self.issuer()])
                .required_scopes(parts.scopes.required().clone())
                .scopes_supported(parts.scopes.valid().clone())
                .scope_rules(settings.scope_rules.clone())
                .resource_name(settings.resource_name.clone())
                .resource_documentation(settings.resource_documentation.clone())
                .audience(audience)
                .routes(endpoint::routes(&server))
                .clock(Arc::clone(&parts.clock));
        if let Some(denies) = &settings.deny_caller {
            let denies = Arc::clone(denies);
            protection = protection.deny_caller(move |principal| denies(principal));
        }
        let protection = protection.build()?;
        if let SignIn::Upstream(_) = &parts.sign_in {
            let redirect_uri = parts.urls.url(parts.urls.redirect_path());
            tracing::info!(
                %redirect_uri,
                "the application at the identity provider must have this redirect URI"
            );
        }
        Ok(protection)
    }
}

impl<V: fmt::Debug> fmt::Debug for Issuer<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("vendor", &self.vendor)
            .field("issuer", &self.issuer())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
