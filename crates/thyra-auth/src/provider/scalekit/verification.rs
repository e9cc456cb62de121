//! How Scalekit's tokens are verified.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thyra_oauth::{Clock, Fetcher, ResourceUrl, SystemClock};

use super::ScalekitAudience;
use crate::verify::{Algorithm, Audience, Issuers, Jwks, JwtVerifier, VerifierError};

/// The claims that name the caller's organisation, the one that Scalekit documents first.
const ORGANIZATION_CLAIMS: [&str; 2] = ["oid", "org_id"];

/// Asks about the identifier (`jti`) of a token; `true` refuses it.
type DenyHook = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// What can be tuned about the verification of tokens.
#[derive(Clone)]
pub(super) struct Verification {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) fetcher: Fetcher,
    pub(super) leeway: Duration,
    pub(super) deny: Option<DenyHook>,
    /// The key set's own default when not set.
    pub(super) max_stale: Option<Duration>,
}

impl Verification {
    pub(super) fn verifier(
        &self,
        keys: Jwks,
        issuers: &[String],
        audience: ScalekitAudience,
        resource_id: &str,
        resource: &ResourceUrl,
    ) -> Result<JwtVerifier, VerifierError> {
        let audience = Audience::all_of(audience.expected(resource_id, resource))?;
        let verifier = JwtVerifier::builder(keys, Issuers::any_of(issuers)?, audience)
            .algorithms([Algorithm::Rs256])
            .organization_claims(ORGANIZATION_CLAIMS)
            .resource([resource.as_str()])
            .leeway(self.leeway)
            .clock(Arc::clone(&self.clock));
        match self.deny.clone() {
            Some(hook) => verifier.deny(move |id| hook(id)).build(),
            None => verifier.build(),
        }
    }
}

impl Default for Verification {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            fetcher: Fetcher::new(),
            leeway: Duration::from_secs(30),
            deny: None,
            max_stale: None,
        }
    }
}

impl fmt::Debug for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verification")
            .field("clock", &self.clock)
            .field("leeway", &self.leeway)
            .field("deny", &self.deny.is_some())
            .finish_non_exhaustive()
    }
}
