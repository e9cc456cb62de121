//! One attempt of a person to log in on another device (RFC 8628).

use std::sync::Arc;

use thyra_oauth::{DeviceResponse, Grant, ScopeSet, TokenError, printable};
use url::Url;

use super::registration::{Place, known_identity};
use super::{Login, origin};
use crate::authorize::AuthorizationError;
use crate::client::{Client, Identity};
use crate::device::{DeviceCode, DevicePrompt, Rhythm};
use crate::discovery::Discovered;
use crate::dpop::Binding;
use crate::error::LoginError;
use crate::tokens::{Origin, Tokens};

/// One attempt of a person to log in on another device.
pub(super) struct DeviceAttempt<'a> {
    pub(super) login: &'a Login,
    pub(super) prompt: &'a dyn DevicePrompt,
    /// The client that the program is set up with.
    pub(super) client: Option<&'a Client>,
    pub(super) discovered: &'a Discovered,
    /// What the tokens are to be bound to.
    pub(super) binding: Option<Binding>,
}

impl DeviceAttempt<'_> {
    pub(super) async fn tokens(&self, scopes: Option<&ScopeSet>) -> Result<Tokens, LoginError> {
        let server = &self.discovered.authorization_server;
        let Some(endpoint) = &server.device_authorization_endpoint else {
            return Err(LoginError::NoDeviceFlow {
                issuer: printable(&server.issuer),
            });
        };
        let (origin, codes) = self.codes(endpoint, scopes).await?;
        let time = codes.expires_in.min(self.login.oauth.login_time);
        let shown = DeviceCode {
            user_code: &codes.user_code,
            verification_uri: &codes.verification_uri,
            verification_uri_complete: codes.verification_uri_complete.as_deref(),
            time,
        };
        let answered = async {
            let shown = self.prompt.show(&shown).await;
            shown.map_err(AuthorizationError::Browser)?;
            self.wait(&origin, &codes, scopes).await
        };
        match tokio::time::timeout(time, answered).await {
            Ok(tokens) => tokens,
            Err(_) => Err(AuthorizationError::TimedOut {
                limit: time,
                strays: false,
            }
            .into()),
        }
    }

    /// Asks for codes as the client that the program is, or that it registers.
    async fn codes(
        &self,
        endpoint: &Url,
        scopes: Option<&ScopeSet>,
    ) -> Result<(Arc<Origin>, DeviceResponse), LoginError> {
        let server = &self.discovered.authorization_server;
        let (login, keeper) = (self.login, &self.login.keeper);
        if let Some(identity) = known_identity(&login.oauth, self.client, server)? {
            return self.ask(endpoint, identity, scopes).await;
        }
        if let Some(kept) = keeper.device_registration(&server.issuer).await? {
            let identity = Identity::Own(kept.credentials);
            match self.ask(endpoint, identity, scopes).await {
                Err(LoginError::DeviceCode(error)) if error.is_client_unknown() => {
                    tracing::debug!("the authorization server has forgotten the client");
                }
                asked => return asked,
            }
        }
        let registered = login.register(server, Place::Device).await?;
        let identity = Identity::Own(registered.credentials);
        self.ask(endpoint, identity, scopes).await
    }

    async fn ask(
        &self,
        endpoint: &Url,
        identity: Identity,
        scopes: Option<&ScopeSet>,
    ) -> Result<(Arc<Origin>, DeviceResponse), LoginError> {
        let origin = origin(self.discovered, identity, self.binding.clone());
        let endpoints = &self.login.endpoints;
        let codes = endpoints.device_codes(endpoint, &origin, scopes).await?;
        Ok((origin, codes))
    }

    /// Asks for tokens until the person is done.
    async fn wait(
        &self,
        origin: &Arc<Origin>,
        codes: &DeviceResponse,
        scopes: Option<&ScopeSet>,
    ) -> Result<Tokens, LoginError> {
        let endpoints = &self.login.endpoints;
        let mut rhythm = Rhythm::new(codes.interval);
        loop {
            tokio::time::sleep(rhythm.wait()).await;
            let grant = Grant::DeviceCode(&codes.device_code);
            rhythm = match endpoints.tokens(origin, grant, scopes, None).await {
                Ok(tokens) => return Ok(tokens),
                Err(LoginError::Token(error)) => match rhythm.after(&error) {
                    Some(rhythm) => rhythm,
                    None => return Err(ended(error)),
                },
                Err(LoginError::Fetch { source, .. }) => {
                    tracing::debug!(error = %source, "the token endpoint does not answer yet");
                    rhythm.after_trouble()
                }
                Err(error) => return Err(error),
            };
        }
    }
}

/// What a refusal means to the person.
fn ended(error: TokenError) -> LoginError {
    match error {
        TokenError::Refused {
            error, description, ..
        } if error == "access_denied" => AuthorizationError::Denied { error, description }.into(),
        TokenError::Refused { error, .. } if error == "expired_token" => {
            AuthorizationError::CodeExpired.into()
        }
        error => error.into(),
    }
}
