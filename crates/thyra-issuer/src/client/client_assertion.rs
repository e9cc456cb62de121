//! Clients that sign: `private_key_jwt` (RFC 7523 section 2.2).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;
use thyra_auth::{
    Algorithms, Audience, BearerToken, Issuers, JwtVerifier, KeySource, TokenRejected,
    TokenVerifier, Unavailable, Verdict, VerifierError,
};
use thyra_oauth::Clock;
use thyra_store::{Key, Store, StoreError};

use crate::digest::Digest;

/// Where used assertions are kept.
const COLLECTION: &str = "client-assertions";
/// How far ahead the end of an assertion may be.
const MAX_LIFETIME: Duration = Duration::from_mins(5);
/// How far the client's clock and ours may differ.
const LEEWAY: Duration = Duration::from_secs(30);

/// Judges the assertions of all clients.
pub(super) struct ClientAssertions {
    /// The issuer, and the token endpoint.
    audience: Audience,
    store: Store,
    clock: Arc<dyn Clock>,
}

impl ClientAssertions {
    /// Assertions for this authorization server.
    pub(super) fn new(
        issuer: &str,
        token_endpoint: &str,
        store: Store,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, VerifierError> {
        Ok(Self {
            audience: Audience::any_of([issuer, token_endpoint])?,
            store,
            clock,
        })
    }

    /// What verifies the signatures of one client.
    pub(super) fn verifier(
        &self,
        client_id: &str,
        keys: impl Into<KeySource>,
    ) -> Result<Arc<JwtVerifier>, VerifierError> {
        let issuers = Issuers::any_of([client_id])?;
        // An access token of somebody else is no assertion, and nothing is asked for twice.
        JwtVerifier::builder(keys, issuers, self.audience.clone())
            .algorithms(Algorithms::asymmetric().iter())
            .types(["JWT", "client-authentication+jwt"])
            .leeway(LEEWAY)
            .clock(Arc::clone(&self.clock))
            .cache_bytes(0)
            .build()
            .map(Arc::new)
    }

    /// Judges an assertion of this client. It is good once.
    pub(super) async fn check(
        &self,
        client_id: &str,
        verifier: &JwtVerifier,
        assertion: &str,
    ) -> Result<(), AssertionRefused> {
        let principal = match verifier.verify(&BearerToken::new(assertion)).await {
            Verdict::Accepted(principal) => principal,
            Verdict::Rejected(reason) => return Err(AssertionRefused::Rejected(reason)),
            Verdict::Unavailable(unavailable) => return Err(unavailable.into()),
            // A kind of verdict that is newer than this code lets nobody in.
            _ => return Err(AssertionRefused::Verdict),
        };
        if principal.subject() != client_id {
            return Err(AssertionRefused::Subject);
        }
        // Whoever else it is for could bring it here as if it were their own.
        let is_for_us_alone = match principal.claim("aud") {
            Some(Value::String(_)) => true,
            Some(Value::Array(audiences)) => audiences.len() == 1,
            _ => false,
        };
        if !is_for_us_alone {
            return Err(AssertionRefused::Audience);
        }
        let now = self.clock.unix();
        // It has an end: the verifier demands one.
        let end = principal.expires_at().unwrap_or_default();
        let left = end.saturating_sub(now);
        if left > MAX_LIFETIME + LEEWAY {
            return Err(AssertionRefused::Lifetime);
        }
        let id = principal.token_id().filter(|id| !id.is_empty());
        let id = id.ok_or(AssertionRefused::Id)?;
        // The length keeps one pair from reading as another.
        let name = Digest::of(&format!("{}:{client_id}{id}", client_id.len()));
        let key = Key::new(COLLECTION, name.as_str())?;
        // A moment longer than the assertion itself is good.
        let lifetime = left + LEEWAY + Duration::from_secs(1);
        let is_first = self
            .store
            .compare_and_swap(&key, None, b"used", lifetime)
            .await?;
        if is_first {
            Ok(())
        } else {
            Err(AssertionRefused::Replayed)
        }
    }
}

impl fmt::Debug for ClientAssertions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientAssertions")
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

/// The client that an assertion says it is of. Nothing of it is verified.
pub(super) fn claimed_client(assertion: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claims {
        sub: String,
    }
    let payload = assertion.split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    Some(claims.sub)
}

/// Why an assertion does not let a client in. The text is safe to show.
#[derive(Debug, Error)]
pub(super) enum AssertionRefused {
    #[error("the `aud` of the assertion must be this authorization server alone")]
    Audience,
    #[error("the assertion has no `jti`")]
    Id,
    #[error("the assertion is good for longer than 5 minutes; make one for each request")]
    Lifetime,
    #[error("the assertion is not accepted: {0}")]
    Rejected(TokenRejected),
    #[error("the assertion was used before; make one for each request")]
    Replayed,
    #[error("the `sub` of the assertion is not the client")]
    Subject,
    #[error("the assertion is not accepted")]
    Verdict,
    #[error("assertions cannot be checked at the moment; try again")]
    Store(#[from] StoreError),
    #[error("the keys of the client cannot be fetched at the moment; try again")]
    Unavailable(#[from] Unavailable),
}
