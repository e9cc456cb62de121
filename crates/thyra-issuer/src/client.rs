//! Who the clients are: those that the operator set up, those that registered themselves (RFC
//! 7591), and those that a document describes (Client ID Metadata Documents).

mod authentication;
mod client_assertion;
mod configured;
mod document;
mod grant_type;
mod metadata;
mod name;
mod redirect;
mod redirect_pattern;
mod registration;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use thyra_auth::{Algorithm, Algorithms};
use thyra_oauth::{Clock, Fetcher, ScopeSet};
use thyra_store::{Store, StoreError};

pub(crate) use self::authentication::ClientAuthError;
pub use self::configured::{IssuerClient, IssuerClientError};
pub(crate) use self::document::{DocumentError, DocumentReach};
pub(crate) use self::grant_type::{GrantType, GrantTypes};
pub(crate) use self::redirect::{RedirectRefused, RedirectUri};
pub use self::redirect_pattern::{RedirectPatternError, RedirectPatterns};
pub use self::registration::RegistrationPolicy;
pub(crate) use self::registration::RegistrationRefused;

use self::client_assertion::ClientAssertions;
use self::configured::Credential;
use self::document::Documents;
use self::metadata::Offered;
use self::registration::Registrations;

/// What decides who may be a client.
#[derive(Debug)]
pub(crate) struct ClientRules {
    /// The clients that the operator set up.
    pub(crate) configured: Vec<IssuerClient>,
    /// Which redirect URIs clients may use; `None` leaves it to them.
    pub(crate) redirect_patterns: Option<RedirectPatterns>,
    /// How clients register.
    pub(crate) registration: RegistrationPolicy,
    /// Whether metadata documents may describe clients.
    pub(crate) documents: DocumentReach,
    /// Whether clients may use ID-JAGs (RFC 7523 section 2.1).
    pub(crate) identity_assertion: bool,
    /// The scopes that a client may ask for.
    pub(crate) valid_scopes: ScopeSet,
    /// The identifier of this authorization server, for the assertions of clients.
    pub(crate) issuer: String,
    /// The URL of its token endpoint, which such assertions may name instead.
    pub(crate) token_endpoint: String,
}

/// All clients.
pub(crate) struct Clients {
    configured: HashMap<String, Client>,
    documents: Documents,
    registrations: Registrations,
    assertions: Arc<ClientAssertions>,
    redirect_patterns: Option<Arc<RedirectPatterns>>,
}

impl Clients {
    /// # Errors
    ///
    /// [`IssuerClientError`] when a client that the operator set up cannot be used.
    pub(crate) fn new(
        rules: ClientRules,
        store: Store,
        fetcher: Fetcher,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, IssuerClientError> {
        let redirect_patterns = rules.redirect_patterns.map(Arc::new);
        let (issuer, token_endpoint) = (&rules.issuer, &rules.token_endpoint);
        let assertions =
            ClientAssertions::new(issuer, token_endpoint, store.clone(), Arc::clone(&clock));
        let assertions =
            Arc::new(assertions.map_err(|source| IssuerClientError::Issuer { source })?);
        let mut configured = HashMap::new();
        for client in rules.configured {
            let client = client.into_client(redirect_patterns.clone(), &assertions)?;
            let id = client.id.clone();
            if configured.insert(id.clone(), client).is_some() {
                return Err(IssuerClientError::Twice { id });
            }
        }
        let offered = Arc::new(Offered {
            identity_assertion: rules.identity_assertion,
            scopes: rules.valid_scopes,
        });
        let documents = Documents::new(
            rules.documents,
            Arc::clone(&offered),
            Arc::clone(&assertions),
            fetcher,
            Arc::clone(&clock),
        );
        let registrations =
            Registrations::new(rules.issuer, rules.registration, offered, store, clock);
        Ok(Self {
            configured,
            documents,
            registrations,
            assertions,
            redirect_patterns,
        })
    }

    /// The client with this identifier.
    pub(crate) async fn find(&self, client_id: &str) -> Result<Client, ClientError> {
        if let Some(client) = self.configured.get(client_id) {
            return Ok(client.clone());
        }
        let mut found = self.registrations.find(client_id).await?;
        if found.is_none() {
            found = self.documents.find(client_id).await?;
        }
        let mut client = found.ok_or(ClientError::Unknown)?;
        client.redirect_patterns.clone_from(&self.redirect_patterns);
        Ok(client)
    }

    /// Whether metadata documents may describe clients.
    pub(crate) fn have_documents(&self) -> bool {
        self.documents.are_accepted()
    }

    /// How clients may authenticate at the token endpoint (RFC 8414 section 2).
    pub(crate) fn authentication_methods(&self) -> Vec<&'static str> {
        let credentials = || self.configured.values().map(|client| &client.credential);
        let mut methods = vec!["none"];
        if credentials().any(|credential| matches!(credential, Credential::Secret(_))) {
            methods.extend(["client_secret_basic", "client_secret_post"]);
        }
        if self.have_documents() || credentials().any(|one| matches!(one, Credential::Keys(_))) {
            methods.push("private_key_jwt");
        }
        methods
    }

