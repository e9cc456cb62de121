//! Who has signed in, as the identity provider's tokens say.

use std::sync::Arc;

use serde_json::{Map, Value};
use thyra_auth::{BearerToken, TokenVerifier, Verdict};
use thyra_oauth::Secret;

use super::Renewal;
use super::error::UpstreamError;
use super::id_token::IdTokens;
use crate::record::UpstreamTokens;

/// Claims that describe a token, or what it is for. None of them says anything of the person, and
/// some would be mistaken for claims of our own tokens.
const OF_TOKENS: [&str; 22] = [
    "act",
    "aio",
    "at_hash",
    "aud",
    "azp",
    "c_hash",
    "client_id",
    "cnf",
    "exp",
    "gen",
    "iat",
    "jti",
    "may_act",
    "nbf",
    "nonce",
    "resource",
    "rh",
    "s_hash",
    "scope",
    "scopes",
    "scp",
    "uti",
];

/// What says who has signed in.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// The access token, as this verifier judges it: a JSON Web Token, or one that somebody is
    /// asked about.
    AccessToken(Arc<dyn TokenVerifier>),
    /// The ID token.
    IdToken(IdTokens),
    /// Both, of the same person. What the ID token says counts more. With a verifier that asks the
    /// user info endpoint, this reads what the ID token leaves out.
    Both(IdTokens, Arc<dyn TokenVerifier>),
}

/// A person, by the identity provider's word.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) subject: String,
    pub(super) claims: Map<String, Value>,
}

impl Identity {
    /// Who has signed in just now. `nonce` is what the ID token must repeat.
    pub(super) async fn of_login(
        &self,
        tokens: &UpstreamTokens,
        nonce: Option<&Secret>,
    ) -> Result<Person, UpstreamError> {
        match self {
            Self::AccessToken(verifier) => judged(&**verifier, &tokens.access_token).await,
            Self::IdToken(id_tokens) => signed(id_tokens, tokens, nonce).await,
            Self::Both(id_tokens, verifier) => {
                let person = signed(id_tokens, tokens, nonce).await?;
                let other = judged(&**verifier, &tokens.access_token).await?;
                person.with(other)
            }
        }
    }

    /// Whose login goes on. `has_id_token` says whether a new ID token came with the answer, which
    /// is not always so (`OpenID` Connect Core section 12.2).
    pub(super) async fn of_renewal(
        &self,
        tokens: &UpstreamTokens,
        has_id_token: bool,
        login: Renewal<'_>,
    ) -> Result<Person, UpstreamError> {
        let known = || Person {
            subject: login.subject.to_owned(),
            claims: login.claims.clone(),
        };
        let person = match self {
            Self::AccessToken(verifier) => judged(&**verifier, &tokens.access_token).await?,
            Self::IdToken(id_tokens) if has_id_token => signed(id_tokens, tokens, None).await?,
            Self::IdToken(_) => known(),
            Self::Both(id_tokens, verifier) => {
                let other = judged(&**verifier, &tokens.access_token).await?;
                if has_id_token {
                    signed(id_tokens, tokens, None).await?.with(other)?
                } else {
                    other.with(known())?
                }
            }
        };
        if person.subject != login.subject {
            return Err(UpstreamError::identity(OTHER_PERSON));
        }
        Ok(person)
    }
}

const OTHER_PERSON: &str = "the tokens are of different people";

impl Person {
    /// With what the other one knows besides, who must be the same person.
    fn with(mut self, other: Self) -> Result<Self, UpstreamError> {
        if other.subject != self.subject {
            return Err(UpstreamError::identity(OTHER_PERSON));
        }
        for (name, value) in other.claims {
            self.claims.entry(name).or_insert(value);
        }
        Ok(self)
    }

    fn of(mut claims: Map<String, Value>) -> Result<Self, UpstreamError> {
        claims.retain(|name, _| !OF_TOKENS.contains(&name.as_str()));
        let subject = claims.get("sub").and_then(Value::as_str);
        let subject = subject.ok_or_else(|| UpstreamError::identity("they name nobody"))?;
        Ok(Self {
            subject: subject.to_owned(),
            claims,
        })
    }
}

/// By the ID token.
async fn signed(
    id_tokens: &IdTokens,
    tokens: &UpstreamTokens,
    nonce: Option<&Secret>,
) -> Result<Person, UpstreamError> {
    let Some(token) = &tokens.id_token else {
        return Err(UpstreamError::identity(
            "there is no ID token; ask for the scope `openid`",
        ));
    };
    Person::of(id_tokens.verify(token, nonce).await?)
}

/// By the access token.
async fn judged(verifier: &dyn TokenVerifier, token: &Secret) -> Result<Person, UpstreamError> {
    match verifier.verify(&BearerToken::new(token.expose())).await {
        Verdict::Accepted(principal) => {
            let claims = principal.claims().iter();
            let claims = claims.map(|(name, value)| (name.to_owned(), value.clone()));
            let mut claims: Map<String, Value> = claims.collect();
            claims.insert("sub".to_owned(), principal.subject().into());
            Person::of(claims)
        }
        Verdict::Rejected(reason) => Err(UpstreamError::identity(reason)),
        Verdict::Unavailable(outage) => Err(UpstreamError::Unavailable {
            source: outage.into(),
            retry_after: Some(outage.retry_after),
        }),
        _ => Err(UpstreamError::unavailable("there is no verdict")),
    }
}
