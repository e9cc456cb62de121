//! The values that a URI gives a template.

use crate::value::{Value, Values};

/// The values that a URI gives the variables of a template, decoded, in the template's order. A
/// parameter that the URI lacks is not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched(Values);

impl Matched {
    pub(crate) fn new(values: Values) -> Self {
        Self(values)
    }

    /// The value of the variable `name`: a [`Value::List`] for `{name*}`, a [`Value::Text`] for any
    /// other. `None` if the template has no such variable, or the URI no such parameter.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Variables and values, in the template's order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter()
    }

    /// Converts them to [`Values`], from which [`UriTemplate::expand`](crate::UriTemplate::expand)
    /// makes a URI again.
    pub fn into_values(self) -> Values {
        self.0
    }
}

impl IntoIterator for Matched {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
