//! Clients that the operator set up.

use std::sync::Arc;

use thiserror::Error;
use thyra_auth::{JwtVerifier, KeySet, VerifierError};
use thyra_oauth::{ScopeSet, Secret, is_of_credentials, printable};

use super::client_assertion::ClientAssertions;
use super::redirect_pattern::RedirectPatterns;
use super::{ApplicationType, Client, ClientKind, GrantTypes, RedirectUri, name};

/// The longest identifier, in bytes.
const MAX_ID: usize = 256;
/// The shortest secret, in bytes.
const MIN_SECRET: usize = 16;

/// A client that the operator set up, in place of a registration.
///
/// ```
/// use thyra_issuer::IssuerClient;
/// use thyra_oauth::Secret;
///
/// # let secret = Secret::new("a secret of at least 16 bytes".to_owned());
/// let client = IssuerClient::new("reports", ["https://reports.example.com/callback"])
///     .name("Reports")
///     .secret(secret);
/// ```
#[derive(Clone, Debug)]
pub struct IssuerClient {
    id: String,
    redirect_uris: Vec<String>,
    name: Option<String>,
    scopes: Option<ScopeSet>,
    proof: Proof,
}

/// How a client that is set up proves who it is.
#[derive(Clone, Debug)]
enum Proof {
    Keys(KeySet),
    None,
    Secret(Secret),
}

/// How a client proves at the token endpoint who it is.
#[derive(Clone, Debug)]
pub(super) enum Credential {
    /// With a signature that this verifies (`private_key_jwt`).
    Keys(Arc<JwtVerifier>),
    /// It is a public client and proves nothing.
    None,
    /// With this secret (`client_secret_basic` or `client_secret_post`).
    Secret(Secret),
}

impl IssuerClient {
    /// A public client with these redirect URIs.
    pub fn new<S: Into<String>>(
        id: impl Into<String>,
        redirect_uris: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            id: id.into(),
            redirect_uris: redirect_uris.into_iter().map(Into::into).collect(),
            name: None,
            scopes: None,
            proof: Proof::None,
        }
    }

    /// What people know it by.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The only scopes that it may ask for. By default it may ask for all that clients may.
    #[must_use]
    pub fn scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.scopes = Some(scopes.into());
        self
    }

    /// The secret that it authenticates with, by `client_secret_basic` or `client_secret_post`, in
    /// place of keys: at least 16 bytes.
    #[must_use]
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.proof = Proof::Secret(secret.into());
        self
    }

    /// The public keys that it authenticates with, by `private_key_jwt` (RFC 7523), in place of a
    /// secret.
    #[must_use]
    pub fn keys(mut self, keys: KeySet) -> Self {
        self.proof = Proof::Keys(keys);
        self
    }

    pub(super) fn into_client(
        self,
        redirect_patterns: Option<Arc<RedirectPatterns>>,
        assertions: &ClientAssertions,
    ) -> Result<Client, IssuerClientError> {
        let id = self.id;
        if id.is_empty() || id.len() > MAX_ID || !is_of_credentials(&id) || id.contains("://") {
            return Err(IssuerClientError::Id { id: printable(&id) });
        }
        let credential = match self.proof {
            Proof::None => Credential::None,
            Proof::Secret(secret)
                if secret.expose().len() < MIN_SECRET || !is_of_credentials(secret.expose()) =>
            {
                return Err(IssuerClientError::Secret { id });
            }
            Proof::Secret(secret) => Credential::Secret(secret),
            Proof::Keys(keys) => match assertions.verifier(&id, keys) {
                Ok(verifier) => Credential::Keys(verifier),
                Err(source) => return Err(IssuerClientError::Keys { id, source }),
            },
        };
        let mut redirect_uris = Vec::with_capacity(self.redirect_uris.len());
        for uri in self.redirect_uris {
            // `native` allows all that is safe.
            let read = RedirectUri::parse(&uri).and_then(|uri| {
                uri.check_for(ApplicationType::Native)?;
                Ok(uri)
            });
            redirect_uris.push(read.map_err(|reason| IssuerClientError::RedirectUri {
                id: id.clone(),
                uri: printable(&uri),
                reason: reason.to_string(),
            })?);
        }
        Ok(Client {
            id,
            name: self.name.as_deref().and_then(name::clean),
            kind: ClientKind::Configured,
            application_type: ApplicationType::Native,
            scopes: self.scopes,
            grant_types: GrantTypes::ALL,
            redirect_uris: redirect_uris.into(),
            redirect_patterns,
            credential,
            use_must_be_noted: false,
        })
    }
}

/// Why a client cannot be set up.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum IssuerClientError {
    /// Its identifier cannot be one.
    #[error(
        "the client `{id}` cannot be set up: its identifier must have 1 to {MAX_ID} visible ASCII characters and be no URL"
    )]
    Id {
        /// The identifier, made safe to show.
        id: String,
    },
    /// The authorization server has no identifier.
    #[error("assertions of clients cannot be judged: {source}")]
    Issuer {
        /// What is wrong with it.
        source: VerifierError,
    },
    /// Its keys cannot verify assertions.
    #[error("the client `{id}` cannot be set up with its keys: {source}")]
    Keys {
        /// The client.
        id: String,
        /// What is wrong with them.
        source: VerifierError,
    },
    /// A redirect URI is not accepted.
    #[error("the client `{id}` cannot be set up with the redirect URI `{uri}`: {reason}")]
    RedirectUri {
        /// The client.
        id: String,
        /// The redirect URI, made safe to show.
        uri: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Its secret is too short, or cannot be sent.
    #[error(
        "the client `{id}` cannot be set up: its secret must have at least {MIN_SECRET} bytes, all visible ASCII"
    )]
    Secret {
        /// The client.
        id: String,
    },
    /// Two clients have the same identifier.
    #[error("the client `{id}` is set up twice; give each its own identifier")]
    Twice {
        /// The identifier.
        id: String,
    },
}
