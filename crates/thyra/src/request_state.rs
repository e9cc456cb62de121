//! What a call must remember while its client asks the user: the `requestState` of MCP 2026-07-28,
//! "Multi Round-Trip Requests".
//!
//! The server keeps nothing between the rounds. The client carries the state, but cannot read or
//! change it, because it is sealed. It is only valid for the same caller, the same method and name,
//! the same arguments, and a short time.

mod binding;
mod keys;
mod sealer;
#[cfg(test)]
mod tests;
mod used;

use std::sync::Arc;
use std::time::Duration;

use thyra_auth::{Clock, SystemClock};

pub(crate) use self::binding::Binding;
pub use self::keys::RequestStateKeys;
pub(crate) use self::sealer::{SealError, Sealer};

/// How the state of a call is sealed while its client asks the user
/// ([`Server::request_state`](crate::Server::request_state)).
///
/// By default it is sealed with a random key of this process, and can be used any number of times
/// within ten minutes.
///
/// ```
/// use std::time::Duration;
///
/// use thyra::{RequestState, RequestStateKeys};
///
/// let shared_by_all_replicas = [7; 32]; // from a secret store
/// let state = RequestState::new(RequestStateKeys::new(shared_by_all_replicas))
///     .lifetime(Duration::from_mins(2))
///     .single_use();
/// # let _ = state;
/// ```
#[derive(Clone, Debug)]
pub struct RequestState {
    keys: RequestStateKeys,
    lifetime: Duration,
    single_use: bool,
    clock: Arc<dyn Clock>,
}

impl RequestState {
    /// How long a state is valid by default.
    const LIFETIME: Duration = Duration::from_mins(10);

    /// Seals states with `keys`. Replicas must share their keys, because the next round may reach
    /// another replica.
    pub fn new(keys: RequestStateKeys) -> Self {
        Self {
            keys,
            lifetime: Self::LIFETIME,
            single_use: false,
            clock: Arc::new(SystemClock),
        }
    }

    /// How long a state is valid, and so how long the user may take for the questions of one round.
    /// Default 10 minutes.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Accepts each state only once, for calls that must not continue twice from the same answers.
    ///
    /// This process remembers used states until they expire. With several replicas, each of them
    /// accepts a state once. A client that loses its connection during a round has to begin again.
    #[must_use]
    pub fn single_use(mut self) -> Self {
        self.single_use = true;
        self
    }

    /// Reads the time from `clock`. Default: the machine's clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    pub(crate) fn sealer(self) -> Sealer {
        Sealer::new(self.keys, self.lifetime, self.single_use, self.clock)
    }
}

impl Default for RequestState {
    fn default() -> Self {
        Self::new(RequestStateKeys::ephemeral())
    }
}
