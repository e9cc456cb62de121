//! How an [`Introspection`] is made.

use std::fmt;
use std::time::Duration;

use thiserror::Error;
use thyra_oauth::{Fetcher, UrlRefused, configured_url};

use super::signed::SignedAnswers;
use super::{Introspection, IntrospectionClient, Place};
use crate::verify::algorithm::{Algorithm, Algorithms};
use crate::verify::discovery::{IssuerEndpoint, IssuerMetadataError, Member};
use crate::verify::jwt::{ClaimNames, ClaimRules, KeySource, claim_setters};
use crate::verify::key::VerifyingKey;
use crate::verify::{AudienceDemand, Issuers, VerifierError};

/// Makes an [`Introspection`]; made by [`Introspection::builder`].
#[must_use = "there is nothing before `build`"]
pub struct IntrospectionBuilder {
    issuer: Box<str>,
    client: IntrospectionClient,
    audience: AudienceDemand,
    endpoint: Option<String>,
    claims: ClaimNames,
    signed: Option<KeySource>,
    fetcher: Fetcher,
}

impl IntrospectionBuilder {
    pub(super) fn new(
        issuer: Box<str>,
        client: IntrospectionClient,
        audience: AudienceDemand,
    ) -> Self {
        Self {
            issuer,
            client,
            audience,
            endpoint: None,
            claims: ClaimNames::default(),
            signed: None,
            fetcher: Fetcher::default(),
        }
    }

    /// The URL of the endpoint: `https`, or `http` on this machine. By default the issuer's
    /// metadata says it (`introspection_endpoint`, RFC 8414), and is read with the first token.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    claim_setters!(claims);

    /// The same, all at once.
    pub(crate) fn claim_names(mut self, names: ClaimNames) -> Self {
        self.claims = names;
        self
    }

    /// Demands answers that are signed with one of these keys (RFC 9701), and refuses others. Use a
    /// [`Jwks`](crate::Jwks) with the issuer's key set.
    pub fn signed_answers(mut self, keys: impl Into<KeySource>) -> Self {
        self.signed = Some(keys.into());
        self
    }

    /// The client that asks.
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.fetcher = fetcher;
        self
    }

    /// Checks the settings. Nobody is asked yet.
    ///
    /// # Errors
    ///
    /// [`IntrospectionError`].
    pub fn build(self) -> Result<Introspection, IntrospectionError> {
        if self.client.id().trim().is_empty() {
            return Err(IntrospectionError::Client);
        }
        let issuers = Issuers::any_of([&self.issuer])?;
        let place = match self.endpoint {
            Some(url) => Place::Known(configured_url(&url)?),
            None => Place::Metadata(IssuerEndpoint::new(
                &self.issuer,
                Member::Introspection,
                self.fetcher.clone(),
            )?),
        };
        Ok(Introspection {
            place,
            client: self.client,
            issuer: self.issuer,
            rules: ClaimRules {
                issuers,
                audience: self.audience,
                // The verifier around it compares the times.
                leeway: Duration::MAX,
                needs_end: false,
                names: self.claims,
                resource: Vec::new(),
            },
            signed: self.signed.map(signed).transpose()?,
            fetcher: self.fetcher,
        })
    }
}

fn signed(keys: KeySource) -> Result<SignedAnswers, VerifierError> {
    let mut algorithms = Algorithms::asymmetric();
    if let KeySource::Fixed(keys) = &keys {
        let possible = keys.iter().map(VerifyingKey::algorithms);
        let possible: Algorithms = possible.flat_map(Algorithms::iter).collect();
        if possible.iter().any(Algorithm::is_symmetric) {
            return Err(VerifierError::SharedSecret);
        }
        algorithms = algorithms.intersection(possible);
    }
    if algorithms.is_empty() {
        return Err(VerifierError::Algorithms);
    }
    Ok(SignedAnswers { keys, algorithms })
}

impl fmt::Debug for IntrospectionBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionBuilder")
            .field("issuer", &self.issuer)
            .field("client", &self.client)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

/// Why nobody can be asked with these settings.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IntrospectionError {
    /// The client's identifier is blank.
    #[error("the client id is blank; set it to what the authorization server knows this server by")]
    Client,
    /// The endpoint cannot be found through the issuer.
    #[error("set the URL of the introspection endpoint, or the issuer to a URL")]
    Discovery(#[from] IssuerMetadataError),
    /// The URL of the endpoint cannot be used.
    #[error("the introspection endpoint cannot be used")]
    Endpoint(#[from] UrlRefused),
    /// The issuer is blank, or the keys cannot verify signed answers.
    #[error(transparent)]
    Settings(#[from] VerifierError),
}
