//! The part of a template between `{` and `}` (RFC 6570, section 2.2).

/// An expression: an operator, and the variables that it joins.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    pub(crate) operator: Operator,
    pub(crate) variables: Vec<Variable>,
}

/// A variable of a template (RFC 6570, section 2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub(crate) name: String,
    pub(crate) operator: Operator,
    pub(crate) modifier: Modifier,
}

impl Variable {
    /// Its name, as the template writes it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a URI matches without it. That holds for parameters, whose names are in the URI:
    /// `{;name}`, `{?name}` and `{&name}`.
    pub fn is_optional(&self) -> bool {
        self.operator.is_named()
    }

    /// Whether it takes a list of values: `{name*}`, with any operator.
    pub fn is_list(&self) -> bool {
        self.modifier == Modifier::Explode
    }

    /// The maximum number of characters, if it is a prefix: 3 for `{name:3}`.
    pub fn max_characters(&self) -> Option<usize> {
        match self.modifier {
            Modifier::Prefix(characters) => Some(characters.into()),
            Modifier::None | Modifier::Explode => None,
        }
    }
}

/// The modifier after the name (RFC 6570, section 2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Modifier {
    None,
    /// `:n`, from 1 to 9999 characters.
    Prefix(u16),
    /// `*`
    Explode,
}

/// The operator before the variables; its rules are in the table of RFC 6570, appendix A.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Simple,
    Reserved,
    Fragment,
    Label,
    Path,
    PathParameter,
    Query,
    QueryContinuation,
}

impl Operator {
    /// The operator for `character`; `None` if it is none, so the expression begins with its first
    /// name.
    pub(crate) fn new(character: char) -> Option<Self> {
        Some(match character {
            '+' => Self::Reserved,
            '#' => Self::Fragment,
            '.' => Self::Label,
            '/' => Self::Path,
            ';' => Self::PathParameter,
            '?' => Self::Query,
            '&' => Self::QueryContinuation,
            _ => return None,
        })
    }

    /// The text before the first value.
    pub(crate) fn first(self) -> &'static str {
        match self {
            Self::Simple | Self::Reserved => "",
            Self::Fragment => "#",
            Self::Label => ".",
            Self::Path => "/",
            Self::PathParameter => ";",
            Self::Query => "?",
            Self::QueryContinuation => "&",
        }
    }

    /// The character between two values.
    pub(crate) fn separator(self) -> char {
        match self {
            Self::Simple | Self::Reserved | Self::Fragment => ',',
            Self::Label => '.',
            Self::Path => '/',
            Self::PathParameter => ';',
            Self::Query | Self::QueryContinuation => '&',
        }
    }

    /// Whether the name comes before each value.
    pub(crate) fn is_named(self) -> bool {
        self == Self::PathParameter || self.is_of_query()
    }

    /// The text after the name of an empty value.
    pub(crate) fn after_empty(self) -> &'static str {
        if self.is_of_query() { "=" } else { "" }
    }

    /// Whether reserved characters are kept, and what is percent-encoded already.
    pub(crate) fn allows_reserved(self) -> bool {
        matches!(self, Self::Reserved | Self::Fragment)
    }

    pub(crate) fn is_of_query(self) -> bool {
        matches!(self, Self::Query | Self::QueryContinuation)
    }
}
