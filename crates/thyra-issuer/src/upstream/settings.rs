//! What this server is to the identity provider.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use thyra_oauth::{
    ClientAuthentication, ClientCredentials, Clock, Fetcher, Secret, SigningKey, SystemClock,
    client_assertion,
};

use super::endpoints::{Endpoints, Places};
use super::error::UpstreamError;
use super::exchange::Exchange;
use super::identity::Identity;
use super::scopes::ScopeNames;

/// How long a request may take, unless it is set otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What belongs to one login, and so cannot be fixed by settings.
const OF_THE_LOGIN: [&str; 8] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "request",
    "response_type",
    "state",
];
/// What belongs to one request for tokens.
const OF_THE_GRANT: [&str; 10] = [
    "assertion",
    "client_assertion",
    "client_assertion_type",
    "client_id",
    "client_secret",
    "code",
    "code_verifier",
    "grant_type",
    "redirect_uri",
    "refresh_token",
];

/// What this server is to the identity provider, and how it is asked.
#[derive(Clone, Debug)]
pub(crate) struct UpstreamSettings {
    /// Where it is asked.
    pub(crate) endpoints: Endpoints,
    /// The application that somebody has set up there.
    pub(crate) client_id: String,
    /// How that is proved.
    pub(crate) proof: ClientProof,
    /// Where the browser comes back to: a URL of this server, which is set up there, too.
    pub(crate) redirect_uri: String,
    /// What says who has signed in.
    pub(crate) identity: Identity,
    /// How scopes are named.
    pub(crate) scopes: ScopeNames,
    /// Authorization requests have a challenge (RFC 7636). On unless the identity provider does
    /// not take it.
    pub(crate) forward_pkce: bool,
    /// Requests name the resource (RFC 8707). Off unless somebody says that the identity provider
    /// knows it: many refuse a request with a parameter that they do not know, or a resource that
    /// is not set up there.
    pub(crate) forward_resource: bool,
    /// Parameters of authorization requests. They go before our own.
    pub(crate) extra_authorize_params: Vec<(String, String)>,
    /// Parameters of requests for tokens. They go before our own.
    pub(crate) extra_token_params: Parameters,
    /// How tokens become tokens for other services.
    pub(crate) exchange: Exchange,
    /// How long one request may take.
    pub(crate) timeout: Duration,
    /// What sends the requests.
    pub(crate) fetcher: Fetcher,
    /// What times are compared with.
    pub(crate) clock: Arc<dyn Clock>,
}

/// Parameters of requests for tokens, for each kind of them. A value may be a secret, so only the
/// names are printed.
#[derive(Clone, Default)]
pub(crate) struct Parameters {
    /// When a code is exchanged.
    pub(crate) code: Vec<(String, String)>,
    /// When tokens are refreshed.
    pub(crate) refresh: Vec<(String, String)>,
}

/// How this server proves which client it is.
#[derive(Clone, Debug)]
pub(crate) enum ClientProof {
    /// `client_secret_basic`.
    Basic(Secret),
    /// `none`: it is a public client, so PKCE alone protects its codes.
    None,
    /// `client_secret_post`.
    Post(Secret),
    /// `private_key_jwt`.
    PrivateKey(Arc<SigningKey>),
}

impl UpstreamSettings {
    /// The usual settings.
    pub(crate) fn new(
        endpoints: Endpoints,
        client_id: impl Into<String>,
        proof: ClientProof,
        redirect_uri: impl Into<String>,
        identity: Identity,
    ) -> Self {
        Self {
            endpoints,
            client_id: client_id.into(),
            proof,
            redirect_uri: redirect_uri.into(),
            identity,
            scopes: ScopeNames::default(),
            forward_pkce: true,
            forward_resource: false,
            extra_authorize_params: Vec::new(),
            extra_token_params: Parameters::default(),
            exchange: Exchange::default(),
            timeout: TIMEOUT,
            fetcher: Fetcher::default(),
            clock: Arc::new(SystemClock),
        }
    }

    pub(super) fn check(&self) -> Result<(), UpstreamSettingsError> {
        if self.client_id.trim().is_empty() {
            return Err(UpstreamSettingsError::ClientId);
        }
        if let ClientProof::Basic(secret) | ClientProof::Post(secret) = &self.proof
            && secret.expose().trim().is_empty()
        {
            return Err(UpstreamSettingsError::ClientSecret);
        }
        if !self.forward_pkce && matches!(self.proof, ClientProof::None) {
            return Err(UpstreamSettingsError::Unprotected);
        }
        let fixed = |parameters: &[(String, String)], reserved: &[&str]| {
            let mut names = parameters.iter().map(|(name, _)| name);
            let found = names.find(|name| name.is_empty() || reserved.contains(&name.as_str()));
            found.map_or(Ok(()), |name| {
                Err(UpstreamSettingsError::Parameter { name: name.clone() })
            })
        };
        fixed(&self.extra_authorize_params, &OF_THE_LOGIN)?;
        fixed(&self.extra_token_params.code, &OF_THE_GRANT)?;
        fixed(&self.extra_token_params.refresh, &OF_THE_GRANT)
    }

    /// What a request for tokens proves the client with.
    pub(super) fn credentials(&self, places: &Places) -> Result<ClientCredentials, UpstreamError> {
        let authentication = match &self.proof {
            ClientProof::Basic(secret) => ClientAuthentication::Basic(secret.clone()),
            ClientProof::None => ClientAuthentication::None,
            ClientProof::Post(secret) => ClientAuthentication::Post(secret.clone()),
            ClientProof::PrivateKey(key) => {
                let issuer = places.issuer.as_deref();
                let audience = issuer.unwrap_or(places.token.url.as_str());
                let assertion = client_assertion(key, &self.client_id, audience, &*self.clock);
                ClientAuthentication::Assertion(assertion.map_err(UpstreamError::unavailable)?)
            }
        };
        Ok(ClientCredentials {
            client_id: self.client_id.clone(),
            authentication,
        })
    }
}

impl Parameters {
    /// Adds one to all requests.
    pub(crate) fn push(&mut self, name: String, value: String) {
        self.code.push((name.clone(), value.clone()));
        self.refresh.push((name, value));
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |parameters: &[(String, String)]| -> Vec<String> {
            parameters.iter().map(|(name, _)| name.clone()).collect()
        };
        f.debug_struct("Parameters")
            .field("code", &names(&self.code))
            .field("refresh", &names(&self.refresh))
            .finish()
    }
}

/// Why an identity provider cannot be used with these settings.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpstreamSettingsError {
    /// There is no client identifier.
    #[error("`client_id` must be that of the application at the identity provider")]
    ClientId,
    /// The secret is blank.
    #[error("`client_secret` must not be blank; leave it out for a public client")]
    ClientSecret,
    /// An extra parameter would fix what differs from login to login.
    #[error("`{name}` cannot be an extra parameter: this server sets it itself for each login")]
    Parameter {
        /// Its name.
        name: String,
    },
    /// A public client without PKCE.
    #[error(
        "a client without a secret needs PKCE: set `client_secret`, or leave `forward_pkce` on"
    )]
    Unprotected,
}
