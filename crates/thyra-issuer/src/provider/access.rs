//! The identity provider's tokens, for tools.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use thyra_auth::Principal;
use thyra_oauth::Secret;

use crate::grant::{GrantError, grant_of};
use crate::record::UpstreamTokens;
use crate::server::{Parts, SignIn};
use crate::upstream::{ExchangeRequest, ExchangedToken, UpstreamError};

/// The identity provider's tokens of the people who call, for tools that call its APIs for them.
/// Made by [`Issuer::upstream`](crate::Issuer::upstream); clones are cheap.
///
/// Never answer a call with such a token: it would leave the server that it was issued to.
#[derive(Clone, Debug)]
pub struct UpstreamAccess(Arc<Parts>);

impl UpstreamAccess {
    pub(super) fn new(parts: Arc<Parts>) -> Self {
        Self(parts)
    }

    /// The identity provider's access token of a caller. If it has ended, or is about to, it is
    /// renewed first.
    ///
    /// # Errors
    ///
    /// [`UpstreamAccessError`] says whether the person must log in again.
    pub async fn token(&self, caller: &Principal) -> Result<Secret, UpstreamAccessError> {
        Ok(self.tokens(caller).await?.access_token)
    }

    /// A token of another service, in exchange for the caller's token (RFC 8693, or on-behalf-of at
    /// Microsoft Entra).
    ///
    /// # Errors
    ///
    /// [`UpstreamAccessError`] says whether the person must log in again.
    pub async fn exchange(
        &self,
        caller: &Principal,
        wanted: &ExchangeRequest,
    ) -> Result<ExchangedToken, UpstreamAccessError> {
        let SignIn::Upstream(upstream) = &self.0.sign_in else {
            return Err(UpstreamAccessError::None);
        };
        let tokens = self.tokens(caller).await?;
        Ok(upstream.exchange(&tokens, wanted).await?)
    }

    async fn tokens(&self, caller: &Principal) -> Result<UpstreamTokens, UpstreamAccessError> {
        if caller.issuer() != self.0.urls.issuer() {
            return Err(UpstreamAccessError::None);
        }
        let token_id = caller.token_id().ok_or(UpstreamAccessError::None)?;
        let id = grant_of(token_id);
        let grants = &self.0.grants;
        let grant = grants.find(id).await?.ok_or(UpstreamAccessError::Over)?;
        let grant = grants.fresh(id, grant).await?;
        grant.upstream.ok_or(UpstreamAccessError::None)
    }
}

/// Why there is no token of the identity provider.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UpstreamAccessError {
    /// The identity provider did not exchange the token.
    #[error("the identity provider does not exchange this token")]
    Exchange(#[from] UpstreamError),
    /// The caller did not log in at an identity provider through this server.
    #[error("this caller has no token of the identity provider")]
    None,
    /// The login has ended.
    #[error("the login has ended; the person must log in again")]
    Over,
    /// It cannot be had at the moment.
    #[error("the token of the identity provider cannot be had at the moment; try again")]
    Unavailable {
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
        /// After how long it is worth trying again, if that is known.
        retry_after: Option<Duration>,
    },
}

impl From<GrantError> for UpstreamAccessError {
    fn from(error: GrantError) -> Self {
        match error {
            GrantError::Over | GrantError::Unknown => Self::Over,
            GrantError::Upstream { retry_after } => Self::Unavailable {
                source: error.into(),
                retry_after,
            },
            error => Self::Unavailable {
                source: error.into(),
                retry_after: None,
            },
        }
    }
}
