//! The form: its schema, and the rules for its answers.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::field::ElicitField;
use super::{ElicitError, Format};

/// The name of a field, and its rules for answers beyond the type.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The member of the answer.
    pub name: &'static str,
    /// A name for people.
    pub title: Option<&'static str>,
    /// A description for people.
    pub description: Option<&'static str>,
    /// The minimum of a number.
    pub min: Option<Bound>,
    /// The maximum of a number.
    pub max: Option<Bound>,
    /// The minimum number of characters.
    pub min_length: Option<u32>,
    /// The maximum number of characters.
    pub max_length: Option<u32>,
    /// The minimum number of choices.
    pub min_items: Option<u32>,
    /// The maximum number of choices.
    pub max_items: Option<u32>,
    /// The format of a text.
    pub format: Option<Format>,
}

/// A bound of a number, written as the author wrote it: `18` stays `18`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A number with a fraction.
    Float(f64),
    /// A whole number.
    Integer(i64),
}

/// A form while it is built.
#[derive(Debug, Default)]
pub struct Form {
    properties: Map<String, Value>,
    required: Vec<Value>,
}

impl Form {
    /// A form without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field. The user may leave out one with a default.
    pub fn field<T: ElicitField>(&mut self, rules: &Rules, default: Option<&T>) {
        let mut keywords = T::keywords();
        rules.describe(&mut keywords);
        let default = default
            .map(T::to_answer)
            .filter(|default| !default.is_null());
        if T::REQUIRED && default.is_none() {
            self.required.push(rules.name.into());
        }
        if let Some(default) = default {
            keywords.insert("default".to_owned(), default);
        }
        self.properties
            .insert(rules.name.to_owned(), keywords.into());
    }

    /// The schema of the form.
    pub fn finish(self) -> Value {
        let mut schema = json!({ "type": "object", "properties": self.properties });
        if let (Value::Object(schema), false) = (&mut schema, self.required.is_empty()) {
            schema.insert("required".to_owned(), self.required.into());
        }
        schema
    }
}

/// Reads an answer, or takes the default that the function makes.
pub(super) type ReadOr<T> = fn(&Map<String, Value>, &Rules, fn() -> T) -> Result<T, ElicitError>;

/// How a field of type `T` is asked for and read. Derived code takes it from here, so that a type
/// which no form can hold is one error.
#[derive(Clone, Copy, Debug)]
pub struct Field<T> {
    /// Adds it to a form, with its default.
    pub add: fn(&mut Form, &Rules, Option<&T>),
    /// Reads its answer.
    pub read: fn(&Map<String, Value>, &Rules) -> Result<T, ElicitError>,
    /// Reads its answer, or takes the default.
    pub read_or: ReadOr<T>,
}

/// How to ask for a field of type `T` and read it.
pub fn elicit_field<T: ElicitField>() -> Field<T> {
    Field {
        add: Form::field::<T>,
        read: answer,
        read_or: answer_or,
    }
}

/// The answer to one field.
///
/// # Errors
///
/// If it is missing, has the wrong type, or breaks the rules.
pub(super) fn answer<T: ElicitField>(
    content: &Map<String, Value>,
    rules: &Rules,
) -> Result<T, ElicitError> {
    let field = rules.name;
    let answer = content.get(field).filter(|answer| !answer.is_null());
    if answer.is_none() && T::REQUIRED {
        return Err(ElicitError::Missing { field });
    }
    let value =
        T::from_answer(answer).map_err(|expected| ElicitError::Wrong { field, expected })?;
    if let Some(rule) = answer.and_then(|answer| rules.broken_by(answer)) {
        return Err(ElicitError::OutOfBounds { field, rule });
    }
    Ok(value)
}

/// The answer to one field, or its default.
///
/// # Errors
///
/// If it has the wrong type, or breaks the rules.
pub(super) fn answer_or<T: ElicitField>(
    content: &Map<String, Value>,
    rules: &Rules,
    default: fn() -> T,
) -> Result<T, ElicitError> {
    match content.get(rules.name) {
        None | Some(Value::Null) => Ok(default()),
        Some(_) => answer(content, rules),
    }
}

impl Rules {
    /// No rules, for the field `name`.
    pub const fn of(name: &'static str) -> Self {
        Self {
            name,
            title: None,
            description: None,
            min: None,
            max: None,
            min_length: None,
            max_length: None,
            min_items: None,
            max_items: None,
            format: None,
        }
    }

    fn describe(&self, keywords: &mut Map<String, Value>) {
        let rules: [(&str, Option<Value>); 9] = [
            ("title", self.title.map(Value::from)),
            ("description", self.description.map(Value::from)),
            ("minimum", self.min.map(Bound::to_value)),
            ("maximum", self.max.map(Bound::to_value)),
            ("minLength", self.min_length.map(Value::from)),
            ("maxLength", self.max_length.map(Value::from)),
            ("minItems", self.min_items.map(Value::from)),
            ("maxItems", self.max_items.map(Value::from)),
            ("format", self.format.map(|format| format.as_str().into())),
        ];
        for (keyword, value) in rules {
            if let Some(value) = value {
                keywords.insert(keyword.to_owned(), value);
            }
        }
    }

    /// The first rule that an answer of the right type breaks, in words.
    fn broken_by(&self, answer: &Value) -> Option<String> {
        match answer {
            Value::Number(_) => self.broken_by_number(answer),
            Value::String(text) => self.broken_by_text(text),
            Value::Array(items) => {
                broken_by_count(items.len(), self.min_items, self.max_items, "choices")
            }
            _ => None,
        }
    }

    fn broken_by_number(&self, answer: &Value) -> Option<String> {
        if let Some(min) = self.min
            && min.compare(answer).is_some_and(std::cmp::Ordering::is_gt)
        {
            return Some(format!("at least {}", min.shown()));
        }
        if let Some(max) = self.max
            && max.compare(answer).is_some_and(std::cmp::Ordering::is_lt)
        {
            return Some(format!("at most {}", max.shown()));
        }
        None
    }

    fn broken_by_text(&self, text: &str) -> Option<String> {
        // JSON Schema counts characters, not bytes.
        let length = text.chars().count();
        broken_by_count(length, self.min_length, self.max_length, "characters").or_else(|| {
            self.format
                .filter(|format| !format.accepts(text))
                .map(|format| format.in_words().to_owned())
        })
    }
}

fn broken_by_count(
    count: usize,
    min: Option<u32>,
    max: Option<u32>,
    things: &str,
) -> Option<String> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    match (min, max) {
        (Some(min), _) if count < min => Some(format!("at least {min} {things}")),
        (_, Some(max)) if count > max => Some(format!("at most {max} {things}")),
        _ => None,
    }
}

impl Bound {
    fn to_value(self) -> Value {
        match self {
            Self::Float(bound) => bound.into(),
            Self::Integer(bound) => bound.into(),
        }
    }

    fn shown(self) -> Cow<'static, str> {
        match self {
            Self::Float(bound) => bound.to_string().into(),
            Self::Integer(bound) => bound.to_string().into(),
        }
    }

    /// How the bound compares to a number: exactly, if both are whole.
    fn compare(self, number: &Value) -> Option<std::cmp::Ordering> {
        let whole = number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from));
        match (self, whole) {
            (Self::Integer(bound), Some(whole)) => Some(i128::from(bound).cmp(&whole)),
            (Self::Float(bound), _) => bound.partial_cmp(&number.as_f64()?),
            (Self::Integer(bound), None) => {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "the number is a double, and is compared as one"
                )]
                let bound = bound as f64;
                bound.partial_cmp(&number.as_f64()?)
            }
        }
    }
}
