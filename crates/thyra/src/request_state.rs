//! What a call must remember while its client asks the user: the `requestState` of MCP 2026-07-28,
//! "Multi Round-Trip Requests".
//!
//! The server keeps nothing between the rounds. The client carries the state, but cannot read or
//! change it, because it is sealed. It is only valid for the same caller, the same method and name,
//! the same arguments, and a short time.

mod binding;
mod keys;
mod memory;
mod sealer;
mod standing;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use thyra_auth::{Clock, SystemClock};

pub(crate) use self::binding::Binding;
pub use self::keys::RequestStateKeys;
pub use self::memory::MemoryUsedStates;
pub(crate) use self::sealer::{SealError, Sealer, StateRefused};
pub(crate) use self::standing::Standing;
pub use self::store::{UsedState, UsedStateError, UsedStateStore};

/// How the state of a call is sealed while its client asks the user
/// ([`Server::request_state`](crate::Server::request_state)).
///
/// By default it is sealed with a random key of this process, and is valid for ten minutes. A tool
/// continues from each state once, unless it is read-only or idempotent; prompts and resources may
/// continue several times.
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
    reuse: Reuse,
    clock: Arc<dyn Clock>,
    /// `None` is the memory of this process.
    used: Option<Arc<dyn UsedStateStore>>,
}

/// Which calls may continue several times from one state, where their component does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reuse {
    /// Those that change nothing by it.
    Harmless,
    All,
    None,
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
            reuse: Reuse::Harmless,
            clock: Arc::new(SystemClock),
            used: None,
        }
    }

    /// How long a state is valid, and so how long the user may take for the questions of one round.
    /// Default 10 minutes.
    #[must_use]
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Lets every call continue only once from each state, also those of read-only and idempotent
    /// tools, of prompts and of resources. [`Tool::repeatable`](crate::Tool::repeatable) exempts a
    /// tool.
    ///
    /// A client that loses the answer to such a round has to begin again. Answers are only taken
    /// together with the state that came with their questions.
    #[must_use]
    pub fn single_use(mut self) -> Self {
        self.reuse = Reuse::None;
        self
    }

    /// Lets every call continue from a state any number of times until it expires, also those of
    /// tools that change something: one answer of the user may then pay twice.
    /// [`Tool::repeatable`](crate::Tool::repeatable) exempts a tool.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.reuse = Reuse::All;
        self
    }

    /// Where used states are remembered. Default: in the memory of this process
    /// ([`MemoryUsedStates`]), so each replica accepts a state once.
    #[must_use]
    pub fn used_states(mut self, store: impl UsedStateStore + 'static) -> Self {
        self.used = Some(Arc::new(store));
        self
    }

    /// Reads the time from `clock`. Default: the machine's clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    pub(crate) fn sealer(self) -> Sealer {
        Sealer::new(self)
    }
}

impl Default for RequestState {
    fn default() -> Self {
        Self::new(RequestStateKeys::ephemeral())
    }
}
