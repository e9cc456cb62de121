//! `WWW-Authenticate` challenges of the schemes Bearer (RFC 6750 section 3, RFC 9728 section 5.1)
//! and DPoP (RFC 9449 section 7.1), written by resource servers and read by clients.

mod syntax;

use std::borrow::Cow;
use std::fmt::{self, Write};

use http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};

use self::syntax::AuthChallenge;
use crate::charset::is_of_errors;
use crate::scope::{OFFLINE_ACCESS, ScopeSet, is_scope_token};

/// The most algorithms of proofs that are read; there are about a dozen.
const MAX_ALGORITHMS: usize = 32;

/// What a resource server wants to see: a Bearer token, or one that is bound to a key, or either.
///
/// A resource server builds one and writes it with [`Challenge::header_value`]. Its parameters come
/// in a fixed order: `error`, `error_description`, `scope`, `resource_metadata`. Whatever the parts
/// hold, the result is one valid header value: characters that RFC 6750 section 3 does not allow in
/// a parameter are replaced or left out.
///
/// A client reads one with [`Challenge::from_headers`]. A parameter with a character that RFC 6750
/// section 3 does not allow in it is read as absent. `resource_metadata` is unchecked text: whoever
/// follows it refuses what is no URL, and says so.
///
/// ```
/// use thyra_oauth::{Challenge, ScopeSet};
///
/// let scopes = ScopeSet::from_iter(["notes:read", "notes:write"]);
/// let challenge = Challenge::new()
///     .scope(&scopes)
///     .resource_metadata("https://mcp.example.com/.well-known/oauth-protected-resource/mcp");
/// assert_eq!(
///     challenge.to_string(),
///     "Bearer scope=\"notes:read notes:write\", \
///      resource_metadata=\"https://mcp.example.com/.well-known/oauth-protected-resource/mcp\"",
/// );
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert(http::header::WWW_AUTHENTICATE, challenge.header_value());
/// assert_eq!(Challenge::from_headers(&headers), Some(challenge));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Challenge<'a> {
    /// Why the token, or its absence, was refused, such as `invalid_token` (RFC 6750 section 3.1).
    pub error: Option<Cow<'a, str>>,
    /// A sentence for the developer of the client.
    pub error_description: Option<Cow<'a, str>>,
    /// The scopes that the request needs.
    pub scope: Option<ScopeSet>,
    /// Where the protected resource metadata is (RFC 9728 section 5.1).
    pub resource_metadata: Option<Cow<'a, str>>,
    /// Whether tokens are taken that are bound to a key.
    pub dpop: Option<DpopOffer>,
}

/// A resource takes tokens that are bound to a key (RFC 9449 section 7.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DpopOffer {
    /// Whether Bearer tokens are taken as well.
    pub beside_bearer: bool,
    /// With which algorithms proofs may be signed; empty when it does not say.
    pub algorithms: Vec<String>,
}

impl<'a> Challenge<'a> {
    /// A challenge without parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the error code, such as `invalid_token` (RFC 6750 section 3.1).
    #[must_use]
    pub fn error(mut self, code: &'a str) -> Self {
        self.error = Some(Cow::Borrowed(code));
        self
    }

    /// Sets a sentence for the developer of the client.
    #[must_use]
    pub fn error_description(mut self, sentence: &'a str) -> Self {
        self.error_description = Some(Cow::Borrowed(sentence));
        self
    }

    /// Sets the scopes that the request needs. `offline_access` is not written, and neither is the
    /// parameter when nothing else remains.
    #[must_use]
    pub fn scope(mut self, scopes: &ScopeSet) -> Self {
        self.scope = Some(scopes.clone());
        self
    }

    /// Sets the URL of the protected resource metadata (RFC 9728 section 5.1).
    #[must_use]
    pub fn resource_metadata(mut self, url: &'a str) -> Self {
        self.resource_metadata = Some(Cow::Borrowed(url));
        self
    }

    /// Sets that tokens are taken that are bound to a key.
    #[must_use]
    pub fn dpop(mut self, offer: DpopOffer) -> Self {
        self.dpop = Some(offer);
        self
    }

    /// The header value.
    pub fn header_value(&self) -> HeaderValue {
        HeaderValue::try_from(self.to_string())
            // The writer emits visible ASCII and spaces only, and those are always a header value.
            .unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
    }

    /// Whether the token is good but lacks scopes (RFC 6750 section 3.1).
    pub fn is_insufficient_scope(&self) -> bool {
        self.error.as_deref() == Some("insufficient_scope")
    }

    /// Whether the proof that came with the token lacks a nonce, or has an old one (RFC 9449
    /// section 9).
    pub fn wants_dpop_nonce(&self) -> bool {
        self.dpop.is_some() && self.error.as_deref() == Some("use_dpop_nonce")
    }
}

