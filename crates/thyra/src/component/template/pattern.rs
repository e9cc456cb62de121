//! A URI template (RFC 6570) read backwards: which values of its variables make a given URI.

use std::fmt::Write as _;

use percent_encoding::percent_decode_str;
use regex::Regex;

/// The longest URI that is looked at, in bytes.
const LONGEST: usize = 8192;

/// A parsed template.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// All of the URI but its query.
    head: Regex,
    /// The variables of the head, in the order of its groups.
    head_variables: Vec<Variable>,
    /// What the query must hold, word for word.
    fixed: Vec<(String, String)>,
    query_variables: Vec<Variable>,
    /// Whether the template speaks of a query at all.
    has_query: bool,
}

/// A variable of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    /// Whether a URI fits without it.
    pub(super) is_optional: bool,
    list: Option<List>,
}

/// How the values of a list stand in the URI.
#[derive(Clone, Debug, PartialEq, Eq)]
enum List {
    /// Between separators.
    Separated(char),
    /// Each after the name: `;name=value`, or a pair of the query.
    Named,
}

/// The value of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    One(String),
    Many(Vec<String>),
}

impl Pattern {
    /// Parses a template.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a sentence without its subject.
    pub(super) fn parse(template: &str) -> Result<Self, String> {
        let mut parser = Parser::default();
        let mut rest = template;
        while let Some(at) = rest.find(['{', '}']) {
            let (literal, opened) = rest.split_at(at);
            parser.literal(literal)?;
            let (expression, after) = opened
                .strip_prefix('{')
                .and_then(|opened| opened.split_once('}'))
                .ok_or("its URI template has a `{` or a `}` without the other one")?;
            parser.expression(expression)?;
            rest = after;
        }
        parser.literal(rest)?;
        parser.finish(template)
    }

    /// All variables: those of the head, then those of the query.
    pub(super) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.head_variables.iter().chain(&self.query_variables)
    }

    /// The values that make `uri`, decoded; `None` when none do.
    pub(super) fn values(&self, uri: &str) -> Option<Vec<(&str, Found)>> {
        if uri.len() > LONGEST {
            return None;
        }
        let (before, fragment) = match uri.split_once('#') {
            Some((before, fragment)) => (before, Some(fragment)),
            None => (uri, None),
        };
        let (path, query) = match before.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (before, None),
        };
        if query.is_some() && !self.has_query {
            return None;
        }
        let head = match fragment {
            Some(fragment) => [path, "#", fragment].concat(),
            None => path.to_owned(),
        };
        let captures = self.head.captures(&head)?;
        let mut values = Vec::new();
        // Group 0 is the whole.
        for (variable, group) in self.head_variables.iter().zip(captures.iter().skip(1)) {
            if let Some(group) = group {
                values.push((variable.name.as_str(), variable.read(group.as_str())?));
            }
        }
        self.read_query(query.unwrap_or_default(), &mut values)?;
        Some(values)
    }

    fn read_query<'p>(&'p self, query: &str, values: &mut Vec<(&'p str, Found)>) -> Option<()> {
        let pairs: Vec<(&str, &str)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect();
        let has = |(name, value): &(String, String)| pairs.contains(&(name, value));
        if !self.fixed.iter().all(has) {
            return None;
        }
        for variable in &self.query_variables {
            let mut found = pairs.iter().filter(|(name, _)| *name == variable.name);
            let value = if variable.list == Some(List::Named) {
                let all = found.map(|(_, value)| decode(value));
                let all = all.collect::<Option<Vec<String>>>()?;
                if all.is_empty() {
                    continue;
                }
                Found::Many(all)
            } else {
                let Some((_, value)) = found.next() else {
                    continue;
                };
                // Which of two values is meant, nobody knows.
                if found.next().is_some() {
                    return None;
                }
                Found::One(decode(value)?)
            };
            values.push((variable.name.as_str(), value));
        }
        Some(())
    }
}

impl Variable {
    fn read(&self, text: &str) -> Option<Found> {
        let parts: Vec<&str> = match self.list {
            None => return decode(text).map(Found::One),
            Some(List::Separated(separator)) => {
                let text = text.strip_prefix(separator).unwrap_or(text);
                text.split(separator).collect()
            }
            Some(List::Named) => {
                let parts = text.split(';').filter(|part| !part.is_empty());
                parts
                    .map(|part| part.split_once('=').map_or("", |(_, value)| value))
                    .collect()
            }
        };
        let values = parts.into_iter().map(decode).collect::<Option<_>>()?;
        Some(Found::Many(values))
    }
}

#[derive(Default)]
struct Parser {
    regex: String,
    head_variables: Vec<Variable>,
    /// The literal text of the query, once it has begun.
    query: Option<String>,
    query_variables: Vec<Variable>,
}

impl Parser {
    fn literal(&mut self, literal: &str) -> Result<(), String> {
        if let Some(wrong) = literal
            .chars()
            .find(|character| character.is_whitespace() || character.is_control())
        {
            return Err(format!(
                "its URI template holds {wrong:?}, which has to be percent-encoded"
            ));
        }
        let literal = match (&mut self.query, literal.split_once('?')) {
            (Some(query), _) => {
                query.push_str(literal);
                return Ok(());
            }
            (None, Some((head, begun))) => {
                self.query = Some(begun.to_owned());
                head
            }
            (None, None) => literal,
        };
        self.regex.push_str(&regex::escape(literal));
        Ok(())
    }

