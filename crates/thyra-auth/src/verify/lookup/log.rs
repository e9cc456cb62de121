//! What the log says of an authority: its outages, and answers that cannot be used.

use std::error::Error;
use std::time::Duration;

use thyra_oauth::{Printable, Sum, Throttle};

use crate::verify::jwks::with_sources;

/// Tells the log how it goes with an authority. Callers can cause such lines as often as they like,
/// so a flood is summed up, each kind by itself.
#[derive(Debug, Default)]
pub(super) struct LookupLog(Throttle<Kind>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    BadAnswer,
    Crowded,
    Outage,
    Recovered,
}

impl LookupLog {
    /// An answer could not be used.
    pub(super) fn bad_answer(&self, reason: &(dyn Error + 'static), now: Duration) {
        if self.is_whole(Kind::BadAnswer, now) {
            let reason = with_sources(reason);
            let reason = Printable(&reason);
            tracing::warn!(
                "the answer about a token cannot be used: {reason}; the request is answered with \
                 503"
            );
        }
    }

    /// Too many questions are under way.
    pub(super) fn crowded(&self, now: Duration) {
        if self.is_whole(Kind::Crowded, now) {
            tracing::warn!(
                "too many tokens are being looked up at once; the request is answered with 503"
            );
        }
    }

    /// The authority does not answer.
    pub(super) fn outage(&self, reason: &(dyn Error + 'static), is_new: bool, now: Duration) {
        let reason = with_sources(reason);
        let reason = Printable(&reason);
        if is_new && self.is_whole(Kind::Outage, now) {
            tracing::warn!(
                "tokens cannot be looked up: {reason}; requests are answered with 503, except \
                 for tokens that are remembered"
            );
        } else {
            tracing::debug!("tokens still cannot be looked up: {reason}");
        }
    }

    /// It answers again.
    pub(super) fn recovered(&self, now: Duration) {
        if self.is_whole(Kind::Recovered, now) {
            tracing::info!("tokens can be looked up again");
        }
    }

    fn is_whole(&self, kind: Kind, now: Duration) -> bool {
        let noted = self.0.note(kind, now);
        sum_up(noted.sums);
        noted.is_whole
    }
}

impl Drop for LookupLog {
    fn drop(&mut self) {
        sum_up(self.0.rest());
    }
}

fn sum_up(sums: Vec<Sum<Kind>>) {
    for Sum { kind, more } in sums {
        let what = match kind {
            Some(Kind::BadAnswer) => "answers about tokens that cannot be used",
            Some(Kind::Crowded) => "lookups of tokens for which there was no room",
            Some(Kind::Outage) => "outages of the lookup of tokens",
            Some(Kind::Recovered) => "ends of such outages",
            None => "troubles with the lookup of tokens",
        };
        tracing::info!(more, "more {what}");
    }
}
