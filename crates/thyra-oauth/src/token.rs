//! The token endpoint (OAuth 2.1 section 3.2): what is sent to it, and what it answers.

use std::time::Duration;

use http::HeaderMap;
use serde::Deserialize;
use url::form_urlencoded;

use crate::charset::is_of_credentials;
use crate::client_authentication::ClientCredentials;
use crate::members::or_ignored;
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
        /// The secret behind the challenge of the authorization request, if that had one.
        code_verifier: Option<&'a CodeVerifier>,
        /// The redirect URI of the authorization request.
        redirect_uri: &'a str,
    },
    /// The client asks for itself (OAuth 2.1 section 4.2).
    ClientCredentials {
        /// The scopes that are asked for.
        scope: Option<&'a ScopeSet>,
    },
    /// A person may have logged in on another device by now (RFC 8628 section 3.4).
    DeviceCode(&'a Secret),
    /// Somebody whom the authorization server trusts has signed who may have a token (RFC 7523
    /// section 2.1).
    JwtBearer {
        /// What is signed.
        assertion: &'a Secret,
        /// The scopes that are asked for.
        scope: Option<&'a ScopeSet>,
    },
    /// A refresh token (OAuth 2.1 section 4.3).
    RefreshToken(&'a Secret),
    /// A token is exchanged for another one (RFC 8693 section 2.1).
    TokenExchange(TokenExchange<'a>),
}

/// What is asked of a token exchange (RFC 8693 section 2.1).
#[derive(Clone, Copy, Debug)]
pub struct TokenExchange<'a> {
    /// The token that is given, and whose subject the new one has.
    pub subject_token: &'a Secret,
    /// What it is, such as `urn:ietf:params:oauth:token-type:id_token`.
    pub subject_token_type: &'a str,
    /// What is wanted; an access token, unless it is named.
    pub requested_token_type: Option<&'a str>,
    /// Who is to accept it.
    pub audience: Option<&'a str>,
    /// The scopes that are asked for.
    pub scope: Option<&'a ScopeSet>,
}

impl TokenExchange<'_> {
    fn append_to(&self, form: &mut form_urlencoded::Serializer<'_, String>) {
        form.append_pair(
            "grant_type",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        )
        .append_pair("subject_token", self.subject_token.expose())
        .append_pair("subject_token_type", self.subject_token_type);
        for (name, value) in [
            ("requested_token_type", self.requested_token_type),
            ("audience", self.audience),
        ] {
            if let Some(value) = value {
                form.append_pair(name, value);
            }
        }
    }
}

impl TokenRequest<'_> {
    /// The headers, which hold the client's secret when it authenticates with `Basic`.
    pub fn headers(&self) -> HeaderMap {
        self.client.form_headers()
    }

    /// The form.
    pub fn body(&self) -> Secret {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let scope = match &self.grant {
            Grant::AuthorizationCode { .. } | Grant::DeviceCode(_) | Grant::RefreshToken(_) => None,
            Grant::ClientCredentials { scope } | Grant::JwtBearer { scope, .. } => *scope,
            Grant::TokenExchange(exchange) => exchange.scope,
        };
        match &self.grant {
            Grant::AuthorizationCode {
                code,
                code_verifier,
                redirect_uri,
            } => {
                form.append_pair("grant_type", "authorization_code")
                    .append_pair("code", code.expose());
                if let Some(code_verifier) = code_verifier {
                    form.append_pair("code_verifier", code_verifier.expose());
                }
                form.append_pair("redirect_uri", redirect_uri);
            }
            Grant::ClientCredentials { .. } => {
                form.append_pair("grant_type", "client_credentials");
            }
            Grant::DeviceCode(code) => {
                form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:device_code")
                    .append_pair("device_code", code.expose());
            }
            Grant::JwtBearer { assertion, .. } => {
                form.append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
                    .append_pair("assertion", assertion.expose());
            }
            Grant::RefreshToken(token) => {
                form.append_pair("grant_type", "refresh_token")
                    .append_pair("refresh_token", token.expose());
            }
            Grant::TokenExchange(exchange) => exchange.append_to(&mut form),
        }
        if let Some(scope) = scope {
            form.append_pair("scope", &scope.to_string());
        }
        if let Some(resource) = self.resource {
            form.append_pair("resource", resource);
        }
        self.client.append_to(&mut form);
        Secret::new(form.finish())
    }

    /// The form with parameters that this server wants besides. One that the form has already is
    /// replaced.
    pub fn body_with<N: AsRef<str>, V: AsRef<str>>(&self, parameters: &[(N, V)]) -> Secret {
        let body = self.body();
        if parameters.is_empty() {
            return body;
        }
        let is_replaced = |name: &str| {
            parameters
                .iter()
                .any(|(replaced, _)| replaced.as_ref() == name)
        };
        let kept = form_urlencoded::parse(body.expose().as_bytes());
        let kept = kept.filter(|(name, _)| !is_replaced(name));
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(kept).extend_pairs(parameters);
        Secret::new(form.finish())
    }
}

