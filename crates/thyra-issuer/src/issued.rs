//! Whether one of our own access tokens is good, and whose it is: its signature says that we issued
//! it, and its grant that it still counts.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use thyra_auth::{
    Audience, BearerToken, Clock, Issuers, JwtVerifier, Known, LookupError, LookupVerifier,
    Principal, PrincipalBuilder, ScopeSet, TokenLookup, TokenRejected, TokenVerifier, Verdict,
    VerifierError,
};

use crate::grant::{GrantError, Grants, OwnClaims};
use crate::record::Grant;
use crate::token_key::KeyRing;

/// How long a good answer counts. It is how long another replica goes on with a grant that was
/// ended here; this one stops at once.
const KEEP: Duration = Duration::from_secs(15);

/// How far the clocks of replicas may differ.
const LEEWAY: Duration = Duration::from_secs(5);

/// How long a token may be looked at. The identity provider may have to be asked.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// How many tokens may be looked at at a time. Those that wait for an identity provider should not
/// keep the others out.
const MOST_AT_ONCE: usize = 512;

/// Looks our own access tokens up.
#[derive(Debug)]
pub(crate) struct IssuedTokens {
    grants: Arc<Grants>,
    issuers: Issuers,
    audience: Audience,
    clock: Arc<dyn Clock>,
    /// Of the keys that were seen last.
    signed: Mutex<Option<(Arc<KeyRing>, Arc<JwtVerifier>)>>,
}

impl IssuedTokens {
    /// Tokens for this resource.
    pub(crate) fn new(
        grants: Arc<Grants>,
        resource: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, VerifierError> {
        Ok(Self {
            issuers: Issuers::any_of([grants.issuer()])?,
            audience: Audience::any_of([resource])?,
            grants,
            clock,
            signed: Mutex::default(),
        })
    }

    /// What an access token of ours says. Its grant is not looked at.
    pub(crate) async fn read(&self, token: &str) -> Result<Arc<Principal>, LookupError> {
        let token = BearerToken::new(token);
        let keys = self.grants.keys();
        let ring = keys.ring().await.map_err(LookupError::no_answer)?;
        let mut verdict = self.signed_by(&ring)?.verify(&token).await;
        if let Verdict::Rejected(TokenRejected::UnknownKey) = verdict {
            let newer = keys.ring_beyond(&ring).await;
            let newer = newer.map_err(LookupError::no_answer)?;
            verdict = self.signed_by(&newer)?.verify(&token).await;
        }
        match verdict {
            Verdict::Accepted(principal) => Ok(principal),
            Verdict::Rejected(reason) => Err(reason.into()),
            _ => Err(LookupError::no_answer("the token could not be judged")),
        }
    }

    /// The verifier of tokens that these keys have signed.
    fn signed_by(&self, ring: &Arc<KeyRing>) -> Result<Arc<JwtVerifier>, LookupError> {
        let mut signed = self.signed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, verifier)) = &*signed
            && Arc::ptr_eq(of, ring)
        {
            return Ok(Arc::clone(verifier));
        }
        let (keys, issuers) = (ring.verifying().clone(), self.issuers.clone());
        let verifier = JwtVerifier::builder(keys, issuers, self.audience.clone())
            .types(["at+jwt"])
            .leeway(LEEWAY)
            .clock(Arc::clone(&self.clock))
            // Answers are remembered once, with the grant.
            .cache_bytes(0)
            .build()
            .map_err(LookupError::bad_answer)?;
        let verifier = Arc::new(verifier);
        *signed = Some((Arc::clone(ring), Arc::clone(&verifier)));
        Ok(verifier)
    }

    async fn known(&self, token: &str) -> Result<Known, LookupError> {
        let signed = self.read(token).await?;
        let own = OwnClaims::of(&signed).ok_or(TokenRejected::Malformed)?;
        let grant = self.grants.find(&own.grant_id).await;
        let grant = grant.map_err(failure)?;
        let grant = grant.ok_or(TokenRejected::Inactive)?;
        let admitted = self.grants.admits(&grant, own.generation);
        let admitted = admitted.ok_or(TokenRejected::Inactive)?;
        let grant = self.grants.fresh(&own.grant_id, grant).await;
        let grant = grant.map_err(failure)?;
        Ok(Known::new(principal(&signed, &grant)).keep_at_most(admitted.min(KEEP)))
    }
}

