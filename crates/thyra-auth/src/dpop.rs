//! Proofs that whoever shows a token has its key, as the server judges them: DPoP (RFC 9449).

mod nonces;
mod policy;
mod proof;
mod public_url;
mod rejected;
mod replays;

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::request::Parts;
use thyra_oauth::{Clock, DPOP, DpopOffer};

use crate::principal::{SubjectId, Thumbprint};
use crate::verify::{Algorithms, BearerToken};

use self::nonces::Issuer;
use self::proof::Proof;
use self::public_url::PublicUrl;
use self::replays::{MemoryReplays, Replays};

pub use self::nonces::{NonceKeyError, ProofNonces};
pub use self::policy::{DpopPolicy, DpopPolicyError};
pub use self::rejected::ProofRejected;
pub use self::replays::{Noted, ReplayStore, UsedProof};

/// What one protected resource judges proofs by.
#[derive(Debug)]
pub(crate) struct Dpop {
    /// Whether tokens that are bound to no key are refused.
    pub(crate) is_required: bool,
    algorithms: Algorithms,
    offer: DpopOffer,
    /// How far `iat` may be from now.
    window: Duration,
    url: PublicUrl,
    nonces: Option<Issuer>,
    replays: Replays,
    clock: Arc<dyn Clock>,
}

impl Dpop {
    /// Judges the proof of a request that shows `token`, which is bound to the key `bound` and
    /// stands for `subject` (RFC 9449 section 4.3, in its order). Whether the proof was used before
    /// is asked afterwards.
    pub(crate) fn judge(
        &self,
        parts: &Parts,
        token: &BearerToken<'_>,
        bound: &Thumbprint,
        subject: SubjectId,
    ) -> Result<UsedProof, ProofRejected> {
        let proof = Proof::read(only_proof(parts)?, self.algorithms)?;
        if proof.method != parts.method.as_str() {
            return Err(ProofRejected::MethodMismatch);
        }
        if !self.url.is_of(&proof.url, request_path(parts)) {
            return Err(ProofRejected::UrlMismatch);
        }
        let good_until = self.good_until(&proof)?;
        if proof.token_hash != Some(Thumbprint::of(token.as_str().as_bytes())) {
            return Err(ProofRejected::TokenMismatch);
        }
        if proof.key != *bound {
            return Err(ProofRejected::KeyMismatch);
        }
        Ok(UsedProof::new(proof.id(), subject, good_until))
    }

    /// Until when the proof is good, as the time since 1970. A nonce of ours says better than the
    /// client's clock how old a proof is (section 4.3, number 11).
    fn good_until(&self, proof: &Proof) -> Result<Duration, ProofRejected> {
        let now = self.clock.unix();
        if let Some(nonces) = &self.nonces {
            let nonce = proof.nonce.as_deref().ok_or(ProofRejected::NonceMissing)?;
            return nonces
                .end_of(nonce, now)
                .ok_or(ProofRejected::NonceOutdated);
        }
        let good_until = proof.issued_at.saturating_add(self.window);
        if proof.issued_at > now.saturating_add(self.window) {
            return Err(ProofRejected::NotYetValid);
        }
        if now > good_until {
            return Err(ProofRejected::TooOld);
        }
        Ok(good_until)
    }

    /// Takes note of a good proof without waiting; `None` if the store has to be waited for.
    pub(crate) fn note_now(&self, proof: &UsedProof) -> Option<Noted> {
        match &self.replays {
            Replays::Memory(replays) => Some(replays.note(proof, &*self.clock)),
            Replays::Shared(_) => None,
        }
    }

    /// Takes note of a good proof.
    pub(crate) async fn note(&self, proof: &UsedProof) -> Noted {
        match &self.replays {
            Replays::Memory(replays) => replays.note(proof, &*self.clock),
            Replays::Shared(store) => store.note(proof).await,
        }
    }

    /// Whether [`Dpop::note_now`] never has an answer.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.replays, Replays::Shared(_))
    }

    /// What challenges offer.
    pub(crate) fn offer(&self) -> &DpopOffer {
        &self.offer
    }

    pub(crate) fn has_nonces(&self) -> bool {
        self.nonces.is_some()
    }

    /// The nonce that the next proofs should have, if proofs need one.
    pub(crate) fn nonce(&self) -> Option<HeaderValue> {
        let nonces = self.nonces.as_ref()?;
        Some(nonces.current(self.clock.unix()))
    }
}

/// The one proof of a request (section 4.3, number 1).
fn only_proof(parts: &Parts) -> Result<&str, ProofRejected> {
    let mut values = parts.headers.get_all(DPOP).iter();
    let proof = values.next().ok_or(ProofRejected::Missing)?;
    if values.next().is_some() {
        return Err(ProofRejected::Several);
    }
    proof.to_str().map_err(|_| ProofRejected::Malformed)
}

/// The path that was asked for, before a router took a prefix away.
fn request_path(parts: &Parts) -> &str {
    #[cfg(feature = "axum")]
    if let Some(original) = parts.extensions.get::<axum::extract::OriginalUri>() {
        return original.path();
    }
    parts.uri.path()
}

#[cfg(test)]
mod tests;
