//! How identity assertions are set up.

use std::sync::Arc;
use std::time::Duration;

use thyra_auth::{
    Algorithm, Audience, Clock, Discovery, Fetcher, Issuers, Jwks, JwtVerifier, KeySetUrl,
    KeySource, ProviderError, ScopeSet,
};
use thyra_store::Store;

use super::seen::Seen;
use super::{Assertions, TYPE, TrustedIssuer};

/// The setting's name in errors.
const SETTING: &str = "identity_assertion";

/// Lets an enterprise's identity provider decide who may use this server (ID-JAG, SEP-990): it
/// signs an assertion about a person, a client and this server, and the client gets an access token
/// for it without a login here. Such a token is short-lived, and there is no refresh token with it.
///
/// ```
/// use thyra_issuer::IdentityAssertion;
///
/// let assertions = IdentityAssertion::new(["https://login.corp.example"])
///     .required_scopes(["notes:read"]);
/// ```
#[derive(Clone, Debug)]
#[must_use = "it is a setting of a provider"]
pub struct IdentityAssertion {
    trusted_issuers: Vec<String>,
    jwks_uris: Vec<(String, String)>,
    audience: Vec<String>,
    required_scopes: ScopeSet,
    algorithms: Vec<Algorithm>,
    access_token_lifetime: Duration,
    shares_subjects: bool,
}

impl IdentityAssertion {
    /// Trusts assertions of these issuers, named byte for byte as in `iss`. Their keys are found
    /// through their metadata (RFC 8414, `OpenID` Connect Discovery) when they are first needed.
    pub fn new<S: Into<String>>(trusted_issuers: impl IntoIterator<Item = S>) -> Self {
        Self {
            trusted_issuers: trusted_issuers.into_iter().map(Into::into).collect(),
            jwks_uris: Vec::new(),
            audience: Vec::new(),
            required_scopes: ScopeSet::default(),
            algorithms: Vec::new(),
            access_token_lifetime: Duration::from_mins(5),
            shares_subjects: false,
        }
    }

    /// Where the keys of an issuer are, if it has no metadata.
    pub fn jwks_uri(mut self, issuer: impl Into<String>, url: impl Into<String>) -> Self {
        self.jwks_uris.push((issuer.into(), url.into()));
        self
    }

    /// What `aud` must hold one of. By default it is the issuer of this server, with and without a
    /// slash at its end.
    pub fn audience<S: Into<String>>(mut self, audience: impl IntoIterator<Item = S>) -> Self {
        self.audience = audience.into_iter().map(Into::into).collect();
        self
    }

    /// The scopes that each assertion must have; none by default.
    pub fn required_scopes(mut self, scopes: impl Into<ScopeSet>) -> Self {
        self.required_scopes = scopes.into();
        self
    }

    /// The algorithms that assertions may be signed with. By default these are all with a public
    /// key, as far as the issuer's keys allow them.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// How long the access tokens live; five minutes by default.
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.access_token_lifetime = lifetime;
        self
    }

    /// Says that the issuers name people as the identity provider does that they sign in at: the
    /// same `sub` is the same person. Otherwise the subject is the issuer and its `sub`, with a
    /// space between them, so that nobody becomes somebody else by having the same number. It takes
    /// a single trusted issuer.
    pub fn shares_subjects(mut self) -> Self {
        self.shares_subjects = true;
        self
    }

    /// What judges assertions for the authorization server `issuer`. Nothing is fetched.
    pub(crate) fn build(
        self,
        issuer: &str,
        store: Store,
        clock: &Arc<dyn Clock>,
        fetcher: &Fetcher,
    ) -> Result<Assertions, ProviderError> {
        if self.trusted_issuers.is_empty() {
            return Err(ProviderError::missing(
                SETTING,
                "Name the issuers whose assertions are trusted.",
            ));
        }
        if self.access_token_lifetime.as_secs() == 0 {
            return Err(invalid("the access token would live for no time at all"));
        }
        if self.shares_subjects && self.trusted_issuers.len() > 1 {
            return Err(ProviderError::invalid(
                SETTING,
                "of several issuers, one could speak for the people of another",
                "Trust one issuer with `shares_subjects`, or leave `shares_subjects` out.",
            ));
        }
        let mut jwks_uris = self.jwks_uris.iter();
        if jwks_uris.any(|(issuer, _)| !self.trusted_issuers.contains(issuer)) {
            return Err(invalid("a key set is of an issuer that is not trusted"));
        }
        let mut issuers = Vec::new();
        for trusted in &self.trusted_issuers {
            let keys = self.keys(trusted, clock, fetcher)?;
            issuers.push(TrustedIssuer {
                verifier: self.verifier(trusted, keys, issuer, clock)?,
                issuer: trusted.clone(),
            });
        }
        Ok(Assertions {
            issuers,
            required_scopes: self.required_scopes,
            access_token_lifetime: self.access_token_lifetime,
            shares_subjects: self.shares_subjects,
            seen: Seen::new(store, Arc::clone(clock)),
        })
    }

    fn keys(
        &self,
        issuer: &str,
        clock: &Arc<dyn Clock>,
        fetcher: &Fetcher,
    ) -> Result<KeySource, ProviderError> {
        let given = self.jwks_uris.iter().find(|(of, _)| of == issuer);
        let keys = if let Some((_, url)) = given {
            let url = KeySetUrl::configured(url);
            Jwks::builder(url.map_err(|error| invalid(error.to_string()))?)
        } else {
            let discovery = Discovery::new(issuer, fetcher.clone());
            Jwks::builder(discovery.map_err(|error| invalid(error.to_string()))?)
        };
        let keys = keys.fetcher(fetcher.clone()).clock(Arc::clone(clock));
        Ok(keys.build().into())
    }

    pub(super) fn verifier(
        &self,
        trusted: &str,
        keys: KeySource,
        issuer: &str,
        clock: &Arc<dyn Clock>,
    ) -> Result<JwtVerifier, ProviderError> {
        let short = issuer.trim_end_matches('/');
        let audience = match &*self.audience {
            [] => Audience::any_of([short.to_owned(), format!("{short}/")])?,
            audience => Audience::any_of(audience)?,
        };
        let verifier = JwtVerifier::builder(keys, Issuers::any_of([trusted])?, audience)
            .types([TYPE.to_owned(), format!("application/{TYPE}")])
            .clock(Arc::clone(clock))
            // Each is good once.
            .cache_bytes(0);
        let verifier = match &*self.algorithms {
            [] => verifier,
            algorithms => verifier.algorithms(algorithms.iter().copied()),
        };
        Ok(verifier.build()?)
    }
}

fn invalid(problem: impl Into<String>) -> ProviderError {
    let help = "Name each trusted issuer as it names itself in `iss`, an https URL.";
    ProviderError::invalid(SETTING, problem, help)
}
