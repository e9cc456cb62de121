//! GitHub.

use std::sync::Arc;

use thyra_auth::{GitHubLookup, LookupVerifier, ProviderError, VendorSetting};
use thyra_oauth::ScopeRules;

use super::preset;
use crate::provider::{IssuerSettings, UpstreamOptions};
use crate::server::ScopePolicy;
use crate::upstream::{Endpoints, Identity, UpstreamSettings};

const GITHUB: &str = "https://github.com";
const API: &str = "https://api.github.com";

const URL: VendorSetting = VendorSetting::new(
    "url (GITHUB_URL)",
    "Set it to the URL of your GitHub Enterprise Server, such as https://github.example.com, or \
     remove it.",
);

/// Scopes that include others, which GitHub then leaves out of its answers.
const INCLUDED: [(&str, &[&str]); 9] = [
    ("admin:gpg_key", &["write:gpg_key"]),
    ("admin:org", &["write:org"]),
    ("admin:public_key", &["write:public_key"]),
    ("admin:repo_hook", &["write:repo_hook"]),
    ("project", &["read:project"]),
    (
        "repo",
        &[
            "public_repo",
            "repo:invite",
            "repo:status",
            "repo_deployment",
            "security_events",
        ],
    ),
    ("user", &["read:user", "user:email", "user:follow"]),
    ("write:org", &["read:org"]),
    ("write:packages", &["read:packages"]),
];

preset! {
    /// An authorization server in front of an OAuth app of GitHub.
    ///
    /// GitHub says whose token it is, and only tokens of this app are accepted. The subject is the
    /// number of the user, which stays when the user takes another name; the claim `login` is the
    /// name. Tokens of OAuth apps do not end, so a login lasts until it is not used any more or the
    /// user takes the access away.
    ///
    /// ```
    /// use thyra_auth::{AuthProvider, Secret};
    /// use thyra_issuer::GitHubProxy;
    ///
    /// let proxy = GitHubProxy::builder()
    ///     .base_url("https://mcp.example.com")
    ///     .client_id("Ov23li0123456789abcd")
    ///     .client_secret(Secret::new("from the app's page".to_owned()))
    ///     .build()?;
    /// let protection = proxy.protection("/mcp")?;
    /// # Ok::<(), thyra_auth::ProviderError>(())
    /// ```
    pub type GitHubProxy, GitHubProxyBuilder for GitHubUpstream {
        /// The URL of a GitHub Enterprise Server, such as `https://github.example.com`.
        url,
    }
    "GitHub", "GITHUB", &["user"]
}

impl GitHubUpstream {
    fn settings(
        &self,
        options: &UpstreamOptions,
        settings: &IssuerSettings,
        _: &ScopePolicy,
    ) -> Result<UpstreamSettings, ProviderError> {
        let url = URL.url(URL.optional(self.url.as_deref())?.unwrap_or(GITHUB))?;
        let api = if url == GITHUB {
            API.to_owned()
        } else {
            format!("{url}/api/v3")
        };
        let invalid = |problem: &dyn std::fmt::Display| URL.invalid(&problem.to_string());
        let lookup = GitHubLookup::new(options.client_id()?, options.needed_secret()?)
            .map_err(|problem| invalid(&problem))?
            .api_url(&api)
            .map_err(|problem| invalid(&problem))?
            .user()
            .fetcher(settings.fetcher().clone());
        let verifier = LookupVerifier::builder(lookup).clock(Arc::clone(settings.clock()));
        let endpoints = Endpoints::given(
            &format!("{url}/login/oauth/authorize"),
            &format!("{url}/login/oauth/access_token"),
            None,
        );
        let endpoints = endpoints.map_err(|problem| invalid(&problem))?;
        let identity = Identity::AccessToken(Arc::new(verifier.build()));
        let mut upstream = options.settings(settings, endpoints, identity)?;
        upstream.scopes.answer_separator = Some(',');
        upstream.scopes.rules = INCLUDED
            .iter()
            .fold(ScopeRules::default(), |rules, (broad, narrow)| {
                rules.implies(*broad, narrow.iter().copied())
            });
        Ok(upstream)
    }
}
