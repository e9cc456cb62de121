//! The token endpoint (OAuth 2.1 section 3.2): what is sent to it, and what it answers.

use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use url::form_urlencoded;

use crate::charset::is_of_credentials;
use crate::client_authentication::ClientCredentials;
use crate::pkce::CodeVerifier;
use crate::printable::printable;
use crate::scope::ScopeSet;
use crate::secret::Secret;

/// The longest token, in bytes; it must fit into a header.
const MAX_TOKEN: usize = 16 * 1024;

/// A request to a token endpoint. [`TokenRequest::headers`] and [`TokenRequest::body`] are what to
/// post.
#[derive(Clone, Copy, Debug)]
pub struct TokenRequest<'a> {
    /// What is exchanged for a token.
    pub grant: Grant<'a>,
    /// Who asks.
    pub client: &'a ClientCredentials,
    /// The resource that the token is for (RFC 8707).
    pub resource: Option<&'a str>,
}

/// What is exchanged for a token.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Grant<'a> {
    /// The code that the browser brought back (OAuth 2.1 section 4.1.3).
    AuthorizationCode {
        /// The code.
        code: &'a Secret,
        /// The secret behind the challenge of the authorization request.
        code_verifier: &'a CodeVerifier,
        /// The redirect URI of the authorization request.
        redirect_uri: &'a str,
    },
    /// A refresh token (OAuth 2.1 section 4.3).
    RefreshToken(&'a Secret),
}

impl TokenRequest<'_> {
    /// The headers, which hold the client's secret when it authenticates with `Basic`.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        headers.extend(
            self.client
                .authorization()
                .map(|value| (AUTHORIZATION, value)),
        );
        headers
    }

    /// The form.
    pub fn body(&self) -> Secret {
        let mut form = form_urlencoded::Serializer::new(String::new());
        match self.grant {
            Grant::AuthorizationCode {
                code,
                code_verifier,
                redirect_uri,
            } => form
                .append_pair("grant_type", "authorization_code")
                .append_pair("code", code.expose())
                .append_pair("code_verifier", code_verifier.expose())
                .append_pair("redirect_uri", redirect_uri),
            Grant::RefreshToken(token) => form
                .append_pair("grant_type", "refresh_token")
                .append_pair("refresh_token", token.expose()),
        };
        if let Some(resource) = self.resource {
            form.append_pair("resource", resource);
        }
        self.client.append_to(&mut form);
        Secret::new(form.finish())
    }
}

/// What a token endpoint gives (OAuth 2.1 section 3.2.3).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenResponse {
    /// The access token, of the type Bearer. A header can carry it.
    pub access_token: Secret,
    /// What a new access token can be had for.
    pub refresh_token: Option<Secret>,
    /// How long the access token lives.
    pub expires_in: Option<Duration>,
    /// Its scopes. When they are not named, the token has those that were asked for.
    pub scope: Option<ScopeSet>,
}

impl TokenResponse {
    /// Reads the HTTP status and the body of an answer.
    ///
    /// # Errors
    ///
    /// [`TokenError`] when there is no token in it that can be used. It repeats no secret.
    pub fn read(status: u16, body: &[u8]) -> Result<Self, TokenError> {
        match status {
            200 => Self::success(body),
            429 | 500..=599 => Err(TokenError::Unavailable { status }),
            _ => Err(TokenError::refused(status, body)),
        }
    }

    fn success(body: &[u8]) -> Result<Self, TokenError> {
        #[derive(Deserialize)]
        struct Document {
            access_token: String,
            token_type: String,
            expires_in: Option<u64>,
            refresh_token: Option<String>,
            scope: Option<String>,
        }

        // What serde says about a wrong value may repeat the value.
        let document: Document = serde_json::from_slice(body).map_err(|_| {
            TokenError::Malformed("it is not JSON as OAuth 2.1 section 3.2.3 has it")
        })?;
        let access_token = Secret::new(document.access_token);
        let refresh_token = document
            .refresh_token
            .filter(|token| !token.is_empty())
            .map(Secret::new);
        if !document.token_type.eq_ignore_ascii_case("bearer") {
            return Err(TokenError::Malformed(
                "the token is of another type than Bearer",
            ));
        }
        let is_odd = |token: &Secret| is_too_long(token) || !is_of_credentials(token.expose());
        if !is_sendable(&access_token) || refresh_token.as_ref().is_some_and(is_odd) {
            return Err(TokenError::Malformed(
                "the token is empty, too long, or not of visible ASCII characters",
            ));
        }
        let scope = document.scope.as_deref().map(ScopeSet::learned).transpose();
        let scope = scope.map_err(|_| {
            TokenError::Malformed(
                "its scopes are too many, or hold characters that RFC 6749 section 3.3 does not allow",
            )
        })?;
        Ok(Self {
            access_token,
            refresh_token,
            expires_in: document.expires_in.map(Duration::from_secs),
            scope: scope.filter(|scopes| !scopes.is_empty()),
        })
    }
}

fn is_sendable(token: &Secret) -> bool {
    let text = token.expose();
    !text.is_empty() && !is_too_long(token) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_too_long(token: &Secret) -> bool {
    token.expose().len() > MAX_TOKEN
}

/// Why a token endpoint gave no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The answer does not follow OAuth.
    #[error("the answer of the token endpoint cannot be used: {0}")]
    Malformed(&'static str),
    /// The server refused.
    #[error("the token endpoint refused with status {status}, `{error}`{description}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The code of OAuth 2.1 section 3.2.4, or `no reason given`.
        error: String,
        /// A colon and a sentence for people, or nothing.
        description: String,
    },
    /// The server has a problem of its own.
    #[error("the token endpoint answered with status {status}; try again later")]
    Unavailable {
        /// The HTTP status.
        status: u16,
    },
}

impl TokenError {
    /// Whether the same request may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// Whether the server no longer knows this client.
    pub fn is_client_unknown(&self) -> bool {
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
