//! Oracle Cloud Infrastructure.

use thyra_auth::{ProviderError, VendorSetting};

use super::preset;
use crate::provider::{IssuerSettings, OidcUpstream, UpstreamOptions};
use crate::server::ScopePolicy;
use crate::upstream::UpstreamSettings;

/// What all identity domains call their issuer.
const ISSUER: &str = "https://identity.oraclecloud.com/";

const DOMAIN_URL: VendorSetting = VendorSetting::new(
    "domain_url (OCI_DOMAIN_URL)",
    "Copy the Domain URL from the overview of the identity domain in the OCI console; it looks \
     like https://idcs-0123.identity.oraclecloud.com.",
);
const AUDIENCE: VendorSetting = VendorSetting::new(
    "audience (OCI_AUDIENCE)",
    "Copy the primary audience of the application that tools call, or remove it.",
);
const DOMAIN_ISSUER: VendorSetting = VendorSetting::new(
    "domain_issuer (OCI_DOMAIN_ISSUER)",
    "Copy `issuer` from the metadata below the Domain URL, or remove it.",
);

preset! {
    /// An authorization server in front of a confidential application of an OCI identity domain.
    ///
    /// The ID token says who has signed in. The domain must let clients read its signing
    /// certificate (Settings > Domain settings > Configure client access). Where the application
    /// allows refresh tokens, add the scope `offline_access` with
    /// [`additional_authorize_scopes`](OciProxyBuilder::additional_authorize_scopes).
    pub type OciProxy, OciProxyBuilder for OciUpstream {
        /// The URL of the identity domain, such as `https://idcs-0123.identity.oraclecloud.com`.
        domain_url,
        /// What access tokens are for; none by default.
        audience,
        /// What the domain calls its issuer; `https://identity.oraclecloud.com/` by default.
        domain_issuer,
    }
    "OCI", "OCI", &["openid"]
}

impl OciUpstream {
    fn settings(
        &self,
        options: &UpstreamOptions,
        settings: &IssuerSettings,
        scopes: &ScopePolicy,
    ) -> Result<UpstreamSettings, ProviderError> {
        let domain = DOMAIN_URL.url(DOMAIN_URL.required(self.domain_url.as_deref())?)?;
        let issuer = DOMAIN_ISSUER.optional(self.domain_issuer.as_deref())?;
        let audience = AUDIENCE.optional(self.audience.as_deref())?;
        let oidc = OidcUpstream {
            config_url: Some(format!("{domain}/.well-known/openid-configuration")),
            issuer: Some(issuer.unwrap_or(ISSUER).to_owned()),
            audience: audience.map(str::to_owned),
            ..OidcUpstream::default()
        };
        oidc.settings(options, settings, scopes)
    }
}
