//! One client's login at one server: what is known so far, and how to know more.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thyra_auth::{ScopeSet, Secret};
use tokio::sync::Semaphore;
use url::Url;

use super::super::challenge::BearerChallenge;
use super::super::discovery::{self, Discovered, Step};
use super::super::error::ClientError;
use super::super::hop::{GrantKind, Hop, SharedObserver, Stage};
use super::super::outbound::Http;
use super::OAuth;
use super::authorize::{AuthorizationError, AuthorizationRequest, judge};
use super::callback::CallbackListener;
use super::register::{Registration, register};
use super::scopes::choose_scopes;
use super::token::{Grant, TokenRequest, Tokens};

/// The login of one client.
pub(crate) struct Login {
    oauth: OAuth,
    http: Http,
    server: Url,
    client_name: String,
    observer: SharedObserver,
    known: Mutex<Known>,
    /// One login at a time: the others wait for its token.
    turn: Semaphore,
}

/// Why a token is needed.
pub(crate) enum Need<'a> {
    /// There is none, or the server refused it.
    Token(Option<&'a BearerChallenge>),
    /// The one there is does not reach far enough.
    Scopes(&'a BearerChallenge),
}

/// Who got the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obtained {
    Anew,
    Shared,
}

#[derive(Default)]
struct Known {
    discovered: Option<Arc<Discovered>>,
    registration: Option<Arc<Registration>>,
    tokens: Option<Arc<Tokens>>,
}

impl Login {
    pub(crate) fn new(
        oauth: OAuth,
        http: Http,
        server: Url,
        client_name: String,
        observer: SharedObserver,
    ) -> Self {
        let known = Mutex::default();
        Self {
            oauth,
            http,
            server,
            client_name,
            observer,
            known,
            turn: Semaphore::new(1),
        }
    }

