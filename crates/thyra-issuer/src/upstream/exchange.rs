//! Tokens of other services for one of this login (RFC 8693), for tools that call on behalf of the
//! person.

use std::time::Duration;

use thyra_oauth::{Grant, ScopeSet, Secret, TokenExchange};

use super::log::Leg;
use super::token::Parameters;
use super::{Upstream, UpstreamError};
use crate::record::UpstreamTokens;

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// How the identity provider exchanges tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exchange {
    /// As Microsoft Entra does: the access token is an assertion, and the scopes say which service
    /// is called.
    OnBehalfOf,
    /// As RFC 8693 has it.
    #[default]
    TokenExchange,
}

/// Which token is wanted.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ExchangeRequest {
    /// Who is to accept it (RFC 8693 section 2.1). On-behalf-of requests have none.
    pub audience: Option<String>,
    /// The scopes, by the identity provider's names.
    pub scope: ScopeSet,
}

/// A token of another service.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ExchangedToken {
    /// The token.
    pub access_token: Secret,
    /// When it ends, as the time since 1970; `None` if that is not known.
    pub expires_at: Option<Duration>,
    /// What it allows, if that was said.
    pub scope: Option<ScopeSet>,
}

impl ExchangeRequest {
    /// A token that these may accept, with these scopes.
    pub fn new(audience: Option<&str>, scope: impl Into<ScopeSet>) -> Self {
        Self {
            audience: audience.map(str::to_owned),
            scope: scope.into(),
        }
    }
}

impl Upstream {
    /// Exchanges the access token of a login.
    ///
    /// # Errors
    ///
    /// [`UpstreamError`]. [`Refused`](UpstreamError::Refused) says that the person must sign in
    /// again, or agree to more.
    pub(crate) async fn exchange(
        &self,
        tokens: &UpstreamTokens,
        wanted: &ExchangeRequest,
    ) -> Result<ExchangedToken, UpstreamError> {
        let outcome = self.try_exchange(tokens, wanted).await;
        self.noted(Leg::Exchange, outcome)
    }

    async fn try_exchange(
        &self,
        tokens: &UpstreamTokens,
        wanted: &ExchangeRequest,
    ) -> Result<ExchangedToken, UpstreamError> {
        let scope = Some(&wanted.scope).filter(|scope| !scope.is_empty());
        let (grant, more) = match self.settings.exchange {
            Exchange::OnBehalfOf => {
                let grant = Grant::JwtBearer {
                    assertion: &tokens.access_token,
                    scope,
                };
                let kind = ("requested_token_use".to_owned(), "on_behalf_of".to_owned());
                (grant, vec![kind])
            }
            Exchange::TokenExchange => {
                let grant = Grant::TokenExchange(TokenExchange {
                    subject_token: &tokens.access_token,
                    subject_token_type: ACCESS_TOKEN,
                    requested_token_type: None,
                    audience: wanted.audience.as_deref(),
                    scope,
                });
                (grant, Vec::new())
            }
        };
        let parameters = Parameters {
            scopes: None,
            more: &more,
        };
        let answer = self.tokens(grant, None, parameters).await?;
        let now = self.settings.clock.unix();
        Ok(ExchangedToken {
            access_token: answer.access_token,
            expires_at: answer
                .expires_in
                .map(|lifetime| now.saturating_add(lifetime)),
            scope: answer.scope,
        })
    }
}
