//! What the log says of the identity provider's failures. Callers can cause such lines as often as
//! they like, so a flood is summed up.

use std::error::Error;
use std::time::Duration;

use thyra_auth::TokenRejected;
use thyra_oauth::{Sum, Throttle};

use super::error::UpstreamError;

/// What was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leg {
    Authorization,
    Code,
    Exchange,
    Refresh,
    Revocation,
}

/// Tells the log of failures, each kind by itself.
#[derive(Debug, Default)]
pub(super) struct UpstreamLog(Throttle<Leg>);

impl UpstreamLog {
    /// Something failed at `now`.
    pub(super) fn failed(&self, leg: Leg, error: &UpstreamError, now: Duration) {
        let noted = self.0.note(leg, now);
        sum_up(noted.sums);
        if !noted.is_whole {
            return;
        }
        let error_value = error as &dyn Error;
        tracing::warn!(error = error_value, "{} failed", leg.name());
        if is_of_other_algorithm(error) {
            tracing::warn!(
                "the identity provider signs its tokens with an algorithm that is not allowed: \
                 let it sign with RS256 or another one with a public key, allow the algorithm, or \
                 let the ID token say who signed in (`verify_id_token`)"
            );
        }
    }
}

impl Leg {
    fn name(self) -> &'static str {
        match self {
            Self::Authorization => "sending somebody to the identity provider",
            Self::Code => "a login at the identity provider",
            Self::Exchange => "an exchange of tokens at the identity provider",
            Self::Refresh => "the renewal of a login at the identity provider",
            Self::Revocation => "the revocation of tokens at the identity provider",
        }
    }
}

fn is_of_other_algorithm(error: &UpstreamError) -> bool {
    let UpstreamError::Identity { source } = error else {
        return false;
    };
    let rejected = source.downcast_ref::<TokenRejected>();
    rejected == Some(&TokenRejected::AlgorithmNotAllowed)
}

fn sum_up(sums: Vec<Sum<Leg>>) {
    for Sum { kind, more } in sums {
        let what = kind.map_or("requests to the identity provider", Leg::name);
        tracing::info!(more, "more failures of {what}");
    }
}

impl Drop for UpstreamLog {
    fn drop(&mut self) {
        sum_up(self.0.rest());
    }
}
