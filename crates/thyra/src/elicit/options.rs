//! Options that are made while the server runs, to choose one or several from.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::choice::{Labelled, one_of, some_of};
use super::field::has_twins;
use super::{ElicitError, VALUE};

/// The maximum number of options of one question.
const MOST: usize = 256;

/// The longest value and the longest title, in bytes.
const LONGEST: usize = 1024;

/// One thing that a user may choose of [`Context::choose`](crate::Context::choose): made of a
/// value, or of a value and a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumOption {
    /// The value in the answer.
    pub value: String,
    /// The text that people read; if there is none, they read the value.
    pub title: Option<String>,
}

/// The options of one question, within their bounds.
#[derive(Debug)]
pub(crate) struct Options(Vec<EnumOption>);

impl From<&str> for EnumOption {
    fn from(value: &str) -> Self {
        value.to_owned().into()
    }
}

impl From<&String> for EnumOption {
    fn from(value: &String) -> Self {
        value.clone().into()
    }
}

impl From<String> for EnumOption {
    fn from(value: String) -> Self {
        Self { value, title: None }
    }
}

impl<V: Into<String>, T: Into<String>> From<(V, T)> for EnumOption {
    fn from((value, title): (V, T)) -> Self {
        Self {
            value: value.into(),
            title: Some(title.into()),
        }
    }
}

impl Labelled for EnumOption {
    fn value(&self) -> &str {
        &self.value
    }

    fn title(&self) -> Option<&str> {
        self.title.as_deref()
    }
}

impl Options {
    /// # Errors
    ///
    /// Says which bound is exceeded.
    pub(crate) fn of<O>(options: O) -> Result<Self, &'static str>
    where
        O: IntoIterator<Item: Into<EnumOption>>,
    {
        let options = options.into_iter().take(MOST + 1).map(Into::into);
        let options: Vec<EnumOption> = options.collect();
        if options.is_empty() || options.len() > MOST {
            return Err("a choice has 1 to 256 options");
        }
        let texts = options
            .iter()
            .flat_map(|option| std::iter::once(option.value()).chain(option.title()));
        if texts
            .map(str::len)
            .any(|length| length == 0 || length > LONGEST)
        {
            return Err("the values and the titles of options have 1 to 1024 bytes");
        }
        let values: BTreeSet<&str> = options.iter().map(Labelled::value).collect();
        if values.len() < options.len() {
            return Err("two options have the same value");
        }
        Ok(Self(options))
    }

    pub(crate) fn one_schema(&self) -> Value {
        form(&one_of(&self.0))
    }

    pub(crate) fn several_schema(&self) -> Value {
        form(&some_of(&self.0))
    }

    /// # Errors
    ///
    /// If there is no answer, or it is none of the options.
    pub(crate) fn read_one(&self, content: &Map<String, Value>) -> Result<String, ElicitError> {
        self.value_of(answer(content)?)
            .ok_or_else(|| wrong("one of the options of the question"))
    }

    /// # Errors
    ///
    /// If there is no answer, or it is not a list of options, or has one twice.
    pub(crate) fn read_several(
        &self,
        content: &Map<String, Value>,
    ) -> Result<Vec<String>, ElicitError> {
        let expected = || wrong("a list of options of the question, each once");
        let answers = answer(content)?.as_array().ok_or_else(expected)?;
        // No option may appear twice, so a list is never longer than the options.
        if answers.len() > self.0.len() || has_twins(answers) {
            return Err(expected());
        }
        let chosen = answers.iter().map(|answer| self.value_of(answer));
        chosen.collect::<Option<_>>().ok_or_else(expected)
    }

    fn value_of(&self, answer: &Value) -> Option<String> {
        let answer = answer.as_str()?;
        let known = self.0.iter().any(|option| option.value == answer);
        known.then(|| answer.to_owned())
    }
}

fn form(field: &Map<String, Value>) -> Value {
    json!({ "type": "object", "properties": { VALUE: field }, "required": [VALUE] })
}

fn answer(content: &Map<String, Value>) -> Result<&Value, ElicitError> {
    let answer = content.get(VALUE).filter(|answer| !answer.is_null());
    answer.ok_or(ElicitError::Missing { field: VALUE })
}

/// The text does not list the options: there may be many.
fn wrong(expected: &str) -> ElicitError {
    ElicitError::Wrong {
        field: VALUE,
        expected: expected.to_owned(),
    }
}
