//! One refresh token becomes the next. Whoever uses one twice is logged out by most authorization
//! servers, so this is done by one writer at a time, and goes on when nobody waits for it any more.

use std::sync::{Arc, Mutex, PoisonError};

use thyra_oauth::{Grant, TokenError};
use tokio::task::JoinSet;

use super::endpoints::Endpoints;
use super::keeper::Keeper;
use super::machine;
use crate::error::LoginError;
use crate::tokens::Tokens;
use crate::way::Word;

/// How a renewal ended.
#[derive(Clone, Debug)]
pub(super) enum Renewed {
    /// These are new.
    Anew(Arc<Tokens>),
    /// Another program had renewed them.
    Found(Arc<Tokens>),
    /// The login has ended: a person must log in again.
    Rejected,
}

/// All that a renewal needs.
#[derive(Clone)]
pub(super) struct Renewal {
    pub(super) endpoints: Endpoints,
    pub(super) keeper: Keeper,
    /// What renews tokens that have no refresh token.
    pub(super) word: Option<Word>,
}

impl Renewal {
    /// Renews `tokens`, or what another program has put in their place.
    ///
    /// It is an error when the authorization server is in trouble: then the refresh token is kept.
    pub(super) async fn run(self, tokens: Arc<Tokens>) -> Result<Renewed, LoginError> {
        let _lock = self.keeper.lock().await?;
        let tokens = match self.keeper.read().await? {
            Some(stored) if stored.is_same(&tokens) => tokens,
            Some(stored) if !stored.is_stale(&*self.keeper.clock) => {
                return Ok(Renewed::Found(stored));
            }
            Some(stored) => stored,
            None => return Ok(Renewed::Rejected),
        };
        let origin = tokens.origin();
        let scopes = tokens.scopes();
        let renewed = match (tokens.refresh(), &self.word) {
            (Some(refresh), _) => {
                let grant = Grant::RefreshToken(refresh);
                self.endpoints
                    .tokens(origin, grant, scopes, Some(&tokens))
                    .await
            }
            (None, Some(word)) => {
                machine::tokens(&self.endpoints, word, origin, scopes, Some(&tokens)).await
            }
            (None, None) => return Ok(Renewed::Rejected),
        };
        match renewed {
            Ok(renewed) => Ok(Renewed::Anew(self.keeper.keep(renewed).await?)),
            Err(LoginError::Token(error)) if is_final(&error) => {
                tracing::debug!(%error, "the refresh token is of no more use");
                if error.is_client_unknown() {
                    self.keeper.forget_registration(&origin.issuer).await?;
                }
                self.keeper.forget().await?;
                Ok(Renewed::Rejected)
            }
            Err(error) => Err(error),
        }
    }
}

/// Whether the authorization server has decided. Anything else, such as a page of a proxy or a
/// proof that it does not take, says nothing about the refresh token.
fn is_final(error: &TokenError) -> bool {
    matches!(
        error,
        TokenError::Refused {
            // With 200 it says so all the same.
            status: 200 | 400 | 401,
            ..
        }
    ) && !error.is_about_proof()
}

/// The renewal that is going on, if there is one. It ends with its login, and not with the caller
/// who began it: the authorization server may have taken the refresh token already.
#[derive(Debug, Default)]
pub(super) struct Underway(Mutex<JoinSet<Result<Renewed, LoginError>>>);

impl Underway {
    /// Waits for the renewal that a caller left behind, or for a new one. There must be one caller
    /// at a time.
    pub(super) async fn finish(
        &self,
        begin: impl FnOnce() -> (Renewal, Arc<Tokens>),
    ) -> Result<Renewed, LoginError> {
        let mut taken = Taken {
            tasks: std::mem::take(&mut *self.tasks()),
            place: self,
        };
        // What ended meanwhile has kept its tokens already. Its outcome says nothing about these.
        while taken.tasks.try_join_next().is_some() {}
        if taken.tasks.is_empty() {
            let (renewal, tokens) = begin();
            taken.tasks.spawn(renewal.run(tokens));
        }
        match taken.tasks.join_next().await {
            Some(Ok(outcome)) => outcome,
            Some(Err(_)) | None => Err(LoginError::Interrupted),
        }
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, JoinSet<Result<Renewed, LoginError>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task of a renewal, while somebody waits for it.
struct Taken<'a> {
    tasks: JoinSet<Result<Renewed, LoginError>>,
    place: &'a Underway,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.place.tasks() = std::mem::take(&mut self.tasks);
    }
}
