//! What is wrong with a form, or with an answer.

use std::fmt;

use serde_json::Number;
use thyra_oauth::printable;
use thyra_protocol::TextFormat;

use super::Form;

/// Why a schema does not describe a form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// A field that no form can have.
    #[error("the form cannot be filled in: its field `{}` {problem}", printable(.field))]
    Field {
        /// The field.
        field: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The schema is no object.
    #[error("the form cannot be filled in: its schema does not describe an object")]
    NotAnObject,
    /// The schema cannot be read.
    #[error("the form cannot be filled in: its schema cannot be read: {}", printable(&.0.to_string()))]
    Unreadable(serde_json::Error),
    /// There are more than [`Form::MOST_FIELDS`].
    #[error(
        "the form cannot be filled in: it has more than {} fields",
        Form::MOST_FIELDS
    )]
    TooManyFields,
}

/// Why an answer does not fit a form. It names the field and the rule, and never repeats the
/// answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The answer breaks a rule of its field.
    #[error("`{}` has to be {rule}", printable(.field))]
    Broken {
        /// The field.
        field: String,
        /// The rule.
        rule: Rule,
    },
    /// A required field has no answer.
    #[error("`{}` is missing: it has to be {expected}", printable(.field))]
    Missing {
        /// The field.
        field: String,
        /// What the answer has to be, safe to print.
        expected: String,
    },
    /// The form has no such field.
    #[error("the form has no field `{}`; leave it out", printable(.field))]
    Unknown {
        /// What there is an answer to.
        field: String,
    },
}

/// A rule for the answer of a field. Shown, it completes the sentence *It has to be…*
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// It must have this format.
    Format(TextFormat),
    /// It must not have more choices.
    MaxItems(u64),
    /// It must not have more characters.
    MaxLength(u64),
    /// It must not be larger.
    Maximum(Number),
    /// It must not have fewer choices.
    MinItems(u64),
    /// It must not have fewer characters.
    MinLength(u64),
    /// It must not be smaller.
    Minimum(Number),
    /// It must be among these.
    OneOf(Vec<String>),
    /// It must match this.
    Pattern(String),
    /// It must have this type, in words.
    Type(&'static str),
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(format) => f.write_str(format.in_words()),
            Self::MaxItems(1) => f.write_str("at most 1 choice"),
            Self::MaxItems(max) => write!(f, "at most {max} choices"),
            Self::MaxLength(1) => f.write_str("at most 1 character"),
            Self::MaxLength(max) => write!(f, "at most {max} characters"),
            Self::Maximum(max) => write!(f, "at most {max}"),
            Self::MinItems(1) => f.write_str("at least 1 choice"),
            Self::MinItems(min) => write!(f, "at least {min} choices"),
            Self::MinLength(1) => f.write_str("at least 1 character"),
            Self::MinLength(min) => write!(f, "at least {min} characters"),
            Self::Minimum(min) => write!(f, "at least {min}"),
            Self::OneOf(choices) => one_of(choices, f),
            Self::Pattern(pattern) => write!(f, "text that matches `{}`", printable(pattern)),
            Self::Type(in_words) => f.write_str(in_words),
        }
    }
}

/// The choices, as many as one can read.
fn one_of(choices: &[String], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const SHOWN: usize = 20;

    f.write_str("one of ")?;
    for (place, choice) in choices.iter().take(SHOWN).enumerate() {
        let separator = if place == 0 { "" } else { ", " };
        write!(f, "{separator}`{}`", printable(choice))?;
    }
    match choices.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => write!(f, " and {more} more"),
        _ => Ok(()),
    }
}