    /// What clients may sign with; nothing if none may sign.
    pub(crate) fn assertion_algorithms(&self) -> Vec<&'static str> {
        if !self.authentication_methods().contains(&"private_key_jwt") {
            return Vec::new();
        }
        let algorithms = Algorithms::asymmetric().iter();
        algorithms.map(Algorithm::as_str).collect()
    }

    /// Whether clients may register themselves.
    pub(crate) fn register_themselves(&self) -> bool {
        self.registrations.are_open()
    }

    /// Registers the client that `body` describes, and answers with what counts (RFC 7591 section
    /// 3.2.1), for the status 201.
    pub(crate) async fn register(
        &self,
        body: &[u8],
    ) -> Result<serde_json::Value, RegistrationRefused> {
        let patterns = self.redirect_patterns.as_deref();
        self.registrations.register(body, patterns).await
    }

    /// A login of this client has succeeded: if it registered itself, the registration lives on.
    /// That it could not be noted is no reason to fail the login.
    pub(crate) async fn confirm(&self, client: &Client) {
        if client.kind == ClientKind::Registered {
            self.registrations.confirm(&client.id).await;
        }
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients")
            .field("configured", &self.configured.keys())
            .field("documents", &self.documents)
            .field("registrations", &self.registrations)
            .field("redirect_patterns", &self.redirect_patterns)
            .finish_non_exhaustive()
    }
}

/// A client of this authorization server.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    /// What it calls itself, cleaned for display.
    pub(crate) name: Option<String>,
    pub(crate) kind: ClientKind,
    pub(crate) application_type: ApplicationType,
    /// The only scopes that it may ask for, if it named any.
    pub(crate) scopes: Option<ScopeSet>,
    pub(crate) grant_types: GrantTypes,
    redirect_uris: Arc<[RedirectUri]>,
    redirect_patterns: Option<Arc<RedirectPatterns>>,
    credential: Credential,
    /// Whether its registration has been used lately, and that is not known yet.
    use_must_be_noted: bool,
}

impl Client {
    /// Judges the redirect URI of a request.
    pub(crate) fn accepts(&self, redirect_uri: &str) -> Result<RedirectUri, RedirectRefused> {
        let uri = RedirectUri::parse(redirect_uri)?;
        if !self.redirect_uris.iter().any(|known| uri.is(known)) {
            return Err(RedirectRefused::NotRegistered);
        }
        self.check(&uri)?;
        Ok(uri)
    }

    /// The redirect URI of a request that names none, if the client has exactly one.
    pub(crate) fn only_redirect_uri(&self) -> Option<RedirectUri> {
        match &*self.redirect_uris {
            [only] if self.check(only).is_ok() => Some(only.clone()),
            _ => None,
        }
    }

    /// Whether it may exchange the tokens of those who call it: the operator set it up, and it
    /// proves who it is.
    pub(crate) fn may_exchange(&self) -> bool {
        self.kind == ClientKind::Configured && !matches!(self.credential, Credential::None)
    }

    /// The rules were different, perhaps, when the client registered.
    fn check(&self, uri: &RedirectUri) -> Result<(), RedirectRefused> {
        uri.check_for(self.application_type)?;
        match &self.redirect_patterns {
            Some(patterns) if !patterns.allow(uri) => Err(RedirectRefused::NotAllowed),
            _ => Ok(()),
        }
    }
}

/// How it is known who a client is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ClientKind {
    /// The operator set it up.
    Configured,
    /// The document at this host, which the client's identifier names, describes it.
    Document { host: String },
    /// It registered itself. Nobody vouches for what it says.
    Registered,
}

/// What a client runs as (SEP-837).
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ApplicationType {
    /// On its user's machine.
    #[default]
    Native,
    /// On a server.
    Web,
}

/// Why there is no client. The text is safe to show.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    #[error(transparent)]
    Document(#[from] DocumentError),
    #[error("clients cannot be looked up at the moment; try again")]
    Store(#[from] StoreError),
    #[error("this client is not known here; it must register again")]
    Unknown,
}

impl ClientError {
    /// Whether it may be different in a moment: the answer is then 503, and not that there is no
    /// such client.
    pub(crate) fn is_temporary(&self) -> bool {
        match self {
            Self::Document(error) => error.is_temporary(),
            Self::Store(_) => true,
            Self::Unknown => false,
        }
    }
}

#[cfg(test)]
mod tests;
