//! What a user can be asked for with a form: one value, a flat struct of values, or nothing but a
//! yes (MCP 2025-11-25, client/elicitation, requested schema).

mod choice;
mod field;
mod form;
mod keywords;
mod options;
mod question;

use serde_json::{Map, Value};

pub use self::choice::{Choice, ElicitChoice};
pub(crate) use self::choice::{has_choices, spelled_for};
pub use self::field::{ElicitField, FieldKind};
use self::form::answer;
#[cfg(test)]
use self::form::answer_or;
pub use self::form::{Bound, Form, Rules, elicit_field};
pub use self::options::EnumOption;
pub(crate) use self::options::Options;
pub use self::question::Question;
pub use thyra_protocol::TextFormat as Format;

/// The member that holds the answer when one value is asked for, and not a struct.
const VALUE: &str = "value";

/// What [`Context::ask`](crate::Context::ask) can ask for.
///
/// `#[derive(Elicit)]` implements it for a struct of fields that implement [`ElicitField`]. Every
/// such field can be asked for alone, too: text, numbers, `bool`, and enums of plain variants under
/// `#[derive(Elicit)]`, which come as a form with one field. `()` is a form without fields: a plain
/// confirmation.
#[diagnostic::on_unimplemented(
    message = "the user cannot be asked for `{Self}`",
    label = "not something that a form can hold",
    note = "put `#[derive(thyra::Elicit)]` on a struct of named fields or on an enum of plain variants",
    note = "or ask for one value: `String`, `bool`, an integer, a float, or `Option` of these; `()` asks for a plain confirmation"
)]
pub trait Elicit: Sized {
    /// The `requestedSchema` of the question: a JSON Schema of type `object` whose members are
    /// plain values.
    fn elicit_schema() -> Value;

    /// Reads the user's answer. Members that were not asked for are ignored.
    ///
    /// # Errors
    ///
    /// [`ElicitError`] names the first field that is missing or does not keep the rules of the
    /// schema.
    fn from_content(content: &Map<String, Value>) -> Result<Self, ElicitError>;
}

/// Why an answer is wrong. The text says what the question asks for, and never repeats the answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElicitError {
    /// A required field has no answer.
    #[error("`{field}` is missing")]
    Missing {
        /// The field.
        field: &'static str,
    },
    /// The answer has the wrong type, or is not one of the choices.
    #[error("`{field}` has to be {expected}")]
    Wrong {
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: String,
    },
    /// The answer has the right type, but is outside the bounds of the question.
    #[error("`{field}` has to be {rule}")]
    OutOfBounds {
        /// The field.
        field: &'static str,
        /// The bound.
        rule: String,
    },
}

impl<T: ElicitField> Elicit for T {
    fn elicit_schema() -> Value {
        let mut form = Form::new();
        form.field::<T>(&Rules::of(VALUE), None);
        form.finish()
    }

    fn from_content(content: &Map<String, Value>) -> Result<Self, ElicitError> {
        answer(content, &Rules::of(VALUE))
    }
}

/// A plain confirmation: the user accepts a form without fields.
impl Elicit for () {
    fn elicit_schema() -> Value {
        Form::new().finish()
    }

    fn from_content(_: &Map<String, Value>) -> Result<Self, ElicitError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
