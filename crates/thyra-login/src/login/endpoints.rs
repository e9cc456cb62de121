//! The requests of a login: where they may go, and within which bounds.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use thyra_oauth::{
    ClientCredentials, ClientMetadata, Clock, DPOP, DeviceRequest, DeviceResponse, DpopNonces,
    DpopProof, FetchError, FetchLimits, Fetched, Fetcher, Grant, Revocation, ScopeSet, TokenError,
    TokenRequest, TokenResponse, Trust, printable,
};
use url::Url;

use crate::dpop::DpopError;
use crate::error::LoginError;
use crate::hop::{GrantKind, LoginHop, LoginStage, SharedObserver};
use crate::tokens::{Moment, Origin, Tokens};

/// Bounds of every request of a login.
const LIMITS: FetchLimits = FetchLimits {
    max_bytes: 256 * 1024,
    timeout: Duration::from_secs(30),
};

/// The way to the documents and endpoints that a resource server names.
#[derive(Clone)]
pub(super) struct Endpoints {
    pub(super) fetcher: Fetcher,
    pub(super) server: Url,
    /// Whether `server` vouches for nothing.
    pub(super) is_hosted: bool,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: SharedObserver,
    /// Those of authorization servers.
    pub(super) nonces: DpopNonces,
}

impl Endpoints {
    pub(super) async fn get(&self, url: &Url) -> Result<Fetched, FetchError> {
        self.fetcher.get(url, LIMITS, self.trust()).await
    }

    pub(super) async fn register(
        &self,
        endpoint: &Url,
        metadata: &ClientMetadata<'_>,
    ) -> Result<ClientCredentials, LoginError> {
        let (headers, body) = (metadata.headers(), metadata.body());
        let posted = self
            .fetcher
            .post(endpoint, headers, body.into(), LIMITS, self.trust())
            .await
            .map_err(|source| LoginError::Fetch {
                stage: LoginStage::Registration,
                source,
            })?;
        let credentials =
            ClientCredentials::read_registration(posted.status.as_u16(), &posted.body)?;
        Ok(credentials)
    }

    /// Exchanges a grant for tokens, which have `scopes` unless the server names others. `before`
    /// are the tokens in whose place they come.
    pub(super) async fn tokens(
        &self,
        origin: &Arc<Origin>,
        grant: Grant<'_>,
        scopes: Option<&ScopeSet>,
        before: Option<&Tokens>,
    ) -> Result<Tokens, LoginError> {
        let asked_at = Moment::now(&*self.clock);
        let endpoint = &origin.token_endpoint;
        let response = match self.exchange(origin, grant).await? {
            Answer::Final(response) => response?,
            Answer::OtherNonce => match self.exchange(origin, grant).await? {
                Answer::Final(response) => response?,
                Answer::OtherNonce => return Err(DpopError::Nonces.into()),
            },
        };
        let tokens = Tokens::new(response, asked_at, scopes, Arc::clone(origin), before);
        let must_be_bound = match (&origin.binding, before) {
            (Some(binding), None) => binding.is_required,
            // What was bound does not become a Bearer token.
            (Some(binding), Some(before)) => binding.is_required || before.is_bound(),
            (None, _) => false,
        };
        let issuer = || printable(&origin.issuer);
        if tokens.is_bound() && origin.binding.is_none() {
            return Err(DpopError::Unasked { issuer: issuer() }.into());
        }
        if must_be_bound && !tokens.is_bound() {
            return Err(DpopError::NotBound { issuer: issuer() }.into());
        }
        self.observer.hop(&LoginHop::TokenIssued {
            endpoint: endpoint.as_str(),
            grant: match grant {
                Grant::ClientCredentials { .. } => GrantKind::ClientCredentials,
                Grant::DeviceCode(_) => GrantKind::DeviceCode,
                Grant::JwtBearer { .. } => GrantKind::JwtBearer,
                Grant::RefreshToken(_) => GrantKind::RefreshToken,
                Grant::TokenExchange(_) => GrantKind::TokenExchange,
                _ => GrantKind::AuthorizationCode,
            },
            scopes: tokens.scopes(),
            expires_in: tokens.expires_in(),
            is_renewable: tokens.is_renewable(),
            is_bound: tokens.is_bound(),
        });
        Ok(tokens)
    }

