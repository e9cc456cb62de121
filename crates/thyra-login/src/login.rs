//! One program's login at one resource: what is known so far, and how to get a token.

mod attempt;
mod device;
mod discover;
mod endpoints;
mod keeper;
mod machine;
mod presentation;
mod record;
mod registration;
mod renewal;
mod step_ups;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Method;
use thyra_oauth::{
    Challenge, DpopNonces, Fetcher, ScopeSet, UrlRefused, configured_url, printable, public_url,
};
use tokio::sync::Semaphore;

use self::attempt::Attempt;
use self::device::DeviceAttempt;
use self::endpoints::Endpoints;
use self::keeper::{Held, Keeper};
pub use self::presentation::Presentation;
use self::renewal::{Renewal, Renewed, Underway};
use self::step_ups::StepUps;
use crate::authorize::AuthorizationError;
use crate::client::Identity;
use crate::discovery::Discovered;
use crate::dpop::Binding;
use crate::error::LoginError;
use crate::hop::{LoginObserver, SharedObserver};
use crate::oauth::OAuth;
use crate::scopes::choose_scopes;
use crate::store::StoreError;
use crate::tokens::{Origin, Tokens};
use crate::way::Way;

/// The login of one program at one resource. Its methods may be called at the same time: one caller
/// logs in, and the others wait for its token.
pub struct Login {
    oauth: OAuth,
    endpoints: Endpoints,
    client_name: String,
    keeper: Keeper,
    discovered: Mutex<Option<Arc<Discovered>>>,
    /// The client that an authorization server has shown to know since this login began.
    registered: Mutex<Option<String>>,
    /// The nonces of the resource.
    nonces: DpopNonces,
    renewal: Underway,
    step_ups: StepUps,
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

impl Login {
    /// A login at the resource at `url`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`UrlRefused`] when tokens must not be sent to `url`: it must be `https`, or `http` on this
    /// machine, without user name, password and fragment. With [`OAuth::hosted`], it must not lead
    /// to this machine or into a private network.
    pub fn new(url: &str, oauth: OAuth) -> Result<Self, UrlRefused> {
        let server = if oauth.is_hosted {
            public_url(url)?
        } else {
            configured_url(url)?
        };
        Ok(Self {
            keeper: Keeper::new(&oauth, server.clone()),
            endpoints: Endpoints {
                fetcher: oauth.fetcher.clone().unwrap_or_default(),
                server,
                is_hosted: oauth.is_hosted,
                clock: Arc::clone(&oauth.clock),
                observer: SharedObserver::default(),
                nonces: DpopNonces::new(),
            },
            oauth,
            client_name: env!("CARGO_PKG_NAME").to_owned(),
            discovered: Mutex::default(),
            registered: Mutex::default(),
            nonces: DpopNonces::new(),
            renewal: Underway::default(),
            step_ups: StepUps::default(),
            turn: Semaphore::new(1),
        })
    }

    /// Sets the program's name, which authorization servers show to people.
    #[must_use]
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.client_name = name.into();
        self
    }

