//! How a [`Protection`] is made.

use std::sync::Arc;

use thyra_oauth::{
    OFFLINE_ACCESS, PROTECTED_RESOURCE, ProtectedResourceMetadata, ResourceUrl, ScopeRules,
    ScopeSet,
};

use super::{Inner, Protection, Summary};
use crate::metadata::forward::AuthorizationServerForward;
use crate::metadata::well_known::WellKnown;
use crate::provider::ProviderError;
use crate::verify::TokenVerifier;

/// Makes a [`Protection`]; made by [`Protection::builder`].
#[derive(Debug)]
#[must_use = "nothing is protected before `build`"]
pub struct ProtectionBuilder {
    provider: &'static str,
    resource: ResourceUrl,
    verifier: Arc<dyn TokenVerifier>,
    authorization_servers: Vec<String>,
    required_scopes: ScopeSet,
    scopes_supported: Option<ScopeSet>,
    scope_rules: ScopeRules,
    resource_name: Option<String>,
    resource_documentation: Option<String>,
    forward: Option<AuthorizationServerForward>,
    audience: Vec<String>,
    issuers: Vec<String>,
}

impl Protection {
    /// Begins to protect a resource with a verifier, for providers of one's own.
    ///
    /// `provider` is a name for the log, and `authorization_servers` are the issuers that the
    /// metadata sends clients to, published byte for byte.
    pub fn builder<S: Into<String>>(
        provider: &'static str,
        resource: ResourceUrl,
        verifier: Arc<dyn TokenVerifier>,
        authorization_servers: impl IntoIterator<Item = S>,
    ) -> ProtectionBuilder {
        ProtectionBuilder {
            provider,
            resource,
            verifier,
            authorization_servers: authorization_servers.into_iter().map(Into::into).collect(),
            required_scopes: ScopeSet::default(),
            scopes_supported: None,
            scope_rules: ScopeRules::default(),
            resource_name: None,
            resource_documentation: None,
            forward: None,
            audience: Vec::new(),
            issuers: Vec::new(),
        }
    }
}

impl ProtectionBuilder {
    /// The scopes that every request needs; none by default.
    pub fn required_scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.required_scopes = scopes.into();
        self
    }

    /// The scopes that the metadata offers; the required ones by default.
    pub fn scopes_supported(mut self, scopes: impl Into<Option<ScopeSet>>) -> Self {
        self.scopes_supported = scopes.into();
        self
    }

    /// Which scopes stand for narrower ones; none by default.
    pub fn scope_rules(mut self, rules: ScopeRules) -> Self {
        self.scope_rules = rules;
        self
    }

    /// The resource's name for people.
    pub fn resource_name(mut self, name: impl Into<Option<String>>) -> Self {
        self.resource_name = name.into();
        self
    }

    /// The URL of a page for developers.
    pub fn resource_documentation(mut self, url: impl Into<Option<String>>) -> Self {
        self.resource_documentation = url.into();
        self
    }

    /// Forwards the authorization server's metadata as well; off by default.
    pub fn forward(mut self, forward: impl Into<Option<AuthorizationServerForward>>) -> Self {
        self.forward = forward.into();
        self
    }

    /// The audience that the verifier demands, for the summary.
    pub fn audience(mut self, audience: Vec<String>) -> Self {
        self.audience = audience;
        self
    }

    /// The issuers that the verifier accepts, for the summary; the authorization servers by default.
    pub fn issuers(mut self, issuers: Vec<String>) -> Self {
        self.issuers = issuers;
        self
    }

    /// Makes the protection.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] when `offline_access` is required, which no client can be told to ask for.
    pub fn build(self) -> Result<Protection, ProviderError> {
        if self.required_scopes.contains(OFFLINE_ACCESS) {
            return Err(ProviderError::OfflineAccessRequired);
        }
        let supported = self
            .scopes_supported
            .as_ref()
            .unwrap_or(&self.required_scopes);
        let mut metadata =
            ProtectedResourceMetadata::new(&self.resource, &self.authorization_servers)
                .with_scopes(supported);
        metadata.resource_name = self.resource_name;
        metadata.resource_documentation = self.resource_documentation;
        let mut well_known = WellKnown::new(&self.resource, &metadata);
        if let Some(forward) = self.forward {
            well_known = well_known.with_forward(&self.resource, forward);
        }
        let summary = Summary {
            provider: self.provider,
            resource: self.resource.as_str().to_owned(),
            audience: self.audience,
            issuers: if self.issuers.is_empty() {
                self.authorization_servers
            } else {
                self.issuers
            },
            required_scopes: self.required_scopes.iter().map(str::to_owned).collect(),
        };
        Ok(Protection(Arc::new(Inner {
            verifier: self.verifier,
            required: self.required_scopes,
            rules: self.scope_rules,
            metadata_url: self.resource.well_known_url(PROTECTED_RESOURCE),
            resource: self.resource,
            well_known,
            summary,
        })))
    }
}
