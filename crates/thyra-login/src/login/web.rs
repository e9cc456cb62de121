//! A login of a web application: the browser is sent away in one request, and comes back in
//! another, perhaps to another replica.

use std::fmt;
use std::sync::Arc;

use thyra_oauth::{CodeVerifier, Grant, Secret, printable};
use url::Url;

use super::plan::{Plan, Planned};
use super::record::Pending;
use super::registration::{Place, known_identity};
use super::{Login, Need, origin};
use crate::authorize::{AuthorizationError, AuthorizationRequest, RequestSecrets, judge};
use crate::callback::{read_query, state_of};
use crate::client::Identity;
use crate::error::LoginError;
use crate::hop::LoginHop;

/// Where a web application sends the browser of a user who has to log in, and what it keeps until
/// the browser comes back ([`Login::begin`]).
#[non_exhaustive]
pub struct LoginPage {
    /// The page. Answer with a redirect to it (302 or 303), and let nobody else see it.
    pub url: String,
    /// What this login is found by when the browser comes back ([`LoginPage::id_in`]). It is no
    /// secret.
    pub id: String,
    /// What [`Login::finish`] needs: a text of at most 16 KiB. Keep it in the user's session, and
    /// nowhere that a browser can read: it holds secrets.
    pub pending: Secret,
}

impl LoginPage {
    /// The [`id`](LoginPage::id) of the login that `query` answers, if it answers any.
    pub fn id_in(query: &str) -> Option<String> {
        state_of(query).map(|state| id_of(&state))
    }
}