    /// Sets what fetches documents and posts to endpoints, where the login itself has nothing that
    /// does ([`OAuth::fetcher`]).
    #[must_use]
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        if self.oauth.fetcher.is_none() {
            self.endpoints.fetcher = fetcher;
        }
        self
    }

    /// Sets who is told of every hop.
    #[must_use]
    pub fn observer(mut self, observer: impl LoginObserver + 'static) -> Self {
        self.endpoints.observer = SharedObserver::new(observer);
        self
    }

    /// The token to send, renewed when its end is near. `None` when there is none, in the store
    /// neither, and when the token can no longer be renewed.
    ///
    /// # Errors
    ///
    /// [`LoginError`] when the authorization server cannot renew the token now, or when the store
    /// cannot be used. The refresh token is kept, so try again later.
    pub async fn tokens(&self) -> Result<Option<Arc<Tokens>>, LoginError> {
        match self.keeper.held() {
            Held::Nothing => return Ok(None),
            Held::Tokens(tokens) if !self.should_renew(&tokens) => return Ok(Some(tokens)),
            Held::Tokens(_) | Held::Unread => {}
        }
        let _turn = self.turn.acquire().await;
        let Some(tokens) = self.keeper.tokens().await? else {
            return Ok(None);
        };
        if !self.should_renew(&tokens) {
            return Ok(Some(tokens));
        }
        match self.renew(&tokens).await {
            Ok(Renewed::Anew(tokens) | Renewed::Found(tokens)) => Ok(Some(tokens)),
            // The server will say what it wants.
            Ok(Renewed::Rejected) => Ok(None),
            Err(error) if !tokens.is_over(&*self.oauth.clock) => {
                tracing::debug!(%error, "the token is not renewed yet");
                Ok(Some(tokens))
            }
            Err(error) => Err(error),
        }
    }

    /// Gets a token that is not `refused`: a new one, or the one that another caller, or another
    /// program that uses the store, has got in the meantime. [`Login::tokens`] then gives it.
    ///
    /// The same scopes are asked for once a minute: whoever refused them is not asked again for the
    /// next request.
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
        if self.is_replaced(refused).await? {
            return Ok(Obtained::Shared);
        }
        let granted = refused.and_then(|tokens| tokens.scopes().cloned());
        let dpop = self.oauth.dpop;
        let (discovered, binding, challenged) = match need {
            Need::Token(challenge) => {
                // The resource may have moved to another authorization server.
                let discovered = self.discover(challenge).await?;
                let binding = dpop.binding(challenge, false, &discovered)?;
                if let Some(tokens) = refused
                    && tokens.is_renewable()
                    && tokens.issuer() == discovered.authorization_server.issuer
                    && tokens.are_as(binding.as_ref())
                {
                    match self.renew(tokens).await? {
                        Renewed::Anew(_) => return Ok(Obtained::Anew),
                        Renewed::Found(_) => return Ok(Obtained::Shared),
                        Renewed::Rejected => {}
                    }
                }
                let challenged = challenge.and_then(|challenge| challenge.scope.clone());
                (
                    discovered,
                    binding,
                    self.oauth.scopes.clone().or(challenged),
                )
            }
            Need::Scopes(challenge) => {
                let known = self.known().clone();
                let discovered = match known {
                    Some(discovered) => discovered,
                    None => self.discover(Some(challenge)).await?,
                };
                let demanded = demanded(challenge, &discovered);
                if self.step_ups.were_asked(&demanded, &*self.oauth.clock) {
                    let scopes = if demanded.is_empty() {
                        "that it does not name".to_owned()
                    } else {
                        printable(&demanded.to_string())
                    };
                    return Err(LoginError::ScopesAskedAlready { scopes });
                }
                let has_bound = refused.is_some_and(|tokens| tokens.is_bound());
                let binding = dpop.binding(Some(challenge), has_bound, &discovered)?;
                (discovered, binding, challenge.scope.clone())
            }
        };
        let scopes = choose_scopes(
            challenged,
            granted,
            &discovered,
            self.oauth.word().is_none(),
        );
        let logged_in = self.log_in(&discovered, binding, scopes.as_ref()).await;
        self.note(need, &discovered, &logged_in);
        self.keeper.keep(logged_in?).await?;
        Ok(Obtained::Anew)
    }

    /// What a request `method` to `url`, a place of the resource, shows of `tokens`: the header
    /// `Authorization`, and a proof if they are bound to a key. A proof is good once, so ask anew
    /// for every request, and hand over what is answered.
    ///
    /// # Errors
    ///
    /// [`LoginError::Dpop`] when the proof cannot be made.
    pub fn present(
        &self,
        tokens: &Tokens,
        method: &Method,
        url: &str,
    ) -> Result<Presentation, LoginError> {
        let clock = &*self.oauth.clock;
        let presented = Presentation::new(tokens, method, url, &self.nonces, clock);
        Ok(presented?)
    }

    /// Logs out: forgets the tokens, in the store as well, and has the authorization server revoke
    /// them if it offers that (RFC 7009). The next request needs a new login. The client that was
    /// registered stays.
    ///
    /// # Errors
    ///
    /// [`LoginError::Store`] when nothing was done. Otherwise the tokens are forgotten, and the
    /// error says why the authorization server did not revoke them.
    pub async fn log_out(&self) -> Result<(), LoginError> {
        let _turn = self.turn.acquire().await;
        let tokens = {
            let _lock = self.keeper.lock().await?;
            let tokens = self.keeper.read().await?;
            self.keeper.forget().await?;
            tokens
        };
        match tokens {
            Some(tokens) => self.endpoints.revoke(&tokens).await,
            None => Ok(()),
        }
    }

    async fn log_in(
        &self,
        discovered: &Discovered,
        binding: Option<Binding>,
        scopes: Option<&ScopeSet>,
    ) -> Result<Tokens, LoginError> {
        match &self.oauth.way {
            Way::Device { prompt, client } => {
                let attempt = DeviceAttempt {
                    login: self,
                    prompt: &**prompt,
                    client: client.as_ref(),
                    discovered,
                    binding,
                };
                attempt.tokens(scopes).await
            }
            Way::Machine { client, word } => {
                let method = client.method_at(&discovered.authorization_server)?;
                let client = client.clone();
                let origin = origin(discovered, Identity::Given { client, method }, binding);
                machine::tokens(&self.endpoints, word, &origin, scopes, None).await
            }
            Way::Person { browser, client } => {
                let attempt = Attempt {
                    login: self,
                    browser: &**browser,
                    client: client.as_ref(),
                    discovered,
                    binding,
                };
                attempt.tokens(scopes).await
            }
        }
    }

    /// Remembers that somebody was asked for the scopes that the resource demands.
    fn note(
        &self,
        need: Need<'_>,
        discovered: &Discovered,
        logged_in: &Result<Tokens, LoginError>,
    ) {
        let is_answered = match logged_in {
            Ok(_) | Err(LoginError::Authorization(AuthorizationError::Denied { .. })) => true,
            // Nobody has decided.
            Err(_) => false,
        };
        match need {
            Need::Token(_) if is_answered => self.step_ups.forget(),
            Need::Scopes(challenge) if is_answered => {
                let demanded = demanded(challenge, discovered);
                self.step_ups.note(&demanded, &*self.oauth.clock);
            }
            Need::Token(_) | Need::Scopes(_) => {}
        }
    }

    /// Renews `tokens`. It is an error when the server is in trouble.
    async fn renew(&self, tokens: &Arc<Tokens>) -> Result<Renewed, LoginError> {
        let begin = || {
            let renewal = Renewal {
                endpoints: self.endpoints.clone(),
                keeper: self.keeper.clone(),
                word: self.oauth.word().cloned(),
            };
            (renewal, Arc::clone(tokens))
        };
        self.renewal.finish(begin).await
    }

    fn should_renew(&self, tokens: &Tokens) -> bool {
        let can = tokens.is_renewable() || self.oauth.word().is_some();
        can && tokens.is_stale(&*self.oauth.clock)
    }

    /// Whether there are other tokens than `refused`, from a caller who had the turn before or from
    /// another program.
    async fn is_replaced(&self, refused: Option<&Arc<Tokens>>) -> Result<bool, StoreError> {
        let is_other =
            |tokens: &Arc<Tokens>| refused.is_none_or(|refused| !refused.is_same(tokens));
        if let Held::Tokens(tokens) = self.keeper.held()
            && is_other(&tokens)
        {
            return Ok(true);
        }
        Ok(self.keeper.read().await?.as_ref().is_some_and(is_other))
    }

    fn registered(&self) -> MutexGuard<'_, Option<String>> {
        self.registered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> MutexGuard<'_, Option<Arc<Discovered>>> {
        self.discovered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("server", &self.endpoints.server.as_str())
            .finish_non_exhaustive()
    }
}

/// The scopes that a resource demands with `challenge`: if it names none, all that it knows.
fn demanded(challenge: &Challenge<'_>, discovered: &Discovered) -> ScopeSet {
    let known = &discovered.resource.scopes_supported;
    let demanded = challenge.scope.as_ref().or(known.as_ref());
    demanded.cloned().unwrap_or_default()
}

/// What tokens of `discovered` come from.
fn origin(discovered: &Discovered, client: Identity, binding: Option<Binding>) -> Arc<Origin> {
    Arc::new(Origin {
        issuer: discovered.authorization_server.issuer.clone(),
        resource: discovered.resource.resource.clone(),
        token_endpoint: discovered.authorization_server.token_endpoint.clone(),
        revocation_endpoint: discovered.authorization_server.revocation_endpoint.clone(),
        client,
        binding,
    })
}
