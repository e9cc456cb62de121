//! Opaque tokens about which the authorization server is asked (RFC 7662).

mod builder;
mod client;
mod kind;
mod signed;

use std::fmt;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::StatusCode;
use serde_json::{Map, Value};
use thyra_oauth::{Clock, Fetched, Fetcher, IntrospectionRequest, Trust};
use url::Url;

use super::discovery::IssuerEndpoint;
use super::jwt::ClaimRules;
use super::lookup::{Asker, Known, LookupError, TokenLookup, object, odd_status, refused_us};
use super::{AudienceDemand, BearerToken, ClaimName, TokenRejected};
use signed::SignedAnswers;

pub use builder::{IntrospectionBuilder, IntrospectionError};
pub use client::IntrospectionClient;

/// Asks an authorization server about tokens, at its introspection endpoint (RFC 7662). A
/// [`LookupVerifier`](crate::LookupVerifier) makes a verifier of it.
///
/// - The answer's `active` must be a boolean, and true.
/// - `aud` must hold what is demanded. An answer without one is refused, because the token may be
///   meant for somebody else; accept it with [`AudienceUnchecked`](crate::AudienceUnchecked) only
///   if the authorization server answers about tokens for this server alone.
/// - `iss`, where there is one, must be the issuer, byte for byte.
/// - Refresh tokens and ID tokens are refused, where the answer says what the token is
///   (`token_type`, `token_use`, `typ`).
/// - The subject is `sub`. A token without one stands for its client.
/// - All members of the answer are the principal's claims, `cnf` included.
///
/// ```
/// use thyra_auth::{Audience, Introspection, IntrospectionClient, LookupVerifier, Secret};
///
/// let client = IntrospectionClient::secret_basic("api", Secret::new("hunter2".to_owned()));
/// let audience = Audience::any_of(["https://mcp.example.com/mcp"])?;
/// let introspection = Introspection::builder("https://login.example.com", client, audience)
///     .endpoint("https://login.example.com/introspect")
///     .build()?;
/// let verifier = LookupVerifier::builder(introspection).build();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Introspection {
    place: Place,
    client: IntrospectionClient,
    issuer: Box<str>,
    rules: ClaimRules,
    signed: Option<SignedAnswers>,
    fetcher: Fetcher,
}

/// Where the endpoint is.
enum Place {
    Known(Url),
    /// The issuer's metadata says it.
    Metadata(IssuerEndpoint),
}

impl Introspection {
    /// Begins to ask the authorization server `issuer`, byte for byte as its metadata has it.
    /// `client` is this server as the authorization server knows it, and `audience` is what `aud`
    /// must hold.
    pub fn builder(
        issuer: impl Into<Box<str>>,
        client: IntrospectionClient,
        audience: impl Into<AudienceDemand>,
    ) -> IntrospectionBuilder {
        IntrospectionBuilder::new(issuer.into(), client, audience.into())
    }

    async fn ask(&self, token: BearerToken<'_>, clock: &dyn Clock) -> Result<Known, LookupError> {
        let (url, trust) = self.endpoint().await?;
        let client = self.client.credentials(&self.issuer, clock);
        let client = client.map_err(LookupError::no_answer)?;
        let request = IntrospectionRequest {
            token: token.as_str(),
            client: &client,
            signed: self.signed.is_some(),
        };
        let body = Bytes::copy_from_slice(request.body().expose().as_bytes());
        let asker = Asker {
            fetcher: &self.fetcher,
            clock,
        };
        let answer = asker.post(&url, request.headers(), body, trust).await;
        let answer = answer.and_then(|answer| judge_status(&url, answer));
        if let (Place::Metadata(endpoint), Err(LookupError::NoAnswer { .. })) =
            (&self.place, &answer)
        {
            // It may have moved.
            endpoint.forget();
        }
        let answer = answer?;
        let members = match &self.signed {
            Some(signed) => {
                let id = self.client.id();
                signed.open(&answer, &self.issuer, id, clock).await?
            }
            None => object(&answer.body)?,
        };
        self.judge(members, clock)
    }

    async fn endpoint(&self) -> Result<(Url, Trust), LookupError> {
        match &self.place {
            Place::Known(url) => Ok((url.clone(), Trust::Configured)),
            Place::Metadata(endpoint) => endpoint.locate().await.map_err(LookupError::no_answer),
        }
    }

    fn judge(
        &self,
        mut members: Map<String, Value>,
        clock: &dyn Clock,
    ) -> Result<Known, LookupError> {
        match members.get("active") {
            Some(Value::Bool(true)) => {}
            Some(Value::Bool(false)) => return Err(TokenRejected::Inactive.into()),
            _ => {
                return Err(LookupError::bad_answer(
                    "its `active` is missing or not a boolean",
                ));
            }
        }
        // Some servers write `null` for what they do not say.
        members.retain(|_, value| !value.is_null());
        kind::check(&members)?;
        let issuer = members.entry("iss");
        issuer.or_insert_with(|| Value::String(self.issuer.to_string()));
        if members.contains_key("username") && !members.contains_key("sub") {
            // It is a person's token, and everybody with this client would be one caller.
            return Err(TokenRejected::MissingClaim(ClaimName::Sub).into());
        }
        if !members.contains_key("sub")
            && let Some(client) = members.get("client_id").cloned()
        {
            members.insert("sub".to_owned(), client);
        }
        let mut begin = None;
        for name in [ClaimName::Nbf, ClaimName::Iat] {
            begin = begin.max(ClaimRules::time_of(&members, name)?);
        }
        let known = Known::new(self.rules.judge(members, clock.unix())?);
        Ok(match begin {
            Some(begin) => known.not_before(begin),
            None => known,
        })
    }
}

impl TokenLookup for Introspection {
    fn look_up<'a>(
        &'a self,
        token: BearerToken<'a>,
        clock: &'a dyn Clock,
    ) -> BoxFuture<'a, Result<Known, LookupError>> {
        self.ask(token, clock).boxed()
    }
}

/// Which statuses say something about the token: only one. Bad tokens are answered with 200, too
/// (RFC 7662 section 2.2).
fn judge_status(url: &Url, answer: Fetched) -> Result<Fetched, LookupError> {
    match answer.status {
        StatusCode::OK => Ok(answer),
        // A firewall in front of it answers 403 to a token that looks like an attack.
        StatusCode::UNAUTHORIZED => Err(refused_us(
            url,
            &answer,
            ": check this server's client id and secret there, and that it may introspect tokens",
        )),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => Err(refused_us(
            url,
            &answer,
            ": check the URL of the introspection endpoint",
        )),
        status if status.is_redirection() => Err(refused_us(
            url,
            &answer,
            ": set the introspection endpoint to where it redirects to",
        )),
        _ => Err(odd_status(url, &answer)),
    }
}

impl fmt::Debug for Introspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection")
            .field("issuer", &self.issuer)
            .field("client", &self.client)
            .field("rules", &self.rules)
            .field("signed", &self.signed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
