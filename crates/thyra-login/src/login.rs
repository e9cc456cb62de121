//! One program's login at one resource: what is known so far, and how to get a token.

mod endpoints;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thyra_oauth::{
    Challenge, ClientCredentials, ClientMetadata, Grant, ScopeSet, Secret, TokenRequest,
    UrlRefused, configured_url, printable,
};
use tokio::sync::Semaphore;
use url::Url;

use self::endpoints::Endpoints;
use crate::authorize::{AuthorizationError, AuthorizationRequest, RequestSecrets, judge};
use crate::callback::CallbackListener;
use crate::discovery::{self, AuthorizationServer, Discovered, Step};
use crate::error::LoginError;
use crate::hop::{GrantKind, LoginHop, LoginObserver, LoginStage, SharedObserver};
use crate::oauth::OAuth;
use crate::scopes::choose_scopes;
use crate::tokens::Tokens;

/// The login of one program at one resource. Its methods may be called at the same time: one caller
/// logs in, and the others wait for its token.
pub struct Login {
    oauth: OAuth,
    endpoints: Endpoints,
    server: Url,
    client_name: String,
    observer: SharedObserver,
    known: Mutex<Known>,
    /// One login at a time: the others wait for its token.
    turn: Semaphore,
}

/// Why another token is needed.
#[derive(Clone, Copy, Debug)]
pub enum Need<'a> {
    /// There is no token, or the resource refused it with 401 and, usually, a challenge.
    Token(Option<&'a Challenge<'a>>),
    /// The token lacks scopes: the resource answered with 403 and `insufficient_scope`.
    Scopes(&'a Challenge<'a>),
}

/// Who got the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obtained {
    /// This caller logged in, or renewed the token.
    Anew,
    /// Another caller had got a new token in the meantime.
    Shared,
}

/// What the authorization server knows the program by. It is of use at that server only.
struct Registration {
    /// The server that made it, byte for byte.
    issuer: String,
    credentials: ClientCredentials,
    /// The port of the redirect URI that was registered.
    port: u16,
}

#[derive(Default)]
struct Known {
    discovered: Option<Arc<Discovered>>,
    registration: Option<Arc<Registration>>,
    tokens: Option<Arc<Tokens>>,
}

impl Login {
    /// A login at the resource at `url`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`UrlRefused`] when tokens must not be sent to `url`: it must be `https`, or `http` on this
    /// machine, without user name, password and fragment.
    pub fn new(url: &str, oauth: OAuth) -> Result<Self, UrlRefused> {
        let server = configured_url(url)?;
        Ok(Self {
            endpoints: Endpoints::new(oauth.fetcher.clone(), server.clone()),
            oauth,
            server,
            client_name: env!("CARGO_PKG_NAME").to_owned(),
            observer: SharedObserver::default(),
            known: Mutex::default(),
            turn: Semaphore::new(1),
        })
    }

