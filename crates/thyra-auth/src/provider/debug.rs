//! A function in place of an identity provider, for development.

use std::sync::Arc;

use super::{ProviderBuilder, ProviderError, ProviderSettings, TokenKind, Vendor};
use crate::verify::DebugVerifier;

/// FOR DEVELOPMENT ONLY: protects a resource with a function of yours that says which tokens are
/// good; see [`DebugVerifier`].
///
/// ```
/// use thyra_auth::{AuthProvider, DebugAuth, DebugVerifier};
///
/// let verifier = DebugVerifier::accepting(|token| token.starts_with("dev-"));
/// let protection = DebugAuth::new("http://localhost:8000", verifier).protection("/mcp")?;
/// assert!(protection.summary().warnings[0].starts_with("DEBUG: "));
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type DebugAuth = ProviderBuilder<DebugVerifier>;

impl DebugAuth {
    /// Protects a server at this public URL, with or without the path of the endpoint.
    pub fn new(base_url: impl Into<String>, verifier: DebugVerifier) -> Self {
        Self::of(verifier).base_url(base_url)
    }
}

impl Vendor for DebugVerifier {
    const NAME: &'static str = "a DEBUG verifier";

    fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        Ok(TokenKind::Other {
            verifier: Arc::new(self.clone()),
            authorization_servers: Vec::new(),
        })
    }
}
