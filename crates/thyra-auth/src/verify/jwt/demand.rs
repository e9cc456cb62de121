//! Who must have issued a token, and for whom.

use serde_json::{Map, Value};

use super::{IssuerPattern, VerifierError};

/// The issuers that are accepted. `iss` must be one of them, byte for byte: slashes and upper and
/// lower case count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuers {
    exact: Vec<Box<str>>,
    patterns: Vec<IssuerPattern>,
}

impl Issuers {
    /// Accepts tokens of any of these issuers.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when there is none, or a blank one.
    pub fn any_of<S: AsRef<str>>(
        issuers: impl IntoIterator<Item = S>,
    ) -> Result<Self, VerifierError> {
        let exact = named(issuers, VerifierError::Issuer)?;
        Ok(Self {
            exact,
            patterns: Vec::new(),
        })
    }

    /// Accepts tokens of the issuers that match this pattern.
    pub fn matching(pattern: IssuerPattern) -> Self {
        Self {
            exact: Vec::new(),
            patterns: vec![pattern],
        }
    }

    /// Accepts tokens of the issuers that match this pattern, too.
    #[must_use]
    pub fn or_matching(mut self, pattern: IssuerPattern) -> Self {
        self.patterns.push(pattern);
        self
    }

    /// Accepts tokens of any of these issuers, and of those that match a pattern.
    pub(crate) fn of(
        exact: &[String],
        patterns: Vec<IssuerPattern>,
    ) -> Result<Self, VerifierError> {
        let exact = match exact {
            [] if !patterns.is_empty() => Vec::new(),
            exact => named(exact, VerifierError::Issuer)?,
        };
        Ok(Self { exact, patterns })
    }

    /// The issuers that were named in full.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.exact.iter().map(|issuer| &**issuer)
    }

    /// The patterns that other issuers may match.
    pub fn patterns(&self) -> &[IssuerPattern] {
        &self.patterns
    }

    /// Whether tokens of this issuer can be accepted, if their other claims fit.
    pub(super) fn know(&self, issuer: &str) -> bool {
        let mut patterns = self.patterns.iter();
        self.iter().any(|known| known == issuer)
            || patterns.any(|pattern| pattern.segment(issuer).is_some())
    }

    pub(super) fn accept(&self, issuer: &str, claims: &Map<String, Value>) -> bool {
        self.iter().any(|accepted| accepted == issuer)
            || self
                .patterns
                .iter()
                .any(|pattern| pattern.accepts(issuer, claims))
    }
}

/// Whom a token must have been issued for: what its `aud` must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    all: bool,
    values: Vec<Box<str>>,
}

impl Audience {
    /// `aud` must hold at least one of these.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when there is none, or a blank one.
    pub fn any_of<S: AsRef<str>>(
        audience: impl IntoIterator<Item = S>,
    ) -> Result<Self, VerifierError> {
        let values = named(audience, VerifierError::Audience)?;
        Ok(Self { all: false, values })
    }

    /// `aud` must hold every one of these.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when there is none, or a blank one.
    pub fn all_of<S: AsRef<str>>(
        audience: impl IntoIterator<Item = S>,
    ) -> Result<Self, VerifierError> {
        let values = named(audience, VerifierError::Audience)?;
        Ok(Self { all: true, values })
    }

    /// The values that are looked for.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|value| &**value)
    }

    pub(super) fn accept(&self, held: &Strings<'_>) -> bool {
        if self.all {
            self.iter().all(|value| held.contains(value))
        } else {
            self.iter().any(|value| held.contains(value))
        }
    }
}

/// Says that the audience is not checked. Any token of the issuers is then accepted, whomever it
/// was issued for, so any other service that receives such tokens can use them here. There is
/// hardly ever a reason for this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudienceUnchecked;

/// What is demanded of the audience; made from an [`Audience`] or an [`AudienceUnchecked`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudienceDemand(pub(super) Option<Audience>);

impl AudienceDemand {
    /// The values that are looked for; none when the audience is not checked.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(Audience::iter)
    }
}

impl From<Audience> for AudienceDemand {
    fn from(audience: Audience) -> Self {
        Self(Some(audience))
    }
}

impl From<AudienceUnchecked> for AudienceDemand {
    fn from(_: AudienceUnchecked) -> Self {
        Self(None)
    }
}

/// A claim that is one string or several (RFC 7519 section 4.1.3).
pub(super) enum Strings<'a> {
    One(&'a str),
    Several(&'a [Value]),
}

impl<'a> Strings<'a> {
    /// `None` when it is anything else.
    pub(super) fn of(claim: &'a Value) -> Option<Self> {
        match claim {
            Value::String(text) => Some(Self::One(text)),
            Value::Array(items) if items.iter().all(Value::is_string) => Some(Self::Several(items)),
            _ => None,
        }
    }

    pub(super) fn contains(&self, wanted: &str) -> bool {
        match self {
            Self::One(text) => *text == wanted,
            Self::Several(items) => items.iter().any(|item| item == wanted),
        }
    }
}

/// Owned values: at least one, and none blank.
pub(super) fn named<S: AsRef<str>>(
    values: impl IntoIterator<Item = S>,
    error: VerifierError,
) -> Result<Vec<Box<str>>, VerifierError> {
    let values: Vec<Box<str>> = values
        .into_iter()
        .map(|value| value.as_ref().into())
        .collect();
    if values.is_empty() || values.iter().any(|value| value.trim().is_empty()) {
        return Err(error);
    }
    Ok(values)
}
