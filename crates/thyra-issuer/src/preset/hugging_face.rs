//! Hugging Face.

use thyra_auth::{ProviderError, VendorSetting};

use super::preset;
use crate::provider::{IssuerSettings, OidcUpstream, UpstreamOptions};
use crate::server::ScopePolicy;
use crate::upstream::UpstreamSettings;

const HUGGING_FACE: &str = "https://huggingface.co";

const URL: VendorSetting = VendorSetting::new(
    "url (HF_URL)",
    "Set it to what stands in place of https://huggingface.co, for tests, or remove it.",
);

preset! {
    /// An authorization server in front of an OAuth app of Hugging Face.
    ///
    /// The ID token says who has signed in. An app without a secret is a public client.
    pub type HuggingFaceProxy, HuggingFaceProxyBuilder for HuggingFaceUpstream {
        /// What stands in place of `https://huggingface.co`, for tests.
        url,
    }
    "Hugging Face", "HF", &["openid", "profile"]
}

impl HuggingFaceUpstream {
    fn settings(
        &self,
        options: &UpstreamOptions,
        settings: &IssuerSettings,
        scopes: &ScopePolicy,
    ) -> Result<UpstreamSettings, ProviderError> {
        let url = URL.url(URL.optional(self.url.as_deref())?.unwrap_or(HUGGING_FACE))?;
        let oidc = OidcUpstream {
            issuer: Some(url),
            ..OidcUpstream::default()
        };
        oidc.settings(options, settings, scopes)
    }
}
