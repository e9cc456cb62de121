//! Any authorization server that issues JWTs and publishes its keys.

use thyra_oauth::ResourceUrl;

use super::{
    Provider, ProviderBuilder, ProviderError, ProviderSettings, TokenKind, TokenProfile, Vendor,
};
use crate::verify::{
    Algorithm, Audience, AudienceDemand, AudienceUnchecked, IssuerPattern, claim_setters,
};

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

    /// The authorization servers that the metadata sends clients to, in this order; the issuer by
    /// default. The tokens of all of them are signed with the same keys.
    pub fn authorization_servers<S: Into<String>>(
        mut self,
        servers: impl IntoIterator<Item = S>,
    ) -> Self {
        self.vendor.tokens = self.vendor.tokens.authorization_servers(servers);
        self
    }

    /// What `iss` may be; the issuer by default.
    pub fn issuers<S: Into<String>>(mut self, issuers: impl IntoIterator<Item = S>) -> Self {
        self.vendor.tokens = self.vendor.tokens.issuers(issuers);
        self
    }

    /// Accepts issuers of this form as well.
    pub fn issuer_pattern(mut self, pattern: IssuerPattern) -> Self {
        self.vendor.tokens = self.vendor.tokens.issuer_pattern(pattern);
        self
    }

    /// Where the key set is. By default the issuer's metadata says it.
    pub fn keys_url(mut self, url: impl Into<String>) -> Self {
        self.vendor.tokens = self.vendor.tokens.keys_url(url);
        self
    }

    /// The signature algorithms that are accepted; RS256 and ES256 by default.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.vendor.tokens = self.vendor.tokens.algorithms(algorithms);
        self
    }

    claim_setters!(vendor.tokens.claims);
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
