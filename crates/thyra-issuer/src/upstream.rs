//! The identity provider behind this server: where people sign in, and what it says of them. To it,
//! this server is one client, which somebody has set up there.
//!
//! It does no more than one request needs. Who waits for whom, and who tries again, is decided
//! above.

mod authorization;
mod discovery;
mod endpoints;
mod error;
mod exchange;
mod id_token;
mod identity;
mod log;
mod scopes;
mod settings;
mod token;

use serde_json::{Map, Value};
use thyra_oauth::{CodeVerifier, Grant as TokenGrant, Revocation, ScopeSet, Secret};
use url::Url;

use self::log::{Leg, UpstreamLog};
use crate::record::{Grant, SignedIn, UpstreamTokens};

pub(crate) use self::discovery::Discovery;
pub use self::discovery::DiscoveryError;
pub(crate) use self::endpoints::Endpoints;
pub use self::error::UpstreamError;
pub use self::exchange::{Exchange, ExchangeRequest, ExchangedToken};
pub(crate) use self::id_token::{IdTokenRules, IdTokens};
pub(crate) use self::identity::Identity;
pub(crate) use self::scopes::Naming;
pub use self::settings::UpstreamSettingsError;
pub(crate) use self::settings::{ClientProof, Parameters, UpstreamSettings};

/// The identity provider, as one client of it sees it.
#[derive(Debug)]
pub(crate) struct Upstream {
    settings: UpstreamSettings,
    log: UpstreamLog,
}

/// What an authorization request is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UpstreamRequest<'a> {
    /// What the identity provider sends back with its answer.
    pub(crate) state: &'a str,
    /// The secret behind the challenge (RFC 7636).
    pub(crate) code_verifier: &'a Secret,
    /// What an ID token must repeat.
    pub(crate) nonce: &'a Secret,
    /// The scopes, as clients name them.
    pub(crate) scopes: &'a ScopeSet,
    /// The resource of the client's request (RFC 8707).
    pub(crate) resource: &'a str,
}

/// What the identity provider says in place of a code (RFC 6749 section 4.1.2.1). The browser
/// brings it, so the words can be anybody's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal<'a> {
    /// Which error it is.
    pub(crate) error: &'a str,
    /// What it says to the operator.
    pub(crate) description: Option<&'a str>,
}

/// What the browser brought back, and what the request was made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Redeem<'a> {
    /// The authorization code.
    pub(crate) code: &'a Secret,
    /// As in the [`UpstreamRequest`].
    pub(crate) code_verifier: &'a Secret,
    /// As in the [`UpstreamRequest`].
    pub(crate) nonce: &'a Secret,
    /// As in the [`UpstreamRequest`].
    pub(crate) scopes: &'a ScopeSet,
    /// As in the [`UpstreamRequest`].
    pub(crate) resource: &'a str,
}

/// A login that is to go on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Renewal<'a> {
    /// The tokens so far.
    pub(crate) tokens: &'a UpstreamTokens,
    /// Who signed in. Nobody else may come of it.
    pub(crate) subject: &'a str,
    /// What is known of the person. It stays, where the identity provider says nothing new.
    pub(crate) claims: &'a Map<String, Value>,
    /// The scopes, as clients name them.
    pub(crate) scopes: &'a ScopeSet,
    /// The resource of the client's request (RFC 8707).
    pub(crate) resource: &'a str,
}

impl<'a> Renewal<'a> {
    /// The login behind a grant; `None` if it came of no identity provider.
    pub(crate) fn of(grant: &'a Grant) -> Option<Self> {
        Some(Self {
            tokens: grant.upstream.as_ref()?,
            subject: &grant.subject,
            claims: &grant.claims,
            scopes: &grant.scopes,
            resource: &grant.resource,
        })
    }
}

