//! GitHub's tokens.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use thyra_oauth::{Clock, Fetcher, Secret, Trust, UrlRefused, configured_url};
use url::Url;

use super::{Members, known, members, seconds, shown};
use crate::verify::lookup::{Asker, Known, LookupError, TokenLookup};
use crate::verify::{Audience, BearerToken, TokenRejected};

const API: &str = "https://api.github.com";
const ISSUER: &str = "https://github.com";

/// Asks GitHub whether a token was issued to one OAuth app: `POST
/// /applications/{client_id}/token`, as the app. Personal access tokens and those of other apps are
/// refused.
///
/// The subject is the number of the user, and the claims are what GitHub says of them (`login`,
/// `avatar_url` and so on); [`user`](Self::user) asks for the rest. Scopes are those of the token.
#[derive(Clone, Debug)]
pub struct GitHubLookup {
    url: Url,
    user_url: Url,
    asks_user: bool,
    client_id: Box<str>,
    secret: Secret,
    fetcher: Fetcher,
}

impl GitHubLookup {
    /// Accepts the tokens of the app with this client id and secret.
    ///
    /// # Errors
    ///
    /// Never: the URL of GitHub is one.
    pub fn new(client_id: impl Into<Box<str>>, secret: Secret) -> Result<Self, url::ParseError> {
        let client_id = client_id.into();
        Ok(Self {
            url: below(Url::parse(API)?, &["applications", &client_id, "token"]),
            user_url: below(Url::parse(API)?, &["user"]),
            asks_user: false,
            client_id,
            secret,
            fetcher: Fetcher::default(),
        })
    }

    /// Asks the API at `url` instead, such as `https://github.example.com/api/v3` of an Enterprise
    /// Server.
    ///
    /// # Errors
    ///
    /// [`UrlRefused`] when it is not `https`, or `http` on this machine.
    pub fn api_url(mut self, url: &str) -> Result<Self, UrlRefused> {
        let api = configured_url(url)?;
        self.user_url = below(api.clone(), &["user"]);
        self.url = below(api, &["applications", &self.client_id, "token"]);
        Ok(self)
    }

    /// Asks for the user as well, with the token: `GET /user`. The answer about a token has no
    /// `name`, and mostly no `email`. Without an answer to this, there is none about the token.
    #[must_use]
    pub fn user(mut self) -> Self {
        self.asks_user = true;
        self
    }

    /// The client that asks.
    #[must_use]
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.fetcher = fetcher;
        self
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (header::ACCEPT, "application/vnd.github+json"),
            (header::CONTENT_TYPE, "application/json"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let pair = Secret::new(format!("{}:{}", self.client_id, self.secret.expose()));
        let value = format!("Basic {}", STANDARD.encode(pair.expose()));
        if let Ok(mut value) = HeaderValue::from_str(&value) {
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        headers
    }

    fn judge(&self, mut answer: Members) -> Result<Known, LookupError> {
        let client = answer.get("app").and_then(|app| app.get("client_id"));
        let client = client.cloned().unwrap_or_default();
        let Some(Value::Object(mut user)) = answer.remove("user") else {
            return Err(LookupError::bad_answer("it names no user"));
        };
        let subject = user.remove("id");
        // What a user calls itself there must not be taken for a claim of the token.
        for name in [
            "exp", "scope", "scopes", "scp", "nbf", "iat", "jti", "azp", "cnf",
        ] {
            user.remove(name);
        }
        user.insert("aud".to_owned(), client.clone());
        user.insert("client_id".to_owned(), client);
        if let Some(scopes) = answer.remove("scopes") {
            user.insert("scope".to_owned(), scopes);
        }
        if let Some(end) = answer.get("expires_at").and_then(Value::as_str) {
            user.insert("exp".to_owned(), seconds(end)?);
        }
        let audience = Audience::any_of([&self.client_id]).map_err(LookupError::bad_answer)?;
        known(ISSUER, subject.as_ref(), user, audience.into())
    }
}

/// A place of the API at `api`.
fn below(mut api: Url, path: &[&str]) -> Url {
    if let Ok(mut segments) = api.path_segments_mut() {
        segments.pop_if_empty();
        segments.extend(path);
    }
    api
}

/// Puts what `GET /user` says in the place of what the answer about the token says of the user.
fn fill(answer: &mut Members, mut user: Members) -> Result<(), LookupError> {
    let Some(Value::Object(known)) = answer.get_mut("user") else {
        return Err(LookupError::bad_answer("it names no user"));
    };
    if user.get("id") != known.get("id") {
        return Err(LookupError::bad_answer("it is of another user"));
    }
    user.retain(|_, value| !value.is_null());
    known.extend(user);
    Ok(())
}

impl TokenLookup for GitHubLookup {
    fn look_up<'a>(
        &'a self,
        token: BearerToken<'a>,
        clock: &'a dyn Clock,
    ) -> BoxFuture<'a, Result<Known, LookupError>> {
        async move {
            let fetcher = &self.fetcher;
            let asker = Asker { fetcher, clock };
            let body = json!({ "access_token": token.as_str() }).to_string();
            let answer = asker.post(
                &self.url,
                self.headers(),
                Bytes::from(body),
                Trust::Configured,
            );
            let answer = answer.await?;
            match answer.status {
                // It is no token of this app. 422 may also mean that GitHub is asked too often.
                StatusCode::NOT_FOUND => Err(TokenRejected::Inactive.into()),
                StatusCode::UNAUTHORIZED => Err(crate::verify::lookup::refused_us(
                    &self.url,
                    &answer,
                    ": check the client id and the secret of the OAuth app",
                )),
                _ => {
                    let mut answer = members(&self.url, &answer)?;
                    if self.asks_user {
                        let user = shown(token, &self.user_url, fetcher, clock).await?;
                        fill(&mut answer, members(&self.user_url, &user)?)?;
                    }
                    self.judge(answer)
                }
            }
        }
        .boxed()
    }
}
