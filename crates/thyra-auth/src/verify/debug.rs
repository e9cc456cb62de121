//! A verifier that verifies nothing by itself, for development.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use thyra_oauth::Secret;

use super::{BearerToken, TokenRejected, TokenVerifier, Verdict};
use crate::principal::Principal;

/// Whoever presents a token is this subject until [`DebugVerifier::principal`] says otherwise.
const SUBJECT: &str = "debug";
const ISSUER: &str = "urn:thyra:debug";
/// As long as a token may be anywhere.
const MAX_TOKEN: usize = 16 * 1024;

/// FOR DEVELOPMENT ONLY: accepts every token that a function of yours accepts. It checks no
/// signature, no audience, no issuer and no lifetime, so whoever can reach the server and guess
/// what the function accepts comes in.
///
/// The log warns when it is made, and so does the server when it starts. A blank token is never
/// accepted, and neither is one on which the function panics.
///
/// ```
/// use thyra_auth::{DebugVerifier, Principal};
///
/// let ada = Principal::builder("https://issuer.example", "ada")
///     .scopes(["notes:read"])
///     .build();
/// let verifier = DebugVerifier::accepting(|token| token.starts_with("dev-")).principal(ada);
/// ```
#[derive(Clone)]
pub struct DebugVerifier {
    predicate: Predicate,
    principal: Arc<Principal>,
}

#[derive(Clone)]
enum Predicate {
    Now(Arc<dyn Fn(&str) -> bool + Send + Sync>),
    Later(Arc<dyn Fn(Secret<String>) -> BoxFuture<'static, bool> + Send + Sync>),
}

impl DebugVerifier {
    /// Accepts the tokens for which `predicate` is true. It is called for every request, so it must
    /// not block.
    pub fn accepting(predicate: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self::new(Predicate::Now(Arc::new(predicate)))
    }

    /// Accepts the tokens for which `predicate` becomes true. It is called for every request.
    /// Dropping the request drops its future.
    pub fn accepting_async<F>(
        predicate: impl Fn(Secret<String>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = bool> + Send + 'static,
    {
        let predicate = move |token| predicate(token).boxed();
        Self::new(Predicate::Later(Arc::new(predicate)))
    }

    /// Who the caller is, whatever the token; by default somebody named `debug`, with no scopes.
    #[must_use]
    pub fn principal(mut self, principal: Principal) -> Self {
        self.principal = Arc::new(principal);
        self
    }

    fn new(predicate: Predicate) -> Self {
        tracing::warn!(
            "DEBUG: a DebugVerifier was made, which accepts tokens without verifying them. Never \
             let anybody but yourself reach this server"
        );
        Self {
            predicate,
            principal: Arc::new(Principal::builder(ISSUER, SUBJECT).build()),
        }
    }

    /// `accepted` is the answer of the function; `None` if it panicked.
    fn verdict(&self, accepted: Option<bool>) -> Verdict {
        match accepted {
            Some(true) => Verdict::Accepted(Arc::clone(&self.principal)),
            Some(false) => Verdict::Rejected(TokenRejected::UnknownToken),
            None => {
                // What it panicked with may hold the token, and the panic hook has shown it.
                tracing::error!("DEBUG: the function of a DebugVerifier panicked; refused a token");
                Verdict::Rejected(TokenRejected::UnknownToken)
            }
        }
    }
}

impl TokenVerifier for DebugVerifier {
    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        let token = token.as_str();
        if token.trim().is_empty() {
            return ready(Verdict::Rejected(TokenRejected::Malformed)).boxed();
        }
        if token.len() > MAX_TOKEN {
            return ready(Verdict::Rejected(TokenRejected::TooLarge)).boxed();
        }
        async move {
            let judgement = async {
                match &self.predicate {
                    Predicate::Now(predicate) => predicate(token),
                    Predicate::Later(predicate) => predicate(Secret::new(token.to_owned())).await,
                }
            };
            // The state of the function is the developer's own; ours is not touched meanwhile.
            self.verdict(AssertUnwindSafe(judgement).catch_unwind().await.ok())
        }
        .boxed()
    }

    fn warnings(&self) -> Vec<String> {
        vec![
            "DEBUG: tokens are accepted without being verified; never let anybody but yourself \
             reach this server"
                .to_owned(),
        ]
    }
}

impl fmt::Debug for DebugVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DebugVerifier")
            .field("principal", &self.principal)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
