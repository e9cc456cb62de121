//! Google's access tokens.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::StatusCode;
use serde_json::Value;
use thyra_oauth::{Clock, Fetcher};
use url::Url;

use super::{Members, known, members, shown};
use crate::verify::lookup::{Known, LookupError, TokenLookup};
use crate::verify::{Audience, BearerToken, TokenRejected};

const URL: &str = "https://oauth2.googleapis.com/tokeninfo";
const ISSUER: &str = "https://accounts.google.com";

/// Asks Google about access tokens, at its `tokeninfo` endpoint. A token is accepted when its `aud`
/// and its `azp` are OAuth clients of yours. Tokens without the scope `openid` have no subject, and
/// are refused.
#[derive(Clone, Debug)]
pub struct GoogleLookup {
    url: Url,
    clients: Audience,
    fetcher: Fetcher,
}

impl GoogleLookup {
    /// Accepts the tokens of these clients, `...apps.googleusercontent.com`.
    ///
    /// # Errors
    ///
    /// Never: the URL of Google is one.
    pub fn new(clients: Audience) -> Result<Self, url::ParseError> {
        Ok(Self {
            url: Url::parse(URL)?,
            clients,
            fetcher: Fetcher::default(),
        })
    }

    /// The client that asks.
    #[must_use]
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.fetcher = fetcher;
        self
    }

    fn judge(&self, mut members: Members) -> Result<Known, LookupError> {
        let party = members.get("azp").and_then(Value::as_str);
        if party.is_some_and(|party| !self.clients.iter().any(|client| client == party)) {
            return Err(TokenRejected::AudienceMismatch.into());
        }
        // Google writes numbers as strings.
        if let Some(end) = members.get("exp").and_then(Value::as_str) {
            let end: u64 = end.parse().map_err(LookupError::bad_answer)?;
            members.insert("exp".to_owned(), end.into());
        }
        let subject = members.get("sub").cloned();
        known(
            ISSUER,
            subject.as_ref(),
            members,
            self.clients.clone().into(),
        )
    }
}

impl TokenLookup for GoogleLookup {
    fn look_up<'a>(
        &'a self,
        token: BearerToken<'a>,
        clock: &'a dyn Clock,
    ) -> BoxFuture<'a, Result<Known, LookupError>> {
        async move {
            let answer = shown(token, &self.url, &self.fetcher, clock).await?;
            // Its way to say that a token is bad.
            if answer.status == StatusCode::BAD_REQUEST {
                return Err(TokenRejected::Inactive.into());
            }
            self.judge(members(&self.url, &answer)?)
        }
        .boxed()
    }
}
