//! What somebody typed, as the value that a schema wants.

use serde_json::{Number, Value};

use super::{Alternative, Schema, Type};

/// How deep an entry may stand in lists that are not written. A list may be one of itself.
const DEPTH: usize = 4;

impl Schema<'_> {
    /// The value that `text` stands for. `None` when no value that the schema allows looks like it.
    ///
    /// A text is text wherever the schema takes nothing else. Where it takes other types too, those
    /// come first: `5` is a number for `integer | string`.
    pub(crate) fn read(self, text: &str) -> Option<Value> {
        self.read_within(text, DEPTH)
    }

    /// `depth` is how many lists may stand around one entry.
    fn read_within(self, text: &str, depth: usize) -> Option<Value> {
        let alternatives = self.alternatives();
        let is_type = |alternative: &Alternative<'_>, wanted| matches!(alternative, Alternative::Typed(kind, _) if *kind == wanted);
        let takes_text = alternatives
            .iter()
            .any(|alternative| is_type(alternative, Type::String));
        let manner = if takes_text || alternatives.len() > 2 || depth == 0 {
            Manner::Strict
        } else {
            Manner::Lenient
        };
        let mut readings = alternatives
            .iter()
            .filter(|alternative| !(takes_text && is_type(alternative, Type::Null)))
            .filter_map(|alternative| {
                Some((alternative.rank(), alternative.read(text, manner, depth)?))
            });
        let first = readings.next()?;
        let best = readings.fold(
            first,
            |best, other| {
                if other.0 < best.0 { other } else { best }
            },
        );
        Some(best.1)
    }
}

/// How much may stand for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Everything that can mean nothing else: `yes` for a boolean, one entry for a list.
    Lenient,
    /// What JSON has.
    Strict,
}

impl Alternative<'_> {
    /// Which reading comes first when several fit.
    fn rank(self) -> u8 {
        match self {
            Self::Literal(_) => 0,
            Self::Typed(Type::Null, _) => 1,
            Self::Typed(Type::Boolean, _) => 2,
            Self::Typed(Type::Integer, _) => 3,
            Self::Typed(Type::Number, _) => 4,
            Self::Typed(Type::Array, _) => 5,
            Self::Typed(Type::Object, _) => 6,
            Self::Typed(Type::String, _) => 7,
            Self::Anything => 8,
        }
    }

    fn read(self, text: &str, manner: Manner, depth: usize) -> Option<Value> {
        let json = || serde_json::from_str::<Value>(text).ok();
        let (kind, schema) = match self {
            Self::Anything => return Some(json().unwrap_or_else(|| Value::from(text))),
            Self::Literal(Value::String(literal)) => {
                return (literal == text).then(|| Value::from(text));
            }
            Self::Literal(literal) => return json().filter(|value| value == literal),
            Self::Typed(kind, schema) => (kind, schema),
        };
        match kind {
            Type::Array => match json() {
                Some(list @ Value::Array(_)) => Some(list),
                _ if manner == Manner::Lenient && !text.trim_start().starts_with('[') => {
                    Some(Value::Array(vec![
                        schema.items().read_within(text, depth - 1)?,
                    ]))
                }
                _ => None,
            },
            Type::Boolean => boolean(text, manner),
            Type::Integer => integer(text),
            Type::Null => (text == "null" || text.is_empty()).then_some(Value::Null),
            Type::Number => number(text),
            Type::Object => json().filter(Value::is_object),
            Type::String => Some(Value::from(text)),
        }
    }
}

fn boolean(text: &str, manner: Manner) -> Option<Value> {
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    let lenient = manner == Manner::Lenient;
    if is(&["true"]) || lenient && is(&["yes", "on", "1"]) {
        Some(Value::Bool(true))
    } else if is(&["false"]) || lenient && is(&["no", "off", "0"]) {
        Some(Value::Bool(false))
    } else {
        None
    }
}

/// A whole number. JSON Schema counts 5.0 as one.
fn integer(text: &str) -> Option<Value> {
    let text = text.trim();
    let digits = text.strip_prefix('+').unwrap_or(text);
    let whole = match digits.split_once('.') {
        Some((whole, rest)) if !rest.is_empty() && rest.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return None,
        None => digits,
    };
    let signed = whole.parse::<i64>().map(Value::from);
    signed
        .or_else(|_| whole.parse::<u64>().map(Value::from))
        .ok()
}

fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Some(whole) = integer(text).filter(|_| !text.contains('.')) {
        return Some(whole);
    }
    // Words such as `inf` and `nan` are numbers for Rust.
    let looks_like_one = text.bytes().all(|c| b"+-.0123456789eE".contains(&c));
    let value = looks_like_one.then(|| text.parse::<f64>().ok())??;
    Number::from_f64(value).map(Value::Number)
}
