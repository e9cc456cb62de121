//! The syntax of `WWW-Authenticate` for any scheme (RFC 9110 section 11.6.1).

/// The longest header value that is read, in bytes.
const MAX_VALUE: usize = 16 * 1024;
const MAX_CHALLENGES: usize = 32;
const MAX_PARAMETERS: usize = 64;

/// One challenge of any scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AuthChallenge {
    scheme: String,
    /// Names in lower case, in the order of the header.
    parameters: Vec<(String, String)>,
}

impl AuthChallenge {
    /// Reads one header value, which may hold several challenges.
    pub(super) fn parse_all(value: &str) -> Result<Vec<Self>, SyntaxError> {
        if value.len() > MAX_VALUE {
            return Err(SyntaxError::TooLong);
        }
        let mut rest = Rest(value);
        let mut challenges = Vec::new();
        loop {
            rest.skip(is_list_separator);
            if rest.0.is_empty() {
                return Ok(challenges);
            }
            if challenges.len() == MAX_CHALLENGES {
                return Err(SyntaxError::TooLong);
            }
            challenges.push(rest.challenge()?);
        }
    }

    /// Whether the scheme is `name`, whatever the case.
    pub(super) fn is(&self, name: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(name)
    }

    /// The unquoted value of a parameter. `name` is in lower case.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// Why a `WWW-Authenticate` value cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SyntaxError {
    /// A challenge has the same parameter twice.
    DuplicateParameter,
    /// A parameter has neither a token nor a quoted string as its value.
    MissingValue,
    /// Something other than a scheme or a parameter name.
    NotAToken,
    /// More bytes, challenges or parameters than are read.
    TooLong,
    /// There is no comma between two parameters.
    UnseparatedParameters,
    /// A quoted string does not end.
    UnterminatedString,
}

/// What has not been read yet.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn challenge(&mut self) -> Result<AuthChallenge, SyntaxError> {
        let scheme = self.token().ok_or(SyntaxError::NotAToken)?.to_owned();
        let mut challenge = AuthChallenge {
            scheme,
            parameters: Vec::new(),
        };
        if self.take(is_blank).is_empty() {
            return match self.0.chars().next() {
                None | Some(',') => Ok(challenge),
                Some(_) => Err(SyntaxError::NotAToken),
            };
        }
        if self.token68().is_some() {
            return Ok(challenge);
        }
        while let Some((name, value)) = self.parameter()? {
            if challenge.parameter(&name).is_some() {
                return Err(SyntaxError::DuplicateParameter);
            }
            if challenge.parameters.len() == MAX_PARAMETERS {
                return Err(SyntaxError::TooLong);
            }
            challenge.parameters.push((name, value));
            self.skip(is_blank);
            if !self.0.is_empty() && !self.0.starts_with(',') {
                return Err(SyntaxError::UnseparatedParameters);
            }
        }
        Ok(challenge)
    }

    /// The next parameter, or `None` at the end and before the next challenge.
    fn parameter(&mut self) -> Result<Option<(String, String)>, SyntaxError> {
        self.skip(is_list_separator);
        let start = self.0;
        let Some(name) = self.token() else {
            return if self.0.is_empty() {
                Ok(None)
            } else {
                Err(SyntaxError::NotAToken)
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
            None => self.token().ok_or(SyntaxError::MissingValue)?.to_owned(),
        };
        Ok(Some((name.to_ascii_lowercase(), value)))
    }

    /// `text` begins after the opening quote.
    fn quoted(&mut self, text: &'a str) -> Result<String, SyntaxError> {
        let mut value = String::new();
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '"' => {
                    self.0 = characters.as_str();
                    return Ok(value);
                }
                '\\' => value.push(characters.next().ok_or(SyntaxError::UnterminatedString)?),
                _ => value.push(character),
            }
        }
        Err(SyntaxError::UnterminatedString)
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
