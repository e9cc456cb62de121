//! What a server asks for in `WWW-Authenticate`: the general syntax of RFC 9110 section 11.6.1, and
//! the parameters of `Bearer` (RFC 6750 section 3, RFC 9728 section 5.1).

use http::header::{HeaderMap, WWW_AUTHENTICATE};
use thyra_auth::ScopeSet;

/// The longest header value that is read, in bytes.
const MAX_VALUE: usize = 16 * 1024;
const MAX_CHALLENGES: usize = 32;
const MAX_PARAMETERS: usize = 64;

/// What a server says about the bearer token that it wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BearerChallenge {
    /// `resource_metadata`: where the protected-resource metadata is. Unchecked text.
    pub resource_metadata: Option<String>,
    /// `scope`: what the request in hand needs.
    pub scope: Option<ScopeSet>,
    /// `error`: why the token, or its absence, was refused.
    pub error: Option<String>,
    /// `error_description`: the same for people. Unchecked text.
    pub error_description: Option<String>,
}

impl BearerChallenge {
    /// The first `Bearer` challenge among all `WWW-Authenticate` values of a response.
    ///
    /// A value that does not follow the syntax is passed over: another one may still help.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        headers
            .get_all(WWW_AUTHENTICATE)
            .into_iter()
            .filter_map(|value| {
                match Challenge::parse_all(&String::from_utf8_lossy(value.as_bytes())) {
                    Ok(challenges) => Some(challenges),
                    Err(error) => {
                        tracing::debug!(%error, "a WWW-Authenticate value is passed over");
                        None
                    }
                }
            })
            .flatten()
            .find(|challenge| challenge.is("Bearer"))
            .map(|challenge| Self::from_challenge(&challenge))
    }

    /// Whether the token is good but does not reach far enough (RFC 6750 section 3.1).
    pub fn is_insufficient_scope(&self) -> bool {
        self.error.as_deref() == Some("insufficient_scope")
    }

    fn from_challenge(challenge: &Challenge) -> Self {
        let owned = |name| challenge.parameter(name).map(str::to_owned);
        Self {
            resource_metadata: owned("resource_metadata"),
            scope: challenge
                .parameter("scope")
                .map(ScopeSet::parse)
                .filter(|scopes| !scopes.is_empty()),
            error: owned("error"),
            error_description: owned("error_description"),
        }
    }
}

/// One challenge of any scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    /// Names in lower case, in the order of the header.
    parameters: Vec<(String, String)>,
    token68: Option<String>,
}

impl Challenge {
    /// Reads one header value, which may hold several challenges.
    ///
    /// # Errors
    ///
    /// [`ChallengeError`] when the value does not follow RFC 9110 section 11.6.1, or is longer than
    /// 16 KiB.
    pub fn parse_all(value: &str) -> Result<Vec<Self>, ChallengeError> {
        if value.len() > MAX_VALUE {
            return Err(ChallengeError::TooLong);
        }
        let mut rest = Rest(value);
        let mut challenges = Vec::new();
        loop {
            rest.skip(is_list_separator);
            if rest.0.is_empty() {
                return Ok(challenges);
            }
            if challenges.len() == MAX_CHALLENGES {
                return Err(ChallengeError::TooLong);
            }
            challenges.push(rest.challenge()?);
        }
    }

    /// Whether the scheme is `name`, whatever the case.
    pub fn is(&self, name: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(name)
    }

    /// The scheme as the server spelled it.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The value of a parameter, unquoted; `name` in lower case.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The one value of schemes without parameters, such as `Negotiate`.
    pub fn token68(&self) -> Option<&str> {
        self.token68.as_deref()
    }
}

/// Why a `WWW-Authenticate` value cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChallengeError {
    /// A parameter is there twice in one challenge.
    #[error("a parameter is given twice in one challenge")]
    DuplicateParameter,
    /// A parameter has neither a token nor a quoted string as its value.
    #[error("a parameter has no value")]
    MissingValue,
    /// Something other than a scheme or a parameter name.
    #[error("a scheme or a parameter name was expected")]
    NotAToken,
    /// More bytes, challenges or parameters than anybody needs.
    #[error("it is too long")]
    TooLong,
    /// Two parameters without a comma between them.
    #[error("a comma was expected after a parameter")]
    UnseparatedParameters,
    /// A quoted string that does not end.
    #[error("a quoted string does not end")]
    UnterminatedString,
}

