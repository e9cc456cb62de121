//! What tells one identity provider from another.

use std::fmt;
use std::sync::Arc;

use thyra_oauth::ResourceUrl;

use super::ProviderError;
use super::settings::ProviderSettings;
use crate::routes::PublicRoute;
use crate::verify::{
    Algorithm, Audience, AudienceDemand, ClaimNames, IssuerPattern, TokenVerifier, claim_setters,
};

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
    Jwt(Box<TokenProfile>),
    /// They are something else, and what judges them is made for one audience.
    OtherFor {
        /// What makes it.
        make: MakeVerifier,
        /// The issuers that the metadata sends clients to. The metadata of the first is forwarded.
        authorization_servers: Vec<String>,
    },
    /// They are something else.
    Other {
        /// What judges them.
        verifier: Arc<dyn TokenVerifier>,
        /// The issuers that the metadata sends clients to.
        authorization_servers: Vec<String>,
    },
}

/// Makes what judges the tokens of a resource, from what its [`Vendor::audience`] demands.
#[derive(Clone)]
pub struct MakeVerifier(Arc<Make>);

type Make = dyn Fn(AudienceDemand) -> Result<Arc<dyn TokenVerifier>, ProviderError> + Send + Sync;

impl MakeVerifier {
    /// Makes it with this function, which is called for each resource.
    pub fn new(
        make: impl Fn(AudienceDemand) -> Result<Arc<dyn TokenVerifier>, ProviderError>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self(Arc::new(make))
    }

    /// Makes it for this audience.
    pub(super) fn make(
        &self,
        audience: AudienceDemand,
    ) -> Result<Arc<dyn TokenVerifier>, ProviderError> {
        (self.0)(audience)
    }
}

impl fmt::Debug for MakeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MakeVerifier").finish_non_exhaustive()
    }
}

impl From<TokenProfile> for TokenKind {
    fn from(profile: TokenProfile) -> Self {
        Self::Jwt(Box::new(profile))
    }
}

/// What the JSON Web Tokens of one vendor look like, and who issues them.
///
/// ```
/// use thyra_auth::{IdentityClaims, IssuerPattern, TokenProfile};
///
/// let tenants = IssuerPattern::new("https://login.example.com/", "/v2.0")?;
/// let profile = TokenProfile::new("https://login.example.com/common/v2.0")
///     .issuers([""; 0])
///     .issuer_pattern(tenants.segment_equals_claim("tid"))
///     .keys_url("https://login.example.com/common/keys")
///     .scope_claims(["permissions"])
///     .identity(IdentityClaims::default().roles(["access", "roles"]));
/// # Ok::<(), thyra_auth::VerifierError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a profile verifies nothing by itself"]
pub struct TokenProfile {
    /// Its metadata leads to the keys, and is forwarded.
    pub(super) authorization_server: String,
    pub(super) authorization_servers: Vec<String>,
    pub(super) issuers: Vec<String>,
    pub(super) issuer_patterns: Vec<IssuerPattern>,
    pub(super) keys_url: Option<String>,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) types: Option<Vec<String>>,
    pub(super) claims: ClaimNames,
    pub(super) resource_claim: bool,
    pub(super) scope_prefix: Option<String>,
}

impl TokenProfile {
    /// Tokens of this authorization server, whose issuer identifier is published and compared byte
    /// for byte.
    pub fn new(authorization_server: impl Into<String>) -> Self {
        let authorization_server = authorization_server.into();
        Self {
            authorization_servers: vec![authorization_server.clone()],
            issuers: vec![authorization_server.clone()],
            authorization_server,
            issuer_patterns: Vec::new(),
            keys_url: None,
            algorithms: vec![Algorithm::Rs256, Algorithm::Es256],
            types: None,
            claims: ClaimNames::default(),
            resource_claim: false,
            scope_prefix: None,
        }
    }

    /// The authorization servers that the metadata sends clients to, in this order; the one of
    /// [`new`](Self::new) by default. The tokens of all of them are signed with the same keys.
    pub fn authorization_servers<S: Into<String>>(
        mut self,
        servers: impl IntoIterator<Item = S>,
    ) -> Self {
        self.authorization_servers = servers.into_iter().map(Into::into).collect();
        self
    }

    /// What `iss` may be; the authorization server of [`new`](Self::new) by default. It may be
    /// empty where there is an [`issuer_pattern`](Self::issuer_pattern).
    pub fn issuers<S: Into<String>>(mut self, issuers: impl IntoIterator<Item = S>) -> Self {
        self.issuers = issuers.into_iter().map(Into::into).collect();
        self
    }

    /// Accepts issuers of this form as well. It can be called for several.
    pub fn issuer_pattern(mut self, pattern: IssuerPattern) -> Self {
        self.issuer_patterns.push(pattern);
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

    /// The values of `typ` that are accepted; see
    /// [`JwtVerifierBuilder::types`](crate::JwtVerifierBuilder::types).
    pub fn types<S: Into<String>>(mut self, types: impl IntoIterator<Item = S>) -> Self {
        self.types = Some(types.into_iter().map(Into::into).collect());
        self
    }

    claim_setters!(claims);

    /// A `resource` claim, where there is one, must be the URL of the resource. By default it is
    /// not looked at.
    pub fn check_resource_claim(mut self) -> Self {
        self.resource_claim = true;
        self
    }

    /// What clients put before a scope when they ask for it, where tokens hold it without: Entra's
    /// clients ask for `api://notes/read`, and get `read`. Challenges and metadata then name the
    /// long form; scopes that contain `://` already, and those of `OpenID` Connect (`openid`,
    /// `profile`, `email`, `address`, `phone`, `offline_access`), stay as they are.
    pub fn scope_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.scope_prefix = Some(prefix.into());
        self
    }
}
