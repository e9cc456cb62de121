//! Why a text is not a URI template.

use crate::limits::{MAX_TEMPLATE_LENGTH, MAX_VARIABLES};

/// Why a text is not a URI template (RFC 6570, section 2). Positions are in bytes, from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// The text is longer than [`MAX_TEMPLATE_LENGTH`].
    #[error(
        "the URI template has {length} bytes, and the limit is {MAX_TEMPLATE_LENGTH}: shorten it"
    )]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// There are more variables than [`MAX_VARIABLES`].
    #[error(
        "at {at}: the URI template has more than {MAX_VARIABLES} variables: take several values as one list, as in `{{?tag*}}`"
    )]
    TooManyVariables {
        /// Where the first one too many is.
        at: usize,
    },
    /// A character that is not allowed in a URI (section 2.1).
    #[error("at {at}: {character:?} is not allowed in a URI: percent-encode it")]
    NotALiteral {
        /// Where it is.
        at: usize,
        /// The character.
        character: char,
    },
    /// A `%` without two hexadecimal digits after it.
    #[error(
        "at {at}: a `%` needs two hexadecimal digits after it, as in `%20`: write `%25` for the `%` itself"
    )]
    NotPercentEncoded {
        /// Where the `%` is.
        at: usize,
    },
    /// A `}` without a `{` before it.
    #[error("at {at}: this `}}` closes nothing: write `{{` before the variable, or leave it out")]
    Unopened {
        /// Where the `}` is.
        at: usize,
    },
    /// A `{` without a `}` after it.
    #[error("at {at}: nothing closes this `{{`: write `}}` after the variable")]
    Unclosed {
        /// Where the `{` is.
        at: usize,
    },
    /// An operator that is reserved for extensions (section 2.2), of which there are none.
    #[error(
        "at {at}: `{operator}` is not an operator: write one of `+ # . / ; ? &`, or nothing, before the variable"
    )]
    ReservedOperator {
        /// Where it is.
        at: usize,
        /// The operator.
        operator: char,
    },
    /// A variable without a name.
    #[error("at {at}: a variable needs a name here, as in `{{id}}`")]
    NoName {
        /// Where it should be.
        at: usize,
    },
    /// A character that is not allowed in the name of a variable (section 2.3).
    #[error(
        "at {at}: {character:?} is not allowed in the name of a variable, which has letters, digits, `_` and single dots between them: rename the variable"
    )]
    NotAName {
        /// Where it is.
        at: usize,
        /// The character.
        character: char,
    },
    /// A `:` without a length after it (section 2.4.1).
    #[error(
        "at {at}: a `:` needs the number of characters to take after it, from 1 to 9999, and nothing else: write `{{name:3}}`, for example"
    )]
    NotALength {
        /// Where the `:` is.
        at: usize,
    },
    /// A `*` that is not at the end of a variable (section 2.4.2).
    #[error("at {at}: a `*` ends a variable, as in `{{name*}}`: leave out what follows it")]
    NotAtTheEnd {
        /// Where the `*` is.
        at: usize,
    },
    /// A variable that appears twice. RFC 6570 allows it, but a URI could give it two values.
    #[error("at {at}: the variable `{name}` appears twice: give this one another name")]
    Duplicate {
        /// Where the second one is.
        at: usize,
        /// Its name.
        name: String,
    },
}

impl TemplateError {
    /// The position of the mistake in the template, in bytes from 0.
    pub fn position(&self) -> usize {
        match *self {
            Self::TooLong { .. } => MAX_TEMPLATE_LENGTH,
            Self::TooManyVariables { at }
            | Self::NotALiteral { at, .. }
            | Self::NotPercentEncoded { at }
            | Self::Unopened { at }
            | Self::Unclosed { at }
            | Self::ReservedOperator { at, .. }
            | Self::NoName { at }
            | Self::NotAName { at, .. }
            | Self::NotALength { at }
            | Self::NotAtTheEnd { at }
            | Self::Duplicate { at, .. } => at,
        }
    }
}
