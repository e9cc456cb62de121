//! The forms that servers ask users to fill in (MCP `client/elicitation`, requested schema).

mod choice;
mod error;
mod field;
mod kind;
mod schema;
mod typed;

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use thyra_protocol::ElicitFormParams;

pub use self::choice::Choice;
pub use self::error::{AnswerError, FormError, Rule};
pub use self::field::Field;
pub use self::kind::{FieldKind, NumberRules, Pattern, TextRules};

/// A form that a server asks the user to fill in: what its fields are, in the order of the server,
/// and which answers they take.
///
/// The client holds every answer against it before it is sent, so a program needs it only to show
/// the form. Titles, descriptions and choices are the server's text: print them as
/// [`Printable`](crate::Printable).
///
/// ```
/// use thyra_client::{ElicitFormParams, ElicitResult, Form, Printable};
///
/// /// Asks on the terminal; `read_line` shows a prompt and returns what was typed.
/// fn fill_in(
///     question: &ElicitFormParams,
///     read_line: impl Fn(String) -> String,
/// ) -> Result<ElicitResult, Box<dyn std::error::Error + Send + Sync>> {
///     let mut answers = serde_json::Map::new();
///     for field in Form::of(question)?.fields() {
///         let prompt = format!("{}, {}: ", Printable(field.label()), field.expected());
///         let typed = read_line(prompt);
///         if !typed.is_empty() {
///             answers.insert(field.name().to_owned(), field.parse(&typed)?);
///         }
///     }
///     Ok(ElicitResult::accept(answers))
/// }
/// # let schema = r#"{"type":"object","properties":{"age":{"type":"integer","minimum":18}}}"#;
/// # let schema = serde_json::from_str(schema).unwrap();
/// # let question = ElicitFormParams { message: "How old?".to_owned(), requested_schema: schema };
/// # let result = fill_in(&question, |prompt| {
/// #     assert_eq!(prompt, "age, a whole number, at least 18: ");
/// #     "36".to_owned()
/// # });
/// # assert_eq!(result.unwrap(), ElicitResult::accept([("age", 36)]));
/// ```
#[derive(Clone, Debug)]
pub struct Form {
    fields: Vec<Field>,
}

impl Form {
    /// The most fields that a form may have.
    pub const MOST_FIELDS: usize = 256;

    /// The form of a question.
    ///
    /// # Errors
    ///
    /// [`FormError`] if its schema does not describe a form: an object whose members are text,
    /// numbers, yes or no, or choices.
    pub fn of(question: &ElicitFormParams) -> Result<Self, FormError> {
        Self::from_schema(&question.requested_schema)
    }

    /// The form that `schema`, a `requestedSchema`, describes.
    ///
    /// # Errors
    ///
    /// As [`Form::of`].
    pub fn from_schema(schema: &RawValue) -> Result<Self, FormError> {
        let fields = schema::fields(schema)?;
        Ok(Self { fields })
    }

    /// The fields, in the order of the server. A form without any asks for a plain confirmation.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The field with this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name() == name)
    }

    /// The answers that the form proposes, of the fields that have one.
    pub fn defaults(&self) -> Map<String, Value> {
        self.filled(|_| None)
    }

    /// The answers as they are sent: held against the form, and with its defaults for the fields
    /// that are absent. A `null` is no answer, and keeps the default away.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] names the first field whose answer is missing, breaks one of its rules, or
    /// was not asked for.
    pub fn complete(
        &self,
        answers: &Map<String, Value>,
    ) -> Result<Map<String, Value>, AnswerError> {
        if let Some(name) = answers.keys().find(|name| self.field(name).is_none()) {
            return Err(AnswerError::Unknown {
                field: name.clone(),
            });
        }
        let complete = self.filled(|name| answers.get(name));
        for field in &self.fields {
            match complete.get(field.name()) {
                Some(answer) => field.check(answer)?,
                None if field.is_required() => {
                    return Err(AnswerError::Missing {
                        field: field.name().to_owned(),
                        expected: field.expected(),
                    });
                }
                None => {}
            }
        }
        Ok(complete)
    }

    fn filled<'a>(&'a self, answer: impl Fn(&str) -> Option<&'a Value>) -> Map<String, Value> {
        let answers = self.fields.iter().filter_map(|field| {
            let answer = answer(field.name()).or(field.default())?;
            (!answer.is_null()).then(|| (field.name().to_owned(), answer.clone()))
        });
        answers.collect()
    }
}

#[cfg(test)]
mod tests;
