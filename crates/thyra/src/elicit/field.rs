//! The values that a field of a form can hold.

use serde_json::{Map, Value};

use super::choice::{ElicitChoice, choice_of, in_words, some_of};
use super::keywords::keywords;

/// A value that one field of a form can hold.
///
/// A form is flat: there is no implementation for structs. `#[derive(Elicit)]` implements it for
/// enums of plain variants; `Vec` of such an enum lets the user choose several.
#[diagnostic::on_unimplemented(
    message = "the user cannot be asked for `{Self}`",
    label = "a form has no field for this type",
    note = "a form is flat: its fields are `String`, `bool`, integers, floats, enums under `#[derive(thyra::Elicit)]`, `Vec` of such an enum, and `Option` of these",
    note = "ask for the parts of a nested struct one by one, or in a question of their own"
)]
pub trait ElicitField: Sized {
    /// The kind of field, which decides the rules that apply to it.
    const KIND: FieldKind;
    /// Whether the user has to answer.
    const REQUIRED: bool = true;

    /// The keywords of the field's schema, except those that its rules add.
    fn keywords() -> Map<String, Value>;

    /// The value in the form of an answer, for defaults. `Null` means no default.
    fn to_answer(&self) -> Value;

    /// Reads the value of an answer. `None` means that there is no answer.
    ///
    /// # Errors
    ///
    /// What the answer must be: "a whole number", for example.
    fn from_answer(answer: Option<&Value>) -> Result<Self, String>;
}

/// The kinds of fields that rules distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldKind {
    /// Yes or no.
    Boolean,
    /// One of a list.
    Choice,
    /// Several of a list.
    Choices,
    /// A number, with a fraction or without.
    Number,
    /// Text.
    Text,
}

impl FieldKind {
    /// Whether `min` and `max` apply.
    pub const fn has_range(self) -> bool {
        matches!(self, Self::Number)
    }

    /// Whether `min_length`, `max_length` and `format` apply.
    pub const fn has_length(self) -> bool {
        matches!(self, Self::Text)
    }

    /// Whether `min_items` and `max_items` apply.
    pub const fn has_items(self) -> bool {
        matches!(self, Self::Choices)
    }
}

impl ElicitField for String {
    const KIND: FieldKind = FieldKind::Text;

    fn keywords() -> Map<String, Value> {
        keywords([("type", "string".into())])
    }

    fn to_answer(&self) -> Value {
        self.as_str().into()
    }

    fn from_answer(answer: Option<&Value>) -> Result<Self, String> {
        match answer {
            Some(Value::String(text)) => Ok(text.clone()),
            _ => Err("text".to_owned()),
        }
    }
}

impl ElicitField for bool {
    const KIND: FieldKind = FieldKind::Boolean;

    fn keywords() -> Map<String, Value> {
        keywords([("type", "boolean".into())])
    }

    fn to_answer(&self) -> Value {
        (*self).into()
    }

    fn from_answer(answer: Option<&Value>) -> Result<Self, String> {
        answer
            .and_then(Value::as_bool)
            .ok_or_else(|| "true or false".to_owned())
    }
}

macro_rules! integers {
    ($($integer:ident: [$($bound:literal: $limit:expr),*]),* $(,)?) => {$(
        impl ElicitField for $integer {
            const KIND: FieldKind = FieldKind::Number;

            fn keywords() -> Map<String, Value> {
                keywords([("type", "integer".into()), $(($bound, $limit.into())),*])
            }

            fn to_answer(&self) -> Value {
                (*self).into()
            }

            fn from_answer(answer: Option<&Value>) -> Result<Self, String> {
                answer
                    .and_then(whole)
                    .and_then(|number| Self::try_from(number).ok())
                    .ok_or_else(|| format!("a whole number from {} to {}", Self::MIN, Self::MAX))
            }
        }
    )*};
}

// A form shows only a bound that a person may meet, not the width of a machine word.
integers! {
    i8: ["minimum": i8::MIN, "maximum": i8::MAX],
    i16: ["minimum": i16::MIN, "maximum": i16::MAX],
    i32: [],
    i64: [],
    isize: [],
    u8: ["minimum": 0, "maximum": u8::MAX],
    u16: ["minimum": 0, "maximum": u16::MAX],
    u32: ["minimum": 0],
    u64: ["minimum": 0],
    usize: ["minimum": 0],
}

impl ElicitField for f64 {
    const KIND: FieldKind = FieldKind::Number;

    fn keywords() -> Map<String, Value> {
        keywords([("type", "number".into())])
    }

    fn to_answer(&self) -> Value {
        (*self).into()
    }

    fn from_answer(answer: Option<&Value>) -> Result<Self, String> {
        answer
            .and_then(Value::as_f64)
            .ok_or_else(|| "a number".to_owned())
    }
}

impl ElicitField for f32 {
    const KIND: FieldKind = FieldKind::Number;

    fn keywords() -> Map<String, Value> {
        f64::keywords()
    }

    fn to_answer(&self) -> Value {
        (*self).into()
    }

    fn from_answer(answer: Option<&Value>) -> Result<Self, String> {
        let number = f64::from_answer(answer)?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "an `f32` is asked for, so its precision is what is wanted"
        )]
        let number = number as f32;
        if number.is_finite() {
            Ok(number)
        } else {
            Err(format!("a number of at most {}", f32::MAX))
        }
    }
}

impl<T: ElicitField> ElicitField for Option<T> {
    const KIND: FieldKind = T::KIND;
    const REQUIRED: bool = false;

    fn keywords() -> Map<String, Value> {
        T::keywords()
    }

    fn to_answer(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_answer)
    }

    fn from_answer(answer: Option<&Value>) -> Result<Self, String> {
        match answer {
            None | Some(Value::Null) => Ok(None),
            Some(_) => T::from_answer(answer).map(Some),
        }
    }
}

impl<T: ElicitChoice> ElicitField for Vec<T> {
    const KIND: FieldKind = FieldKind::Choices;

    fn keywords() -> Map<String, Value> {
        some_of(T::CHOICES)
    }

    fn to_answer(&self) -> Value {
        self.iter().map(|choice| choice.chosen().value).collect()
    }

    fn from_answer(answer: Option<&Value>) -> Result<Self, String> {
        let expected = || format!("a list of some of {}, each once", in_words(T::CHOICES));
        let Some(Value::Array(answers)) = answer else {
            return Err(expected());
        };
        // No choice may appear twice, so a list is never longer than the choices.
        if answers.len() > T::CHOICES.len() || has_twins(answers) {
            return Err(expected());
        }
        let choices = answers.iter().map(|answer| choice_of::<T>(answer));
        choices.collect::<Option<_>>().ok_or_else(expected)
    }
}

pub(super) fn has_twins(answers: &[Value]) -> bool {
    let mut rest = answers;
    while let [first, others @ ..] = rest {
        if others.contains(first) {
            return true;
        }
        rest = others;
    }
    false
}

/// A whole number, even if it is written as `5.0`.
fn whole(number: &Value) -> Option<i128> {
    /// A double holds every integer up to this one.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(number) = number.as_i64() {
        return Some(number.into());
    }
    if let Some(number) = number.as_u64() {
        return Some(number.into());
    }
    let number = number.as_f64()?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it has no fraction, and its size was looked at"
    )]
    let is_whole = (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i128);
    is_whole
}
