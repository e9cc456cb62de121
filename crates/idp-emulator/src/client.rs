//! OAuth clients.

use std::fmt;

use serde_json::Value;

/// A client that is known before it registers.
///
/// As with Scalekit, a client without redirect URIs uses the client credentials grant, and a client
/// with redirect URIs the authorization code grant. A client of no resource is an environment
/// client: its tokens name no resource and no MCP server may accept them.
#[derive(Clone)]
pub struct Client {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) secret: Option<String>,
    /// Public keys of what it signs.
    pub(crate) keys: Vec<Value>,
    pub(crate) elsewhere: Option<String>,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) resource: Option<String>,
    /// None for a client that every tenant knows.
    pub(crate) tenant: Option<String>,
    pub(crate) access_token_expiry: u64,
    pub(crate) by_metadata_document: bool,
    pub(crate) exact_redirect_uris: bool,
}

impl Client {
    /// A public client without redirect URIs. Scalekit's identifiers begin with `m2m_`, those of
    /// environment clients with `skc_`.
    pub fn new(id: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            name: id.clone(),
            id,
            secret: None,
            keys: Vec::new(),
            elsewhere: None,
            redirect_uris: Vec::new(),
            scopes: Vec::new(),
            resource: None,
            tenant: None,
            access_token_expiry: 3_600,
            by_metadata_document: false,
            exact_redirect_uris: false,
        }
    }

    /// The name shown on the consent page; the identifier by default.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The secret, which makes the client confidential.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// A public key (RFC 7517) of what the client signs, which makes it confidential: it
    /// authenticates with `private_key_jwt`.
    #[must_use]
    pub fn key(mut self, jwk: Value) -> Self {
        self.keys.push(jwk);
        self
    }

    /// What the client is called at other authorization servers: the `client_id` of identity
    /// assertions that are made for it.
    #[must_use]
    pub fn elsewhere(mut self, id: impl Into<String>) -> Self {
        self.elsewhere = Some(id.into());
        self
    }

    /// The application of an OAuth proxy.
    pub(crate) fn application(id: &str) -> Self {
        Self::new(id)
            .name("Application")
            .secret("development-secret")
            .exact_redirect_uris(true)
    }

    pub(crate) fn is_public(&self) -> bool {
        self.secret.is_none() && self.keys.is_empty()
    }

    /// Where authorization codes may be sent.
    #[must_use]
    pub fn redirect_uris<I, S>(mut self, uris: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.redirect_uris = uris.into_iter().map(Into::into).collect();
        self
    }

    /// Whether redirect URIs count byte for byte. By default the port of a loopback host is free,
    /// as native applications need it (RFC 8252 section 7.3).
    #[must_use]
    pub fn exact_redirect_uris(mut self, on: bool) -> Self {
        self.exact_redirect_uris = on;
        self
    }

    /// The scopes that this client may have of its resource; none named means all of them.
    #[must_use]
    pub fn scopes<I, S>(mut self, scopes: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// The resource that this client belongs to.
    #[must_use]
    pub fn resource(mut self, id: impl Into<String>) -> Self {
        self.resource = Some(id.into());
        self
    }

    /// The only tenant that knows this client; every one does by default.
    #[must_use]
    pub fn tenant(mut self, id: impl Into<String>) -> Self {
        self.tenant = Some(id.into());
        self
    }

    /// How long an access token of the client credentials grant lives, in seconds; 3600 by default.
    #[must_use]
    pub fn access_token_expiry(mut self, seconds: u64) -> Self {
        self.access_token_expiry = seconds;
        self
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .field("secret", &self.secret.as_ref().map(|_| "***"))
            .field("redirect_uris", &self.redirect_uris)
            .field("scopes", &self.scopes)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}
