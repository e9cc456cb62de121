//! `WorkOS`.

use thyra_auth::{ProviderError, VendorSetting};

use super::{also, preset};
use crate::provider::{IssuerSettings, OidcUpstream, UpstreamOptions};
use crate::server::ScopePolicy;
use crate::upstream::UpstreamSettings;

const AUTHKIT_DOMAIN: VendorSetting = VendorSetting::new(
    "authkit_domain (WORKOS_AUTHKIT_DOMAIN)",
    "Copy it from Domains in the WorkOS dashboard; it looks like acme.authkit.app.",
);

preset! {
    /// An authorization server in front of an OAuth application of `WorkOS` Connect.
    ///
    /// The ID token says who has signed in. The scope `offline_access` is asked for, so that logins
    /// go on without the person.
    pub type WorkOsProxy, WorkOsProxyBuilder for WorkOsUpstream {
        /// The `AuthKit` domain, such as `acme.authkit.app`.
        authkit_domain,
    }
    "WorkOS", "WORKOS", &[]
}

impl WorkOsUpstream {
    fn settings(
        &self,
        options: &UpstreamOptions,
        settings: &IssuerSettings,
        scopes: &ScopePolicy,
    ) -> Result<UpstreamSettings, ProviderError> {
        let domain = AUTHKIT_DOMAIN.required(self.authkit_domain.as_deref())?;
        let oidc = OidcUpstream {
            issuer: Some(AUTHKIT_DOMAIN.domain(domain)?),
            ..OidcUpstream::default()
        };
        let mut upstream = oidc.settings(options, settings, scopes)?;
        upstream.scopes.further = also(&upstream.scopes.further, &["offline_access"]);
        Ok(upstream)
    }
}
