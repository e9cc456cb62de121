//! What the next login asks for, before anybody is asked.

use std::sync::Arc;

use thyra_oauth::{Challenge, ScopeSet, printable};

use super::renewal::Renewed;
use super::{Login, Need, Obtained};
use crate::discovery::Discovered;
use crate::dpop::Binding;
use crate::error::LoginError;
use crate::scopes::choose_scopes;
use crate::tokens::Tokens;

/// A login that is to be made.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) discovered: Arc<Discovered>,
    /// What the tokens are to be bound to.
    pub(super) binding: Option<Binding>,
    pub(super) scopes: Option<ScopeSet>,
    /// The scopes that the resource demands of a token that lacks them.
    pub(super) demanded: Option<ScopeSet>,
}

/// What a need comes to.
pub(super) enum Planned {
    LogIn(Plan),
    /// Nobody has to log in.
    Obtained(Obtained),
}

impl Login {
    /// Finds out what `need` comes to. Tokens that were `refused` are renewed if that will do.
    pub(super) async fn plan(
        &self,
        need: Need<'_>,
        refused: Option<&Arc<Tokens>>,
    ) -> Result<Planned, LoginError> {
        let granted = refused.and_then(|tokens| tokens.scopes().cloned());
        let dpop = self.oauth.dpop;
        let (discovered, binding, challenged, demanded) = match need {
            Need::Token(challenge) => {
                // The resource may have moved to another authorization server.
                let discovered = self.discover(challenge).await?;
                let binding = dpop.binding(challenge, false, &discovered)?;
                if let Some(tokens) = refused
                    && tokens.is_renewable()
                    && tokens.issuer() == discovered.authorization_server.issuer
                    && tokens.are_as(binding.as_ref())
                {
                    match self.renew(tokens).await? {
                        Renewed::Anew(_) => return Ok(Planned::Obtained(Obtained::Anew)),
                        Renewed::Found(_) => return Ok(Planned::Obtained(Obtained::Shared)),
                        Renewed::Rejected => {}
                    }
                }
                let challenged = challenge.and_then(|challenge| challenge.scope.clone());
                let wanted = self.oauth.scopes.clone().or(challenged);
                (discovered, binding, wanted, None)
            }
            Need::Scopes(challenge) => {
                let known = self.known().clone();
                let discovered = match known {
                    Some(discovered) => discovered,
                    None => self.discover(Some(challenge)).await?,
                };
                let demanded = demanded(challenge, &discovered);
                if self.step_ups.were_asked(&demanded, &*self.oauth.clock) {
                    let scopes = if demanded.is_empty() {
                        "that it does not name".to_owned()
                    } else {
                        printable(&demanded.to_string())
                    };
                    return Err(LoginError::ScopesAskedAlready { scopes });
                }
                let has_bound = refused.is_some_and(|tokens| tokens.is_bound());
                let binding = dpop.binding(Some(challenge), has_bound, &discovered)?;
                (discovered, binding, challenge.scope.clone(), Some(demanded))
            }
        };
        let is_person = self.oauth.word().is_none();
        let scopes = choose_scopes(challenged, granted, &discovered, is_person);
        Ok(Planned::LogIn(Plan {
            discovered,
            binding,
            scopes,
            demanded,
        }))
    }
}

/// The scopes that a resource demands with `challenge`: if it names none, all that it knows.
fn demanded(challenge: &Challenge<'_>, discovered: &Discovered) -> ScopeSet {
    let known = &discovered.resource.scopes_supported;
    let demanded = challenge.scope.as_ref().or(known.as_ref());
    demanded.cloned().unwrap_or_default()
}
