//! Arguments that HTTP clients repeat in headers (MCP `basic/transports/streamable-http`,
//! `x-mcp-header`, from 2026-07-28).

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::HeaderName;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// An argument that HTTP clients repeat in a header, so that proxies can route by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderParameter {
    header: HeaderName,
    kind: HeaderKind,
    path: Vec<String>,
}

/// What a header parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderKind {
    /// `true` or `false`.
    Boolean,
    /// A decimal integer within ±(2^53-1).
    Integer,
    /// A text.
    String,
}

impl HeaderParameter {
    /// The header: `mcp-param-` and the name in the schema.
    pub fn header(&self) -> &HeaderName {
        &self.header
    }

    /// What it holds.
    pub fn kind(&self) -> HeaderKind {
        self.kind
    }

    /// The names on the way to the argument, from the outermost in.
    pub fn path(&self) -> &[String] {
        &self.path
    }

    /// The header parameters of a tool's input schema, and what is wrong with others: a sentence
    /// for each, about "its input schema" or "its argument". A client over HTTP leaves out a tool
    /// with such a problem.
    pub fn of_schema(schema: &RawValue) -> (Vec<Self>, Vec<String>) {
        let mut search = Search::default();
        // Most schemas have none, and need not be read.
        if schema.get().contains(KEYWORD)
            && let Ok(Value::Object(schema)) = serde_json::from_str(schema.get())
        {
            search.properties(&schema, &mut Vec::new());
        }
        (search.found, search.problems)
    }

    /// Its value in the arguments of a call. `None` when it is left out or `null`; then there must
    /// be no header.
    ///
    /// # Errors
    ///
    /// [`Obscured`] when an argument around it is not an object. A tool accepts text that holds
    /// JSON in its place, and a proxy that reads only headers would not see into that.
    pub fn value<'a>(
        &self,
        arguments: Option<&'a RawValue>,
    ) -> Result<Option<&'a RawValue>, Obscured> {
        let Some(mut value) = arguments else {
            return Ok(None);
        };
        for name in &self.path {
            if value.get() == "null" {
                return Ok(None);
            }
            let members: BTreeMap<Cow<'a, str>, &'a RawValue> =
                serde_json::from_str(value.get()).map_err(|_| Obscured)?;
            let Some(member) = members.get(name.as_str()) else {
                return Ok(None);
            };
            value = member;
        }
        Ok((value.get() != "null").then_some(value))
    }

    /// The text of such a value, which the header carries: an integer in decimal digits, however it
    /// is written. `None` for objects and arrays, which no header can carry.
    pub fn text<'a>(&self, value: &'a RawValue) -> Option<Cow<'a, str>> {
        let json = value.get();
        match json.as_bytes().first() {
            Some(b'"') => serde_json::from_str::<String>(json).ok().map(Cow::Owned),
            Some(b'{' | b'[') => None,
            _ if self.kind == HeaderKind::Integer => {
                Some(whole(json).map_or(Cow::Borrowed(json), Cow::Owned))
            }
            _ => Some(Cow::Borrowed(json)),
        }
    }
}

/// A number such as `42.0` or `4e1` in decimal digits, if it is an integer that a double holds
/// exactly.
fn whole(text: &str) -> Option<String> {
    const EXACT: f64 = 9_007_199_254_740_991.0;
    let is_written_otherwise = text.contains(['.', 'e', 'E']);
    let number: f64 = serde_json::from_str(text)
        .ok()
        .filter(|_| is_written_otherwise)?;
    (number.fract() == 0.0 && number.abs() <= EXACT).then(|| format!("{number:.0}"))
}

/// An argument that holds a header parameter is not an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what this argument is within is no JSON object")]
pub struct Obscured;

const KEYWORD: &str = "x-mcp-header";

/// Deeper than any schema that a person writes.
const DEEPEST: usize = 32;

#[derive(Default)]
struct Search {
    found: Vec<HeaderParameter>,
    problems: Vec<String>,
}

impl Search {
    /// Looks into an object schema that is reached by `properties` alone.
    fn properties(&mut self, schema: &Map<String, Value>, path: &mut Vec<String>) {
        for (keyword, value) in schema {
            match (keyword.as_str(), value) {
                ("properties", Value::Object(properties)) if path.len() < DEEPEST => {
                    for (name, property) in properties {
                        if let Value::Object(property) = property {
                            path.push(name.clone());
                            self.property(property, path);
                            self.properties(property, path);
                            path.pop();
                        }
                    }
                }
                (KEYWORD | "const" | "default" | "enum" | "examples", _) => {}
                (_, value) => {
                    if mentions(value, 0) {
                        self.problems.push(format!(
                            "its input schema has `{KEYWORD}` within `{keyword}`; it may only stand on properties that are reached by `properties` alone"
                        ));
                    }
                }
            }
        }
        if path.is_empty() && schema.contains_key(KEYWORD) {
            self.problems.push(format!(
                "its input schema has `{KEYWORD}` at its root; it may only stand on properties"
            ));
        }
    }

    fn property(&mut self, property: &Map<String, Value>, path: &[String]) {
        let Some(name) = property.get(KEYWORD) else {
            return;
        };
        let argument = path.join(".");
        let header = name
            .as_str()
            .filter(|name| !name.is_empty())
            .and_then(|name| HeaderName::try_from(format!("mcp-param-{name}")).ok());
        let Some(header) = header else {
            self.problems.push(format!(
                "the header of its argument `{argument}` has no name that HTTP allows: letters, digits and `-` are good"
            ));
            return;
        };
        let kind = match property.get("type").and_then(Value::as_str) {
            Some("boolean") => HeaderKind::Boolean,
            Some("integer") => HeaderKind::Integer,
            Some("string") => HeaderKind::String,
            _ => {
                self.problems.push(format!(
                    "its argument `{argument}` is to be repeated in a header, and only texts, integers and booleans can be"
                ));
                return;
            }
        };
        if self.found.iter().any(|other| other.header == header) {
            self.problems.push(format!(
                "two of its arguments are to be repeated in the header `{header}`, in which upper and lower case are the same"
            ));
            return;
        }
        self.found.push(HeaderParameter {
            header,
            kind,
            path: path.to_vec(),
        });
    }
}

/// Whether there is a header parameter anywhere in `value`.
fn mentions(value: &Value, depth: usize) -> bool {
    depth < DEEPEST
        && match value {
            Value::Array(values) => values.iter().any(|value| mentions(value, depth + 1)),
            Value::Object(members) => members
                .iter()
                .any(|(name, value)| name == KEYWORD || mentions(value, depth + 1)),
            _ => false,
        }
}

#[cfg(test)]
mod tests;
