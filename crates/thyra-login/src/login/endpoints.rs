//! The requests of a login: where they may go, and within which bounds.

use std::time::Duration;

use thyra_oauth::{
    ClientCredentials, ClientMetadata, FetchError, FetchLimits, Fetched, Fetcher, TokenRequest,
    TokenResponse, Trust,
};
use url::Url;

use crate::error::LoginError;
use crate::hop::LoginStage;

/// Bounds of every request of a login.
const LIMITS: FetchLimits = FetchLimits {
    max_bytes: 256 * 1024,
    timeout: Duration::from_secs(30),
};

/// The way to the documents and endpoints that a resource server names.
pub(super) struct Endpoints {
    fetcher: Fetcher,
    server: Url,
}

impl Endpoints {
    pub(super) fn new(fetcher: Fetcher, server: Url) -> Self {
        Self { fetcher, server }
    }

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

    pub(super) async fn token(
        &self,
        endpoint: &Url,
        request: &TokenRequest<'_>,
    ) -> Result<TokenResponse, LoginError> {
        let body = request.body().expose().clone();
        let posted = self
            .fetcher
            .post(
                endpoint,
                request.headers(),
                body.into(),
                LIMITS,
                self.trust(),
            )
            .await
            .map_err(|source| LoginError::Fetch {
                stage: LoginStage::Token,
                source,
            })?;
        let response = TokenResponse::read(posted.status.as_u16(), &posted.body)?;
        Ok(response)
    }

    fn trust(&self) -> Trust {
        Trust::Learned {
            from: self.server.clone(),
        }
    }
}