impl Upstream {
    /// Whether a code of somebody else's login at the identity provider would be taken for one of
    /// this login's: neither PKCE nor the nonce of an ID token ties them (RFC 9700 section 4.5).
    pub(crate) fn takes_codes_of_others(&self) -> bool {
        let has_nonce = !matches!(self.settings.identity, Identity::AccessToken(_));
        !(self.settings.forward_pkce || has_nonce)
    }

    /// Nothing is fetched.
    ///
    /// # Errors
    ///
    /// [`UpstreamSettingsError`] when the settings cannot work.
    pub(crate) fn new(settings: UpstreamSettings) -> Result<Self, UpstreamSettingsError> {
        settings.check()?;
        Ok(Self {
            settings,
            log: UpstreamLog::default(),
        })
    }

    /// The page where a person signs in.
    ///
    /// # Errors
    ///
    /// [`UpstreamError`] when it is not known where that is.
    pub(crate) async fn authorization_url(
        &self,
        request: &UpstreamRequest<'_>,
    ) -> Result<Url, UpstreamError> {
        let places = self.settings.endpoints.locate().await;
        let places = self.noted(Leg::Authorization, places)?;
        Ok(authorization::url(&self.settings, &places, request))
    }

    /// Whether the authorization response comes from the identity provider that was asked (RFC
    /// 9207). `iss` is its parameter, if it has one.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::Identity`] when it names another one, or none although the identity
    /// provider always does.
    pub(crate) async fn check_issuer(&self, iss: Option<&str>) -> Result<(), UpstreamError> {
        let places = self.settings.endpoints.locate().await;
        let places = self.noted(Leg::Authorization, places)?;
        let outcome = match (iss, &places.issuer) {
            (Some(iss), Some(issuer)) if iss != issuer => Err(UpstreamError::identity(
                "the authorization response is of another issuer",
            )),
            (None, _) if places.names_itself => Err(UpstreamError::identity(
                "the authorization response has no `iss`, although it should (RFC 9207)",
            )),
            _ => Ok(()),
        };
        self.noted(Leg::Authorization, outcome)
    }

    /// Exchanges the code that the browser brought back, and says who has signed in.
    ///
    /// # Errors
    ///
    /// [`UpstreamError`] says whose fault it is. The log has the reason.
    pub(crate) async fn redeem(&self, callback: Redeem<'_>) -> Result<SignedIn, UpstreamError> {
        let outcome = self.try_redeem(callback).await;
        self.noted(Leg::Code, outcome)
    }

    async fn try_redeem(&self, callback: Redeem<'_>) -> Result<SignedIn, UpstreamError> {
        let settings = &self.settings;
        let verifier = CodeVerifier::from(callback.code_verifier.clone());
        let grant = TokenGrant::AuthorizationCode {
            code: callback.code,
            code_verifier: settings.forward_pkce.then_some(&verifier),
            redirect_uri: &settings.redirect_uri,
        };
        let scopes = settings.scopes.of_tokens(callback.scopes);
        let parameters = token::Parameters {
            scopes: scopes.as_ref(),
            more: &settings.extra_token_params.code,
        };
        let answer = self
            .tokens(grant, Some(callback.resource), parameters)
            .await?;
        let asked = settings.scopes.asked(callback.scopes);
        let nonce = asked.contains("openid").then_some(callback.nonce);
        let (tokens, granted) = self.kept(answer, None);
        let person = settings.identity.of_login(&tokens, nonce).await?;
        Ok(SignedIn {
            subject: person.subject,
            claims: person.claims,
            scopes: granted.map(|granted| settings.scopes.granted(&granted, callback.scopes)),
            tokens: Some(tokens),
        })
    }

