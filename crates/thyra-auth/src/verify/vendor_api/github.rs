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

use super::{Members, known, members, seconds};
use crate::verify::lookup::{Asker, Known, LookupError, TokenLookup};
use crate::verify::{Audience, BearerToken, TokenRejected};

const API: &str = "https://api.github.com";
const ISSUER: &str = "https://github.com";

/// Asks GitHub whether a token was issued to one OAuth app: `POST
/// /applications/{client_id}/token`, as the app. Personal access tokens and those of other apps are
/// refused.
///
/// The subject is the number of the user, and the claims are what GitHub says of them (`login`,
/// `avatar_url` and so on). Scopes are those of the token.
#[derive(Clone, Debug)]
pub struct GitHubLookup {
    url: Url,
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
            url: token_url(Url::parse(API)?, &client_id),
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
        self.url = token_url(configured_url(url)?, &self.client_id);
        Ok(self)
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

/// Where the API at `api` is asked about tokens of the app.
fn token_url(mut api: Url, client_id: &str) -> Url {
    if let Ok(mut segments) = api.path_segments_mut() {
        segments.pop_if_empty();
        segments.extend(["applications", client_id, "token"]);
    }
    api
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
                _ => self.judge(members(&self.url, &answer)?),
            }
        }
        .boxed()
    }
}
