//! The token endpoint (OAuth 2.1 section 3.2): codes and refresh tokens become access tokens.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use serde::Deserialize;
use thyra_auth::{Clock, ScopeSet, Secret};
use url::{Url, form_urlencoded};

use super::super::outbound::{Body, Http, HttpError};
use super::super::printable::printable;
use super::register::{Authentication, Registration};

/// The longest token, in bytes; it must fit into a header.
const MAX_TOKEN: usize = 16 * 1024;

/// The most of a token's life, and the longest time, that it is renewed before its end.
const EARLY_PART: u32 = 10;
const EARLY_MAX: Duration = Duration::from_mins(1);

/// What the client has been granted.
pub(crate) struct Tokens {
    pub(crate) access: Secret,
    pub(super) refresh: Option<Secret>,
    /// The scopes, when somebody named them.
    pub(crate) scopes: Option<ScopeSet>,
    pub(super) expires_in: Option<Duration>,
    /// When to renew it, by the monotonic clock.
    renew_at: Option<Duration>,
}

impl Tokens {
    pub(super) fn is_stale(&self, clock: &dyn Clock) -> bool {
        self.renew_at
            .is_some_and(|renew_at| renew_at <= clock.monotonic())
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// What is handed in.
pub(super) enum Grant<'a> {
    Code {
        code: &'a Secret,
        verifier: &'a Secret,
        redirect_uri: &'a str,
    },
    Refresh {
        token: &'a Secret,
    },
}

/// A request to the token endpoint, but for the grant.
pub(super) struct TokenRequest<'a> {
    pub(super) endpoint: &'a Url,
    pub(super) registration: &'a Registration,
    /// The resource that the token is for (RFC 8707).
    pub(super) resource: &'a str,
    /// The scopes that hold when the answer names none (OAuth 2.1 section 3.2.3).
    pub(super) scopes: Option<&'a ScopeSet>,
}

impl TokenRequest<'_> {
    pub(super) async fn send(
        &self,
        http: &Http,
        clock: &dyn Clock,
        grant: Grant<'_>,
    ) -> Result<Tokens, TokenError> {
        let asked_at = clock.monotonic();
        let reply = http.post(self.endpoint, self.body(&grant)).await?;
        match reply.status {
            200 => {
                let mut tokens = read(&reply.body, asked_at)?;
                tokens.scopes = tokens.scopes.or_else(|| self.scopes.cloned());
                if let (None, Grant::Refresh { token }) = (&tokens.refresh, &grant) {
                    // A server that does not rotate leaves the old one in force.
                    tokens.refresh = Some((*token).clone());
                }
                Ok(tokens)
            }
            status @ (429 | 500..=599) => Err(TokenError::Unavailable { status }),
            status => Err(TokenError::refused(status, &reply.body)),
        }
    }

    fn body(&self, grant: &Grant<'_>) -> Body {
        let Registration {
            client_id,
            authentication,
            ..
        } = self.registration;
        let mut form = form_urlencoded::Serializer::new(String::new());
        match grant {
            Grant::Code {
                code,
                verifier,
                redirect_uri,
            } => form
                .append_pair("grant_type", "authorization_code")
                .append_pair("code", code.expose())
                .append_pair("code_verifier", verifier.expose())
                .append_pair("redirect_uri", redirect_uri),
            Grant::Refresh { token } => form
                .append_pair("grant_type", "refresh_token")
                .append_pair("refresh_token", token.expose()),
        };
        form.append_pair("resource", self.resource);
        let mut authorization = None;
        match authentication {
            Authentication::Basic(secret) => authorization = basic(client_id, secret),
            Authentication::None => {
                form.append_pair("client_id", client_id);
            }
            Authentication::Post(secret) => {
                form.append_pair("client_id", client_id)
                    .append_pair("client_secret", secret.expose());
            }
        }
        Body::Form {
            fields: Secret::new(form.finish()),
            authorization,
        }
    }
}

/// OAuth 2.1 section 2.4.1: both parts are form-encoded first.
fn basic(client_id: &str, secret: &Secret) -> Option<HeaderValue> {
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Secret::new(format!(
        "{}:{}",
        encoded(client_id),
        encoded(secret.expose())
    ));
    let mut value =
        HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair.expose()))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn read(body: &[u8], asked_at: Duration) -> Result<Tokens, TokenError> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        token_type: String,
        expires_in: Option<u64>,
        refresh_token: Option<String>,
        scope: Option<String>,
    }

    // What serde would say of a wrong value might repeat it.
    let answer: Answer = serde_json::from_slice(body)
        .map_err(|_| TokenError::Malformed("it is not JSON as OAuth 2.1 section 3.2.3 has it"))?;
    let access = Secret::new(answer.access_token);
    let refresh = answer
        .refresh_token
        .filter(|token| !token.is_empty())
        .map(Secret::new);
    if !answer.token_type.eq_ignore_ascii_case("bearer") {
        return Err(TokenError::Malformed(
            "the token is of another type than Bearer",
        ));
    }
    let is_sendable = |token: &Secret| {
        let token = token.expose();
        !token.is_empty()
            && token.len() <= MAX_TOKEN
            && token.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if !is_sendable(&access)
        || refresh
            .as_ref()
            .is_some_and(|token| token.expose().len() > MAX_TOKEN)
    {
        return Err(TokenError::Malformed(
            "the token is empty, too long, or not of visible ASCII characters",
        ));
    }
    let expires_in = answer.expires_in.map(Duration::from_secs);
    Ok(Tokens {
        access,
        refresh,
        scopes: answer
            .scope
            .as_deref()
            .map(ScopeSet::parse)
            .filter(|scopes| !scopes.is_empty()),
        expires_in,
        renew_at: expires_in.and_then(|life| {
            asked_at.checked_add(life.saturating_sub(EARLY_MAX.min(life / EARLY_PART)))
        }),
    })
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// No HTTP reply.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The answer is not that of OAuth.
    #[error("the answer of the token endpoint cannot be used: {0}")]
    Malformed(&'static str),
    /// The server said no.
    #[error("the token endpoint refused with status {status}, `{error}`{description}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The code of OAuth 2.1 section 3.2.4, or `no reason given`.
        error: String,
        /// More for people, behind a colon, or nothing.
        description: String,
    },
    /// The server is in trouble.
    #[error("the token endpoint answered with status {status}; try again later")]
    Unavailable {
        /// The HTTP status.
        status: u16,
    },
}

impl TokenError {
    /// Whether the same request may succeed later.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::Http(_) | Self::Unavailable { .. })
    }

    /// Whether the server no longer knows this client.
    pub(super) fn is_client_unknown(&self) -> bool {
        matches!(self, Self::Refused { error, .. } if error == "invalid_client")
    }

    fn refused(status: u16, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Problem {
            error: String,
            error_description: Option<String>,
        }

        match serde_json::from_slice::<Problem>(body) {
            Ok(problem) => Self::Refused {
                status,
                error: printable(&problem.error),
                description: problem
                    .error_description
                    .map(|text| format!(": {}", printable(&text)))
                    .unwrap_or_default(),
            },
            Err(_) => Self::Refused {
                status,
                error: "no reason given".to_owned(),
                description: String::new(),
            },
        }
    }
}

#[cfg(test)]
mod tests;