/// What has not been read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn challenge(&mut self) -> Result<Challenge, ChallengeError> {
        let scheme = self.token().ok_or(ChallengeError::NotAToken)?.to_owned();
        let mut challenge = Challenge {
            scheme,
            parameters: Vec::new(),
            token68: None,
        };
        if self.take(is_blank).is_empty() {
            return match self.0.chars().next() {
                None | Some(',') => Ok(challenge),
                Some(_) => Err(ChallengeError::NotAToken),
            };
        }
        if let Some(token68) = self.token68() {
            challenge.token68 = Some(token68.to_owned());
            return Ok(challenge);
        }
        while let Some((name, value)) = self.parameter()? {
            if challenge.parameter(&name).is_some() {
                return Err(ChallengeError::DuplicateParameter);
            }
            if challenge.parameters.len() == MAX_PARAMETERS {
                return Err(ChallengeError::TooLong);
            }
            challenge.parameters.push((name, value));
            self.skip(is_blank);
            if !self.0.is_empty() && !self.0.starts_with(',') {
                return Err(ChallengeError::UnseparatedParameters);
            }
        }
        Ok(challenge)
    }

    /// The next parameter, or `None` at the end and before the next challenge.
    fn parameter(&mut self) -> Result<Option<(String, String)>, ChallengeError> {
        self.skip(is_list_separator);
        let start = self.0;
        let Some(name) = self.token() else {
            return if self.0.is_empty() {
                Ok(None)
            } else {
                Err(ChallengeError::NotAToken)
            };
        };
        self.skip(is_blank);
        let Some(value) = self.0.strip_prefix('=') else {
            // A token without `=` is the scheme of the next challenge.
            self.0 = start;
            return Ok(None);
        };
        self.0 = value;
        self.skip(is_blank);
        let value = match self.0.strip_prefix('"') {
            Some(text) => self.quoted(text)?,
            None => self.token().ok_or(ChallengeError::MissingValue)?.to_owned(),
        };
        Ok(Some((name.to_ascii_lowercase(), value)))
    }

    /// `text` begins after the opening quote.
    fn quoted(&mut self, text: &'a str) -> Result<String, ChallengeError> {
        let mut value = String::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '"' => {
                    self.0 = characters.as_str();
                    return Ok(value);
                }
                '\\' => value.push(
                    characters
                        .next()
                        .ok_or(ChallengeError::UnterminatedString)?,
                ),
                _ => value.push(character),
            }
        }
        Err(ChallengeError::UnterminatedString)
    }

    /// A `token68`, only when a comma or the end follows: otherwise it is the name of a parameter.
    fn token68(&mut self) -> Option<&'a str> {
        let start = self.0;
        let letters = self
            .take(|c| c.is_ascii_alphanumeric() || "-._~+/".contains(c))
            .len();
        let padding = self.take(|c| c == '=').len();
        let token = start.get(..letters + padding)?;
        self.skip(is_blank);
        if letters > 0 && (self.0.is_empty() || self.0.starts_with(',')) {
            return Some(token);
        }
        self.0 = start;
        None
    }

    fn token(&mut self) -> Option<&'a str> {
        let token = self.take(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c));
        (!token.is_empty()).then_some(token)
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.0.find(|c| !wanted(c)).unwrap_or(self.0.len());
        match self.0.split_at_checked(end) {
            Some((taken, rest)) => {
                self.0 = rest;
                taken
            }
            None => "",
        }
    }

    fn skip(&mut self, unwanted: impl Fn(char) -> bool) {
        self.0 = self.0.trim_start_matches(unwanted);
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

fn is_list_separator(character: char) -> bool {
    is_blank(character) || character == ','
}

#[cfg(test)]
mod tests;