    /// Asks for codes with which a person logs in on another device.
    pub(super) async fn device_codes(
        &self,
        endpoint: &Url,
        origin: &Origin,
        scopes: Option<&ScopeSet>,
    ) -> Result<DeviceResponse, LoginError> {
        let request = DeviceRequest {
            client: &origin.client.credentials(&origin.issuer, &*self.clock)?,
            scope: scopes,
            resource: Some(&origin.resource),
        };
        let body = request.body().expose().clone().into();
        let posted = self
            .fetcher
            .post(endpoint, request.headers(), body, LIMITS, self.trust())
            .await
            .map_err(|source| LoginError::Fetch {
                stage: LoginStage::Authorization,
                source,
            })?;
        let codes = DeviceResponse::read(posted.status.as_u16(), &posted.body)
            .map_err(LoginError::DeviceCode)?;
        self.observer.hop(&LoginHop::DeviceCode {
            endpoint: endpoint.as_str(),
            verification_uri: &codes.verification_uri,
            scopes,
            resource: &origin.resource,
        });
        Ok(codes)
    }

    /// Sends a token request once.
    async fn exchange(&self, origin: &Origin, grant: Grant<'_>) -> Result<Answer, LoginError> {
        let endpoint = &origin.token_endpoint;
        let request = TokenRequest {
            grant,
            client: &origin.client.credentials(&origin.issuer, &*self.clock)?,
            resource: Some(&origin.resource),
        };
        let mut headers = request.headers();
        let nonce = self.nonces.of(endpoint);
        if let Some(binding) = &origin.binding {
            let proof = DpopProof {
                method: &Method::POST,
                url: endpoint,
                token: None,
                nonce: nonce.as_deref(),
            };
            headers.insert(DPOP, proof.sign(&binding.key, &*self.clock)?);
        }
        let body = request.body().expose().clone().into();
        let posted = self
            .fetcher
            .post(endpoint, headers, body, LIMITS, self.trust())
            .await
            .map_err(|source| LoginError::Fetch {
                stage: LoginStage::Token,
                source,
            })?;
        let is_new = self
            .nonces
            .learn(endpoint, &posted.headers, nonce.as_deref());
        let response = TokenResponse::read(posted.status.as_u16(), &posted.body);
        let wants_nonce = response.as_ref().is_err_and(TokenError::wants_nonce);
        if is_new && wants_nonce && origin.binding.is_some() {
            return Ok(Answer::OtherNonce);
        }
        Ok(Answer::Final(response))
    }

    /// Tells the authorization server that `tokens` are needed no more, if it wants to know.
    pub(super) async fn revoke(&self, tokens: &Tokens) -> Result<(), LoginError> {
        let origin = tokens.origin();
        let Some(endpoint) = &origin.revocation_endpoint else {
            return Ok(());
        };
        let revocation = Revocation {
            token: tokens.refresh().unwrap_or(tokens.access()),
            client: &origin.client.credentials(&origin.issuer, &*self.clock)?,
        };
        let body = revocation.body().expose().clone().into();
        let posted = self
            .fetcher
            .post(endpoint, revocation.headers(), body, LIMITS, self.trust())
            .await
            .map_err(|source| LoginError::Fetch {
                stage: LoginStage::Revocation,
                source,
            })?;
        Revocation::read(posted.status.as_u16(), &posted.body).map_err(LoginError::NotRevoked)?;
        self.observer.hop(&LoginHop::Revoked {
            endpoint: endpoint.as_str(),
        });
        Ok(())
    }

    fn trust(&self) -> Trust {
        if self.is_hosted {
            Trust::Public
        } else {
            Trust::Learned {
                from: self.server.clone(),
            }
        }
    }
}

/// What a token endpoint says to a request.
enum Answer {
    Final(Result<TokenResponse, TokenError>),
    /// It wants the same once more, with the nonce that it has just given.
    OtherNonce,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::PrintUrl;
    use crate::login::Login;
    use crate::oauth::OAuth;

    #[test]
    fn nothing_vouches_for_a_resource_that_a_user_of_a_service_names() {
        let trust = |oauth| {
            let login = Login::new("https://mcp.example.com/mcp", oauth).unwrap();
            login.endpoints.trust()
        };
        let from = Url::parse("https://mcp.example.com/mcp").unwrap();
        assert_eq!(trust(OAuth::new(PrintUrl)), Trust::Learned { from });
        assert_eq!(trust(OAuth::new(PrintUrl).hosted()), Trust::Public);
    }
}
