//! A fixed list of tokens, for development.

use std::sync::Arc;

use super::{ProviderBuilder, ProviderError, ProviderSettings, TokenKind, Vendor};
use crate::principal::Principal;
use crate::verify::StaticTokens;

/// Protects a resource with tokens that are written down in the program, for development and tests.
///
/// A token that is written down is a token that leaks, and there is no authorization server that
/// clients could be sent to. The log says so when the server starts.
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
pub type StaticAuth = ProviderBuilder<StaticTokens>;

impl StaticAuth {
    /// Protects a server at this public URL, with or without the path of the endpoint. No token is
    /// accepted yet.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self::of(StaticTokens::default()).base_url(base_url)
    }

    /// Accepts a token as this principal's, until the principal expires if it does.
    pub fn token(mut self, token: impl AsRef<str>, principal: Principal) -> Self {
        self.vendor = self.vendor.token(token, principal);
        self
    }
}

impl Vendor for StaticTokens {
    const NAME: &'static str = "static tokens";

    fn tokens(&self, settings: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        tracing::warn!(
            base_url = settings.base_url,
            "this server accepts tokens that are written down in its program: never let anybody but \
             yourself reach it, and use a real provider in production"
        );
        Ok(TokenKind::Other {
            verifier: Arc::new(self.clone().clock(Arc::clone(settings.clock()))),
            authorization_servers: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use http::{Request, header};

    use super::*;
    use crate::provider::AuthProvider;
    use crate::refusal::Refusal;

    async fn admit(provider: &StaticAuth, token: &str) -> Result<(), Refusal> {
        let (mut parts, ()) = Request::post("/mcp")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(())
            .unwrap()
            .into_parts();
        let protection = provider.protection("/mcp").unwrap();
        protection.admit(&mut parts).await.map(drop)
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
        insta::assert_snapshot!(error, @"base_url cannot be used: it is not an absolute URL such as `https://mcp.example.com`. Set it to the URL at which clients reach this server, such as https://mcp.example.com; for development, http://localhost:8000.");
    }
}
