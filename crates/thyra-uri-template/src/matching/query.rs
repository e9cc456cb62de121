//! The parameters of a query, which may come in any order.

use super::Piece;
use super::unit::{Unit, text, units};
use crate::expression::Modifier;
use crate::value::{Value, Values};

/// The query of a template.
#[derive(Clone, Debug)]
pub(super) struct Query {
    /// The characters that the query may begin with.
    opens: &'static [u8],
    /// Whether the URI must have a query.
    is_required: bool,
    /// The parts that must be present.
    fixed: Vec<Vec<Unit>>,
    parameters: Vec<Parameter>,
}

#[derive(Clone, Debug)]
struct Parameter {
    name: String,
    key: Vec<Unit>,
    modifier: Modifier,
}

impl Query {
    /// Made from the query's expressions, and literals that begin with `?` or `&`. If `goes_on`,
    /// the query has begun before them.
    pub(super) fn new(pieces: &[Piece<'_>], goes_on: bool) -> Self {
        let (mut fixed, mut parameters) = (Vec::new(), Vec::new());
        let (mut question_mark, mut ampersand) = (false, goes_on);
        let mut is_required = false;
        for piece in pieces {
            let begins_with = match piece {
                Piece::Literal(literal) => literal.get(..1).unwrap_or_default(),
                Piece::Expression(expression) => expression.operator.first(),
            };
            // Everything before it can be left out.
            if !is_required {
                question_mark |= begins_with == "?";
                ampersand |= begins_with == "&";
            }
            match piece {
                Piece::Literal(literal) => {
                    is_required = true;
                    // Only the first `?` opens the query; a later one belongs to its pair.
                    let pairs = literal.get(1..).unwrap_or_default().split('&');
                    let pairs = pairs.filter(|pair| !pair.is_empty());
                    // The parser has checked the percent-encoding.
                    fixed.extend(pairs.filter_map(units));
                }
                Piece::Expression(expression) => {
                    parameters.extend(expression.variables.iter().map(|variable| Parameter {
                        name: variable.name.clone(),
                        // The parser has checked this one, too.
                        key: units(&variable.name).unwrap_or_default(),
                        modifier: variable.modifier,
                    }));
                }
            }
        }
        let opens = match (question_mark, ampersand) {
            (true, true) => b"?&".as_slice(),
            (true, false) => b"?",
            (false, _) => b"&",
        };
        Self {
            opens,
            is_required,
            fixed,
            parameters,
        }
    }

    /// Whether the query can begin with `unit`.
    pub(super) fn opens(&self, unit: Unit) -> bool {
        unit.is_one_of(self.opens)
    }

    /// Adds the values of the parameters in `units`; `None` if the query does not match.
    pub(super) fn read(&self, units: &[Unit], values: &mut Values) -> Option<()> {
        if self.is_required && units.is_empty() {
            return None;
        }
        let units = units.get(1..).unwrap_or_default();
        let pairs = units.split(|unit| unit.is(b'&'));
        let pairs: Vec<&[Unit]> = pairs.filter(|pair| !pair.is_empty()).collect();
        if !self
            .fixed
            .iter()
            .all(|fixed| pairs.contains(&fixed.as_slice()))
        {
            return None;
        }
        for parameter in &self.parameters {
            let mut found = pairs.iter().filter_map(|pair| parameter.value(pair));
            let value = match parameter.modifier {
                Modifier::Explode => {
                    let items: Vec<String> = found.map(text).collect::<Option<_>>()?;
                    if items.is_empty() {
                        continue;
                    }
                    Value::List(items)
                }
                Modifier::None | Modifier::Prefix(_) => {
                    let Some(value) = found.next() else {
                        continue;
                    };
                    // With two, we cannot know which one is meant.
                    if found.next().is_some() {
                        return None;
                    }
                    let value = text(value)?;
                    if let Modifier::Prefix(most) = parameter.modifier
                        && value.chars().count() > most.into()
                    {
                        return None;
                    }
                    Value::Text(value)
                }
            };
            values.set(parameter.name.as_str(), value);
        }
        Some(())
    }
}

impl Parameter {
    /// The value of a pair, if the pair is this parameter.
    fn value<'u>(&self, pair: &'u [Unit]) -> Option<&'u [Unit]> {
        let mut halves = pair.splitn(2, |unit| unit.is(b'='));
        let is_ours = halves.next() == Some(self.key.as_slice());
        is_ours.then(|| halves.next().unwrap_or_default())
    }
}
