//! `WWW-Authenticate` challenges of the Bearer scheme (RFC 6750 section 3, RFC 9728 section 5.1).

use std::fmt::{self, Write};

use http::HeaderValue;

use crate::scope::{OFFLINE_ACCESS, ScopeSet, is_scope_token};

/// One challenge of the Bearer scheme.
///
/// Its parameters are written in a fixed order: `error`, `error_description`, `scope`,
/// `resource_metadata`. Whatever the parts hold, the result is one valid header value: characters
/// that RFC 6750 section 3 does not allow in a parameter are replaced or left out.
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
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Challenge<'a> {
    error: Option<&'a str>,
    error_description: Option<&'a str>,
    scope: Option<&'a ScopeSet>,
    resource_metadata: Option<&'a str>,
}

impl<'a> Challenge<'a> {
    /// A challenge without parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// The error code, such as `invalid_token` (RFC 6750 section 3.1).
    #[must_use]
    pub fn error(mut self, code: &'a str) -> Self {
        self.error = Some(code);
        self
    }

    /// A sentence for the developer of the client.
    #[must_use]
    pub fn error_description(mut self, sentence: &'a str) -> Self {
        self.error_description = Some(sentence);
        self
    }

    /// The scopes that the request needs. `offline_access` is left out, and the parameter with it
    /// when nothing else remains.
    #[must_use]
    pub fn scope(mut self, scopes: &'a ScopeSet) -> Self {
        self.scope = Some(scopes);
        self
    }

    /// The URL of the protected resource metadata (RFC 9728 section 5.1).
    #[must_use]
    pub fn resource_metadata(mut self, url: &'a str) -> Self {
        self.resource_metadata = Some(url);
        self
    }

    /// The header value.
    pub fn header_value(&self) -> HeaderValue {
        HeaderValue::try_from(self.to_string())
            // The writer emits visible ASCII and spaces only, and those are always a header value.
            .unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
    }
}

impl fmt::Display for Challenge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bearer")?;
        let mut parameters = Parameters { out: f, any: false };
        for (name, text) in [
            ("error", self.error),
            ("error_description", self.error_description),
        ] {
            if let Some(text) = text {
                parameters.quoted(name, text.chars().map(described))?;
            }
        }
        if let Some(scope) = self.scope {
            let mut scopes = scope.iter().filter(|scope| is_challengeable(scope));
            if let Some(first) = scopes.next() {
                let rest = scopes.flat_map(|scope| std::iter::once(' ').chain(scope.chars()));
                parameters.quoted("scope", first.chars().chain(rest))?;
            }
        }
        if let Some(url) = self.resource_metadata {
            // A URL in its ASCII form; what is no part of one is left out.
            let visible = url.chars().filter(char::is_ascii_graphic);
            parameters.quoted("resource_metadata", visible)?;
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

fn is_challengeable(scope: &str) -> bool {
    scope != OFFLINE_ACCESS && is_scope_token(scope)
}

#[cfg(test)]
mod tests;
