//! From a URI back to the values.
//!
//! A template is split into sections: the part before its first `#`, and the part from there on.
//! Each section begins with nodes that are matched in order. It may end with the parameters of a
//! query, which are matched by name.

mod node;
mod query;
mod section;
mod unit;

use self::section::Section;
use self::unit::units;
use crate::expression::{Expression, Operator};
use crate::limits::MAX_URI_LENGTH;
use crate::part::Part;
use crate::value::Values;

/// A template in the form that matching needs.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    before_fragment: Section,
    fragment: Option<Section>,
}

impl Matcher {
    pub(crate) fn new(parts: &[Part]) -> Self {
        let (before, fragment) = split_at_fragment(parts);
        Self {
            before_fragment: Section::new(before),
            fragment: fragment.map(Section::new),
        }
    }

    pub(crate) fn matches(&self, uri: &str) -> Option<Values> {
        if uri.len() > MAX_URI_LENGTH {
            return None;
        }
        let (before, fragment) = uri.split_at(uri.find('#').unwrap_or(uri.len()));
        let mut values = Values::new();
        self.before_fragment.read(&units(before)?, &mut values)?;
        if let Some(section) = &self.fragment {
            section.read(&units(fragment)?, &mut values)?;
        }
        Some(values)
    }
}

/// A piece of a section.
#[derive(Clone, Copy, Debug)]
enum Piece<'t> {
    Literal(&'t str),
    Expression(&'t Expression),
}

/// Splits a template before the first `#` that it writes. The second part is `None` if there is no
/// `#`.
fn split_at_fragment(parts: &[Part]) -> (Vec<Piece<'_>>, Option<Vec<Piece<'_>>>) {
    let mut before = Vec::new();
    let mut fragment: Option<Vec<Piece>> = None;
    for part in parts {
        match part {
            Part::Literal(literal) => match (&mut fragment, literal.find('#')) {
                (Some(fragment), _) => fragment.push(Piece::Literal(literal)),
                (None, None) => before.push(Piece::Literal(literal)),
                (None, Some(at)) => {
                    let (outside, inside) = literal.split_at(at);
                    if !outside.is_empty() {
                        before.push(Piece::Literal(outside));
                    }
                    fragment = Some(vec![Piece::Literal(inside)]);
                }
            },
            Part::Expression(expression) => {
                if expression.operator == Operator::Fragment {
                    fragment.get_or_insert_default();
                }
                let section = fragment.as_mut().unwrap_or(&mut before);
                section.push(Piece::Expression(expression));
            }
        }
    }
    (before, fragment)
}

#[cfg(test)]
mod tests;
