//! What the log says of refused requests.

use std::fmt;
use std::sync::Arc;

use thyra_oauth::{Clock, Sum, Throttle};

use crate::dpop::ProofRejected;
use crate::refusal::{BindingRejected, Refusal};
use crate::verify::TokenRejected;

/// Tells the log which requests are refused. Anybody can send any number of them, so a flood is
/// summed up, each kind by itself.
#[derive(Debug)]
pub(super) struct RefusalLog {
    throttle: Throttle<Kind>,
    clock: Arc<dyn Clock>,
}

/// What refusals are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Binding(BindingRejected),
    Proof(ProofRejected),
    Token(TokenRejected),
    Scopes,
}

impl RefusalLog {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            throttle: Throttle::new(),
            clock,
        }
    }

    /// A request is refused.
    pub(super) fn refused(&self, refusal: &Refusal) {
        let kind = match refusal {
            Refusal::InvalidBinding(reason) => Kind::Binding(*reason),
            // This is how clients learn the first nonce.
            Refusal::InvalidProof(reason) if !reason.wants_nonce() => Kind::Proof(*reason),
            Refusal::InvalidToken(reason) => Kind::Token(*reason),
            Refusal::InsufficientScope { .. } => Kind::Scopes,
            _ => return tracing::debug!(%refusal, "refused a request"),
        };
        let noted = self.throttle.note(kind, self.clock.monotonic());
        sum_up(noted.sums);
        if noted.is_whole {
            tracing::info!(%refusal, "refused a request");
        }
    }

    /// A request is let in, so there is time for what is left to say.
    pub(super) fn admitted(&self) {
        sum_up(self.throttle.due(self.clock.monotonic()));
    }
}

impl Drop for RefusalLog {
    fn drop(&mut self) {
        sum_up(self.throttle.rest());
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Binding(reason) => write!(f, "the token is not good: {reason}"),
            Self::Proof(reason) => write!(f, "the proof is not good: {reason}"),
            Self::Token(reason) => write!(f, "the token is not good: {reason}"),
            Self::Scopes => f.write_str("the token lacks a scope"),
        }
    }
}

fn sum_up(sums: Vec<Sum<Kind>>) {
    for Sum { kind, more } in sums {
        let kind = kind.map_or_else(|| "for other reasons".to_owned(), |kind| kind.to_string());
        tracing::info!(more, "refused more requests: {kind}");
    }
}
