//! Clients that an authorization server knows already, and how a client proves who it is.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thyra_oauth::{
    ClientAuthentication, ClientCredentials, Clock, Secret, SigningKey, SigningKeyError,
    client_assertion, printable,
};
use url::Url;

use crate::discovery::AuthorizationServer;

/// A client that an authorization server knows already: somebody registered it, and gave the
/// program its identifier.
///
/// It is used at its authorization server only. A resource that names another one gets nothing but
/// an error, because it could be after the secret.
///
/// ```
/// use thyra_login::{Client, OAuth, PrintUrl, Secret};
///
/// let client = Client::new("https://login.example.org", "m2m_123")
///     .secret(Secret::new("hunter2".to_owned()));
/// let oauth = OAuth::new(PrintUrl).client(client);
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    /// `None`: any.
    issuer: Option<String>,
    id: String,
    proof: Proof,
}

#[derive(Clone, Debug)]
enum Proof {
    Key(Arc<SigningKey>),
    Nothing,
    Secret(Secret),
}

impl Client {
    /// The client `id` of the authorization server `issuer`, byte for byte as its metadata has it.
    /// It is a public one until it has a secret or a key.
    pub fn new(issuer: impl Into<String>, id: impl Into<String>) -> Self {
        Self {
            issuer: Some(issuer.into()),
            id: id.into(),
            proof: Proof::Nothing,
        }
    }

    /// The client `id` of whichever authorization server the resource names. With a secret, this
    /// trusts the resource: it can name a server of its own and receive the secret.
    pub fn at_any_issuer(id: impl Into<String>) -> Self {
        Self {
            issuer: None,
            id: id.into(),
            proof: Proof::Nothing,
        }
    }

    /// Sets the secret. It goes into the `Authorization` header, or into the form where the
    /// authorization server takes it there only.
    #[must_use]
    pub fn secret(mut self, secret: Secret) -> Self {
        self.proof = Proof::Secret(secret);
        self
    }

    /// Sets the key that signs an assertion for every request (`private_key_jwt`).
    #[must_use]
    pub fn key(mut self, key: SigningKey) -> Self {
        self.proof = Proof::Key(Arc::new(key));
        self
    }

    /// How it proves at `server` who it is.
    pub(crate) fn method_at(&self, server: &AuthorizationServer) -> Result<Method, ClientError> {
        if !self.is_of(&server.issuer) {
            return Err(ClientError::OtherIssuer {
                issuer: printable(self.issuer.as_deref().unwrap_or_default()),
                named: printable(&server.issuer),
            });
        }
        let wanted: &[Method] = match &self.proof {
            Proof::Nothing => return Ok(Method::None),
            Proof::Secret(_) => &[Method::Basic, Method::Post],
            Proof::Key(_) => &[Method::PrivateKeyJwt],
        };
        let method = wanted.iter().copied().find(|method| server.takes(*method));
        let method = method.ok_or_else(|| ClientError::Method {
            issuer: printable(&server.issuer),
            offered: printable(&server.authentication_methods.join(", ")),
        })?;
        if let Proof::Key(key) = &self.proof
            && !server.assertion_algorithms.is_empty()
            && !server
                .assertion_algorithms
                .iter()
                .any(|one| one == key.algorithm())
        {
            return Err(ClientError::Algorithm {
                issuer: printable(&server.issuer),
                offered: printable(&server.assertion_algorithms.join(", ")),
                found: key.algorithm(),
            });
        }
        Ok(method)
    }

    /// Its authorization server; `None` when it may be used at any.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Whether it may be used at `issuer`.
    pub(crate) fn is_of(&self, issuer: &str) -> bool {
        self.issuer.as_deref().is_none_or(|own| own == issuer)
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// What to send to the token endpoint of a provider that was configured, and has no metadata.
    pub(crate) fn credentials_at(
        &self,
        token_endpoint: &Url,
        clock: &dyn Clock,
    ) -> Result<ClientCredentials, SigningKeyError> {
        let audience = self.issuer.as_deref().unwrap_or(token_endpoint.as_str());
        self.credentials(Method::Basic, audience, clock)
    }

    fn credentials(
        &self,
        method: Method,
        issuer: &str,
        clock: &dyn Clock,
    ) -> Result<ClientCredentials, SigningKeyError> {
        let authentication = match (&self.proof, method) {
            (Proof::Secret(secret), Method::Post) => ClientAuthentication::Post(secret.clone()),
            (Proof::Secret(secret), _) => ClientAuthentication::Basic(secret.clone()),
            (Proof::Key(key), _) => {
                ClientAuthentication::Assertion(client_assertion(key, &self.id, issuer, clock)?)
            }
            (Proof::Nothing, _) => ClientAuthentication::None,
        };
        Ok(ClientCredentials {
            client_id: self.id.clone(),
            authentication,
        })
    }
}

/// A method of client authentication at a token endpoint (RFC 7591 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Method {
    #[serde(rename = "client_secret_basic")]
    Basic,
    #[serde(rename = "none")]
    None,
    #[serde(rename = "client_secret_post")]
    Post,
    #[serde(rename = "private_key_jwt")]
    PrivateKeyJwt,
}

impl Method {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Basic => "client_secret_basic",
            Self::None => "none",
            Self::Post => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }
}

impl AuthorizationServer {
    /// Whether it says that it takes `method`. One that says nothing takes any.
    pub(crate) fn takes(&self, method: Method) -> bool {
        let offered = &self.authentication_methods;
        offered.is_empty() || offered.iter().any(|one| one == method.name())
    }
}

/// What the program is to one authorization server.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// The program was set up with it.
    Given { client: Client, method: Method },
    /// The authorization server made it, or reads about it at a URL.
    Own(ClientCredentials),
}

impl Identity {
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Given { client, .. } => &client.id,
            Self::Own(credentials) => &credentials.client_id,
        }
    }

    /// What to send to the token endpoint of `issuer` now.
    pub(crate) fn credentials(
        &self,
        issuer: &str,
        clock: &dyn Clock,
    ) -> Result<ClientCredentials, SigningKeyError> {
        match self {
            Self::Given { client, method } => client.credentials(*method, issuer, clock),
            Self::Own(credentials) => Ok(credentials.clone()),
        }
    }
}

/// Why the client that the program was set up with cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The authorization server checks other signatures.
    #[error(
        "the key of the client signs with {found}, and the authorization server {issuer} takes {offered}; use another key"
    )]
    Algorithm {
        /// The authorization server.
        issuer: String,
        /// What it takes.
        offered: String,
        /// What the key signs with.
        found: &'static str,
    },
    /// The URL of the client's metadata is not one.
    #[error("the URL of the client's metadata cannot be used: {0}")]
    MetadataUrl(&'static str),
    /// The authorization server wants another proof.
    #[error(
        "the authorization server {issuer} lets clients prove who they are with {offered} only; give the client what that needs"
    )]
    Method {
        /// The authorization server.
        issuer: String,
        /// What it takes.
        offered: String,
    },
    /// The resource names another authorization server than the client's.
    #[error(
        "the client is one of {issuer}, and the resource names the authorization server {named}; it is not used there"
    )]
    OtherIssuer {
        /// The client's authorization server.
        issuer: String,
        /// The one that the resource names.
        named: String,
    },
}

#[cfg(test)]
mod tests;
