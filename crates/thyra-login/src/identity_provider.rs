//! Enterprise-managed authorization: the identity provider of a company says who may use what.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use thyra_oauth::{
    Clock, FetchLimits, Fetcher, Grant, Secret, SystemClock, TokenExchange, TokenRequest, Trust,
    UrlRefused, configured_url, read_exchanged,
};
use url::Url;

use crate::assertion::{AssertionError, AssertionRequest, AssertionSource};
use crate::client::Client;

const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";
const LIMITS: FetchLimits = FetchLimits {
    max_bytes: 256 * 1024,
    timeout: Duration::from_secs(30),
};

/// The identity provider at which the people of a company are signed in.
///
/// It exchanges what it gave at sign-in, usually an ID token, for an identity assertion (ID-JAG)
/// that one authorization server accepts for one resource (RFC 8693). Nobody is asked again: the
/// company has decided.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    token_endpoint: Url,
    client: Client,
    subject: Arc<dyn AssertionSource>,
    subject_type: String,
    fetcher: Fetcher,
    clock: Arc<dyn Clock>,
}

impl IdentityProvider {
    /// The provider with this token endpoint, which knows the program as `client` and has given it
    /// the ID token `subject`.
    ///
    /// # Errors
    ///
    /// [`UrlRefused`] when secrets must not be sent to `token_endpoint`.
    pub fn new(
        token_endpoint: &str,
        client: Client,
        subject: impl AssertionSource + 'static,
    ) -> Result<Self, UrlRefused> {
        Ok(Self {
            token_endpoint: configured_url(token_endpoint)?,
            client,
            subject: Arc::new(subject),
            subject_type: ID_TOKEN.to_owned(),
            fetcher: Fetcher::new(),
            clock: Arc::new(SystemClock),
        })
    }

    /// Sets what `subject` is, such as `urn:ietf:params:oauth:token-type:saml2`.
    #[must_use]
    pub fn subject_type(mut self, urn: impl Into<String>) -> Self {
        self.subject_type = urn.into();
        self
    }

    /// Sets where the time comes from.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    async fn exchange(&self, wanted: AssertionRequest<'_>) -> Result<Secret, AssertionError> {
        let subject = self.subject.assertion(wanted).await?;
        // The provider is configured, so there is no metadata that names a method.
        let client = self
            .client
            .credentials_at(&self.token_endpoint, &*self.clock)?;
        let request = TokenRequest {
            grant: Grant::TokenExchange(TokenExchange {
                subject_token: &subject,
                subject_token_type: &self.subject_type,
                requested_token_type: Some(ID_JAG),
                audience: Some(wanted.audience),
                scope: wanted.scopes,
            }),
            client: &client,
            resource: Some(wanted.resource),
        };
        let body = request.body().expose().clone().into();
        let trust = Trust::Configured;
        let answer = self
            .fetcher
            .post(&self.token_endpoint, request.headers(), body, LIMITS, trust)
            .await?;
        Ok(read_exchanged(
            answer.status.as_u16(),
            &answer.body,
            ID_JAG,
        )?)
    }
}

impl AssertionSource for IdentityProvider {
    fn assertion<'a>(
        &'a self,
        wanted: AssertionRequest<'a>,
    ) -> BoxFuture<'a, Result<Secret, AssertionError>> {
        self.exchange(wanted).boxed()
    }
}
