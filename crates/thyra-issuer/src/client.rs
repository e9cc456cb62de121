//! Who the clients are: those that the operator set up, those that registered themselves (RFC
//! 7591), and those that a document describes (Client ID Metadata Documents).

mod configured;
mod grant_type;
mod name;
mod redirect;
mod redirect_pattern;
mod registration;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use thyra_oauth::{Clock, Fetcher, ScopeSet};
use thyra_store::{Store, StoreError};

pub use self::configured::{IssuerClient, IssuerClientError};
pub(crate) use self::grant_type::{GrantType, GrantTypes};
pub(crate) use self::redirect::{RedirectRefused, RedirectUri};
pub use self::redirect_pattern::{RedirectPatternError, RedirectPatterns};
pub use self::registration::RegistrationPolicy;
pub(crate) use self::registration::RegistrationRefused;

use self::configured::Credential;
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
    /// Whether clients may use ID-JAGs (RFC 7523 section 2.1).
    pub(crate) identity_assertion: bool,
    /// The scopes that a client may ask for.
    pub(crate) valid_scopes: ScopeSet,
}

/// All clients.
pub(crate) struct Clients {
    configured: HashMap<String, Client>,
    registrations: Registrations,
    redirect_patterns: Option<Arc<RedirectPatterns>>,
}

impl Clients {
    /// # Errors
    ///
    /// [`IssuerClientError`] when a client that the operator set up cannot be used.
    pub(crate) fn new(
        rules: ClientRules,
        store: Store,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, IssuerClientError> {
        let redirect_patterns = rules.redirect_patterns.map(Arc::new);
        let mut configured = HashMap::new();
        for client in rules.configured {
            let client = client.into_client(redirect_patterns.clone())?;
            let id = client.id.clone();
            if configured.insert(id.clone(), client).is_some() {
                return Err(IssuerClientError::Twice { id });
            }
        }
        let registrations = Registrations::new(
            rules.registration,
            rules.identity_assertion,
            rules.valid_scopes,
            store,
            clock,
        );
        Ok(Self {
            configured,
            registrations,
            redirect_patterns,
        })
    }

    /// The client with this identifier.
    pub(crate) async fn find(&self, client_id: &str) -> Result<Client, ClientError> {
        if let Some(client) = self.configured.get(client_id) {
            return Ok(client.clone());
        }
        let registered = self.registrations.find(client_id).await?;
        let mut client = registered.ok_or(ClientError::Unknown)?;
        client.redirect_patterns.clone_from(&self.redirect_patterns);
        Ok(client)
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
    #[error("clients cannot be looked up at the moment; try again")]
    Store(#[from] StoreError),
    #[error("this client is not known here; it must register again")]
    Unknown,
}

#[cfg(test)]
mod tests;
