//! Discord's access tokens.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::Value;
use thyra_oauth::{Clock, Fetcher, UrlRefused, configured_url};
use url::Url;

use super::{Members, known, members, seconds, shown};
use crate::verify::lookup::{Known, LookupError, TokenLookup};
use crate::verify::{Audience, BearerToken};

const URL: &str = "https://discord.com/api/oauth2/@me";
const ISSUER: &str = "https://discord.com";

/// Claims, and where the user has them. Who has chosen no name to show is known by the other.
const OF_USER: [(&str, &str); 5] = [
    ("username", "username"),
    ("email", "email"),
    ("email_verified", "verified"),
    ("name", "global_name"),
    ("name", "username"),
];

/// Asks Discord about access tokens, at `/oauth2/@me`. A token is accepted when its application is
/// one of yours. Tokens without the scope `identify` name no user, and are refused.
///
/// What Discord says of the user is the claim `user`; its `username`, `email`, `verified` and
/// `global_name` are the claims `username`, `email`, `email_verified` and `name` as well.
#[derive(Clone, Debug)]
pub struct DiscordLookup {
    url: Url,
    applications: Audience,
    fetcher: Fetcher,
}

impl DiscordLookup {
    /// Accepts the tokens of these applications, by their ids.
    ///
    /// # Errors
    ///
    /// Never: the URL of Discord is one.
    pub fn new(applications: Audience) -> Result<Self, url::ParseError> {
        Ok(Self {
            url: Url::parse(URL)?,
            applications,
            fetcher: Fetcher::default(),
        })
    }

    /// Asks the API at `url` instead of `https://discord.com/api`.
    ///
    /// # Errors
    ///
    /// [`UrlRefused`] when it is not `https`, or `http` on this machine.
    pub fn api_url(mut self, url: &str) -> Result<Self, UrlRefused> {
        self.url = configured_url(&format!("{}/oauth2/@me", url.trim_end_matches('/')))?;
        Ok(self)
    }

    /// The client that asks.
    #[must_use]
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.fetcher = fetcher;
        self
    }

    fn judge(&self, mut answer: Members) -> Result<Known, LookupError> {
        let application = answer.get("application").and_then(|held| held.get("id"));
        let application = application.cloned().unwrap_or_default();
        let user = answer.remove("user").unwrap_or_default();
        let mut claims = Members::from_iter([
            ("aud".to_owned(), application.clone()),
            ("client_id".to_owned(), application),
            ("user".to_owned(), user.clone()),
        ]);
        for (claim, member) in OF_USER {
            if let Some(value) = user.get(member).filter(|value| !value.is_null()) {
                claims.entry(claim).or_insert_with(|| value.clone());
            }
        }
        if let Some(scopes) = answer.remove("scopes") {
            claims.insert("scope".to_owned(), scopes);
        }
        if let Some(end) = answer.get("expires").and_then(Value::as_str) {
            claims.insert("exp".to_owned(), seconds(end)?);
        }
        known(
            ISSUER,
            user.get("id"),
            claims,
            self.applications.clone().into(),
        )
    }
}

impl TokenLookup for DiscordLookup {
    fn look_up<'a>(
        &'a self,
        token: BearerToken<'a>,
        clock: &'a dyn Clock,
    ) -> BoxFuture<'a, Result<Known, LookupError>> {
        async move {
            let answer = shown(token, &self.url, &self.fetcher, clock).await?;
            self.judge(members(&self.url, &answer)?)
        }
        .boxed()
    }
}
