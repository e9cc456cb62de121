//! Whether a request has what its token is bound to.

use crate::principal::Principal;
use crate::refusal::{BindingRejected, Refusal};

/// Refuses a token that is bound to something, when it comes like any other: whoever has stolen it
/// can present it that way, too.
pub(super) fn check(principal: &Principal) -> Result<(), Refusal> {
    let Some(bound) = principal.confirmation() else {
        return Ok(());
    };
    let reason = if bound.of_key().is_some() {
        BindingRejected::KeysNotTaken
    } else if bound.of_certificate().is_some() {
        BindingRejected::CertificateMissing
    } else {
        BindingRejected::MethodUnknown
    };
    Err(Refusal::InvalidBinding(reason))
}

#[cfg(test)]
mod tests;
