//! Whether tokens that are bound to a key are taken, and what their proofs must be.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use thyra_oauth::{Clock, DpopOffer, ResourceUrl};

use super::{Dpop, Issuer, MemoryReplays, ProofNonces, PublicUrl, ReplayStore, Replays};
use crate::verify::{Algorithm, Algorithms};

/// How far the time at which a proof was made may be from now.
const DEFAULT_WINDOW: Duration = Duration::from_mins(1);
const MAX_WINDOW: Duration = Duration::from_mins(5);
/// About eight megabytes, when all of it is taken.
const DEFAULT_REPLAYS: usize = 256 * 1024;
const MAX_REPLAYS: usize = 64 * 1024 * 1024;

/// Whether a resource takes tokens that are bound to a key of the client, and what it wants of
/// proofs (DPoP, RFC 9449). Whoever steals such a token can do nothing with it.
///
/// By default it takes none, and refuses bound tokens: without a look at the proof they would be as
/// good for a thief as any other.
///
/// ```
/// use thyra_auth::{DpopPolicy, ProofNonces, RemoteAuth};
///
/// let provider = RemoteAuth::builder("https://auth.example.com/", "https://mcp.example.com")
///     .dpop(DpopPolicy::required().nonces(ProofNonces::new()?))
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a policy decides nothing before a provider or a protection has it"]
pub struct DpopPolicy {
    demand: Demand,
    algorithms: Algorithms,
    window: Duration,
    nonces: Option<ProofNonces>,
    replays: usize,
    store: Option<Arc<dyn ReplayStore>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Demand {
    Off,
    Accepted,
    Required,
}

impl DpopPolicy {
    /// Tokens that are bound to a key are refused. This is the default.
    pub fn off() -> Self {
        Self::of(Demand::Off)
    }

    /// Tokens that are bound to a key are taken with a proof, and plain bearer tokens as well.
    pub fn accepted() -> Self {
        Self::of(Demand::Accepted)
    }

    /// Only tokens that are bound to a key are taken, with a proof.
    pub fn required() -> Self {
        Self::of(Demand::Required)
    }

    pub(crate) fn is_required(&self) -> bool {
        self.demand == Demand::Required
    }

    fn of(demand: Demand) -> Self {
        let algorithms = [
            Algorithm::Es256,
            Algorithm::Es384,
            Algorithm::Ed25519,
            Algorithm::EdDsa,
            Algorithm::Ps256,
            Algorithm::Rs256,
        ];
        Self {
            demand,
            algorithms: algorithms.into_iter().collect(),
            window: DEFAULT_WINDOW,
            nonces: None,
            replays: DEFAULT_REPLAYS,
            store: None,
        }
    }

    /// The algorithms that proofs may be signed with: by default `ES256`, `ES384`, `Ed25519`,
    /// `EdDSA`, `PS256` and `RS256`. One with a shared secret is an error.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// How far the time at which a proof was made (`iat`) may be from this machine's, either way;
    /// one minute by default, five at most. With [`nonces`](Self::nonces) it does not count.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Wants a nonce of this server's in each proof; none by default.
    pub fn nonces(mut self, nonces: ProofNonces) -> Self {
        self.nonces = Some(nonces);
        self
    }

    /// How many used proofs are remembered, each until it is too old: 262,144 by default, which
    /// take about eight megabytes. One caller gets a quarter. Whoever needs more is answered with
    /// 429, because a proof that is forgotten could be used again.
    pub fn remembered(mut self, proofs: usize) -> Self {
        self.replays = proofs;
        self
    }

    /// Remembers used proofs there, so that all replicas of a server know them.
    pub fn replay_store(mut self, store: Arc<dyn ReplayStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// What judges the proofs of requests for `resource`; `None` if bound tokens are refused.
    pub(crate) fn judge_of(
        self,
        resource: &ResourceUrl,
        clock: Arc<dyn Clock>,
    ) -> Result<Option<Dpop>, DpopPolicyError> {
        if self.demand == Demand::Off {
            return Ok(None);
        }
        if self.algorithms.is_empty() || self.algorithms.iter().any(Algorithm::is_symmetric) {
            return Err(DpopPolicyError::Algorithms);
        }
        if self.window.is_zero() || self.window > MAX_WINDOW {
            return Err(DpopPolicyError::Window);
        }
        if !(1..=MAX_REPLAYS).contains(&self.replays) {
            return Err(DpopPolicyError::Remembered);
        }
        let names = self
            .algorithms
            .iter()
            .map(|algorithm| algorithm.to_string());
        Ok(Some(Dpop {
            is_required: self.demand == Demand::Required,
            offer: DpopOffer {
                beside_bearer: false,
                algorithms: names.collect(),
            },
            algorithms: self.algorithms,
            window: self.window,
            url: PublicUrl::of(resource),
            nonces: self.nonces.map(|nonces| Issuer::new(nonces, resource)),
            replays: match self.store {
                Some(store) => Replays::Shared(store),
                None => Replays::Memory(MemoryReplays::new(self.replays)),
            },
            clock,
        }))
    }
}

impl Default for DpopPolicy {
    fn default() -> Self {
        Self::off()
    }
}

/// Why proofs cannot be judged this way.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum DpopPolicyError {
    /// No algorithm, or one with a shared secret.
    #[error(
        "the algorithms of DPoP proofs must be named, and each must verify with a public key, such \
         as ES256"
    )]
    Algorithms,
    /// No room, or too much.
    #[error("remember between one and {MAX_REPLAYS} used DPoP proofs")]
    Remembered,
    /// No time, or too much.
    #[error(
        "the window of DPoP proofs must be longer than nothing and at most 300 seconds; correct the \
         machine's clock instead, or use nonces"
    )]
    Window,
}