impl Challenge<'static> {
    /// The first Bearer challenge and the first DPoP challenge among all `WWW-Authenticate` values
    /// of a response, as one. What both say is taken from the Bearer challenge, but `error` from
    /// the other: a client that sees it has shown a proof.
    ///
    /// A value that does not follow the syntax, or is longer than 16 KiB, is skipped: another one
    /// may still help.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let (mut bearer, mut dpop) = (None, None);
        let values = headers.get_all(WWW_AUTHENTICATE).into_iter();
        let challenges = values.filter_map(|value| {
            AuthChallenge::parse_all(&String::from_utf8_lossy(value.as_bytes())).ok()
        });
        for challenge in challenges.flatten() {
            let place = if challenge.is("Bearer") {
                &mut bearer
            } else if challenge.is("DPoP") {
                &mut dpop
            } else {
                continue;
            };
            place.get_or_insert(challenge);
        }
        let read_bearer = bearer.as_ref().map(Self::read);
        let Some(dpop) = dpop else {
            return read_bearer;
        };
        let offer = DpopOffer {
            beside_bearer: bearer.is_some(),
            algorithms: algorithms(&dpop),
        };
        let (first, mut second) = (read_bearer.unwrap_or_default(), Self::read(&dpop));
        if second.error.is_none() {
            second.error = first.error;
            second.error_description = first.error_description.or(second.error_description);
        }
        Some(Self {
            error: second.error,
            error_description: second.error_description,
            scope: first.scope.or(second.scope),
            resource_metadata: first.resource_metadata.or(second.resource_metadata),
            dpop: Some(offer),
        })
    }

    fn read(challenge: &AuthChallenge) -> Self {
        let owned = |value: &str| Cow::Owned(value.to_owned());
        let error = |name| {
            challenge
                .parameter(name)
                .filter(|value| is_of_errors(value))
                .map(owned)
        };
        Self {
            error: error("error"),
            error_description: error("error_description"),
            scope: challenge
                .parameter("scope")
                .and_then(|scopes| ScopeSet::learned(scopes).ok())
                .filter(|scopes| !scopes.is_empty()),
            resource_metadata: challenge.parameter("resource_metadata").map(owned),
            dpop: None,
        }
    }
}

fn algorithms(challenge: &AuthChallenge) -> Vec<String> {
    let listed = challenge.parameter("algs").unwrap_or_default();
    let named = listed.split_ascii_whitespace();
    let readable = named.filter(|name| is_algorithm(name));
    readable.take(MAX_ALGORITHMS).map(str::to_owned).collect()
}

impl fmt::Display for Challenge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, beside) = match &self.dpop {
            None => ("Bearer", None),
            Some(offer) if offer.beside_bearer => ("Bearer", Some(offer)),
            Some(_) => ("DPoP", None),
        };
        f.write_str(scheme)?;
        let mut parameters = Parameters { out: f, any: false };
        for (name, text) in [
            ("error", &self.error),
            ("error_description", &self.error_description),
        ] {
            if let Some(text) = text {
                parameters.quoted(name, text.chars().map(described))?;
            }
        }
        if let Some(scope) = &self.scope {
            let mut scopes = scope.iter().filter(|scope| is_challengeable(scope));
            if let Some(first) = scopes.next() {
                let rest = scopes.flat_map(|scope| std::iter::once(' ').chain(scope.chars()));
                parameters.quoted("scope", first.chars().chain(rest))?;
            }
        }
        if let Some(url) = &self.resource_metadata {
            // A URL in its ASCII form; what is no part of one is left out.
            let visible = url.chars().filter(char::is_ascii_graphic);
            parameters.quoted("resource_metadata", visible)?;
        }
        if let (Some(offer), None) = (&self.dpop, beside) {
            parameters.algorithms(offer)?;
        }
        if let Some(offer) = beside {
            f.write_str(", DPoP")?;
            Parameters { out: f, any: false }.algorithms(offer)?;
        }
        Ok(())
    }
}

/// Writes auth-params (RFC 9110 section 11.2), every value as a quoted-string (section 5.6.4).
struct Parameters<'f, 'o> {
    out: &'f mut fmt::Formatter<'o>,
    any: bool,
}

impl Parameters<'_, '_> {
    fn quoted(&mut self, name: &str, value: impl Iterator<Item = char>) -> fmt::Result {
        self.out.write_str(if self.any { ", " } else { " " })?;
        self.any = true;
        self.out.write_str(name)?;
        self.out.write_str("=\"")?;
        for character in value {
            if matches!(character, '"' | '\\') {
                self.out.write_char('\\')?;
            }
            self.out.write_char(character)?;
        }
        self.out.write_char('"')
    }

    fn algorithms(&mut self, offer: &DpopOffer) -> fmt::Result {
        let names = offer.algorithms.iter().map(String::as_str);
        let names: Vec<_> = names.filter(|name| is_algorithm(name)).collect();
        let text = names.join(" ");
        if text.is_empty() {
            return Ok(());
        }
        self.quoted("algs", text.chars())
    }
}

/// `error` and `error_description` hold visible ASCII and spaces, but neither `"` nor `\`, not even
/// escaped (RFC 6750 section 3).
fn described(character: char) -> char {
    match character {
        '"' => '\'',
        '\\' => '/',
        ' '..='~' => character,
        _ => '?',
    }
}

/// Whether it looks like the name of a JSON Web Algorithm, such as `ES256` or `ML-DSA-44`.
fn is_algorithm(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_challengeable(scope: &str) -> bool {
    scope != OFFLINE_ACCESS && is_scope_token(scope)
}

#[cfg(test)]
mod tests;