/// What a token endpoint gives (OAuth 2.1 section 3.2.3).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TokenResponse {
    /// The access token. A header can carry it.
    pub access_token: Secret,
    /// How it is shown.
    pub token_type: TokenType,
    /// What a new access token can be had for.
    pub refresh_token: Option<Secret>,
    /// How long that lives. Servers that say it call it `refresh_expires_in` or
    /// `refresh_token_expires_in`, and mean with zero that it does not end.
    pub refresh_expires_in: Option<Duration>,
    /// Who logged in (`OpenID` Connect Core section 3.1.3.3), not verified.
    pub id_token: Option<Secret>,
    /// How long the access token lives.
    pub expires_in: Option<Duration>,
    /// Its scopes. When they are not named, the token has those that were asked for.
    pub scope: Option<ScopeSet>,
}

/// How an access token is shown to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// Whoever has it may use it (RFC 6750).
    Bearer,
    /// It is bound to a key, and good only with a [`DpopProof`](crate::DpopProof) (RFC 9449).
    Dpop,
}

impl TokenResponse {
    /// Reads the HTTP status and the body of an answer.
    ///
    /// # Errors
    ///
    /// [`TokenError`] when there is no token in it that can be used. It repeats no secret.
    pub fn read(status: u16, body: &[u8]) -> Result<Self, TokenError> {
        #[derive(Deserialize)]
        struct Document {
            access_token: String,
            token_type: String,
            expires_in: Option<u64>,
            refresh_token: Option<String>,
            #[serde(default, deserialize_with = "or_ignored")]
            refresh_expires_in: Option<u64>,
            #[serde(default, deserialize_with = "or_ignored")]
            refresh_token_expires_in: Option<u64>,
            #[serde(default, deserialize_with = "or_ignored")]
            id_token: Option<String>,
            scope: Option<String>,
        }

        check_status(status, body)?;
        // What serde says about a wrong value may repeat the value.
        let document: Document = serde_json::from_slice(body).map_err(|_| {
            // Some servers refuse with the status of success.
            TokenError::read_refusal(status, body).unwrap_or(TokenError::Malformed(
                "it is not JSON as OAuth 2.1 section 3.2.3 has it",
            ))
        })?;
        let access_token = Secret::new(document.access_token);
        let refresh_token = document
            .refresh_token
            .filter(|token| !token.is_empty())
            .map(Secret::new);
        let token_type = match document.token_type.to_ascii_lowercase().as_str() {
            "bearer" => TokenType::Bearer,
            "dpop" => TokenType::Dpop,
            _ => {
                return Err(TokenError::Malformed(
                    "the token is of another type than Bearer and DPoP",
                ));
            }
        };
        let is_odd = |token: &Secret| is_too_long(token) || !is_of_credentials(token.expose());
        if !is_sendable(&access_token) || refresh_token.as_ref().is_some_and(is_odd) {
            return Err(TokenError::Malformed(UNSENDABLE));
        }
        let scope = document.scope.as_deref().map(ScopeSet::learned).transpose();
        let id_token = document.id_token.map(Secret::new).filter(is_sendable);
        let refresh_expires_in = document
            .refresh_expires_in
            .or(document.refresh_token_expires_in)
            .filter(|seconds| *seconds > 0);
        let scope = scope.map_err(|_| {
            TokenError::Malformed(
                "its scopes are too many, or hold characters that RFC 6749 section 3.3 does not allow",
            )
        })?;
        Ok(Self {
            access_token,
            token_type,
            refresh_token,
            refresh_expires_in: refresh_expires_in.map(Duration::from_secs),
            id_token,
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

/// Reads the answer to a [`TokenExchange`] that asked for something else than an access token, such
/// as an assertion for another authorization server (RFC 8693 section 2.2.1).
///
/// # Errors
///
/// [`TokenError`] when it holds no token of the type `wanted`. It repeats no secret.
pub fn read_exchanged(status: u16, body: &[u8], wanted: &str) -> Result<Secret, TokenError> {
    #[derive(Deserialize)]
    struct Document {
        // RFC 8693 calls it so, whatever it is.
        access_token: String,
        issued_token_type: String,
    }

    check_status(status, body)?;
    let document: Document = serde_json::from_slice(body)
        .map_err(|_| TokenError::Malformed("it is not JSON as RFC 8693 section 2.2.1 has it"))?;
    let token = Secret::new(document.access_token);
    if document.issued_token_type != wanted {
        return Err(TokenError::Malformed(
            "it is another kind of token than the one that was asked for",
        ));
    }
    if !is_sendable(&token) {
        return Err(TokenError::Malformed(UNSENDABLE));
    }
    Ok(token)
}

const UNSENDABLE: &str = "the token is empty, too long, or not of visible ASCII characters";

/// Tells an answer that counts from a refusal, and from trouble of the server.
pub(crate) fn check_status(status: u16, body: &[u8]) -> Result<(), TokenError> {
    match status {
        200 => Ok(()),
        429 | 500..=599 => Err(TokenError::Unavailable { status }),
        _ => Err(TokenError::refused(status, body)),
    }
}

/// Why a token endpoint gave no token, or another endpoint that answers as it does not what was
/// asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The answer does not follow OAuth.
    #[error("the answer of the authorization server cannot be used: {0}")]
    Malformed(&'static str),
    /// The server refused.
    #[error("the authorization server refused with status {status}, `{error}`{description}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The code of OAuth 2.1 section 3.2.4, or `no reason given`.
        error: String,
        /// A colon and a sentence for people, or nothing.
        description: String,
    },
    /// The server has a problem of its own.
    #[error("the authorization server answered with status {status}; try again later")]
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

    /// Whether the server wants a nonce in the proof, or another one (RFC 9449 section 8).
    pub fn wants_nonce(&self) -> bool {
        matches!(self, Self::Refused { error, .. } if error == "use_dpop_nonce")
    }

    /// Whether the server does not take the proof, which says nothing about the grant.
    pub fn is_about_proof(&self) -> bool {
        self.wants_nonce()
            || matches!(self, Self::Refused { error, .. } if error == "invalid_dpop_proof")
    }

    fn refused(status: u16, body: &[u8]) -> Self {
        Self::read_refusal(status, body).unwrap_or_else(|| Self::Refused {
            status,
            error: "no reason given".to_owned(),
            description: String::new(),
        })
    }

    /// A refusal as OAuth 2.1 section 3.2.4 has it.
    fn read_refusal(status: u16, body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Problem {
            error: String,
            error_description: Option<String>,
        }

        let problem: Problem = serde_json::from_slice(body).ok()?;
        Some(Self::Refused {
            status,
            error: printable(&problem.error),
            description: problem
                .error_description
                .map(|text| format!(": {}", printable(&text)))
                .unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests;
