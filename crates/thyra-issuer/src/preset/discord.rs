//! Discord.

use std::sync::Arc;

use thyra_auth::{Audience, DiscordLookup, LookupVerifier, ProviderError, VendorSetting};

use super::preset;
use crate::provider::{IssuerSettings, UpstreamOptions};
use crate::server::ScopePolicy;
use crate::upstream::{Endpoints, Identity, UpstreamSettings};

const DISCORD: &str = "https://discord.com";

const URL: VendorSetting = VendorSetting::new(
    "url (DISCORD_URL)",
    "Set it to what stands in place of https://discord.com, for tests, or remove it.",
);

preset! {
    /// An authorization server in front of an application of Discord.
    ///
    /// Discord says whose token it is, and for which application; the subject is the id of the
    /// user.
    pub type DiscordProxy, DiscordProxyBuilder for DiscordUpstream {
        /// What stands in place of `https://discord.com`, for tests.
        url,
    }
    "Discord", "DISCORD", &["identify"]
}

impl DiscordUpstream {
    fn settings(
        &self,
        options: &UpstreamOptions,
        settings: &IssuerSettings,
        _: &ScopePolicy,
    ) -> Result<UpstreamSettings, ProviderError> {
        let url = URL.url(URL.optional(self.url.as_deref())?.unwrap_or(DISCORD))?;
        let invalid = |problem: &dyn std::fmt::Display| URL.invalid(&problem.to_string());
        let lookup = DiscordLookup::new(Audience::any_of([options.client_id()?])?)
            .map_err(|problem| invalid(&problem))?
            .api_url(&format!("{url}/api"))
            .map_err(|problem| invalid(&problem))?
            .fetcher(settings.fetcher().clone());
        let verifier = LookupVerifier::builder(lookup).clock(Arc::clone(settings.clock()));
        let endpoints = Endpoints::given(
            &format!("{url}/oauth2/authorize"),
            &format!("{url}/api/oauth2/token"),
            Some(&format!("{url}/api/oauth2/token/revoke")),
        );
        let endpoints = endpoints.map_err(|problem| invalid(&problem))?;
        let identity = Identity::AccessToken(Arc::new(verifier.build()));
        options.settings(settings, endpoints, identity)
    }
}
