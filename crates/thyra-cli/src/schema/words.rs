//! A schema in the words of a person who fills it in.

use std::fmt;

use serde_json::Value;
use thyra_client::Printable;

use super::{Alternative, Schema, Type};

/// The most alternatives that are named.
const MOST: usize = 12;

/// How deep lists and objects are described.
const DEPTH: usize = 2;

impl fmt::Display for Schema<'_> {
    /// What a value is, such as `integer`, `"red" | "blue"`, `[string]` or `{name, age?}`, on one
    /// line and printable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words(DEPTH))
    }
}

impl Schema<'_> {
    fn words(self, depth: usize) -> String {
        let mut words: Vec<String> = Vec::new();
        for alternative in self.alternatives() {
            if words.len() == MOST {
                words.push("...".to_owned());
                break;
            }
            let word = alternative.words(depth);
            if !words.contains(&word) {
                words.push(word);
            }
        }
        if words.is_empty() {
            return "any".to_owned();
        }
        words.join(" | ")
    }
}

impl Alternative<'_> {
    fn words(self, depth: usize) -> String {
        let (kind, schema) = match self {
            Self::Anything => return "any".to_owned(),
            Self::Literal(value) => return literal(value),
            Self::Typed(kind, schema) => (kind, schema),
        };
        match kind {
            Type::Array if depth == 0 => "[...]".to_owned(),
            Type::Array => format!("[{}]", schema.items().words(depth - 1)),
            Type::Boolean => "boolean".to_owned(),
            Type::Integer => "integer".to_owned(),
            Type::Null => "null".to_owned(),
            Type::Number => "number".to_owned(),
            Type::Object => object(schema, depth),
            Type::String => schema.format(),
        }
    }
}

impl Schema<'_> {
    /// A string, with its format if it has one.
    fn format(self) -> String {
        match self.keyword("format").and_then(Value::as_str) {
            Some(format) => format!("string ({:.40})", Printable(format)),
            None => "string".to_owned(),
        }
    }
}

/// A value as somebody types it.
fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{:.100}\"", Printable(text)),
        other => format!("{:.100}", Printable(other)),
    }
}

fn object(schema: Schema<'_>, depth: usize) -> String {
    let properties = schema.properties();
    if properties.is_empty() {
        return match schema.other_property() {
            Some(other) if depth > 0 && !other.here.is_null() && !other.here.is_boolean() => {
                format!("{{...: {}}}", other.words(depth - 1))
            }
            _ => "object".to_owned(),
        };
    }
    if depth == 0 {
        return "{...}".to_owned();
    }
    let mut members: Vec<String> = properties
        .iter()
        .take(MOST)
        .map(|property| {
            let mark = if property.is_required { "" } else { "?" };
            let name = Printable(property.name);
            format!("{name:.100}{mark}: {}", property.schema.words(depth - 1))
        })
        .collect();
    if properties.len() > MOST {
        members.push("...".to_owned());
    }
    format!("{{{}}}", members.join(", "))
}