/// The person as the grant knows them, with what the token says.
fn principal(signed: &Principal, grant: &Grant) -> PrincipalBuilder {
    // The identity provider may have taken something back since the token was issued.
    let held = signed.scopes().iter();
    let scopes: ScopeSet = held.filter(|scope| grant.scopes.contains(scope)).collect();
    let mut claims: Map<String, Value> = grant.claims.clone();
    for (name, value) in signed.claims().iter() {
        claims.insert(name.to_owned(), value.clone());
    }
    claims.insert("scope".to_owned(), scopes.to_string().into());
    let mut principal = Principal::builder(signed.issuer(), signed.subject())
        .scopes(scopes)
        .claims(claims);
    if let Some(client_id) = signed.client_id() {
        principal = principal.client_id(client_id);
    }
    if let Some(end) = signed.expires_at() {
        principal = principal.expires_at(end);
    }
    if let Some(token_id) = signed.token_id() {
        principal = principal.token_id(token_id);
    }
    principal
}

/// What a token is answered with whose grant cannot be used.
fn failure(error: GrantError) -> LookupError {
    match error {
        GrantError::Over | GrantError::Unknown | GrantError::Reused => {
            TokenRejected::Inactive.into()
        }
        // It is about this login only.
        GrantError::Upstream { .. } | GrantError::Scope => LookupError::bad_answer(error),
        GrantError::Contended
        | GrantError::Key(_)
        | GrantError::NoRandomness(_)
        | GrantError::Record(_)
        | GrantError::Shared(_) => LookupError::no_answer(error),
    }
}

impl TokenLookup for IssuedTokens {
    fn look_up<'a>(
        &'a self,
        token: BearerToken<'a>,
        _: &'a dyn Clock,
    ) -> BoxFuture<'a, Result<Known, LookupError>> {
        self.known(token.as_str()).boxed()
    }
}

/// Verifies our own access tokens.
#[derive(Clone, Debug)]
pub(crate) struct IssuedVerifier {
    lookup: LookupVerifier,
    issuer: Arc<str>,
    warnings: Arc<[String]>,
}

impl IssuedVerifier {
    /// `warnings` are for whoever starts the server.
    pub(crate) fn new(
        grants: &Arc<Grants>,
        resource: &str,
        clock: &Arc<dyn Clock>,
        warnings: Vec<String>,
    ) -> Result<Self, VerifierError> {
        let tokens = IssuedTokens::new(Arc::clone(grants), resource, Arc::clone(clock))?;
        let ended = Arc::clone(grants);
        let lookup = LookupVerifier::builder(tokens)
            .keep(KEEP)
            .leeway(LEEWAY)
            .time_limit(TIME_LIMIT)
            .most_at_once(MOST_AT_ONCE)
            .deny(move |token_id| ended.has_ended(token_id))
            .clock(Arc::clone(clock))
            .build();
        Ok(Self {
            lookup,
            issuer: grants.issuer().into(),
            warnings: warnings.into(),
        })
    }
}

impl TokenVerifier for IssuedVerifier {
    fn check_cached(&self, token: &BearerToken<'_>) -> Option<Verdict> {
        self.lookup.check_cached(token)
    }

    fn verify<'a>(&'a self, token: &'a BearerToken<'a>) -> BoxFuture<'a, Verdict> {
        self.lookup.verify(token)
    }

    fn is_revoked(&self, principal: &Principal) -> bool {
        self.lookup.is_revoked(principal)
    }

    fn knows_issuer(&self, issuer: &str) -> bool {
        *self.issuer == *issuer
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.to_vec()
    }
}

#[cfg(test)]
mod tests;
