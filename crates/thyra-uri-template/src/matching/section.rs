//! One section of a template: nodes in order, then optionally the parameters of a query.

use super::Piece;
use super::node::{Form, Node, Place};
use super::query::Query;
use super::unit::{Unit, units};
use crate::expression::{Expression, Modifier, Operator, Variable};
use crate::scheme::scheme;
use crate::value::Values;

/// The part of a template before its `#`, or from it on.
#[derive(Clone, Debug)]
pub(super) struct Section {
    nodes: Vec<Node>,
    query: Option<Query>,
}

impl Section {
    pub(super) fn new(pieces: Vec<Piece<'_>>) -> Self {
        let Some((path, mut query)) = split_at_query(&pieces) else {
            let nodes = Nodes::new(pieces, &[]).0;
            return Self { nodes, query: None };
        };
        // Up to here, the parts of the query are found only by their place.
        let in_order = query
            .iter()
            .enumerate()
            .rposition(|(index, piece)| match piece {
                Piece::Expression(expression) => !expression.operator.is_of_query(),
                // A literal right after a value, which is not a parameter of its own.
                Piece::Literal(literal) => index > 0 && !literal.starts_with('&'),
            });
        let by_name = query.split_off(in_order.map_or(0, |last| last + 1));
        let is_in_order = in_order.is_some();
        let mut nodes = Nodes::new(path, b"?");
        nodes.add(query, b"&");
        Self {
            nodes: nodes.0,
            query: Some(Query::new(&by_name, is_in_order)),
        }
    }

    /// Adds the values in `units`; `None` if they do not match.
    pub(super) fn read(&self, units: &[Unit], values: &mut Values) -> Option<()> {
        if self
            .nodes
            .first()
            .is_some_and(|first| first.cannot_begin(units))
        {
            return None;
        }
        // From the last node to the first: where can it begin, and where does it end then?
        let may_stop = (0..=units.len()).map(|at| match units.get(at) {
            None => Place::try_from(at).ok(),
            Some(unit) => {
                let opens = self.query.as_ref().is_some_and(|query| query.opens(*unit));
                opens.then(|| Place::try_from(at).ok())?
            }
        });
        let mut ends: Vec<Vec<Option<Place>>> = vec![may_stop.collect()];
        for node in self.nodes.iter().rev() {
            let of_node = node.ends(units, ends.last()?);
            ends.push(of_node);
        }
        // Without nodes, the query must begin at once.
        (*ends.last()?.first()?)?;
        let mut at = 0;
        for (node, ends) in self.nodes.iter().zip(ends.iter().rev()) {
            let end = usize::from((*ends.get(at)?)?);
            node.read(units.get(at..end)?, values)?;
            at = end;
        }
        let rest = units.get(at..)?;
        match &self.query {
            Some(query) => query.read(rest, values),
            None => rest.is_empty().then_some(()),
        }
    }
}

/// Splits a section before its query; `None` if it has none.
fn split_at_query<'t>(pieces: &[Piece<'t>]) -> Option<(Vec<Piece<'t>>, Vec<Piece<'t>>)> {
    let (index, inside) = pieces
        .iter()
        .enumerate()
        .find_map(|(index, piece)| match piece {
            Piece::Literal(literal) => Some((index, literal.find('?')?)),
            Piece::Expression(expression) => {
                expression.operator.is_of_query().then_some((index, 0))
            }
        })?;
    let (before, from) = pieces.split_at_checked(index)?;
    let (mut before, mut from) = (before.to_vec(), from.to_vec());
    if let Some(Piece::Literal(literal)) = from.first_mut() {
        let (outside, query) = literal.split_at_checked(inside)?;
        if !outside.is_empty() {
            before.push(Piece::Literal(outside));
        }
        *literal = query;
    }
    Some((before, from))
}

/// The nodes of a section while it is built.
struct Nodes(Vec<Node>);

impl Nodes {
    fn new(pieces: Vec<Piece<'_>>, not_reserved: &'static [u8]) -> Self {
        let mut nodes = Self(Vec::new());
        nodes.add(pieces, not_reserved);
        nodes
    }

    /// Adds pieces. Reserved expansion in them does not take the characters in `not_reserved`.
    fn add(&mut self, pieces: Vec<Piece<'_>>, not_reserved: &'static [u8]) {
        for piece in pieces {
            match piece {
                Piece::Literal(literal) => self.literal(literal),
                Piece::Expression(expression) => {
                    for (index, variable) in expression.variables.iter().enumerate() {
                        self.variable(expression, index == 0, variable, not_reserved);
                    }
                }
            }
        }
    }

    fn literal(&mut self, literal: &str) {
        let scheme = if self.0.is_empty() {
            scheme(literal).map_or(0, str::len)
        } else {
            0
        };
        // The parser has checked the percent-encoding.
        let units = units(literal).unwrap_or_default();
        self.0.push(Node::Literal { units, scheme });
    }

    fn variable(
        &mut self,
        expression: &Expression,
        is_first: bool,
        variable: &Variable,
        not_reserved: &'static [u8],
    ) {
        let operator = variable.operator;
        let is_list = variable.is_list();
        let limit = match variable.modifier {
            Modifier::Prefix(characters) => Some(characters.into()),
            Modifier::None | Modifier::Explode => None,
        };
        let several = expression.variables.len() > 1;
        // `&` ends a value only within a query.
        let excluded = match (operator, not_reserved.contains(&b'&')) {
            (Operator::Simple, false) if several => b"/?#,".as_slice(),
            (Operator::Simple, true) if several => b"/?#&,",
            (Operator::Simple | Operator::Label | Operator::Path, false) => b"/?#",
            (Operator::Simple | Operator::Label | Operator::Path, true) => b"/?#&",
            (Operator::PathParameter, false) => b"/?#;",
            (Operator::PathParameter, true) => b"/?#&;",
            (Operator::Query | Operator::QueryContinuation, _) => b"?#&",
            (Operator::Reserved | Operator::Fragment, _) => not_reserved,
        };
        let separator = match operator {
            Operator::Label => b'.',
            Operator::Path => b'/',
            _ => b',',
        };
        let leads = matches!(operator, Operator::Label | Operator::Path);
        let form = if operator.is_named() {
            Form::Named {
                leads: if operator.is_of_query() { b"?&" } else { b";" },
                // The parser has checked the percent-encoding.
                key: units(&variable.name).unwrap_or_default(),
                is_list,
                is_optional: variable.is_optional(),
                limit,
            }
        } else {
            // For a list of segments or labels, the form includes the separators.
            match (is_first, operator.first()) {
                _ if leads && is_list => (),
                (true, "") => (),
                (true, first) => self.literal(first),
                (false, _) => self.literal(operator.separator().encode_utf8(&mut [0; 4])),
            }
            if is_list {
                Form::List { separator, leads }
            } else {
                Form::Text(limit)
            }
        };
        self.0.push(Node::Variable {
            name: variable.name.clone(),
            form,
            excluded,
        });
    }
}
