//! One attempt of a person to log in: from the client, by way of the browser, to tokens.

use std::sync::{Mutex, PoisonError};

use thyra_oauth::{Grant, ScopeSet, Secret, printable};
use url::Url;

use super::registration::{Place, known_identity};
use super::{Login, origin};
use crate::authorize::{AuthorizationError, AuthorizationRequest, RequestSecrets, judge};
use crate::browser::Browser;
use crate::callback::CallbackListener;
use crate::client::{Client, Identity};
use crate::discovery::Discovered;
use crate::dpop::Binding;
use crate::error::LoginError;
use crate::hop::LoginHop;
use crate::tokens::Tokens;

/// One attempt of a person to log in.
pub(super) struct Attempt<'a> {
    pub(super) login: &'a Login,
    pub(super) browser: &'a dyn Browser,
    /// The client that the program is set up with.
    pub(super) client: Option<&'a Client>,
    pub(super) discovered: &'a Discovered,
    /// What the tokens are to be bound to.
    pub(super) binding: Option<Binding>,
}

impl Attempt<'_> {
    pub(super) async fn tokens(&self, scopes: Option<&ScopeSet>) -> Result<Tokens, LoginError> {
        let server = &self.discovered.authorization_server;
        let Some(endpoint) = &server.authorization_endpoint else {
            return Err(LoginError::NoLoginPage {
                issuer: printable(&server.issuer),
            });
        };
        let resource = self.discovered.resource.resource.as_str();
        let (client, listener) = self.client_and_listener(endpoint, scopes).await?;
        let redirect_uri = listener.redirect_uri();
        let mut request = AuthorizationRequest::new(
            endpoint,
            client.id(),
            &redirect_uri,
            scopes,
            resource,
            RequestSecrets::random().map_err(AuthorizationError::Random)?,
        );
        if let Some(binding) = &self.binding {
            request = request.bound_to(&binding.key);
        }
        let code = match self.ask(&request, &listener).await {
            Ok(code) => code,
            Err(error) => {
                // A server that has forgotten the client shows a page, and nobody comes back.
                if matches!(error, AuthorizationError::TimedOut { .. }) {
                    self.login
                        .keeper
                        .forget_registration(&server.issuer)
                        .await?;
                }
                return Err(error.into());
            }
        };
        self.login.endpoints.observer.hop(&LoginHop::Authorized {
            endpoint: endpoint.as_str(),
            scopes,
            resource,
        });

        let grant = Grant::AuthorizationCode {
            code: &code,
            code_verifier: Some(&request.secrets.verifier),
            redirect_uri: &redirect_uri,
        };
        let origin = origin(self.discovered, client, self.binding.clone());
        let tokens = self
            .login
            .endpoints
            .tokens(&origin, grant, scopes, None)
            .await;
        if let Err(LoginError::Token(error)) = &tokens
            && error.is_client_unknown()
        {
            // The next login registers again.
            self.login
                .keeper
                .forget_registration(&server.issuer)
                .await?;
        }
        tokens
    }

    /// What the program is to the authorization server, and where the browser comes back to. A
    /// client that the program is set up with goes first, then its metadata document, then one that
    /// it registers.
    async fn client_and_listener(
        &self,
        endpoint: &Url,
        scopes: Option<&ScopeSet>,
    ) -> Result<(Identity, CallbackListener), LoginError> {
        let server = &self.discovered.authorization_server;
        if let Some(identity) = known_identity(&self.login.oauth, self.client, server)? {
            return Ok((identity, self.listen(None).await?));
        }
        // Credentials are of use only at the server that gave them.
        let kept = self.login.keeper.registration(&server.issuer).await?;
        let port = kept.as_ref().and_then(|kept| match kept.place {
            Place::Port(port) => Some(port),
            Place::Device | Place::Web(_) => None,
        });
        let listener = self.listen(port).await?;
        let (login, discovered) = (self.login, self.discovered);
        let place = Place::Port(listener.port());
        let registration = match kept.filter(|kept| kept.place == place) {
            Some(kept) if login.is_known(&kept, discovered, endpoint, scopes).await? => kept,
            _ => login.register(server, place).await?,
        };
        Ok((Identity::Own(registration.credentials), listener))
    }

    async fn listen(&self, wanted: Option<u16>) -> Result<CallbackListener, AuthorizationError> {
        let listener = match self.login.oauth.callback_port {
            Some(port) => CallbackListener::bind_exactly(port).await,
            None => CallbackListener::bind(wanted).await,
        };
        listener.map_err(AuthorizationError::Listen)
    }

    /// Takes the person to the login page and waits for the code.
    async fn ask(
        &self,
        request: &AuthorizationRequest,
        listener: &CallbackListener,
    ) -> Result<Secret, AuthorizationError> {
        let strays = Mutex::new(false);
        let wait = listener.wait(&request.secrets.state, &strays);
        let answered = async {
            tokio::pin!(wait);
            tokio::select! {
                callback = &mut wait => return callback.map_err(AuthorizationError::Listen),
                opened = self.browser.open(request.url.as_str()) => opened?,
            }
            wait.await.map_err(AuthorizationError::Listen)
        };
        let limit = self.login.oauth.login_time;
        match tokio::time::timeout(limit, answered).await {
            Ok(callback) => {
                let server = &self.discovered.authorization_server;
                judge(callback?, &server.issuer, server.names_issuer_in_responses)
            }
            Err(_) => Err(AuthorizationError::TimedOut {
                limit,
                strays: *strays.lock().unwrap_or_else(PoisonError::into_inner),
            }),
        }
    }
}
