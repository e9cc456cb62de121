//! Google.

use thyra_auth::{ProviderError, VendorSetting};

use super::preset;
use crate::provider::{IssuerSettings, OidcUpstream, UpstreamOptions};
use crate::server::ScopePolicy;
use crate::upstream::{Naming, UpstreamSettings};

const GOOGLE: &str = "https://accounts.google.com";

const URL: VendorSetting = VendorSetting::new(
    "url (GOOGLE_URL)",
    "Set it to what stands in place of https://accounts.google.com, for tests, or remove it.",
);

/// The scopes with two names.
const ALIASES: &[(&str, &str)] = &[
    ("email", "https://www.googleapis.com/auth/userinfo.email"),
    (
        "profile",
        "https://www.googleapis.com/auth/userinfo.profile",
    ),
];

/// What makes Google give a refresh token each time.
const OFFLINE: [(&str, &str); 2] = [("access_type", "offline"), ("prompt", "consent")];

preset! {
    /// An authorization server in front of an OAuth client of Google, for a web application.
    ///
    /// The ID token says who has signed in. Clients may name scopes as OpenID Connect does; Google
    /// gets its own names. `access_type=offline` and `prompt=consent` are sent, so that logins go
    /// on without the person; an extra parameter of the same name takes the place of either.
    pub type GoogleProxy, GoogleProxyBuilder for GoogleUpstream {
        /// What stands in place of `https://accounts.google.com`, for tests.
        url,
    }
    "Google", "GOOGLE", &["openid"]
}

impl GoogleUpstream {
    fn settings(
        &self,
        options: &UpstreamOptions,
        settings: &IssuerSettings,
        scopes: &ScopePolicy,
    ) -> Result<UpstreamSettings, ProviderError> {
        let url = URL.url(URL.optional(self.url.as_deref())?.unwrap_or(GOOGLE))?;
        let oidc = OidcUpstream {
            issuer: Some(url),
            ..OidcUpstream::default()
        };
        let mut upstream = oidc.settings(options, settings, scopes)?;
        upstream.scopes.naming = Naming::Aliases(ALIASES);
        let parameters = &mut upstream.extra_authorize_params;
        for (name, value) in OFFLINE {
            if !parameters.iter().any(|(set, _)| set == name) {
                parameters.push((name.to_owned(), value.to_owned()));
            }
        }
        Ok(upstream)
    }
}
