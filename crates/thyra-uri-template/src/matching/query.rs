//! The parameters of a query, which come in any order.

use super::Piece;
use super::unit::{Unit, text, units};
use crate::expression::Modifier;
use crate::value::{Value, Values};

/// What a template says of a query.
#[derive(Clone, Debug)]
pub(super) struct Query {
    /// What the query may begin with.
    opens: &'static [u8],
    /// Whether it has to begin.
    is_required: bool,
    /// What has to be there.
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
    /// Of literals that begin with `?` or `&`, and expressions of the query. When `goes_on`, a query has begun before them.
    pub(super) fn new(pieces: &[Piece<'_>], goes_on: bool) -> Self {
        let (mut fixed, mut parameters) = (Vec::new(), Vec::new());
        let (mut question_mark, mut ampersand) = (false, goes_on);
        let mut is_required = false;
        for piece in pieces {
            let begins_with = match piece {
                Piece::Literal(literal) => literal.get(..1).unwrap_or_default(),
                Piece::Expression(expression) => expression.operator.first(),
            };
            // All before it can be left out.
            if !is_required {
                question_mark |= begins_with == "?";
                ampersand |= begins_with == "&";
            }
            match piece {
                Piece::Literal(literal) => {
                    is_required = true;
                    let pairs = literal.split(['?', '&']).filter(|pair| !pair.is_empty());
                    // The parser saw that they are percent-encoded as they should be.
                    fixed.extend(pairs.filter_map(units));
                }
                Piece::Expression(expression) => {
                    parameters.extend(expression.variables.iter().map(|variable| Parameter {
                        name: variable.name.clone(),
                        // The same.
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

    /// Adds the values of the parameters that `units` has; `None` when it does not fit.
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
                    // Which of two is meant, nobody knows.
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
    /// The value of a pair, when the pair is this parameter.
    fn value<'u>(&self, pair: &'u [Unit]) -> Option<&'u [Unit]> {
        let mut halves = pair.splitn(2, |unit| unit.is(b'='));
        let is_ours = halves.next() == Some(self.key.as_slice());
        is_ours.then(|| halves.next().unwrap_or_default())
    }
}
