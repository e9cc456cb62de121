//! What the log says of the identity provider's failures. Callers can cause such lines as often as
//! they like, so a flood is summed up.

use std::error::Error;
use std::time::Duration;

use thyra_auth::TokenRejected;
use thyra_oauth::{ScopeSet, Sum, Throttle, printable};

use super::Refusal;
use super::error::UpstreamError;

/// What was under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leg {
    /// The browser brings a refusal of a login.
    Answer,
    Authorization,
    Code,
    Exchange,
    Refresh,
    Revocation,
    /// A refusal that belongs to no login.
    Stray,
}

/// Tells the log of failures, each kind by itself.
#[derive(Debug, Default)]
pub(super) struct UpstreamLog(Throttle<Leg>);

impl UpstreamLog {
    /// Something failed at `now`.
    pub(super) fn failed(&self, leg: Leg, error: &UpstreamError, now: Duration) {
        if !self.is_whole(leg, now) {
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

    /// The identity provider refused a login that asked it for `scopes`.
    pub(super) fn refused(&self, refusal: Refusal<'_>, scopes: &ScopeSet, now: Duration) {
        if self.is_whole(Leg::Answer, now) {
            tracing::warn!(
                error = printable(refusal.error),
                description = refusal.description.map(printable),
                %scopes,
                "the identity provider refuses logins of this server"
            );
        }
    }

    /// An error came back that belongs to no login. Anybody can send one.
    pub(super) fn stray(&self, refusal: Refusal<'_>, redirect_uri: &str, now: Duration) {
        if self.is_whole(Leg::Stray, now) {
            tracing::warn!(
                error = printable(refusal.error),
                description = refusal.description.map(printable),
                redirect_uri,
                "an error of the identity provider belongs to no login, unless somebody made it \
                 up: compare the settings of the application there with those of this server, its \
                 redirect URI first"
            );
        }
    }

    /// Whether a line is written whole, after the sums that are due.
    fn is_whole(&self, leg: Leg, now: Duration) -> bool {
        let noted = self.0.note(leg, now);
        sum_up(noted.sums);
        noted.is_whole
    }
}

impl Leg {
    fn name(self) -> &'static str {
        match self {
            Self::Answer => "a login that the identity provider refused",
            Self::Authorization => "sending somebody to the identity provider",
            Self::Code => "a login at the identity provider",
            Self::Exchange => "an exchange of tokens at the identity provider",
            Self::Refresh => "the renewal of a login at the identity provider",
            Self::Revocation => "the revocation of tokens at the identity provider",
            Self::Stray => "an error of the identity provider that belongs to no login",
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
