//! The settings that all providers share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thyra_oauth::{Clock, Fetcher, ScopeRules, ScopeSet, SystemClock, is_scope_token};
use url::Url;

use super::{ProviderError, Vendor};
use crate::dpop::DpopPolicy;
use crate::layer::Denial;
use crate::verify::TokenVerifier;

pub(super) const BASE_URL_HELP: &str = "Set it to the URL at which clients reach this server, such \
     as https://mcp.example.com; for development, http://localhost:8000.";

/// The settings that all providers share. The setters of a
/// [`ProviderBuilder`](crate::ProviderBuilder) fill them.
#[derive(Clone)]
pub struct ProviderSettings {
    pub(super) base_url: Option<String>,
    /// The base URL when not set.
    pub(super) resource_base_url: Option<String>,
    pub(super) endpoint_path: String,
    pub(super) required_scopes: ScopeSet,
    /// The required ones when not set.
    pub(super) challenge_scopes: Option<ScopeSet>,
    pub(super) scopes_supported: Option<ScopeSet>,
    pub(super) scope_rules: ScopeRules,
    pub(super) resource_name: Option<String>,
    pub(super) resource_documentation: Option<String>,
    pub(super) forward_metadata: bool,
    pub(super) leeway: Duration,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) fetcher: Fetcher,
    /// The key set's own default when not set.
    pub(super) keys_max_stale: Option<Duration>,
    /// The verifier's own default when not set.
    pub(super) token_cache_bytes: Option<u64>,
    /// By the identifier of the token.
    pub(super) deny: Option<Denial>,
    pub(super) dpop: DpopPolicy,
    pub(super) deny_caller: Option<Denial>,
    pub(super) token_verifier: Option<Arc<dyn TokenVerifier>>,
}

impl ProviderSettings {
    pub(super) fn of<V: Vendor>() -> Self {
        Self {
            base_url: None,
            resource_base_url: None,
            // Servers built with Thyra listen here unless they choose another path.
            endpoint_path: "/mcp".to_owned(),
            required_scopes: ScopeSet::default(),
            challenge_scopes: None,
            scopes_supported: None,
            scope_rules: ScopeRules::default(),
            resource_name: None,
            resource_documentation: None,
            forward_metadata: V::FORWARDS_METADATA,
            leeway: Duration::from_secs(30),
            clock: Arc::new(SystemClock),
            fetcher: Fetcher::new(),
            keys_max_stale: None,
            token_cache_bytes: None,
            deny: None,
            dpop: DpopPolicy::off(),
            deny_caller: None,
            token_verifier: None,
        }
    }

    /// The clock that tokens are judged by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The client that fetches keys and metadata.
    pub fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }

    /// The base URL, after the texts were trimmed and everything was checked that needs no path.
    pub(super) fn check<V: Vendor>(&mut self) -> Result<String, ProviderError> {
        let base_url = self.base_url.as_deref().map(str::trim).map(str::to_owned);
        let base_url = base_url
            .ok_or_else(|| ProviderError::missing(setting::<V>("base_url"), BASE_URL_HELP))?;
        for text in [&mut self.resource_name, &mut self.resource_documentation] {
            *text = text
                .take()
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty());
        }
        if let Some(text) = &self.resource_documentation
            && !Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
        {
            return Err(ProviderError::invalid(
                setting::<V>("resource_documentation"),
                "it is not an absolute URL",
                "Set it to the URL of a page for developers, or remove it.",
            ));
        }
        check_scopes::<V>("required_scopes", &self.required_scopes)?;
        for (name, scopes) in [
            ("challenge_scopes", &self.challenge_scopes),
            ("scopes_supported", &self.scopes_supported),
        ] {
            if let Some(scopes) = scopes {
                check_scopes::<V>(name, scopes)?;
            }
        }
        Ok(base_url)
    }
}

impl fmt::Debug for ProviderSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderSettings")
            .field("base_url", &self.base_url)
            .field("required_scopes", &self.required_scopes)
            .field("leeway", &self.leeway)
            .field("deny", &self.deny.is_some())
            .field("deny_caller", &self.deny_caller.is_some())
            .finish_non_exhaustive()
    }
}

/// How messages name a shared setting: with its environment variable, where the vendor has some.
pub(super) fn setting<V: Vendor>(name: &str) -> String {
    match (name, V::VARIABLES) {
        (_, None) => name.to_owned(),
        ("base_url", Some(_)) => "base_url (THYRA_BASE_URL or MCP_URL)".to_owned(),
        (_, Some(prefix)) => format!("{name} ({prefix}_{})", name.to_ascii_uppercase()),
    }
}

/// Scopes that were configured must be scopes, or no token could ever carry them (RFC 6749
/// section 3.3).
fn check_scopes<V: Vendor>(name: &str, scopes: &ScopeSet) -> Result<(), ProviderError> {
    if scopes.iter().all(is_scope_token) {
        return Ok(());
    }
    Err(ProviderError::invalid(
        setting::<V>(name),
        "a scope holds quotes, backslashes or characters other than ASCII",
        "Write the scopes with spaces or commas between them, or as a JSON array of strings.",
    ))
}
