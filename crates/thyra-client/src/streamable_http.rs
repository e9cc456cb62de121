//! Streamable HTTP (MCP 2026-07-28, `basic/transports/streamable-http`), with the token that the
//! server wants.

mod credentials;
mod endpoint;
mod name;
mod sse;

use futures_util::future::BoxFuture;
use thyra_login::{Need, Obtained};
use thyra_oauth::{Challenge, ScopeSet};

pub(crate) use self::credentials::Credentials;
pub(crate) use self::endpoint::Endpoint;
use self::endpoint::Reply;
pub use self::sse::events;
use crate::hop::{Hop, SharedObserver};
use crate::transport::{Outcome, Outgoing, Reports, Transport, TransportError};

/// How often one request may log in because the server wants a token, and because it wants scopes.
const MAX_LOGINS: u32 = 1;
const MAX_STEP_UPS: u32 = 2;

/// An MCP endpoint, and what the client shows there.
#[derive(Debug)]
pub(crate) struct StreamableHttp {
    pub(crate) endpoint: Endpoint,
    pub(crate) credentials: Credentials,
    pub(crate) observer: SharedObserver,
}

impl Transport for StreamableHttp {
    fn exchange<'a>(
        &'a self,
        outgoing: Outgoing<'a>,
        reports: Reports<'a>,
    ) -> BoxFuture<'a, Result<Outcome, TransportError>> {
        Box::pin(self.send(outgoing, reports))
    }
}

impl StreamableHttp {
    /// Sends a request as often as it takes to have the token that it needs, within bounds.
    async fn send(
        &self,
        outgoing: Outgoing<'_>,
        mut reports: Reports<'_>,
    ) -> Result<Outcome, TransportError> {
        let mut logins = 0;
        let mut step_ups = 0;
        loop {
            let tokens = self.credentials.tokens().await?;
            let token = self.credentials.token(tokens.as_ref());
            match self.endpoint.post(&outgoing, token, &mut reports).await? {
                Reply::Outcome(outcome) => return Ok(outcome),
                Reply::Unauthorized(challenge) => {
                    self.challenged(&outgoing, 401, token.is_some(), challenge.as_ref());
                    let login = match self.credentials.login() {
                        Ok(login) => login,
                        Err(advice) => return Ok(Outcome::Unauthorized { advice }),
                    };
                    if logins == MAX_LOGINS {
                        return Ok(Outcome::Unauthorized {
                            advice: "the server does not accept the token that its authorization server has just issued; \
                                     compare their settings for audience and issuer",
                        });
                    }
                    logins += 1;
                    login
                        .obtain(Need::Token(challenge.as_ref()), tokens.as_ref())
                        .await?;
                }
                Reply::InsufficientScope(challenge) => {
                    self.challenged(&outgoing, 403, token.is_some(), Some(&challenge));
                    let forbidden = Outcome::Forbidden {
                        needed: challenge.scope.clone(),
                    };
                    let Ok(login) = self.credentials.login() else {
                        return Ok(forbidden);
                    };
                    let granted = tokens.as_ref().and_then(|tokens| tokens.scopes());
                    let would_help = would_help(granted, challenge.scope.as_ref());
                    if step_ups == MAX_STEP_UPS || (step_ups > 0 && !would_help) {
                        return Ok(forbidden);
                    }
                    let obtained = login
                        .obtain(Need::Scopes(&challenge), tokens.as_ref())
                        .await?;
                    // A token that another request asked for may lack what this one needs.
                    step_ups += u32::from(obtained == Obtained::Anew);
                }
            }
        }
    }

    fn challenged(
        &self,
        outgoing: &Outgoing<'_>,
        status: u16,
        with_token: bool,
        challenge: Option<&Challenge<'_>>,
    ) {
        self.observer.hop(&Hop::Challenged {
            method: outgoing.method,
            name: outgoing.name,
            status,
            with_token,
            challenge,
        });
    }
}

/// Whether a token with the scopes that are needed would be another one.
fn would_help(granted: Option<&ScopeSet>, needed: Option<&ScopeSet>) -> bool {
    match (granted, needed) {
        (Some(granted), Some(needed)) => !needed.is_subset(granted),
        _ => true,
    }
}
