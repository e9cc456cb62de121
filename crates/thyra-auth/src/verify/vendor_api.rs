//! Opaque tokens of vendors that have an API of their own to ask about them.

mod discord;
mod github;
mod google;
mod user_info;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};
use thyra_oauth::{Clock, Fetched, Fetcher, Trust};
use url::Url;

use super::jwt::{ClaimNames, ClaimRules};
use super::lookup::{Asker, Known, LookupError, object, odd_status, refused_us};
use super::{AudienceDemand, BearerToken, Issuers, TokenRejected};

pub use discord::DiscordLookup;
pub use github::GitHubLookup;
pub use google::GoogleLookup;
pub use user_info::UserInfoLookup;

type Members = Map<String, Value>;

/// What such an API says of a token, put into the words of tokens (RFC 7519): the members become
/// the claims, beside what is found in them.
fn known(
    issuer: &str,
    subject: Option<&Value>,
    mut members: Members,
    audience: AudienceDemand,
) -> Result<Known, LookupError> {
    let subject = match subject {
        Some(Value::String(text)) => Some(text.clone()),
        // Some count their users.
        Some(Value::Number(number)) if number.is_u64() => Some(number.to_string()),
        _ => None,
    };
    members.retain(|_, value| !value.is_null());
    match subject {
        Some(subject) => members.insert("sub".to_owned(), Value::String(subject)),
        None => members.remove("sub"),
    };
    members.insert("iss".to_owned(), Value::String(issuer.to_owned()));
    let rules = ClaimRules {
        issuers: Issuers::any_of([issuer]).map_err(LookupError::bad_answer)?,
        audience,
        // The verifier around it compares the times.
        leeway: Duration::MAX,
        needs_end: false,
        names: ClaimNames::default(),
        resource: Vec::new(),
    };
    Ok(Known::new(rules.judge(members, Duration::ZERO)?))
}

/// The members of an answer to a request that showed the token. 401 says that the token is bad, and
/// so does 403 with a challenge (RFC 6750 section 3).
fn members(url: &Url, answer: &Fetched) -> Result<Members, LookupError> {
    let is_challenge = answer.headers.contains_key(header::WWW_AUTHENTICATE);
    match answer.status {
        StatusCode::OK => object(&answer.body),
        StatusCode::UNAUTHORIZED => Err(TokenRejected::Inactive.into()),
        StatusCode::FORBIDDEN if is_challenge => Err(TokenRejected::Inactive.into()),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            Err(refused_us(url, answer, ": check the URL"))
        }
        _ => Err(odd_status(url, answer)),
    }
}

/// The answer of the API at `url` to a request that shows the token.
async fn shown(
    token: BearerToken<'_>,
    url: &Url,
    fetcher: &Fetcher,
    clock: &dyn Clock,
) -> Result<Fetched, LookupError> {
    let asker = Asker { fetcher, clock };
    asker.get(url, bearer(token), Trust::Configured).await
}

/// The headers of a request that shows the token and wants JSON.
fn bearer(token: BearerToken<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    // Tokens are of visible ASCII characters here, so this cannot fail.
    if let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", token.as_str())) {
        value.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, value);
    }
    headers
}

/// The seconds since 1970 of a date as RFC 3339 writes it, in UTC.
fn seconds(date: &str) -> Result<Value, LookupError> {
    let date = date.strip_suffix("+00:00").unwrap_or(date);
    let date = humantime::parse_rfc3339_weak(date);
    let date: SystemTime = date.map_err(LookupError::bad_answer)?;
    let since = date.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(since.as_secs().into())
}

#[cfg(test)]
mod tests;
