//! Any authorization server that issues JWTs and publishes its keys.

use thyra_oauth::ResourceUrl;

use super::{
    Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, TokenProfile, Vendor,
};
use crate::verify::{Algorithm, Audience, AudienceDemand, AudienceUnchecked};

/// Protects a resource with JWT access tokens (RFC 9068 or like it) of one authorization server.
///
/// The key set is found through the issuer's metadata (RFC 8414, or `OpenID` Connect Discovery)
/// with the first token. The audience is the URL of the resource unless said otherwise.
///
/// ```
/// use thyra_auth::{AuthProvider, RemoteAuth, ScopeSet};
///
/// let provider = RemoteAuth::builder("https://auth.example.com/", "https://mcp.example.com")
///     .required_scopes(["notes:read"])
///     .build()?;
/// let protection = provider.protection("/mcp")?;
/// assert_eq!(protection.summary().audience, ["https://mcp.example.com/mcp"]);
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
pub type RemoteAuth = Provider<RemoteIssuer>;

/// Sets up a [`RemoteAuth`]; made by [`RemoteAuth::builder`].
pub type RemoteAuthBuilder = ProviderBuilder<RemoteIssuer>;

/// An authorization server of which nothing is known but its issuer identifier; see [`RemoteAuth`].
#[derive(Clone, Debug)]
pub struct RemoteIssuer {
    tokens: TokenProfile,
    /// The URL of the resource when not set.
    audience: Option<AudienceDemand>,
}

impl RemoteAuth {
    /// Begins to set up a provider.
    ///
    /// `issuer` is the issuer identifier of the authorization server, byte for byte as its tokens
    /// carry it; `base_url` is the public URL of this server, with or without the path of the
    /// endpoint.
    pub fn builder(issuer: impl Into<String>, base_url: impl Into<String>) -> RemoteAuthBuilder {
        let vendor = RemoteIssuer {
            tokens: TokenProfile::new(issuer.into().trim()),
            audience: None,
        };
        ProviderBuilder::of(vendor).base_url(base_url)
    }
}

impl RemoteAuthBuilder {
    /// Demands this in `aud` instead of the URL of the resource, for authorization servers that
    /// know resources by another name.
    pub fn audience(mut self, audience: Audience) -> Self {
        self.vendor.audience = Some(audience.into());
        self
    }

    /// Accepts every token of the issuer, whomever it was issued for; see [`AudienceUnchecked`] for
    /// what that means.
    pub fn audience_unchecked(mut self, unchecked: AudienceUnchecked) -> Self {
        self.vendor.audience = Some(unchecked.into());
        self
    }

    /// The signature algorithms that are accepted; RS256 and ES256 by default.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.vendor.tokens = self.vendor.tokens.algorithms(algorithms);
        self
    }

    /// The claims that may name the caller's organisation, of which the first present counts; none
    /// by default.
    pub fn organization_claims<S: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        self.vendor.tokens = self.vendor.tokens.organization_claims(names);
        self
    }
}

impl Vendor for RemoteIssuer {
    const NAME: &'static str = "remote";

    fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
        Ok(self.tokens.clone().into())
    }

    fn audience(&self, resource: &ResourceUrl) -> Result<AudienceDemand, ProviderError> {
        match &self.audience {
            Some(audience) => Ok(audience.clone()),
            None => Ok(Audience::any_of([resource.as_str()])?.into()),
        }
    }
}

#[cfg(test)]
mod tests;