impl fmt::Debug for LoginPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginPage")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Login {
    /// Begins the login of a user of a web application ([`OAuth::web`]): finds the authorization
    /// server, registers the application there if need be, and says where to send the browser.
    ///
    /// It asks for what [`Login::obtain`] found missing when it answered with
    /// [`LoginError::LoginRequired`], and otherwise for what the resource says in its metadata.
    /// Several logins of one user may be under way, as in several tabs.
    ///
    /// ```no_run
    /// use thyra_login::{Login, LoginError, LoginPage, OAuth, Secret};
    ///
    /// /// What the application keeps of a user's session.
    /// type Session = std::collections::HashMap<String, Secret>;
    ///
    /// # fn login_of(user: &str) -> Result<Login, Box<dyn std::error::Error>> {
    /// let oauth = OAuth::web(user, "https://app.example.com/callback")?;
    /// let login = Login::new("https://mcp.example.com/mcp", oauth)?;
    /// # Ok(login)
    /// # }
    ///
    /// /// The URL to redirect the browser to.
    /// async fn begin(login: &Login, session: &mut Session) -> Result<String, LoginError> {
    ///     let page = login.begin().await?;
    ///     session.insert(page.id, page.pending);
    ///     Ok(page.url)
    /// }
    ///
    /// /// The browser is back at `/callback?query`, and shows the cookie of the same session.
    /// async fn callback(login: &Login, session: &mut Session, query: &str) -> Result<(), LoginError> {
    ///     let id = LoginPage::id_in(query).unwrap_or_default();
    ///     let Some(pending) = session.remove(&id) else {
    ///         return Err(LoginError::LoginRequired);
    ///     };
    ///     login.finish(&pending, query).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`LoginError`] names the stage that failed.
    ///
    /// [`OAuth::web`]: crate::OAuth::web
    pub async fn begin(&self) -> Result<LoginPage, LoginError> {
        let Some(redirect_uri) = self.oauth.redirect_uri() else {
            return Err(LoginError::NoRedirectUri);
        };
        let _turn = self.turn.acquire().await;
        let planned = self.planned().clone();
        let plan = match planned {
            Some(plan) => plan,
            None => match self.plan(Need::Token(None), None).await? {
                Planned::LogIn(plan) => plan,
                // Nothing was refused, so nothing was renewed.
                Planned::Obtained(_) => return Err(LoginError::LoginRequired),
            },
        };
        let server = &plan.discovered.authorization_server;
        let Some(page) = &server.authorization_endpoint else {
            return Err(LoginError::NoLoginPage {
                issuer: printable(&server.issuer),
            });
        };
        let identity = self.web_identity(&plan, page, redirect_uri).await?;
        let mut request = AuthorizationRequest::new(
            page,
            identity.id(),
            redirect_uri.as_str(),
            plan.scopes.as_ref(),
            &plan.discovered.resource.resource,
            RequestSecrets::random().map_err(AuthorizationError::Random)?,
        );
        if let Some(binding) = &plan.binding {
            request = request.bound_to(&binding.key);
        }
        let AuthorizationRequest { url, secrets } = request;
        let id = id_of(&secrets.state);
        let mut origin = origin(&plan.discovered, identity, plan.binding);
        Arc::make_mut(&mut origin).login = Some(id.clone());
        let pending = Pending {
            origin,
            page: page.to_string(),
            names_itself: server.names_issuer_in_responses,
            redirect_uri: redirect_uri.to_string(),
            scopes: plan.scopes,
            demanded: plan.demanded,
            state: secrets.state,
            verifier: secrets.verifier,
            end: self
                .oauth
                .clock
                .unix()
                .saturating_add(self.oauth.login_time),
        };
        let account = self.oauth.account.as_deref();
        Ok(LoginPage {
            url: url.into(),
            id,
            pending: pending.write(&self.endpoints.server, account)?,
        })
    }

    /// Finishes a login that was begun with [`Login::begin`], by this login or by another one of
    /// the same user at the same resource, as on another replica. `query` is what follows `?` in
    /// the URL that the browser came back to. [`Login::tokens`] then gives the tokens.
    ///
    /// Call it with what was kept for *this* browser's user: an answer that somebody else's browser
    /// brings, or that was made for another login, is not used. A code is exchanged once, also if
    /// the browser brings it twice.
    ///
    /// # Errors
    ///
    /// [`LoginError`]; the login is then over, and the user has to begin anew.
    pub async fn finish(&self, pending: &Secret, query: &str) -> Result<(), LoginError> {
        let _turn = self.turn.acquire().await;
        let server = &self.endpoints.server;
        let account = self.oauth.account.as_deref();
        let pending = Pending::read(pending, server, account, self.oauth.given_client())?;
        if self.oauth.clock.unix() >= pending.end {
            let limit = self.oauth.login_time;
            return Err(AuthorizationError::CameLate { limit }.into());
        }
        let callback = read_query(query, &pending.state).map_err(AuthorizationError::from)?;
        let code = judge(callback, &pending.origin.issuer, pending.names_itself);
        if let Err(AuthorizationError::Denied { .. }) = &code {
            self.note_web(&pending);
        }
        let code = code?;
        // Another replica may have got the same code from the same browser.
        let _lock = self.keeper.lock().await?;
        let kept = self.keeper.read().await?;
        if kept.is_some_and(|kept| kept.origin().login == pending.origin.login) {
            return Err(AuthorizationError::Finished.into());
        }
        self.endpoints.observer.hop(&LoginHop::Authorized {
            endpoint: &pending.page,
            scopes: pending.scopes.as_ref(),
            resource: &pending.origin.resource,
        });
        let grant = Grant::AuthorizationCode {
            code: &code,
            code_verifier: Some(&pending.verifier),
            redirect_uri: &pending.redirect_uri,
        };
        let (origin, scopes) = (&pending.origin, pending.scopes.as_ref());
        let tokens = self.endpoints.tokens(origin, grant, scopes, None).await;
        if let Err(LoginError::Token(error)) = &tokens
            && error.is_client_unknown()
        {
            // The next login registers again.
            self.keeper.forget_registration(&origin.issuer).await?;
        }
        self.keeper.keep(tokens?).await?;
        self.note_web(&pending);
        *self.planned() = None;
        Ok(())
    }

    /// Remembers that the user was asked.
    fn note_web(&self, pending: &Pending) {
        match &pending.demanded {
            Some(demanded) => self.step_ups.note(demanded, &*self.oauth.clock),
            None => self.step_ups.forget(),
        }
    }

    /// What the application is to the authorization server. It registers itself once for all users.
    async fn web_identity(
        &self,
        plan: &Plan,
        page: &Url,
        redirect_uri: &Url,
    ) -> Result<Identity, LoginError> {
        let (discovered, scopes) = (&plan.discovered, plan.scopes.as_ref());
        let server = &discovered.authorization_server;
        if let Some(identity) = known_identity(&self.oauth, self.oauth.given_client(), server)? {
            return Ok(identity);
        }
        let place = Place::Web(redirect_uri.to_string());
        let kept = || async {
            let found = self
                .keeper
                .web_registration(&server.issuer, redirect_uri.as_str());
            Ok::<_, LoginError>(found.await?.filter(|kept| kept.place == place))
        };
        let found = kept().await?;
        if let Some(found) = &found
            && self.is_known(found, discovered, page, scopes).await?
        {
            return Ok(Identity::Own(found.credentials.clone()));
        }
        let _lock = self
            .keeper
            .lock_web_registration(&server.issuer, redirect_uri.as_str())
            .await?;
        let forgotten = found.map(|found| found.credentials.client_id);
        let registration = match kept().await? {
            // Somebody else's login has just registered it.
            Some(kept) if Some(&kept.credentials.client_id) != forgotten.as_ref() => kept,
            _ => self.register(server, place.clone()).await?,
        };
        Ok(Identity::Own(registration.credentials))
    }
}

/// What a login is known by to those who must not learn its `state`.
fn id_of(state: &Secret) -> String {
    // SHA-256 in base64url, as PKCE has it.
    CodeVerifier::from(state.clone()).challenge()
}