    /// The token to send, renewed when its end is near.
    pub(crate) async fn tokens(&self) -> Result<Option<Arc<Tokens>>, ClientError> {
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

    /// Gets a token that is not `refused`: a new one, or the one that another request has got meanwhile.
    pub(crate) async fn obtain(
        &self,
        need: Need<'_>,
        refused: Option<&Arc<Tokens>>,
    ) -> Result<Obtained, ClientError> {
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
        challenge: Option<&BearerChallenge>,
    ) -> Result<Arc<Discovered>, ClientError> {
        let mut stage = Stage::ResourceMetadata;
        let failed = |stage, source| ClientError::Discovery { stage, source };
        let mut step =
            discovery::begin(&self.server, challenge).map_err(|error| failed(stage, error))?;
        loop {
            let pending = match step {
                Step::Fetch(pending) => pending,
                Step::Done(discovered) => {
                    let discovered = Arc::new(*discovered);
                    self.known().discovered = Some(Arc::clone(&discovered));
                    return Ok(discovered);
                }
            };
            let url = pending.url().clone();
            let was_known = pending.resource().is_some();
            if was_known {
                stage = Stage::AuthorizationServerMetadata;
            }
            let reply = self.http.get(&url).await;
            let reply = reply.map_err(|source| ClientError::Fetch { stage, source })?;
            step = pending
                .answer(reply.status, &reply.body)
                .map_err(|error| failed(stage, error))?;
            match &step {
                Step::Done(discovered) => self.observer.hop(&Hop::AuthorizationServerMetadata {
                    url: &url,
                    metadata: &discovered.authorization_server,
                }),
                Step::Fetch(next) => {
                    if let (Some(metadata), false) = (next.resource(), was_known) {
                        self.observer.hop(&Hop::ResourceMetadata {
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
    ) -> Result<Tokens, ClientError> {
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
            &registration.client_id,
            &redirect_uri,
            scopes,
            resource,
        )
        .map_err(AuthorizationError::Random)?;
        let code = self.ask(&request, &listener, discovered).await?;
        let endpoint = &server.authorization_endpoint;
        self.observer.hop(&Hop::Authorized {
            endpoint,
            scopes,
            resource,
        });

        let grant = Grant::Code {
            code: &code,
            verifier: &request.verifier,
            redirect_uri: &redirect_uri,
        };
        let request = TokenRequest {
            endpoint: &server.token_endpoint,
            registration: &registration,
            resource,
            scopes,
        };
        match request.send(&self.http, &*self.oauth.clock, grant).await {
            Ok(tokens) => {
                self.report(
                    &tokens,
                    &server.token_endpoint,
                    GrantKind::AuthorizationCode,
                );
                Ok(tokens)
            }
            Err(error) => {
                if error.is_client_unknown() {
                    self.known().registration = None;
                }
                Err(error.into())
            }
        }
    }

    async fn register(
        &self,
        discovered: &Discovered,
        redirect_uri: &str,
        port: u16,
    ) -> Result<Arc<Registration>, ClientError> {
        let server = &discovered.authorization_server;
        let registered =
            register(&self.http, server, &self.client_name, redirect_uri, port).await?;
        let registration = Arc::new(registered);
        if let Some(endpoint) = &server.registration_endpoint {
            let client_id = &registration.client_id;
            self.observer.hop(&Hop::Registered {
                endpoint,
                client_id,
                redirect_uri,
            });
        }
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
        let wait = listener.wait(&request.state, &strays);
        let answered = async {
            tokio::pin!(wait);
            tokio::select! {
                callback = &mut wait => return callback.map_err(AuthorizationError::Listen),
                opened = self.oauth.browser.open(&request.url) => opened?,
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

    /// Renews a token. A server in trouble is an error; one that says no has ended the login.
    async fn refresh(&self, tokens: &Tokens) -> Result<Refreshed, ClientError> {
        let (discovered, registration) = {
            let known = self.known();
            (known.discovered.clone(), known.registration.clone())
        };
        let (Some(token), Some(discovered), Some(registration)) =
            (&tokens.refresh, discovered, registration)
        else {
            return Ok(self.reject());
        };
        let endpoint = &discovered.authorization_server.token_endpoint;
        let request = TokenRequest {
            endpoint,
            registration: &registration,
            resource: &discovered.resource.resource,
            scopes: tokens.scopes.as_ref(),
        };
        match request
            .send(&self.http, &*self.oauth.clock, Grant::Refresh { token })
            .await
        {
            Ok(renewed) => {
                self.report(&renewed, endpoint, GrantKind::RefreshToken);
                let renewed = Arc::new(renewed);
                self.known().tokens = Some(Arc::clone(&renewed));
                Ok(Refreshed::Renewed(renewed))
            }
            Err(error) if error.is_transient() => Err(error.into()),
            Err(error) => {
                tracing::debug!(%error, "the refresh token is of no more use");
                if error.is_client_unknown() {
                    self.known().registration = None;
                }
                Ok(self.reject())
            }
        }
    }

    fn reject(&self) -> Refreshed {
        self.known().tokens = None;
        Refreshed::Rejected
    }

    /// The token that somebody else got while we waited for our turn.
    fn newer_than(&self, refused: Option<&Arc<Tokens>>) -> Option<Arc<Tokens>> {
        let tokens = self.known().tokens.clone()?;
        let is_refused = refused.is_some_and(|refused| Arc::ptr_eq(refused, &tokens));
        (!is_refused).then_some(tokens)
    }

    fn report(&self, tokens: &Tokens, endpoint: &Url, grant: GrantKind) {
        self.observer.hop(&Hop::TokenIssued {
            endpoint,
            grant,
            scopes: tokens.scopes.as_ref(),
            expires_in: tokens.expires_in,
            is_renewable: tokens.refresh.is_some(),
        });
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

/// How a renewal ended.
enum Refreshed {
    /// The refresh token is of no more use: a person must log in again.
    Rejected,
    Renewed(Arc<Tokens>),
}
