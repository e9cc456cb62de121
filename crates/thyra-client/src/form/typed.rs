//! From what a user types to the value of a field.

use serde_json::{Number, Value};

use super::choice::{Choice, meant};
use super::error::Rule;
use super::kind::FieldKind;

/// Reads `typed` as a value of this kind, or says what it should be.
pub(super) fn read(kind: &FieldKind, typed: &str) -> Result<Value, Rule> {
    let word = typed.trim();
    let value = match kind {
        FieldKind::Boolean => boolean(word).map(Value::Bool),
        FieldKind::Choice(choices) => one(choices, word).map(Value::from),
        FieldKind::Choices { choices, .. } => several(choices, word),
        FieldKind::Integer(_) => integer(word).map(Value::Number),
        FieldKind::Number(_) => number(word).map(Value::Number),
        FieldKind::Text(_) => Some(typed.into()),
    };
    value.ok_or_else(|| match kind {
        FieldKind::Choice(choices) | FieldKind::Choices { choices, .. } => Rule::OneOf(
            choices
                .iter()
                .map(|choice| choice.label().to_owned())
                .collect(),
        ),
        _ => Rule::Type(kind.in_words()),
    })
}

fn boolean(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "1" | "on" | "true" | "y" | "yes" => Some(true),
        "0" | "false" | "n" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn one(choices: &[Choice], word: &str) -> Option<String> {
    meant(choices, word).map(|choice| choice.value.clone())
}

/// The choices between the commas, each once. One whose name has a comma stands alone.
fn several(choices: &[Choice], words: &str) -> Option<Value> {
    if words.is_empty() {
        return Some(Value::Array(Vec::new()));
    }
    if let Some(only) = one(choices, words) {
        return Some(vec![only].into());
    }
    let mut chosen = Vec::new();
    for word in words.split(',') {
        let choice = one(choices, word)?;
        if !chosen.contains(&choice) {
            chosen.push(choice);
        }
    }
    Some(chosen.into())
}

fn integer(word: &str) -> Option<Number> {
    let negative = word.parse::<i64>().map(Number::from);
    negative
        .or_else(|_| word.parse::<u64>().map(Number::from))
        .ok()
}

fn number(word: &str) -> Option<Number> {
    integer(word).or_else(|| Number::from_f64(word.parse().ok()?))
}