    /// Lets a login go on: new tokens for the refresh token, and what is known of the person read
    /// again. Without a refresh token, the access token is judged once more, where it says who
    /// signed in.
    ///
    /// # Errors
    ///
    /// [`UpstreamError::Refused`] and [`UpstreamError::Identity`] mean that the login is over; the
    /// others say nothing about it.
    pub(crate) async fn renew(&self, login: Renewal<'_>) -> Result<SignedIn, UpstreamError> {
        let outcome = match &login.tokens.refresh_token {
            Some(refresh_token) => self.try_renew(login, refresh_token).await,
            None => self.look_again(login).await,
        };
        self.noted(Leg::Refresh, outcome)
    }

    /// Whether the tokens of a login that cannot be renewed are still good. An ID token says
    /// nothing new.
    async fn look_again(&self, login: Renewal<'_>) -> Result<SignedIn, UpstreamError> {
        let identity = &self.settings.identity;
        let person = identity.of_renewal(login.tokens, false, login).await?;
        Ok(SignedIn {
            subject: person.subject,
            claims: person.claims,
            scopes: None,
            tokens: None,
        })
    }

    async fn try_renew(
        &self,
        login: Renewal<'_>,
        refresh_token: &Secret,
    ) -> Result<SignedIn, UpstreamError> {
        let settings = &self.settings;
        let before = login.tokens;
        let scopes = settings.scopes.of_tokens(login.scopes);
        let parameters = token::Parameters {
            scopes: scopes.as_ref(),
            more: &settings.extra_token_params.refresh,
        };
        let grant = TokenGrant::RefreshToken(refresh_token);
        let answer = self.tokens(grant, Some(login.resource), parameters).await?;
        let has_id_token = answer.id_token.is_some();
        let (tokens, granted) = self.kept(answer, Some(before));
        let person = settings.identity.of_renewal(&tokens, has_id_token, login);
        let person = person.await?;
        Ok(SignedIn {
            subject: person.subject,
            claims: person.claims,
            scopes: granted.map(|granted| settings.scopes.granted(&granted, login.scopes)),
            tokens: Some(tokens),
        })
    }

    /// Tells the identity provider that its tokens are needed no more (RFC 7009). One without a
    /// revocation endpoint is told nothing.
    ///
    /// # Errors
    ///
    /// [`UpstreamError`] when they may still be good.
    pub(crate) async fn revoke(&self, tokens: &UpstreamTokens) -> Result<(), UpstreamError> {
        let outcome = self.try_revoke(tokens).await;
        self.noted(Leg::Revocation, outcome)
    }

    async fn try_revoke(&self, tokens: &UpstreamTokens) -> Result<(), UpstreamError> {
        let places = self.settings.endpoints.locate().await?;
        let Some(revocation) = &places.revocation else {
            return Ok(());
        };
        let client = self.settings.credentials(&places)?;
        let token = tokens.refresh_token.as_ref();
        let request = Revocation {
            token: token.unwrap_or(&tokens.access_token),
            client: &client,
        };
        let answer = self
            .post(revocation, request.headers(), &request.body())
            .await?;
        let read = Revocation::read(answer.status.as_u16(), &answer.body);
        read.map_err(|source| self.refusal(source, &answer))
    }

    /// Tells the log that a login was refused. `scopes` are those of the login, as clients name
    /// them.
    pub(crate) fn refused(&self, refusal: Refusal<'_>, scopes: &ScopeSet) {
        let asked = self.settings.scopes.asked(scopes);
        let now = self.settings.clock.monotonic();
        self.log.refused(refusal, &asked, now);
    }

    /// Tells the log of an error that belongs to no login.
    pub(crate) fn stray(&self, refusal: Refusal<'_>) {
        let now = self.settings.clock.monotonic();
        self.log.stray(refusal, &self.settings.redirect_uri, now);
    }

    /// The outcome, after the log was told of a failure.
    fn noted<T>(&self, leg: Leg, outcome: Result<T, UpstreamError>) -> Result<T, UpstreamError> {
        if let Err(error) = &outcome {
            self.log.failed(leg, error, self.settings.clock.monotonic());
        }
        outcome
    }
}

#[cfg(test)]
mod tests;