    /// Sets the program's name, which authorization servers show to people.
    #[must_use]
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.client_name = name.into();
        self
    }

    /// Sets who is told of every hop.
    #[must_use]
    pub fn observer(mut self, observer: impl LoginObserver + 'static) -> Self {
        self.observer = SharedObserver::new(observer);
        self
    }

    /// The token to send, renewed when its end is near. `None` before the first login, and when the
    /// token can no longer be renewed.
    ///
    /// # Errors
    ///
    /// [`LoginError`] when the authorization server cannot renew the token now.
    pub async fn tokens(&self) -> Result<Option<Arc<Tokens>>, LoginError> {
        let Some(tokens) = self.known().tokens.clone() else {
            return Ok(None);
        };
        if tokens.refresh.is_none() || !tokens.is_stale(&*self.oauth.clock) {
            return Ok(Some(tokens));
        }
        let _turn = self.turn.acquire().await;
        if let Some(newer) = self.newer_than(Some(&tokens)) {
            return Ok(Some(newer));
        }
        match self.refresh(&tokens).await? {
            Refreshed::Renewed(tokens) => Ok(Some(tokens)),
            // The server will say what it wants.
            Refreshed::Rejected => Ok(None),
        }
    }

    /// Gets a token that is not `refused`: a new one, or the one that another caller has got in the
    /// meantime. [`Login::tokens`] then gives it.
    ///
    /// # Errors
    ///
    /// [`LoginError`] names the stage that failed.
    pub async fn obtain(
        &self,
        need: Need<'_>,
        refused: Option<&Arc<Tokens>>,
    ) -> Result<Obtained, LoginError> {
        let _turn = self.turn.acquire().await;
        if self.newer_than(refused).is_some() {
            return Ok(Obtained::Shared);
        }
        let granted = refused.and_then(|tokens| tokens.scopes.clone());
        let (discovered, challenged) = match need {
            Need::Token(challenge) => {
                if let Some(tokens) = refused
                    && let Refreshed::Renewed(_) = self.refresh(tokens).await?
                {
                    return Ok(Obtained::Anew);
                }
                (
                    self.discover(challenge).await?,
                    challenge.and_then(|challenge| challenge.scope.clone()),
                )
            }
            Need::Scopes(challenge) => {
                let known = self.known().discovered.clone();
                let discovered = match known {
                    Some(discovered) => discovered,
                    None => self.discover(Some(challenge)).await?,
                };
                (discovered, challenge.scope.clone())
            }
        };
        let scopes = choose_scopes(challenged, granted, &discovered);
        let tokens = self.log_in(&discovered, scopes.as_ref()).await?;
        self.known().tokens = Some(Arc::new(tokens));
        Ok(Obtained::Anew)
    }

    async fn discover(
        &self,
        challenge: Option<&Challenge<'_>>,
    ) -> Result<Arc<Discovered>, LoginError> {
        let mut stage = LoginStage::ResourceMetadata;
        let failed = |stage, error| LoginError::Discovery {
            stage,
            source: Box::new(error),
        };
        let mut step = discovery::begin(self.server.as_str(), challenge)
            .map_err(|error| failed(stage, error))?;
        loop {
            let pending = match step {
                Step::Fetch(pending) => pending,
                Step::Done(discovered) => {
                    let discovered = Arc::new(*discovered);
                    self.known().discovered = Some(Arc::clone(&discovered));
                    return Ok(discovered);
                }
            };
            let url = pending.url().to_owned();
            let was_known = pending.resource().is_some();
            if was_known {
                stage = LoginStage::AuthorizationServerMetadata;
            }
            let fetched = self.endpoints.get(pending.location()).await;
            let fetched = fetched.map_err(|source| LoginError::Fetch { stage, source })?;
            step = pending
                .answer(fetched.status.as_u16(), &fetched.body)
                .map_err(|error| failed(stage, error))?;
            match &step {
                Step::Done(discovered) => {
                    self.observer.hop(&LoginHop::AuthorizationServerMetadata {
                        url: &url,
                        metadata: &discovered.authorization_server,
                    });
                }
                Step::Fetch(next) => {
                    if let (Some(metadata), false) = (next.resource(), was_known) {
                        self.observer.hop(&LoginHop::ResourceMetadata {
                            url: &url,
                            metadata,
                        });
                    }
                }
            }
        }
    }

    async fn log_in(
        &self,
        discovered: &Discovered,
        scopes: Option<&ScopeSet>,
    ) -> Result<Tokens, LoginError> {
        let server = &discovered.authorization_server;
        let resource = discovered.resource.resource.as_str();
        // Credentials are of use only at the server that gave them.
        let registration = self
            .known()
            .registration
            .clone()
            .filter(|known| known.issuer == server.issuer);
        let listener = CallbackListener::bind(registration.as_ref().map(|known| known.port))
            .await
            .map_err(AuthorizationError::Listen)?;
        let redirect_uri = listener.redirect_uri();
        let registration = match registration.filter(|known| known.port == listener.port()) {
            Some(registration) => registration,
            None => {
                self.register(discovered, &redirect_uri, listener.port())
                    .await?
            }
        };

        let request = AuthorizationRequest::new(
            server,
            &registration.credentials.client_id,
            &redirect_uri,
            scopes,
            resource,
            RequestSecrets::random().map_err(AuthorizationError::Random)?,
        );
        let code = self.ask(&request, &listener, discovered).await?;
        self.observer.hop(&LoginHop::Authorized {
            endpoint: server.authorization_endpoint(),
            scopes,
            resource,
        });

        let request = TokenRequest {
            grant: Grant::AuthorizationCode {
                code: &code,
                code_verifier: &request.secrets.verifier,
                redirect_uri: &redirect_uri,
            },
            client: &registration.credentials,
            resource: Some(resource),
        };
        let tokens = self.exchange(server, request, scopes).await;
        if let Err(error) = &tokens {
            self.forget_unknown_client(error);
        }
        tokens
    }

    async fn register(
        &self,
        discovered: &Discovered,
        redirect_uri: &str,
        port: u16,
    ) -> Result<Arc<Registration>, LoginError> {
        let server = &discovered.authorization_server;
        let Some(endpoint) = &server.registration_endpoint else {
            return Err(LoginError::RegistrationNotOffered {
                issuer: printable(&server.issuer),
            });
        };
        let metadata = ClientMetadata::native(&self.client_name, redirect_uri);
        let registration = Arc::new(Registration {
            issuer: server.issuer.clone(),
            credentials: self.endpoints.register(endpoint, &metadata).await?,
            port,
        });
        self.observer.hop(&LoginHop::Registered {
            endpoint: endpoint.as_str(),
            client_id: &registration.credentials.client_id,
            redirect_uri,
        });
        self.known().registration = Some(Arc::clone(&registration));
        Ok(registration)
    }

    /// Takes the person to the login page and waits for the code.
    async fn ask(
        &self,
        request: &AuthorizationRequest,
        listener: &CallbackListener,
        discovered: &Discovered,
    ) -> Result<Secret, AuthorizationError> {
        let strays = Mutex::new(false);
        let wait = listener.wait(&request.secrets.state, &strays);
        let answered = async {
            tokio::pin!(wait);
            tokio::select! {
                callback = &mut wait => return callback.map_err(AuthorizationError::Listen),
                opened = self.oauth.browser.open(request.url.as_str()) => opened?,
            }
            wait.await.map_err(AuthorizationError::Listen)
        };
        let limit = self.oauth.login_time;
        match tokio::time::timeout(limit, answered).await {
            Ok(callback) => judge(callback?, &discovered.authorization_server),
            Err(_) => Err(AuthorizationError::TimedOut {
                limit,
                strays: *strays.lock().unwrap_or_else(PoisonError::into_inner),
            }),
        }
    }

    /// Renews a token. It is an error when the server is in trouble; when the server refuses, the
    /// login has ended.
    async fn refresh(&self, tokens: &Tokens) -> Result<Refreshed, LoginError> {
        let (discovered, registration) = {
            let known = self.known();
            (known.discovered.clone(), known.registration.clone())
        };
        let (Some(token), Some(discovered), Some(registration)) =
            (&tokens.refresh, discovered, registration)
        else {
            return Ok(self.reject());
        };
        let request = TokenRequest {
            grant: Grant::RefreshToken(token),
            client: &registration.credentials,
            resource: Some(&discovered.resource.resource),
        };
        let server = &discovered.authorization_server;
        match self.exchange(server, request, tokens.scopes()).await {
            Ok(mut renewed) => {
                // A server that does not rotate leaves the old refresh token in force.
                renewed.refresh = renewed.refresh.or_else(|| Some(token.clone()));
                let renewed = Arc::new(renewed);
                self.known().tokens = Some(Arc::clone(&renewed));
                Ok(Refreshed::Renewed(renewed))
            }
            Err(error) if is_transient(&error) => Err(error),
            Err(error) => {
                tracing::debug!(%error, "the refresh token is of no more use");
                self.forget_unknown_client(&error);
                Ok(self.reject())
            }
        }
    }

    /// Exchanges a grant for tokens, which have `scopes` unless the server names others.
    async fn exchange(
        &self,
        server: &AuthorizationServer,
        request: TokenRequest<'_>,
        scopes: Option<&ScopeSet>,
    ) -> Result<Tokens, LoginError> {
        let asked_at = self.oauth.clock.monotonic();
        let endpoint = &server.token_endpoint;
        let response = self.endpoints.token(endpoint, &request).await?;
        let (grant, is_kept) = match request.grant {
            Grant::RefreshToken(_) => (GrantKind::RefreshToken, true),
            _ => (GrantKind::AuthorizationCode, false),
        };
        let tokens = Tokens::new(response, asked_at, scopes);
        self.observer.hop(&LoginHop::TokenIssued {
            endpoint: endpoint.as_str(),
            grant,
            scopes: tokens.scopes(),
            expires_in: tokens.expires_in(),
            is_renewable: is_kept || tokens.is_renewable(),
        });
        Ok(tokens)
    }

    /// Registers again next time when the server no longer knows the program.
    fn forget_unknown_client(&self, error: &LoginError) {
        if matches!(error, LoginError::Token(error) if error.is_client_unknown()) {
            self.known().registration = None;
        }
    }

    fn reject(&self) -> Refreshed {
        self.known().tokens = None;
        Refreshed::Rejected
    }

    /// The token that another caller got while this one waited for its turn.
    fn newer_than(&self, refused: Option<&Arc<Tokens>>) -> Option<Arc<Tokens>> {
        let tokens = self.known().tokens.clone()?;
        let is_refused = refused.is_some_and(|refused| Arc::ptr_eq(refused, &tokens));
        (!is_refused).then_some(tokens)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("server", &self.server.as_str())
            .finish_non_exhaustive()
    }
}

/// Whether the same request may succeed later.
fn is_transient(error: &LoginError) -> bool {
    match error {
        LoginError::Fetch { .. } => true,
        LoginError::Token(error) => error.is_transient(),
        _ => false,
    }
}

/// How a renewal ended.
enum Refreshed {
    /// The refresh token is of no more use: a person must log in again.
    Rejected,
    Renewed(Arc<Tokens>),
}
