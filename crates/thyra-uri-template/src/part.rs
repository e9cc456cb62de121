//! The pieces of a parsed template.

use crate::expression::Expression;

/// A piece of a template (RFC 6570, section 2).
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Literal(String),
    Expression(Expression),
}
