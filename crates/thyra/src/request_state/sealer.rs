//! Seals states for clients to carry, and opens what they bring back.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thyra_auth::{Clock, PrincipalId};

use super::binding::Binding;
use super::keys::{KeyId, RequestStateKeys};
use super::memory::MemoryUsedStates;
use super::standing::Standing;
use super::store::{UsedState, UsedStateError, UsedStateStore};
use super::{RequestState, Reuse};

/// A nonce, which identifies a sealed state.
type NonceBytes = [u8; NONCE_LEN];

/// The longest sealed state, in bytes of its text form.
pub(super) const LONGEST: usize = 64 * 1024;

/// The version of the layout. A sealed state is this byte, the key's id, the nonce, and the
/// ciphertext with its tag, all in base64url. The plaintext is the expiry in milliseconds since
/// 1970, in 8 bytes, then the standing of the component, and then the state.
const LAYOUT: u8 = 2;
const EXPIRY_BYTES: usize = size_of::<u64>();

/// Seals states with AES-256-GCM, and binds them to their call and an expiry time.
#[derive(Debug)]
pub(crate) struct Sealer {
    keys: RequestStateKeys,
    lifetime: Duration,
    reuse: Reuse,
    used: Arc<dyn UsedStateStore>,
    clock: Arc<dyn Clock>,
}

/// Why a state was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    #[error("a call may keep {LONGEST} bytes from one round to the next; this one needs {bytes}")]
    TooLarge { bytes: usize },
    #[error("the machine gives no random numbers")]
    NoRandomness,
}

/// Why a state from a client is refused. The client sees the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StateRefused {
    #[error("the requestState is not one that this server made")]
    Malformed,
    /// The state was altered, or belongs to another caller, call or key. The server cannot tell
    /// which, and the client must not know.
    #[error("the requestState is not valid for this request")]
    ForeignOrAltered,
    #[error("the requestState has expired; begin again without it")]
    Expired,
    /// What the client asked its user about may be something else by now.
    #[error(
        "what the requestState belongs to has changed since its questions were asked; begin again without it"
    )]
    Changed,
    #[error(
        "the requestState was used already, and this call continues from each only once; begin again without it, and the questions are asked again"
    )]
    Used,
    #[error("the requestState is longer than {LONGEST} bytes")]
    TooLarge,
    /// No more used states can be remembered for now.
    #[error("too many requests are under way; try again later")]
    Busy,
    /// The same, of this caller.
    #[error("too many of your requests are under way; try again later")]
    BusyForCaller,
    #[error("whether the requestState was used already is not known for now; try again later")]
    Unknown,
}

/// An opened state, and what identifies it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) state: Vec<u8>,
    pub(crate) standing: Standing,
    pub(crate) used: UsedState,
}

impl Sealer {
    pub(super) fn new(settings: RequestState) -> Self {
        let RequestState {
            keys,
            lifetime,
            reuse,
            clock,
            used,
        } = settings;
        let in_memory = || Arc::new(MemoryUsedStates::with_clock(Arc::clone(&clock)));
        Self {
            keys,
            lifetime,
            reuse,
            used: used.unwrap_or_else(|| in_memory()),
            clock,
        }
    }

    /// Whether a call may continue several times from one state: as its author `said`, else as the
    /// server does, to which it matters whether the call is `harmless`. Where it may not, answers
    /// must come with a state, because without one they could be used again and again.
    pub(crate) fn may_repeat(&self, said: Option<bool>, harmless: bool) -> bool {
        said.unwrap_or(match self.reuse {
            Reuse::Harmless => harmless,
            Reuse::All => true,
            Reuse::None => false,
        })
    }

