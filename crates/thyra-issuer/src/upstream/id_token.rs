//! ID tokens (`OpenID` Connect Core sections 2, 3.1.3.7 and 12.2).

use std::sync::Arc;

use serde_json::{Map, Value};
use thyra_auth::{
    Algorithm, Audience, BearerToken, Issuers, Jwks, JwtVerifier, KeySource, TokenRejected,
    TokenVerifier, Verdict, VerifierError,
};
use thyra_oauth::{Clock, Secret};

use super::discovery::Discovery;
use super::error::UpstreamError;

/// Verifies ID tokens: by the key set of their issuer, with algorithms that have a public key.
#[derive(Clone, Debug)]
pub(crate) struct IdTokens {
    verifier: Arc<JwtVerifier>,
    client_id: String,
    /// What the metadata calls the issuer, which is then the only one.
    discovery: Option<Discovery>,
}

/// How ID tokens are verified.
#[derive(Clone, Debug)]
pub(crate) struct IdTokenRules {
    /// Where the keys are.
    pub(crate) keys: KeySource,
    /// Who may have issued them.
    pub(crate) issuers: Issuers,
    /// This server, to the identity provider.
    pub(crate) client_id: String,
    /// The algorithms that are allowed; all with a public key, if none is named.
    pub(crate) algorithms: Vec<Algorithm>,
    /// What times are compared with.
    pub(crate) clock: Arc<dyn Clock>,
}

impl IdTokens {
    /// Verifies by these rules.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when they could accept no token, or a wrong one.
    pub(crate) fn new(rules: IdTokenRules) -> Result<Self, VerifierError> {
        let audience = Audience::any_of([&rules.client_id])?;
        let builder = JwtVerifier::builder(rules.keys, rules.issuers, audience)
            .clock(rules.clock)
            .types(["JWT"])
            // Each is seen once only.
            .cache_bytes(0);
        let builder = match rules.algorithms.as_slice() {
            [] => builder,
            algorithms => builder.algorithms(algorithms.iter().copied()),
        };
        Ok(Self {
            verifier: Arc::new(builder.build()?),
            client_id: rules.client_id,
            discovery: None,
        })
    }

    /// Verifies those of the issuer that is found there, by the keys that are found there.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub(crate) fn discovered(
        discovery: &Discovery,
        client_id: impl Into<String>,
        algorithms: Vec<Algorithm>,
    ) -> Result<Self, VerifierError> {
        let keys = Jwks::builder(discovery.clone())
            .fetcher(discovery.fetcher())
            .clock(discovery.clock());
        let tokens = Self::new(IdTokenRules {
            keys: keys.build().into(),
            issuers: Issuers::any_of(discovery.issuers())?,
            client_id: client_id.into(),
            algorithms,
            clock: discovery.clock(),
        })?;
        Ok(Self {
            discovery: Some(discovery.clone()),
            ..tokens
        })
    }

    /// The claims of a good one. `nonce` is what it must repeat, after a login.
    pub(super) async fn verify(
        &self,
        token: &Secret,
        nonce: Option<&Secret>,
    ) -> Result<Map<String, Value>, UpstreamError> {
        let token = BearerToken::new(token.expose());
        let principal = match self.verifier.verify(&token).await {
            Verdict::Accepted(principal) => principal,
            Verdict::Rejected(reason) => return Err(UpstreamError::identity(reason)),
            Verdict::Unavailable(outage) => {
                return Err(UpstreamError::Unavailable {
                    source: outage.into(),
                    retry_after: Some(outage.retry_after),
                });
            }
            _ => return Err(UpstreamError::unavailable("it could not be verified")),
        };
        if let Some(discovery) = &self.discovery {
            let found = discovery.find().await.map_err(UpstreamError::unavailable)?;
            if found.issuer != principal.issuer() {
                return Err(UpstreamError::identity(TokenRejected::IssuerMismatch));
            }
        }
        let claims = principal.claims();
        let claims = claims
            .iter()
            .map(|(name, value)| (name.to_owned(), value.clone()));
        let claims: Map<String, Value> = claims.collect();
        self.check_claims(&claims, nonce)
            .map_err(UpstreamError::identity)?;
        Ok(claims)
    }

    /// What access tokens need not have.
    fn check_claims(
        &self,
        claims: &Map<String, Value>,
        nonce: Option<&Secret>,
    ) -> Result<(), &'static str> {
        if !claims.contains_key("iat") {
            return Err("the ID token does not say when it was issued");
        }
        let party = claims.get("azp");
        if party.is_some_and(|party| *party != self.client_id.as_str()) {
            return Err("the ID token was issued to another client");
        }
        let audience = claims.get("aud").and_then(Value::as_array);
        if party.is_none() && audience.is_some_and(|audience| audience.len() > 1) {
            return Err("the ID token is for several, and does not say to whom it was issued");
        }
        let Some(nonce) = nonce else {
            return Ok(());
        };
        let held = claims.get("nonce").and_then(Value::as_str);
        let held = held.map(|held| Secret::new(held.to_owned()));
        if held.as_ref() == Some(nonce) {
            Ok(())
        } else {
            Err("the ID token does not belong to this login: its nonce is another one")
        }
    }
}
