//! Which requests are sent again, and when.

use std::time::Duration;

use thyra_oauth::FetchError;
use thyra_protocol::method as methods;

use crate::backoff::Backoff;
use crate::transport::TransportError;

/// The waits between two attempts, where the server does not say.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(200),
    longest: Duration::from_secs(2),
};

/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How often a request is sent again that is safe to send again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retries {
    most: u32,
}

/// What a failure says about the request.
enum Fate {
    /// Perhaps it was carried out.
    Unknown,
    /// It was not, and the server may have said in how many seconds to come back.
    NotCarriedOut { retry_after: Option<u64> },
}

impl Retries {
    pub(crate) fn new(most: u32) -> Self {
        Self { most }
    }

    /// How long to wait before a request for `method` is sent again that failed with `error`, after
    /// `done` repetitions; `None` when it is not sent again. `left` is the time that is left for
    /// the answer, and `random` spreads the waits.
    pub(super) fn wait(
        self,
        method: &str,
        error: &TransportError,
        done: u32,
        left: Duration,
        random: u64,
    ) -> Option<Duration> {
        if done >= self.most || repeats_itself(method) {
            return None;
        }
        let retry_after = match fate(error)? {
            Fate::NotCarriedOut { retry_after } => retry_after,
            Fate::Unknown if changes_nothing(method) => None,
            Fate::Unknown => return None,
        };
        let asked = Duration::from_secs(retry_after.unwrap_or_default());
        // Clients that were sent away at the same time do not come back at the same time, either.
        let wait = asked.saturating_add(BACKOFF.wait(done, random));
        (asked <= LONGEST_WAIT && wait < left).then_some(wait)
    }
}

impl Default for Retries {
    fn default() -> Self {
        Self::new(3)
    }
}

fn fate(error: &TransportError) -> Option<Fate> {
    match error {
        TransportError::Http(FetchError::NotConnected { .. }) => {
            Some(Fate::NotCarriedOut { retry_after: None })
        }
        TransportError::Status {
            status: 429 | 503,
            retry_after,
        } => Some(Fate::NotCarriedOut {
            retry_after: *retry_after,
        }),
        TransportError::Http(FetchError::Failed { .. }) | TransportError::StreamEnded => {
            Some(Fate::Unknown)
        }
        _ => None,
    }
}

/// Whether the client tries again elsewhere, with longer waits.
fn repeats_itself(method: &str) -> bool {
    matches!(method, methods::SUBSCRIPTIONS_LISTEN | methods::TASKS_GET)
}

/// Whether a request may be carried out twice.
fn changes_nothing(method: &str) -> bool {
    matches!(
        method,
        methods::COMPLETION_COMPLETE
            | methods::PING
            | methods::PROMPTS_GET
            | methods::PROMPTS_LIST
            | methods::RESOURCES_LIST
            | methods::RESOURCES_READ
            | methods::RESOURCES_TEMPLATES_LIST
            | methods::DISCOVER
            | methods::TOOLS_LIST
    )
}

#[cfg(test)]
mod tests;
