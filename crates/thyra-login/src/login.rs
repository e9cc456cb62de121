//! One program's login at one resource: what is known so far, and how to get a token.

mod attempt;
mod device;
mod discover;
mod endpoints;
mod keeper;
mod machine;
mod plan;
mod presentation;
mod record;
mod registration;
mod renewal;
mod step_ups;
mod web;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Method;
use thyra_oauth::{Challenge, DpopNonces, Fetcher, UrlRefused, configured_url, public_url};
use tokio::sync::Semaphore;

use self::attempt::Attempt;
use self::device::DeviceAttempt;
use self::endpoints::Endpoints;
use self::keeper::{Held, Keeper};
use self::plan::{Plan, Planned};
pub use self::presentation::Presentation;
use self::renewal::{Renewal, Renewed, Underway};
use self::step_ups::StepUps;
pub use self::web::LoginPage;
use crate::authorize::AuthorizationError;
use crate::client::Identity;
use crate::discovery::Discovered;
use crate::dpop::Binding;
use crate::error::LoginError;
use crate::hop::{LoginObserver, SharedObserver};
use crate::oauth::OAuth;
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
    /// What the user of a web application has to log in for.
    planned: Mutex<Option<Plan>>,
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
            planned: Mutex::default(),
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

    /// Where the resource is reached.
    pub fn url(&self) -> &str {
        self.endpoints.server.as_str()
    }

    /// How it was set up.
    pub fn oauth(&self) -> &OAuth {
        &self.oauth
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
    /// [`LoginError`] names the stage that failed. For a user of a web application, it is
    /// [`LoginError::LoginRequired`] when nothing else will do than [`Login::begin`].
    pub async fn obtain(
        &self,
        need: Need<'_>,
        refused: Option<&Arc<Tokens>>,
    ) -> Result<Obtained, LoginError> {
        let _turn = self.turn.acquire().await;
        if self.is_replaced(refused).await? {
            return Ok(Obtained::Shared);
        }
        let plan = match self.plan(need, refused).await? {
            Planned::LogIn(plan) => plan,
            Planned::Obtained(obtained) => return Ok(obtained),
        };
        let logged_in = self.log_in(&plan).await;
        self.note(&plan, &logged_in);
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
    /// registered stays. Says whether there were tokens.
    ///
    /// # Errors
    ///
    /// [`LoginError::Store`] when nothing was done. Otherwise the tokens are forgotten, and the
    /// error says why the authorization server did not revoke them.
    pub async fn log_out(&self) -> Result<bool, LoginError> {
        let _turn = self.turn.acquire().await;
        let tokens = {
            let _lock = self.keeper.lock().await?;
            let tokens = self.keeper.read().await?;
            self.keeper.forget().await?;
            tokens
        };
        match tokens {
            Some(tokens) => self.endpoints.revoke(&tokens).await.map(|()| true),
            None => Ok(false),
        }
    }

    async fn log_in(&self, plan: &Plan) -> Result<Tokens, LoginError> {
        let (discovered, scopes) = (&*plan.discovered, plan.scopes.as_ref());
        let binding = plan.binding.clone();
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
            Way::Web { .. } => {
                *self.planned() = Some(plan.clone());
                Err(LoginError::LoginRequired)
            }
        }
    }

    /// Remembers that somebody was asked for the scopes that the resource demands.
    fn note(&self, plan: &Plan, logged_in: &Result<Tokens, LoginError>) {
        let is_answered = match logged_in {
            Ok(_) | Err(LoginError::Authorization(AuthorizationError::Denied { .. })) => true,
            // Nobody has decided.
            Err(_) => false,
        };
        match &plan.demanded {
            None if is_answered => self.step_ups.forget(),
            Some(demanded) if is_answered => self.step_ups.note(demanded, &*self.oauth.clock),
            None | Some(_) => {}
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

    fn planned(&self) -> MutexGuard<'_, Option<Plan>> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
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

/// What tokens of `discovered` come from.
fn origin(discovered: &Discovered, client: Identity, binding: Option<Binding>) -> Arc<Origin> {
    Arc::new(Origin {
        issuer: discovered.authorization_server.issuer.clone(),
        resource: discovered.resource.resource.clone(),
        token_endpoint: discovered.authorization_server.token_endpoint.clone(),
        revocation_endpoint: discovered.authorization_server.revocation_endpoint.clone(),
        client,
        login: None,
        binding,
    })
}
