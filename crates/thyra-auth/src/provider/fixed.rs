//! A fixed list of tokens, for development.

use std::sync::Arc;

use thyra_oauth::{ResourceUrl, ScopeRules, ScopeSet};

use crate::layer::Protection;
use crate::principal::Principal;
use crate::provider::{AuthProvider, ProviderError, check_scopes};
use crate::verify::StaticTokens;

const BASE_URL_HELP: &str = "Set it to the URL at which clients reach this server, such as \
     http://localhost:8000.";

/// Protects a resource with tokens that are written down in the program, for development and tests.
///
/// A token that is written down is a token that leaks, and there is no authorization server that
/// clients could be sent to. Making a protection of it says so in the log.
///
/// ```
/// use thyra_auth::{AuthProvider, Principal, ScopeSet, StaticAuth};
///
/// let ada = Principal::builder("https://issuer.example", "ada")
///     .scopes(["notes:read"])
///     .build();
/// let provider = StaticAuth::new("http://localhost:8000").token("ada-token", ada);
/// let protection = provider.protection("/mcp")?;
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
#[derive(Clone, Debug)]
pub struct StaticAuth {
    base_url: String,
    tokens: StaticTokens,
    required_scopes: ScopeSet,
    scope_rules: ScopeRules,
}

impl StaticAuth {
    /// Protects a server at this public URL, with or without the path of the endpoint. No token is
    /// accepted yet.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            tokens: StaticTokens::default(),
            required_scopes: ScopeSet::default(),
            scope_rules: ScopeRules::default(),
        }
    }

    /// Accepts a token as this principal's, until the principal expires if it does.
    #[must_use]
    pub fn token(mut self, token: impl AsRef<str>, principal: Principal) -> Self {
        self.tokens = self.tokens.token(token, principal);
        self
    }

    /// The scopes that every request needs; none by default.
    #[must_use]
    pub fn required_scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.required_scopes = scopes.into();
        self
    }

    /// Which scopes stand for narrower ones; none by default.
    #[must_use]
    pub fn scope_rules(mut self, rules: ScopeRules) -> Self {
        self.scope_rules = rules;
        self
    }
}

impl AuthProvider for StaticAuth {
    fn protection(&self, mcp_path: &str) -> Result<Protection, ProviderError> {
        let resource = ResourceUrl::new(&self.base_url, mcp_path)
            .map_err(|error| ProviderError::resource("base_url", BASE_URL_HELP, mcp_path, error))?;
        check_scopes("required_scopes", &self.required_scopes)?;
        tracing::warn!(
            %resource,
            "this server accepts tokens that are written down in its program: never let anybody but \
             yourself reach it, and use a real provider in production"
        );
        let nobody: [&str; 0] = [];
        Protection::builder(
            "static tokens",
            resource,
            Arc::new(self.tokens.clone()),
            nobody,
        )
        .required_scopes(self.required_scopes.clone())
        .scope_rules(self.scope_rules.clone())
        .build()
    }
}

#[cfg(test)]
mod tests {
    use http::{Request, header};

    use super::*;
    use crate::refusal::Refusal;

    async fn admit(provider: &StaticAuth, token: &str) -> Result<(), Refusal> {
        let (mut parts, ()) = Request::post("/mcp")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(())
            .unwrap()
            .into_parts();
        let protection = provider.protection("/mcp").unwrap();
        protection.admit(&mut parts.headers).await.map(drop)
    }

    #[tokio::test]
    async fn only_the_listed_tokens_are_accepted() {
        let ada = Principal::builder("https://issuer.example", "ada")
            .scopes(["read"])
            .build();
        let bob = Principal::builder("https://issuer.example", "bob").build();
        let provider = StaticAuth::new("http://localhost:8000")
            .required_scopes(["read"])
            .token("ada-token", ada)
            .token("bob-token", bob);
        assert_eq!(admit(&provider, "ada-token").await, Ok(()));
        assert!(matches!(
            admit(&provider, "bob-token").await,
            Err(Refusal::InsufficientScope { .. })
        ));
        for unknown in ["ada-toke", "ada-token2", "ADA-TOKEN"] {
            assert!(matches!(
                admit(&provider, unknown).await,
                Err(Refusal::InvalidToken(_))
            ));
        }
    }

    #[test]
    fn tokens_are_not_shown() {
        let ada = Principal::builder("https://issuer.example", "ada").build();
        let provider = StaticAuth::new("http://localhost:8000").token("ada-token", ada);
        let protection = provider.protection("/mcp").unwrap();
        assert!(!format!("{provider:?} {protection:?}").contains("ada-token"));
    }

    #[test]
    fn the_base_url_is_checked() {
        let error = StaticAuth::new("localhost:8000")
            .protection("/mcp")
            .unwrap_err();
        insta::assert_snapshot!(error, @"base_url cannot be used: it is not an absolute URL such as `https://mcp.example.com`. Set it to the URL at which clients reach this server, such as http://localhost:8000.");
    }
}
