//! Which content security policy the pages have.

use http::{HeaderMap, HeaderValue, header};
use thiserror::Error;

use super::POLICY;

/// The `Content-Security-Policy` of the pages on which people decide.
#[derive(Clone, Debug, Default)]
pub(crate) enum PagePolicy {
    /// Nothing is loaded, and nobody frames the page.
    #[default]
    Ours,
    /// The header is left out.
    Absent,
    /// What the operator wrote.
    Other(HeaderValue),
}

impl PagePolicy {
    /// What the setting `consent_csp_policy` says: an empty text leaves the header out, and any
    /// other is sent as it is.
    ///
    /// # Errors
    ///
    /// [`InvalidPolicy`] if it cannot be sent.
    pub(crate) fn configured(policy: &str) -> Result<Self, InvalidPolicy> {
        match policy.trim() {
            "" => Ok(Self::Absent),
            policy if policy.bytes().all(|byte| matches!(byte, b' '..=b'~')) => {
                let value = HeaderValue::try_from(policy);
                value.map(Self::Other).map_err(|_| InvalidPolicy)
            }
            _ => Err(InvalidPolicy),
        }
    }

    pub(super) fn write(&self, headers: &mut HeaderMap) {
        let policy = match self {
            Self::Ours => POLICY.clone(),
            Self::Absent => return,
            Self::Other(policy) => policy.clone(),
        };
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// The policy cannot be a header.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a content security policy is one line of ASCII characters")]
pub(crate) struct InvalidPolicy;
