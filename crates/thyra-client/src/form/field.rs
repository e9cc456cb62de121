//! One field of a form.

use std::fmt::Write as _;

use serde_json::Value;

use super::error::AnswerError;
use super::kind::FieldKind;
use super::typed;

/// One field of a [`Form`](super::Form).
#[derive(Clone, Debug)]
pub struct Field {
    name: String,
    title: Option<String>,
    description: Option<String>,
    is_required: bool,
    default: Option<Value>,
    kind: FieldKind,
}

/// What a field says beside its kind.
#[derive(Clone, Default)]
pub(super) struct Said {
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) default: Option<Value>,
}

impl Field {
    /// A default that breaks the field's own rules is none.
    pub(super) fn new(name: String, said: Said, is_required: bool, kind: FieldKind) -> Self {
        let default = said
            .default
            .filter(|default| kind.broken_by(default).is_none());
        Self {
            name,
            title: said.title,
            description: said.description,
            is_required,
            default,
            kind,
        }
    }

    /// Its name in the answer.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the user reads as its name: the title, or else the name.
    pub fn label(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// What the user reads beside it.
    pub fn description(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// Whether there must be an answer.
    pub fn is_required(&self) -> bool {
        self.is_required
    }

    /// The answer that the form proposes. It is what the client sends when the user says nothing.
    pub fn default(&self) -> Option<&Value> {
        self.default.as_ref()
    }

    /// What it takes.
    pub fn kind(&self) -> &FieldKind {
        &self.kind
    }

    /// What its answer has to be, for people, such as `a whole number, at least 18`. It is safe to
    /// print.
    pub fn expected(&self) -> String {
        let mut expected = match self.kind {
            FieldKind::Choice(_) => String::new(),
            _ => self.kind.in_words().to_owned(),
        };
        for rule in self.kind.rules() {
            let separator = if expected.is_empty() { "" } else { ", " };
            let _ = write!(expected, "{separator}{rule}");
        }
        expected
    }

    /// Reads what a user typed, as the value that the field takes.
    ///
    /// Yes and no are read in the usual spellings (`yes`, `y`, `true`, `on`, `1`). A choice is its
    /// value, its title, or its number in the list, from 1; several are separated by commas. Text
    /// is taken as it is.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] if it cannot be read as what the field takes, or breaks one of its rules.
    pub fn parse(&self, typed: &str) -> Result<Value, AnswerError> {
        let answer = typed::read(&self.kind, typed).map_err(|rule| self.broken(rule))?;
        self.check(&answer)?;
        Ok(answer)
    }

    /// Holds an answer against the rules.
    ///
    /// # Errors
    ///
    /// [`AnswerError::Broken`] with the first rule that it breaks.
    pub fn check(&self, answer: &Value) -> Result<(), AnswerError> {
        match self.kind.broken_by(answer) {
            Some(rule) => Err(self.broken(rule)),
            None => Ok(()),
        }
    }

    fn broken(&self, rule: super::Rule) -> AnswerError {
        AnswerError::Broken {
            field: self.name.clone(),
            rule,
        }
    }
}
