//! How a [`Provider`] is set up: the setters that all providers share.

use std::sync::Arc;
use std::time::Duration;

use thyra_oauth::{Clock, Fetcher, ScopeRules, ScopeSet};

use super::checked::Provider;
use super::settings::ProviderSettings;
use super::{AuthProvider, ProviderError, Vendor};
use crate::dpop::DpopPolicy;
use crate::layer::{Denial, Protection};
use crate::principal::Principal;
use crate::verify::TokenVerifier;

/// Sets up a [`Provider`]. What follows are the settings that all providers share; the vendor's own
/// ones, if it has any, stand in a block of their own.
///
/// It is a provider already, whose settings are checked when a server asks for its protection.
/// [`build`](Self::build) checks them at once.
#[derive(Clone, Debug)]
#[must_use = "a provider protects nothing by itself"]
pub struct ProviderBuilder<V> {
    pub(super) vendor: V,
    pub(super) settings: ProviderSettings,
}

impl<V: Vendor> ProviderBuilder<V> {
    /// Begins to set up a provider of this vendor.
    pub fn of(vendor: V) -> Self {
        Self {
            vendor,
            settings: ProviderSettings::of::<V>(),
        }
    }

    /// The public URL of this server, with or without the path of the endpoint: `https`, or `http`
    /// for a loopback host.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.settings.base_url = Some(url.into());
        self
    }

    /// The public URL under which clients know the resource, where it is not the base URL: behind a
    /// gateway, for example. It identifies the resource in metadata, challenges and audiences;
    /// public routes of the provider's own stay with the base URL.
    pub fn resource_base_url(mut self, url: impl Into<String>) -> Self {
        self.settings.resource_base_url = Some(url.into());
        self
    }

    /// The path of the endpoint that [`Provider::protect`] protects; `/mcp` by default. A server
    /// that asks for its [`protection`](AuthProvider::protection) names the path itself.
    pub fn endpoint_path(mut self, path: impl Into<String>) -> Self {
        self.settings.endpoint_path = path.into();
        self
    }

    /// The scopes that every request needs; none by default. A token without them is answered with
    /// 403 and a challenge that names them.
    pub fn required_scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.settings.required_scopes = scopes.into();
        self
    }

    /// The scopes that challenges ask for, where the authorization server knows them by other names
    /// than its tokens do; the required ones by default. What one operation needs beside them is
    /// added.
    pub fn challenge_scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.settings.challenge_scopes = Some(scopes.into());
        self
    }

    /// The scopes that the metadata offers; those of challenges by default.
    pub fn scopes_supported(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.settings.scopes_supported = Some(scopes.into());
        self
    }

    /// Which scopes imply narrower ones; none by default.
    pub fn scope_rules(mut self, rules: ScopeRules) -> Self {
        self.settings.scope_rules = rules;
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

    /// Whether the authorization server's metadata is served here as well, at
    /// `/.well-known/oauth-authorization-server`, for clients from before RFC 9728. The default is
    /// the vendor's ([`Vendor::FORWARDS_METADATA`]).
    pub fn forward_authorization_server_metadata(mut self, on: bool) -> Self {
        self.settings.forward_metadata = on;
        self
    }

    /// How far the clocks of this machine and of the authorization server may differ; 30 seconds by
    /// default.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.settings.leeway = leeway;
        self
    }

    /// The clock that tokens are judged by and that cached metadata ages by, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.settings.clock = clock;
        self
    }

    /// The client that fetches keys and metadata.
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.settings.fetcher = fetcher;
        self
    }

    /// How long keys that were fetched go on verifying tokens while the authorization server cannot
    /// be reached; a day by default. After that, requests are answered with 503.
    pub fn keys_max_stale(mut self, max_stale: Duration) -> Self {
        self.settings.keys_max_stale = Some(max_stale);
        self
    }

    /// About how much memory the cache of verified tokens may use; 32 MiB by default.
    pub fn token_cache_bytes(mut self, bytes: u64) -> Self {
        self.settings.token_cache_bytes = Some(bytes);
        self
    }

    /// Refuses tokens by their identifier (`jti`), for example those of a revoked consent: a token
    /// is good until it expires, unless the server remembers which are not. For anything else that
    /// a token says, there is [`deny_caller`](Self::deny_caller). The hook is called for every
    /// request, and for open streams before each message and every few seconds, so it must not
    /// block.
    pub fn deny(mut self, hook: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        let denies = move |principal: &Principal| principal.token_id().is_some_and(&hook);
        self.settings.deny = Some(Denial::new(denies));
        self
    }

    /// Refuses callers by anything else that a token says: a person who left, a tenant that did not
    /// pay. The hook is called as that of [`deny`](Self::deny) is, so it must not block.
    pub fn deny_caller(
        mut self,
        hook: impl Fn(&Principal) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.settings.deny_caller = Some(Denial::new(hook));
        self
    }

    /// Whether tokens are taken that are bound to a key of the client (DPoP, RFC 9449); by default
    /// they are not.
    pub fn dpop(mut self, policy: DpopPolicy) -> Self {
        self.settings.dpop = policy;
        self
    }

    /// Verifies tokens with something else altogether. Issuers, audience, leeway and clock then
    /// have no effect; scopes, metadata, challenges, [`deny`](Self::deny) and
    /// [`deny_caller`](Self::deny_caller) stay.
    pub fn token_verifier(mut self, verifier: Arc<dyn TokenVerifier>) -> Self {
        self.settings.token_verifier = Some(verifier);
        self
    }

    /// Checks the settings and makes the provider. Nothing is fetched.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] names the setting that is missing or cannot be used, and says where the
    /// right value is found.
    pub fn build(self) -> Result<Provider<V>, ProviderError> {
        Provider::new(self.vendor, self.settings)
    }
}

impl<V: Vendor> AuthProvider for ProviderBuilder<V> {
    fn protection(&self, endpoint_path: &str) -> Result<Protection, ProviderError> {
        self.clone().build()?.protection(endpoint_path)
    }
}

#[cfg(test)]
mod tests;
