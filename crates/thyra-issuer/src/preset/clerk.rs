//! Clerk.

use thyra_auth::{ProviderError, VendorSetting};

use super::preset;
use crate::provider::{IssuerSettings, OidcUpstream, UpstreamOptions};
use crate::server::ScopePolicy;
use crate::upstream::UpstreamSettings;

const DOMAIN: VendorSetting = VendorSetting::new(
    "domain (CLERK_DOMAIN)",
    "Copy the Frontend API URL from Configure > API keys in the Clerk dashboard; it looks like \
     verb-noun-00.clerk.accounts.dev.",
);

preset! {
    /// An authorization server in front of an OAuth application of Clerk.
    ///
    /// The ID token says who has signed in. Where the application has the scope `offline_access`,
    /// add it with
    /// [`additional_authorize_scopes`](ClerkProxyBuilder::additional_authorize_scopes), so that
    /// logins go on without the person.
    pub type ClerkProxy, ClerkProxyBuilder for ClerkUpstream {
        /// The domain of the instance, such as `verb-noun-00.clerk.accounts.dev`.
        domain,
    }
    "Clerk", "CLERK", &["openid", "email", "profile"]
}

impl ClerkUpstream {
    fn settings(
        &self,
        options: &UpstreamOptions,
        settings: &IssuerSettings,
        scopes: &ScopePolicy,
    ) -> Result<UpstreamSettings, ProviderError> {
        let domain = DOMAIN.domain(DOMAIN.required(self.domain.as_deref())?)?;
        let oidc = OidcUpstream {
            issuer: Some(domain),
            ..OidcUpstream::default()
        };
        oidc.settings(options, settings, scopes)
    }
}
