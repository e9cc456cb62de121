//! What a request does when the server refuses it for want of a token or of scopes.

use std::sync::Arc;

use thyra_login::{LoginError, Need, Obtained, Tokens};
use thyra_oauth::{Challenge, ScopeSet};

use super::Shared;
use super::exchange::Reply;
use crate::hop::Hop;
use crate::transport::{Outcome, Outgoing, TransportError};

/// How often one request may log in because the server wants a token, and because it wants scopes.
const MAX_LOGINS: u32 = 1;
const MAX_STEP_UPS: u32 = 2;

/// The logins of one request: how many there were for a token, and for scopes.
pub(super) struct Logins<'a> {
    shared: &'a Shared,
    outgoing: &'a Outgoing<'a>,
    for_token: u32,
    for_scopes: u32,
}

impl<'a> Logins<'a> {
    pub(super) fn new(shared: &'a Shared, outgoing: &'a Outgoing<'a>) -> Self {
        Self {
            shared,
            outgoing,
            for_token: 0,
            for_scopes: 0,
        }
    }

    /// The outcome of the request that showed `tokens`; `None` when there is another token to show
    /// by now.
    pub(super) async fn outcome(
        &mut self,
        reply: Reply,
        tokens: Option<&Arc<Tokens>>,
    ) -> Result<Option<Outcome>, TransportError> {
        let credentials = &self.shared.credentials;
        let has_token = !credentials.token(tokens).is_nothing();
        match reply {
            Reply::Outcome(outcome) => Ok(Some(outcome)),
            Reply::Unauthorized(challenge) => {
                self.challenged(401, has_token, challenge.as_ref());
                let login = match credentials.login() {
                    Ok(login) => login,
                    Err(advice) => return Ok(Some(Outcome::Unauthorized { advice })),
                };
                if challenge.as_ref().is_some_and(Challenge::wants_dpop_nonce)
                    && tokens.is_some_and(|tokens| tokens.is_bound())
                {
                    // Another token would not help.
                    return Ok(Some(Outcome::Unauthorized {
                        advice: "the server wants a nonce in the DPoP proof and does not accept the one that it gave; \
                                     ask its operator for help",
                    }));
                }
                if self.for_token == MAX_LOGINS {
                    return Ok(Some(Outcome::Unauthorized {
                        advice: "the server does not accept the token that its authorization server has just issued; \
                                     compare their settings for audience and issuer",
                    }));
                }
                self.for_token += 1;
                login
                    .obtain(Need::Token(challenge.as_ref()), tokens)
                    .await?;
                Ok(None)
            }
            Reply::InsufficientScope(challenge) => {
                self.challenged(403, has_token, Some(&challenge));
                let forbidden = Outcome::Forbidden {
                    needed: challenge.scope.clone(),
                };
                let Ok(login) = credentials.login() else {
                    return Ok(Some(forbidden));
                };
                let granted = tokens.and_then(|tokens| tokens.scopes());
                let would_help = would_help(granted, challenge.scope.as_ref());
                if self.for_scopes == MAX_STEP_UPS || (self.for_scopes > 0 && !would_help) {
                    return Ok(Some(forbidden));
                }
                let obtained = match login.obtain(Need::Scopes(&challenge), tokens).await {
                    // Whoever refused them is not asked again for the next request.
                    Err(LoginError::ScopesAskedAlready { .. }) => return Ok(Some(forbidden)),
                    obtained => obtained?,
                };
                // A token that another request asked for may lack what this one needs.
                self.for_scopes += u32::from(obtained == Obtained::Anew);
                Ok(None)
            }
        }
    }

    fn challenged(&self, status: u16, with_token: bool, challenge: Option<&Challenge<'_>>) {
        self.shared.observer.hop(&Hop::Challenged {
            method: self.outgoing.method,
            name: self.outgoing.name,
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
