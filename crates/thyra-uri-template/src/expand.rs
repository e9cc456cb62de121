//! From values to a URI (RFC 6570, section 3).

use crate::expression::{Expression, Modifier, Operator, Variable};
use crate::part::Part;
use crate::percent::{encode, is_reserved, is_unreserved, triplet};
use crate::value::{Value, Values};

pub(crate) fn expand(parts: &[Part], values: &Values) -> String {
    let mut uri = String::new();
    for part in parts {
        match part {
            Part::Literal(literal) => copy(literal, true, &mut uri),
            Part::Expression(expression) => expand_expression(expression, values, &mut uri),
        }
    }
    uri
}

/// Appends `text` and percent-encodes all but unreserved characters. With `allow_reserved` it also
/// keeps reserved characters and what is percent-encoded already.
fn copy(text: &str, allow_reserved: bool, into: &mut String) {
    let bytes = text.as_bytes();
    for (index, byte) in bytes.iter().copied().enumerate() {
        let is_triplet = || bytes.get(index..).and_then(triplet).is_some();
        if is_unreserved(byte)
            || allow_reserved && (is_reserved(byte) || byte == b'%' && is_triplet())
        {
            into.push(char::from(byte));
        } else {
            encode(byte, into);
        }
    }
}

fn expand_expression(expression: &Expression, values: &Values, uri: &mut String) {
    let operator = expression.operator;
    let mut is_first = true;
    for variable in &expression.variables {
        let value = values.get(&variable.name);
        let Some(value) = value.filter(|value| !value.is_undefined()) else {
            continue;
        };
        if is_first {
            uri.push_str(operator.first());
        } else {
            uri.push(operator.separator());
        }
        is_first = false;
        match value {
            Value::Text(text) => expand_text(variable, prefix(variable, text), uri),
            Value::List(items) if variable.is_list() => {
                joined(items, operator.separator(), uri, |item, uri| {
                    expand_text(variable, item, uri);
                });
            }
            Value::Pairs(pairs) if variable.is_list() => {
                joined(pairs, operator.separator(), uri, |(name, value), uri| {
                    copy(name, operator.allows_reserved(), uri);
                    if value.is_empty() && operator.is_named() {
                        uri.push_str(operator.after_empty());
                    } else {
                        uri.push('=');
                        copy(value, operator.allows_reserved(), uri);
                    }
                });
            }
            Value::List(items) => {
                let all_empty = matches!(items.as_slice(), [only] if only.is_empty());
                name_before(variable, all_empty, uri);
                joined(items, ',', uri, |item, uri| {
                    copy(item, operator.allows_reserved(), uri);
                });
            }
            Value::Pairs(pairs) => {
                name_before(variable, false, uri);
                joined(pairs, ',', uri, |(name, value), uri| {
                    copy(name, operator.allows_reserved(), uri);
                    uri.push(',');
                    copy(value, operator.allows_reserved(), uri);
                });
            }
        }
    }
}

fn expand_text(variable: &Variable, text: &str, uri: &mut String) {
    name_before(variable, text.is_empty(), uri);
    copy(text, variable.operator.allows_reserved(), uri);
}

/// Appends the name of a variable, if the operator writes names.
fn name_before(variable: &Variable, is_empty: bool, uri: &mut String) {
    if variable.operator.is_named() {
        uri.push_str(&variable.name);
        uri.push_str(if is_empty {
            variable.operator.after_empty()
        } else {
            "="
        });
    }
}

fn joined<T>(items: &[T], separator: char, uri: &mut String, mut one: impl FnMut(&T, &mut String)) {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            uri.push(separator);
        }
        one(item, uri);
    }
}

/// The characters of `text` that the variable takes (RFC 6570, section 2.4.1).
fn prefix<'t>(variable: &Variable, text: &'t str) -> &'t str {
    let Modifier::Prefix(most) = variable.modifier else {
        return text;
    };
    let mut characters = 0;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let kept = kept_triplet(variable.operator, rest);
        // A byte that continues a character does not count as another one, percent-encoded or not.
        if kept.is_none_or(|byte| byte & 0xc0 != 0x80) {
            characters += 1;
        }
        if characters > most {
            break;
        }
        let length = if kept.is_some() {
            3
        } else {
            character.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    text.strip_suffix(rest).unwrap_or(text)
}

/// The byte that `text` begins with, if it is percent-encoded and the operator keeps that.
fn kept_triplet(operator: Operator, text: &str) -> Option<u8> {
    operator
        .allows_reserved()
        .then(|| triplet(text.as_bytes()))
        .flatten()
}

#[cfg(test)]
mod tests;
