//! The values of variables.

/// The value of a variable (RFC 6570, section 2.3), decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// One text.
    Text(String),
    /// Several texts, in order. An empty list counts as no value.
    List(Vec<String>),
    /// Names and their values, in order: the RFC's associative array. An empty list of pairs counts
    /// as no value. Only expansion knows pairs: in a URI they look the same as texts that contain a
    /// `=`.
    Pairs(Vec<(String, String)>),
}

impl Value {
    /// Whether it expands to nothing, as if there were no value (RFC 6570, section 2.3). An empty
    /// text is a value.
    pub(crate) fn is_undefined(&self) -> bool {
        match self {
            Self::Text(_) => false,
            Self::List(items) => items.is_empty(),
            Self::Pairs(pairs) => pairs.is_empty(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<String>> for Value {
    fn from(items: Vec<String>) -> Self {
        Self::List(items)
    }
}

impl From<Vec<(String, String)>> for Value {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self::Pairs(pairs)
    }
}

/// The values of variables, each name once, in the order in which they were first set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(Vec<(String, Value)>);

impl Values {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value, as [`Values::set`] does.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// Sets the value of `name`; it replaces an earlier one.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        let (name, value) = (name.into(), value.into());
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
    }

    /// The value of `name`, if it has one.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Values {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(values: I) -> Self {
        let all = values.into_iter();
        all.fold(Self::new(), |values, (name, value)| {
            values.with(name, value)
        })
    }
}

impl IntoIterator for Values {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, Values};

    #[test]
    fn a_name_has_one_value_in_the_place_of_its_first() {
        let values: Values = [("a", "1"), ("b", "2"), ("a", "3")].into_iter().collect();
        let all: Vec<_> = values.iter().collect();
        assert_eq!(all, [("a", &Value::from("3")), ("b", &Value::from("2"))]);
        assert_eq!((values.len(), values.is_empty()), (2, false));
        assert_eq!(values.get("c"), None);
    }
}
