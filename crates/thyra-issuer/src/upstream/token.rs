//! Requests to the token endpoint, and how their answers are read.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, header};
use serde_json::{Map, Value};
use thyra_oauth::{
    FetchError, FetchLimits, Fetched, Grant, ScopeSet, Secret, TokenError, TokenRequest,
    TokenResponse, TokenType, freshness,
};
use url::form_urlencoded;

use super::Upstream;
use super::endpoints::Place;
use super::error::UpstreamError;
use crate::record::UpstreamTokens;

/// How many bytes an answer may have. Some ID tokens name hundreds of groups.
const MAX_BYTES: usize = 256 * 1024;
/// The longest time that is believed to be one after which to ask again.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(10);

/// The codes of refusals that say that a login is over. Some vendors have words of their own.
const OVER: [&str; 8] = [
    "access_denied",
    "bad_refresh_token",
    "bad_verification_code",
    "consent_required",
    "interaction_required",
    "invalid_grant",
    "invalid_token",
    "login_required",
];

/// What a request has besides its grant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameters<'a> {
    /// The scopes, by the identity provider's names.
    pub(super) scopes: Option<&'a ScopeSet>,
    /// Those of the settings.
    pub(super) more: &'a [(String, String)],
}

impl Upstream {
    /// Asks for tokens.
    pub(super) async fn tokens(
        &self,
        grant: Grant<'_>,
        resource: Option<&str>,
        parameters: Parameters<'_>,
    ) -> Result<TokenResponse, UpstreamError> {
        let settings = &self.settings;
        let places = settings.endpoints.locate().await?;
        let client = settings.credentials(&places)?;
        let request = TokenRequest {
            grant,
            client: &client,
            resource: resource.filter(|_| settings.forward_resource),
        };
        let scopes = parameters.scopes.map(ToString::to_string);
        let scopes = scopes.map(|scopes| ("scope".to_owned(), scopes));
        let is_set = |name: &str| parameters.more.iter().any(|(set, _)| set == name);
        let scopes = scopes.filter(|_| !is_set("scope"));
        let more: Vec<_> = scopes.into_iter().chain(parameters.more.to_vec()).collect();
        let body = request.body_with(&more);
        let answer = self.post(&places.token, request.headers(), &body).await?;
        let tokens = read(&answer).map_err(|source| self.refusal(source, &answer))?;
        if tokens.token_type == TokenType::Dpop {
            return Err(UpstreamError::unavailable(
                "it gave a token that is bound to a key, which was not asked for",
            ));
        }
        Ok(tokens)
    }

    /// Posts a form.
    pub(super) async fn post(
        &self,
        place: &Place,
        headers: HeaderMap,
        body: &Secret,
    ) -> Result<Fetched, UpstreamError> {
        let limits = FetchLimits {
            max_bytes: MAX_BYTES,
            timeout: self.settings.timeout,
        };
        let body = Bytes::copy_from_slice(body.expose().as_bytes());
        let fetcher = &self.settings.fetcher;
        let answer = fetcher.post(&place.url, headers, body, limits, place.trust.clone());
        answer
            .await
            .map_err(|source: FetchError| UpstreamError::unavailable(source))
    }

    /// What it means that the answer is no good one.
    pub(super) fn refusal(&self, source: TokenError, answer: &Fetched) -> UpstreamError {
        match &source {
            TokenError::Refused { error, .. } if OVER.contains(&error.as_str()) => {
                UpstreamError::Refused { source }
            }
            TokenError::Refused { error, .. } if is_transient(error) => self.outage(source, answer),
            TokenError::Refused { error, .. } if error != NO_REASON => UpstreamError::Client {
                source: source.into(),
            },
            _ => self.outage(source, answer),
        }
    }

    fn outage(&self, source: TokenError, answer: &Fetched) -> UpstreamError {
        let now = self.settings.clock.unix();
        let wanted = freshness::retry_after(&answer.headers, now);
        UpstreamError::Unavailable {
            source: source.into(),
            retry_after: wanted.map(|wanted| wanted.min(MAX_RETRY_AFTER)),
        }
    }

    /// The tokens as they are kept, and the scopes that the answer names. What it does not name
    /// stays as it was `before`.
    pub(super) fn kept(
        &self,
        answer: TokenResponse,
        before: Option<&UpstreamTokens>,
    ) -> (UpstreamTokens, Option<ScopeSet>) {
        let now = self.settings.clock.unix();
        let end = |lifetime: Option<Duration>| {
            lifetime.map(|lifetime| now.saturating_add(lifetime).as_secs())
        };
        let refresh_expires_at = end(answer.refresh_expires_in);
        let is_same = answer.refresh_token.is_none();
        let old_end = before
            .filter(|_| is_same)
            .and_then(|old| old.refresh_expires_at);
        let tokens = UpstreamTokens {
            access_token: answer.access_token,
            refresh_token: answer
                .refresh_token
                .or_else(|| before?.refresh_token.clone()),
            id_token: answer.id_token.or_else(|| before?.id_token.clone()),
            expires_at: end(answer.expires_in),
            refresh_expires_at: refresh_expires_at.or(old_end),
        };
        (tokens, answer.scope)
    }
}

/// What [`TokenError`] has in place of a code.
const NO_REASON: &str = "no reason given";

fn is_transient(error: &str) -> bool {
    matches!(
        error,
        "server_error" | "slow_down" | "temporarily_unavailable"
    )
}

/// Reads an answer, which some vendors write as a form.
fn read(answer: &Fetched) -> Result<TokenResponse, TokenError> {
    let status = answer.status.as_u16();
    let kind = answer.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return TokenResponse::read(status, &answer.body);
    }
    let members: Map<String, Value> = form_urlencoded::parse(&answer.body)
        .map(|(name, value)| {
            // Everything is text there.
            let is_number = name.ends_with("expires_in");
            let number = value.parse::<u64>().ok().filter(|_| is_number);
            let value = number.map_or_else(|| Value::from(value.into_owned()), Value::from);
            (name.into_owned(), value)
        })
        .collect();
    let json = Secret::new(Value::Object(members).to_string());
    TokenResponse::read(status, json.expose().as_bytes())
}
