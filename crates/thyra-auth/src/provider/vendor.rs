//! What tells one identity provider from another.

use std::fmt;
use std::sync::Arc;

use thyra_oauth::ResourceUrl;

use super::ProviderError;
use super::settings::ProviderSettings;
use crate::routes::PublicRoute;
use crate::verify::{Algorithm, Audience, AudienceDemand, TokenVerifier};

/// An identity provider: what is special about its tokens, and the settings that only it has.
///
/// Implement it on a struct that holds those settings. [`ProviderBuilder::of`] gives it the
/// settings that all providers share, and [`ProviderBuilder::build`] the rest.
///
/// ```
/// use thyra_auth::{
///     ProviderBuilder, ProviderError, ProviderSettings, TokenKind, TokenProfile, Vendor,
/// };
///
/// #[derive(Clone, Debug)]
/// struct Acme {
///     tenant: String,
/// }
///
/// impl Vendor for Acme {
///     const NAME: &'static str = "Acme";
///
///     fn tokens(&self, _: &ProviderSettings) -> Result<TokenKind, ProviderError> {
///         let issuer = format!("https://{}.acme.example", self.tenant);
///         Ok(TokenProfile::new(issuer).organization_claims(["tenant"]).into())
///     }
/// }
///
/// let acme = Acme { tenant: "notes".to_owned() };
/// let provider = ProviderBuilder::of(acme)
///     .base_url("https://mcp.example.com")
///     .required_scopes(["notes:read"])
///     .build()?;
/// assert_eq!(provider.issuers(), ["https://notes.acme.example"]);
/// # Ok::<(), thyra_auth::ProviderError>(())
/// ```
///
/// [`ProviderBuilder::of`]: crate::ProviderBuilder::of
/// [`ProviderBuilder::build`]: crate::ProviderBuilder::build
pub trait Vendor: Clone + fmt::Debug + Send + Sync + 'static {
    /// The name for the log and the start-up message.
    const NAME: &'static str;

    /// What the names of its environment variables begin with, such as `SCALEKIT`; messages then
    /// name the variables beside the settings.
    const VARIABLES: Option<&'static str> = None;

    /// Whether the authorization server's metadata is served here as well, unless set otherwise.
    const FORWARDS_METADATA: bool = false;

    /// What its tokens look like. The vendor's own settings are checked here.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] names the setting that is missing or cannot be used.
    fn tokens(&self, settings: &ProviderSettings) -> Result<TokenKind, ProviderError>;

    /// What `aud` must hold in tokens for this resource: its URL, unless the vendor says otherwise.
    ///
    /// # Errors
    ///
    /// [`ProviderError`] when the settings demand a blank audience.
    fn audience(&self, resource: &ResourceUrl) -> Result<AudienceDemand, ProviderError> {
        Ok(Audience::any_of([resource.as_str()])?.into())
    }

    /// Paths that are answered without a token, beside the well-known documents; none by default.
    fn routes(&self, _resource: &ResourceUrl) -> Vec<PublicRoute> {
        Vec::new()
    }
}

/// How the tokens of a [`Vendor`] are verified.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TokenKind {
    /// They are JSON Web Tokens, and the issuer publishes its keys.
    Jwt(TokenProfile),
    /// They are something else.
    Other {
        /// What judges them.
        verifier: Arc<dyn TokenVerifier>,
        /// The issuers that the metadata sends clients to.
        authorization_servers: Vec<String>,
    },
}

impl From<TokenProfile> for TokenKind {
    fn from(profile: TokenProfile) -> Self {
        Self::Jwt(profile)
    }
}

/// What the JSON Web Tokens of one issuer look like.
#[derive(Clone, Debug)]
#[must_use = "a profile verifies nothing by itself"]
pub struct TokenProfile {
    pub(super) authorization_server: String,
    pub(super) issuers: Vec<String>,
    pub(super) keys_url: Option<String>,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) organization_claims: Vec<String>,
    pub(super) resource_claim: bool,
}

impl TokenProfile {
    /// Tokens of this authorization server, whose issuer identifier is published and compared byte
    /// for byte.
    pub fn new(authorization_server: impl Into<String>) -> Self {
        let authorization_server = authorization_server.into();
        Self {
            issuers: vec![authorization_server.clone()],
            authorization_server,
            keys_url: None,
            algorithms: vec![Algorithm::Rs256, Algorithm::Es256],
            organization_claims: Vec::new(),
            resource_claim: false,
        }
    }

    /// What `iss` may be; the authorization server by default.
    pub fn issuers<S: Into<String>>(mut self, issuers: impl IntoIterator<Item = S>) -> Self {
        self.issuers = issuers.into_iter().map(Into::into).collect();
        self
    }

    /// Where the key set is. By default the authorization server's metadata says it.
    pub fn keys_url(mut self, url: impl Into<String>) -> Self {
        self.keys_url = Some(url.into());
        self
    }

    /// The signature algorithms that are accepted; RS256 and ES256 by default.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// The claims that may name the caller's organisation, of which the first present counts; none
    /// by default.
    pub fn organization_claims<S: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        self.organization_claims = names.into_iter().map(Into::into).collect();
        self
    }

    /// A `resource` claim, where there is one, must be the URL of the resource. By default it is
    /// not looked at.
    pub fn check_resource_claim(mut self) -> Self {
        self.resource_claim = true;
        self
    }
}
