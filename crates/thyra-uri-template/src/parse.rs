//! Parses a template strictly (RFC 6570, section 2).

use crate::error::TemplateError;
use crate::expression::{Expression, Modifier, Operator, Variable};
use crate::limits::{MAX_TEMPLATE_LENGTH, MAX_VARIABLES};
use crate::part::Part;
use crate::percent::triplet;

/// The pieces of a template: no two literals next to each other, no empty one, and no variable
/// twice.
pub(crate) fn parse(text: &str) -> Result<Vec<Part>, TemplateError> {
    if text.len() > MAX_TEMPLATE_LENGTH {
        return Err(TemplateError::TooLong { length: text.len() });
    }
    let mut parts = Vec::new();
    let mut names = Vec::new();
    let mut rest = Rest { text, at: 0 };
    while !rest.text.is_empty() {
        let (literal, after) = rest.until(|character| matches!(character, '{' | '}'));
        if !literal.text.is_empty() {
            check_literal(literal)?;
            parts.push(Part::Literal(literal.text.to_owned()));
        }
        let Some(brace) = after.text.chars().next() else {
            break;
        };
        if brace == '}' {
            return Err(TemplateError::Unopened { at: after.at });
        }
        let (inside, closed) = after
            .skip(1)
            .until(|character| matches!(character, '{' | '}'));
        if !closed.text.starts_with('}') {
            return Err(TemplateError::Unclosed { at: after.at });
        }
        parts.push(Part::Expression(expression(inside, &mut names)?));
        rest = closed.skip(1);
    }
    Ok(parts)
}

/// A part of the template, and the position where it begins.
#[derive(Clone, Copy)]
struct Rest<'t> {
    text: &'t str,
    at: usize,
}

impl Rest<'_> {
    /// Splits before the first character that `ends`.
    fn until(self, ends: impl Fn(char) -> bool) -> (Self, Self) {
        let length = self.text.find(ends).unwrap_or(self.text.len());
        let (before, after) = self.text.split_at(length);
        (
            Rest {
                text: before,
                at: self.at,
            },
            Rest {
                text: after,
                at: self.at + length,
            },
        )
    }

    /// Leaves out the first bytes, which must exist and be ASCII.
    fn skip(self, bytes: usize) -> Self {
        Rest {
            text: self.text.get(bytes..).unwrap_or_default(),
            at: self.at + bytes,
        }
    }
}

fn check_literal(literal: Rest<'_>) -> Result<(), TemplateError> {
    for (index, character) in literal.text.char_indices() {
        let here = literal.skip(index);
        if character == '%' {
            if triplet(here.text.as_bytes()).is_none() {
                return Err(TemplateError::NotPercentEncoded { at: here.at });
            }
        } else if !is_literal(character) {
            return Err(TemplateError::NotALiteral {
                at: here.at,
                character,
            });
        }
    }
    Ok(())
}

/// RFC 6570, section 2.1: `literals`, except for percent-encoded ones.
fn is_literal(character: char) -> bool {
    match character {
        '\0'..='\x7f' => character.is_ascii_graphic() && !r#""%'<>\^`{|}"#.contains(character),
        // Section 1.5: `ucschar` and `iprivate`.
        '\u{a0}'..='\u{fdcf}' | '\u{fdf0}'..='\u{ffef}' => true,
        '\u{e0000}'..='\u{e0fff}' => false,
        // The last two code points of each plane are not characters.
        '\u{10000}'.. => u32::from(character) & 0xffff < 0xfffe,
        _ => false,
    }
}

fn expression(inside: Rest<'_>, names: &mut Vec<String>) -> Result<Expression, TemplateError> {
    let first = inside.text.chars().next();
    let (operator, mut rest) = match first.map(|first| (first, Operator::new(first))) {
        Some((_, Some(operator))) => (operator, inside.skip(1)),
        Some((reserved @ ('=' | ',' | '!' | '@' | '|'), None)) => {
            let at = inside.at;
            return Err(TemplateError::ReservedOperator {
                at,
                operator: reserved,
            });
        }
        _ => (Operator::Simple, inside),
    };
    let mut variables = Vec::new();
    loop {
        let (spec, after) = rest.until(|character| character == ',');
        let variable = variable(spec, operator)?;
        if names.contains(&variable.name) {
            let (at, name) = (spec.at, variable.name);
            return Err(TemplateError::Duplicate { at, name });
        }
        if names.len() == MAX_VARIABLES {
            return Err(TemplateError::TooManyVariables { at: spec.at });
        }
        names.push(variable.name.clone());
        variables.push(variable);
        if after.text.is_empty() {
            return Ok(Expression {
                operator,
                variables,
            });
        }
        rest = after.skip(1);
    }
}

fn variable(spec: Rest<'_>, operator: Operator) -> Result<Variable, TemplateError> {
    let (name, after) = spec.until(|character| matches!(character, ':' | '*'));
    check_name(name)?;
    let modifier = match after.text.chars().next() {
        None => Modifier::None,
        Some('*') if after.text.len() == 1 => Modifier::Explode,
        Some('*') => return Err(TemplateError::NotAtTheEnd { at: after.at }),
        Some(_) => {
            let length = prefix_length(after.skip(1).text);
            Modifier::Prefix(length.ok_or(TemplateError::NotALength { at: after.at })?)
        }
    };
    Ok(Variable {
        name: name.text.to_owned(),
        operator,
        modifier,
    })
}

/// RFC 6570, section 2.4.1: `max-length`.
fn prefix_length(digits: &str) -> Option<u16> {
    let is_length = digits.len() <= 4
        && digits.starts_with(|first| matches!(first, '1'..='9'))
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_length.then(|| digits.parse().ok()).flatten()
}

/// RFC 6570, section 2.3: `varname`.
fn check_name(name: Rest<'_>) -> Result<(), TemplateError> {
    // A dot must be between two other characters.
    let mut may_be_dot = false;
    for (index, character) in name.text.char_indices() {
        let here = name.skip(index);
        let is_allowed = match character {
            '.' => may_be_dot,
            '%' if triplet(here.text.as_bytes()).is_none() => {
                return Err(TemplateError::NotPercentEncoded { at: here.at });
            }
            '%' | '_' => true,
            _ => character.is_ascii_alphanumeric(),
        };
        if !is_allowed {
            return Err(TemplateError::NotAName {
                at: here.at,
                character,
            });
        }
        may_be_dot = character != '.';
    }
    match name.text.chars().next_back() {
        None => Err(TemplateError::NoName { at: name.at }),
        Some('.') => Err(TemplateError::NotAName {
            at: name.at + name.text.len() - 1,
            character: '.',
        }),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