    fn expression(&mut self, expression: &str) -> Result<(), String> {
        let operator = expression
            .chars()
            .next()
            .filter(|first| "+#./;?&".contains(*first));
        let names = operator.map_or(expression, |_| expression.get(1..).unwrap_or_default());
        if matches!(operator, Some('?' | '&')) {
            self.query.get_or_insert_default();
        } else if self.query.is_some() {
            return Err(format!(
                "its URI template has `{{{expression}}}` in the query, where only `{{?..}}` and `{{&..}}` can be read backwards"
            ));
        }
        let several = names.contains(',');
        for (index, name) in names.split(',').enumerate() {
            let (name, is_list) = match name.strip_suffix('*') {
                Some(name) => (name, true),
                None => (name, false),
            };
            if name.contains(':') {
                return Err(format!(
                    "its URI template has `{{{expression}}}`, and a prefix cannot be read backwards"
                ));
            }
            if !is_name(name) {
                return Err(format!(
                    "its URI template has `{{{expression}}}`, which is no variable: a name is made of letters, digits, `_` and `.`"
                ));
            }
            if self.has(name) {
                return Err(format!("its URI template has the variable `{name}` twice"));
            }
            self.variable(operator, name, is_list, several, index == 0);
        }
        Ok(())
    }

    fn variable(
        &mut self,
        operator: Option<char>,
        name: &str,
        is_list: bool,
        several: bool,
        is_first: bool,
    ) {
        let between = if is_first { "" } else { "," };
        let escaped = regex::escape(name);
        // What a value may not hold: what would end it, or begin another part of the URI.
        let (pattern, list) = match (operator, is_list) {
            (Some('?' | '&'), _) => (String::new(), List::Named),
            (Some('+'), _) if several => (format!("{between}([^?#,]+)"), List::Separated(',')),
            (Some('+'), _) => ("([^?#]+)".to_owned(), List::Separated(',')),
            (Some('#'), _) if several && is_first => ("#([^,]+)".to_owned(), List::Separated(',')),
            (Some('#'), _) if several => (format!("{between}([^,]+)"), List::Separated(',')),
            (Some('#'), _) => ("#(.+)".to_owned(), List::Separated(',')),
            (Some('.'), false) => (r"\.([^/?#.]+)".to_owned(), List::Separated('.')),
            (Some('.'), true) => (r"((?:\.[^/?#.]+)+)".to_owned(), List::Separated('.')),
            (Some('/'), false) => ("/([^/?#]+)".to_owned(), List::Separated('/')),
            (Some('/'), true) => ("((?:/[^/?#]+)+)".to_owned(), List::Separated('/')),
            (Some(';'), false) => (format!("(?:;{escaped}=([^/?#;]*))?"), List::Named),
            (Some(';'), true) => (format!("((?:;{escaped}=[^/?#;]*)+)?"), List::Named),
            (_, _) if several => (format!("{between}([^/?#,]+)"), List::Separated(',')),
            _ => ("([^/?#]+)".to_owned(), List::Separated(',')),
        };
        let variable = Variable {
            name: name.to_owned(),
            is_optional: matches!(operator, Some('?' | '&' | ';')),
            list: is_list.then_some(list),
        };
        if pattern.is_empty() {
            self.query_variables.push(variable);
        } else {
            self.regex.push_str(&pattern);
            self.head_variables.push(variable);
        }
    }

    fn has(&self, name: &str) -> bool {
        let mut known = self.head_variables.iter().chain(&self.query_variables);
        known.any(|variable| variable.name == name)
    }

    fn finish(self, template: &str) -> Result<Pattern, String> {
        if self.head_variables.is_empty() && self.query_variables.is_empty() {
            return Err(
                "its URI template has no variable; what has one URI is a `Resource`".to_owned(),
            );
        }
        // What a scheme is, is said before the first variable, or the URI is not absolute (RFC 3986, section 3.1).
        let scheme = template.split_once(':').map(|(scheme, _)| scheme);
        let is_scheme = |scheme: &str| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        };
        if !scheme.is_some_and(is_scheme) {
            return Err(
                "its URI template does not begin with a scheme, as in `notes://{id}`".to_owned(),
            );
        }
        let mut whole = String::from("^");
        // Writing to a string does not fail.
        let _ = write!(whole, "{}$", self.regex);
        let head = Regex::new(&whole)
            .map_err(|error| format!("its URI template cannot be used: {error}"))?;
        let has_query = self.query.is_some();
        let query = self.query.unwrap_or_default();
        let fixed = query.split('&').filter(|pair| !pair.is_empty());
        let fixed = fixed
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Ok(Pattern {
            head,
            head_variables: self.head_variables,
            fixed,
            query_variables: self.query_variables,
            has_query,
        })
    }
}

fn is_name(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    name.split('.').all(is_part)
}

fn decode(text: &str) -> Option<String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests;
