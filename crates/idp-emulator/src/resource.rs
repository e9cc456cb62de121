//! Protected resources: the MCP servers that the environment knows.

/// An MCP server as registered in the vendor's dashboard.
#[derive(Clone, Debug)]
pub struct Resource {
    pub(crate) id: String,
    /// None means the vendor's first.
    pub(crate) tenant: Option<String>,
    pub(crate) name: String,
    pub(crate) uri: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) access_token_expiry: u64,
    pub(crate) refresh_token_expiry: u64,
    pub(crate) dynamic_registration: bool,
    pub(crate) client_metadata_documents: bool,
    pub(crate) revocation: bool,
}

impl Resource {
    /// A resource without scopes and Server URL, with dynamic registration and client id metadata
    /// documents switched on, access tokens of 300 and refresh tokens of 86 400 seconds.
    ///
    /// `id` is what the vendor calls the server: Scalekit's begin with `res_`, Entra's are GUIDs.
    /// Some vendors put it into `aud`, others the URL.
    pub fn new(id: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            name: id.clone(),
            id,
            tenant: None,
            uri: None,
            scopes: Vec::new(),
            access_token_expiry: 300,
            refresh_token_expiry: 86_400,
            dynamic_registration: true,
            client_metadata_documents: true,
            revocation: false,
        }
    }

    /// The tenant that the resource belongs to, for vendors with several on one host: a realm of
    /// Keycloak, a directory of Entra, a user pool of Cognito, an authorization server of Okta, a
    /// project of Descope or Stytch. All tenants sign with the same keys, so that only the issuer
    /// tells their tokens apart.
    #[must_use]
    pub fn tenant(mut self, id: impl Into<String>) -> Self {
        self.tenant = Some(id.into());
        self
    }

    /// The name shown on the consent page; the identifier by default.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The URL of the server. Scalekit's tokens carry it in `aud` beside the identifier.
    #[must_use]
    pub fn uri(mut self, uri: impl Into<String>) -> Self {
        self.uri = Some(uri.into());
        self
    }

    /// The scopes that clients may be granted.
    #[must_use]
    pub fn scopes<I, S>(mut self, scopes: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// How long an access token of a user lives, in seconds.
    #[must_use]
    pub fn access_token_expiry(mut self, seconds: u64) -> Self {
        self.access_token_expiry = seconds;
        self
    }

    /// How long a refresh token lives after it was issued, in seconds.
    #[must_use]
    pub fn refresh_token_expiry(mut self, seconds: u64) -> Self {
        self.refresh_token_expiry = seconds;
        self
    }

    /// Whether clients may register themselves (RFC 7591).
    #[must_use]
    pub fn dynamic_registration(mut self, on: bool) -> Self {
        self.dynamic_registration = on;
        self
    }

    /// Whether the metadata names the revocation endpoint (RFC 7009). Scalekit's does not.
    #[must_use]
    pub fn revocation(mut self, on: bool) -> Self {
        self.revocation = on;
        self
    }

    /// Whether a client may be named by the URL of its metadata document.
    #[must_use]
    pub fn client_metadata_documents(mut self, on: bool) -> Self {
        self.client_metadata_documents = on;
        self
    }
}
