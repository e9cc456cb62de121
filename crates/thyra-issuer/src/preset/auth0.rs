//! Auth0.

use thyra_auth::{ProviderError, VendorSetting};

use super::{also, preset};
use crate::provider::{IssuerSettings, OidcUpstream, UpstreamOptions};
use crate::server::ScopePolicy;
use crate::upstream::UpstreamSettings;

const DOMAIN: VendorSetting = VendorSetting::new(
    "domain (AUTH0_DOMAIN)",
    "Copy it from Applications > your application > Settings in the Auth0 dashboard; it looks like \
     acme.eu.auth0.com.",
);
const AUDIENCE: VendorSetting = VendorSetting::new(
    "audience (AUTH0_AUDIENCE)",
    "Copy the identifier of an API from Applications > APIs, or remove it.",
);

preset! {
    /// An authorization server in front of an application of Auth0, a Regular Web Application.
    ///
    /// The ID token says who has signed in. The scope `offline_access` is asked for, so that logins
    /// go on without the person. With an audience, the access token that tools use is for that API,
    /// which must then allow offline access.
    pub type Auth0Proxy, Auth0ProxyBuilder for Auth0Upstream {
        /// The domain of the tenant, such as `acme.eu.auth0.com`, or a domain of your own.
        domain,
        /// The API that access tokens are for; none by default.
        audience,
    }
    "Auth0", "AUTH0", &["openid"]
}

impl Auth0Upstream {
    fn settings(
        &self,
        options: &UpstreamOptions,
        settings: &IssuerSettings,
        scopes: &ScopePolicy,
    ) -> Result<UpstreamSettings, ProviderError> {
        let domain = DOMAIN.domain(DOMAIN.required(self.domain.as_deref())?)?;
        let audience = AUDIENCE.optional(self.audience.as_deref())?;
        let oidc = OidcUpstream {
            // Its issuers end in a slash.
            issuer: Some(format!("{domain}/")),
            audience: audience.map(str::to_owned),
            ..OidcUpstream::default()
        };
        let mut upstream = oidc.settings(options, settings, scopes)?;
        upstream.scopes.further = also(&upstream.scopes.further, &["offline_access"]);
        Ok(upstream)
    }
}
