//! Whether a request has what its token is bound to.

use http::request::Parts;

use super::Protection;
use super::presented::{Presented, Scheme};
use crate::certificate::ClientCertificate;
use crate::dpop::{Noted, ProofRejected, UsedProof};
use crate::principal::{Confirmation, Principal, Thumbprint};
use crate::refusal::{BindingRejected, Refusal};

impl Protection {
    /// Judges whether a request has what its token is bound to. A token that is bound is nothing
    /// without it: whoever has stolen one can present it like any other.
    ///
    /// A proof that comes back is good, if nobody has used it before.
    pub(super) fn check_binding(
        &self,
        principal: &Principal,
        presented: &Presented<'_>,
        parts: &Parts,
    ) -> Result<Option<UsedProof>, Refusal> {
        let bound = principal.confirmation();
        let key = bound.and_then(Confirmation::of_key);
        let certificate = bound.and_then(Confirmation::of_certificate);
        let refused = |reason| Err(Refusal::InvalidBinding(reason));
        if bound.is_some() && key.is_none() && certificate.is_none() {
            return refused(BindingRejected::MethodUnknown);
        }
        if let Some(certificate) = certificate
            && let Err(reason) = check_certificate(parts, certificate)
        {
            return refused(reason);
        }
        match (presented.scheme, key, &self.0.dpop) {
            (Scheme::Dpop, Some(key), Some(dpop)) => {
                let subject = principal.id().subject();
                let proof = dpop.judge(parts, &presented.token, key, subject);
                proof.map(Some).map_err(Refusal::InvalidProof)
            }
            (Scheme::Bearer, Some(_), Some(_)) => refused(BindingRejected::ProofMissing),
            (Scheme::Dpop, None, Some(_)) => refused(BindingRejected::NotBound),
            (Scheme::Dpop, _, None) | (_, Some(_), None) => refused(BindingRejected::KeysNotTaken),
            (Scheme::Bearer, None, Some(dpop)) if dpop.is_required => {
                refused(BindingRejected::KeyDemanded)
            }
            (Scheme::Bearer, None, _) => Ok(None),
        }
    }
}

/// Whether the connection has the certificate that a token is bound to (RFC 8705 section 3).
fn check_certificate(parts: &Parts, wanted: &Thumbprint) -> Result<(), BindingRejected> {
    match parts.extensions.get::<ClientCertificate>() {
        None => Err(BindingRejected::CertificateMissing),
        Some(certificate) if certificate.thumbprint() != wanted => {
            Err(BindingRejected::CertificateMismatch)
        }
        Some(_) => Ok(()),
    }
}

/// Whether a good proof may be used.
pub(super) fn check_use(noted: Noted) -> Result<(), Refusal> {
    match noted {
        Noted::First => Ok(()),
        Noted::Full { retry_after } => Err(Refusal::TooManyProofs { retry_after }),
        Noted::Replayed => Err(Refusal::InvalidProof(ProofRejected::Replayed)),
        Noted::Unavailable { retry_after } => Err(Refusal::Unavailable { retry_after }),
    }
}

#[cfg(test)]
mod tests;