    /// Seals `state` into a text that only opens for an equal binding.
    pub(crate) fn seal(
        &self,
        binding: &Binding<'_>,
        standing: Standing,
        state: &[u8],
    ) -> Result<String, SealError> {
        let key = self.keys.first().ok_or(SealError::NoRandomness)?;
        let bytes = sealed_len(state.len());
        if bytes > LONGEST {
            return Err(SealError::TooLarge { bytes });
        }
        let expires = self.clock.unix().saturating_add(self.lifetime).as_millis();
        let mut inner = Vec::with_capacity(bytes);
        inner.extend(u64::try_from(expires).unwrap_or(u64::MAX).to_be_bytes());
        inner.extend(standing.to_bytes());
        inner.extend(state);
        let nonce = key
            .cipher()
            .seal_in_place_append_tag(associated(binding, key.id()), &mut inner)
            .map_err(|_| SealError::NoRandomness)?;
        let mut sealed = Vec::with_capacity(bytes);
        sealed.push(LAYOUT);
        sealed.extend(key.id());
        sealed.extend(nonce.as_ref());
        sealed.extend(inner);
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens a state that was sealed for an equal binding. This does not count as a use.
    pub(crate) fn open(&self, binding: &Binding<'_>, sealed: &str) -> Result<Opened, StateRefused> {
        if sealed.len() > LONGEST {
            return Err(StateRefused::TooLarge);
        }
        let sealed = URL_SAFE_NO_PAD
            .decode(sealed)
            .map_err(|_| StateRefused::Malformed)?;
        let (id, nonce, ciphertext) = split(&sealed).ok_or(StateRefused::Malformed)?;
        let mut inner = self
            .decrypt(binding, id, nonce, ciphertext)
            .ok_or(StateRefused::ForeignOrAltered)?;
        let (&expires, rest) = inner.split_first_chunk().ok_or(StateRefused::Malformed)?;
        let expires = Duration::from_millis(u64::from_be_bytes(expires));
        let &standing = rest.first_chunk().ok_or(StateRefused::Malformed)?;
        if self.clock.unix() >= expires {
            return Err(StateRefused::Expired);
        }
        inner.drain(..EXPIRY_BYTES + Standing::BYTES);
        Ok(Opened {
            state: inner,
            standing: Standing::from_bytes(standing),
            used: UsedState {
                id: nonce,
                expires,
                subject: binding.principal.map(PrincipalId::subject),
            },
        })
    }

    /// Uses a state up. Of several calls with one state, one gets through.
    pub(crate) async fn use_up(&self, state: &UsedState) -> Result<(), StateRefused> {
        match self.used.mark(state).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(StateRefused::Used),
            Err(UsedStateError::Full) => Err(StateRefused::Busy),
            Err(UsedStateError::FullForCaller { .. }) => Err(StateRefused::BusyForCaller),
            Err(UsedStateError::Unavailable(error)) => {
                tracing::error!(%error, "the store of used states is unavailable");
                Err(StateRefused::Unknown)
            }
        }
    }

    /// Lets the state of a call that was refused be used again, because its client repeats the call
    /// when it has got the scopes that it lacked.
    pub(crate) async fn give_back(&self, binding: &Binding<'_>, sealed: &str) {
        let Ok(opened) = self.open(binding, sealed) else {
            return;
        };
        if let Err(error) = self.used.forget(&opened.used).await {
            tracing::warn!(%error, "a request state could not be given back; its call begins again");
        }
    }

    fn decrypt(
        &self,
        binding: &Binding<'_>,
        id: KeyId,
        nonce: NonceBytes,
        ciphertext: &[u8],
    ) -> Option<Vec<u8>> {
        // Two keys may have the same id by chance.
        self.keys.with_id(id).find_map(|key| {
            let mut inner = ciphertext.to_vec();
            let nonce = Nonce::assume_unique_for_key(nonce);
            let opened = key
                .cipher()
                .open_in_place(nonce, associated(binding, id), &mut inner)
                .ok()?
                .len();
            inner.truncate(opened);
            Some(inner)
        })
    }
}

/// The data that is authenticated with the state: the layout, the key's id, and the binding.
fn associated(binding: &Binding<'_>, id: KeyId) -> Aad<Vec<u8>> {
    let mut associated = vec![LAYOUT];
    associated.extend(id);
    associated.extend(binding.digest());
    Aad::from(associated)
}

fn split(sealed: &[u8]) -> Option<(KeyId, NonceBytes, &[u8])> {
    let (&layout, rest) = sealed.split_first()?;
    let (&id, rest) = rest.split_first_chunk()?;
    let (&nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>()?;
    (layout == LAYOUT).then_some((id, nonce, ciphertext))
}

/// The length of the sealed text of a state of `state` bytes.
fn sealed_len(state: usize) -> usize {
    const AROUND: usize = 1 + size_of::<KeyId>() + NONCE_LEN + EXPIRY_BYTES + Standing::BYTES + 16;
    state.saturating_add(AROUND).saturating_mul(4).div_ceil(3)
}
