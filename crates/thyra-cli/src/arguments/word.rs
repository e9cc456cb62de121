//! One word of the command line.

use serde_json::{Map, Value};
use thyra_client::Printable;

use super::Source;
use crate::failure::Failure;

/// What one word says.
#[derive(Debug, PartialEq)]
pub(super) enum Word<'a> {
    /// `key=value` or `key:=json`.
    Member { name: &'a str, written: Written },
    /// All arguments at once.
    Object(Map<String, Value>),
}

/// What stands behind the `=`.
#[derive(Debug, PartialEq)]
pub(super) enum Written {
    Json(Value),
    Text(String),
}

impl<'a> Word<'a> {
    pub(super) fn parse(word: &'a str, source: Source<'_>) -> Result<Self, Failure> {
        if word.trim_start().starts_with('{') {
            return object(word, "the arguments").map(Self::Object);
        }
        if word == "-" {
            return object(&source("-")?, "standard input").map(Self::Object);
        }
        let Some((name, text)) = word.split_once('=') else {
            return match word.strip_prefix('@') {
                Some(file) => object(&source(file)?, &told(file)).map(Self::Object),
                None => Err(Failure::Usage(format!(
                    "`{:.100}` is no argument; write `name=value`, or all arguments as one JSON \
                     object",
                    Printable(word)
                ))),
            };
        };
        let (name, is_json) = match name.strip_suffix(':') {
            Some(name) => (name, true),
            None => (name, false),
        };
        if name.is_empty() {
            return Err(Failure::Usage(format!(
                "`{:.100}` has no name before the `=`; write `name=value`",
                Printable(word)
            )));
        }
        let text = match text.strip_prefix('@') {
            // `@@` stands for an `@` that is part of the text.
            Some(rest) if rest.starts_with('@') => rest.to_owned(),
            Some(file) => source(file).map_err(|failure| or_write(failure, name, text))?,
            None => text.to_owned(),
        };
        let written = if is_json {
            let json = serde_json::from_str(&text).map_err(|error| {
                Failure::Usage(format!(
                    "`{:.100}` is given with `:=`, and is no JSON: {error}",
                    Printable(name)
                ))
            })?;
            Written::Json(json)
        } else {
            Written::Text(text)
        };
        Ok(Self::Member { name, written })
    }
}

/// The failure to read a file, with what to write if no file is meant.
fn or_write(failure: Failure, name: &str, text: &str) -> Failure {
    match failure {
        Failure::Usage(problem) => Failure::Usage(format!(
            "{problem}; if no file is meant, write `{:.100}=@{:.100}`",
            Printable(name),
            Printable(text)
        )),
        other => other,
    }
}

fn told(file: &str) -> String {
    format!("`{:.200}`", Printable(file))
}

fn object(text: &str, what: &str) -> Result<Map<String, Value>, Failure> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Failure::Usage(format!(
            "{what} must be one JSON object, as in {{\"name\": \"value\"}}"
        ))),
        Err(error) => Err(Failure::Usage(format!("{what} must be JSON: {error}"))),
    }
}
