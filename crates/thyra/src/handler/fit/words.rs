//! Schemas and values in the words of a message.

use serde_json::{Map, Value};

use super::format;
use super::numeral::{self, Numeral};
use crate::handler::argument_error::{ECHO, Mistake, nearest, shortened};

/// What `schema`, a part of `document`, wants: "an integer from 0 to 255", "`a`, `b` or `c`".
pub(in super::super) fn wanted(schema: &Value, document: &Value) -> String {
    joined(&options(schema, document))
}

/// What `schema` wants, each alternative on its own. `null` is told only where nothing else is.
pub(super) fn options(schema: &Value, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    gather(schema, document, 0, &mut found);
    if found.is_empty() {
        found.push("a value".to_owned());
    }
    if found.len() > 1 {
        found.retain(|option| option != "null");
    }
    found
}

/// The texts that `schema` lists, and the name of the one member that an object of it has: what
/// may have been mistyped.
pub(super) fn names(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(Value::String(text)) = schema.get("const") {
        found.push(text.clone());
    }
    if let Some(Value::Array(values)) = schema.get("enum") {
        let texts = values.iter().filter_map(Value::as_str);
        found.extend(texts.map(str::to_owned));
    }
    if let Some(Value::Object(properties)) = schema.get("properties")
        && properties.len() == 1
    {
        found.extend(properties.keys().cloned());
    }
    found
}

/// `a, b or c`, and how many more there are.
pub(super) fn joined(options: &[String]) -> String {
    /// More than a reader takes in.
    const LISTED: usize = 24;
    match options {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] if options.len() <= LISTED => {
            format!("{} or {last}", first.join(", "))
        }
        many => {
            let listed: Vec<&str> = many.iter().take(LISTED).map(String::as_str).collect();
            let more = many.len() - LISTED;
            format!("{} or one of {more} others", listed.join(", "))
        }
    }
}

/// The value `text` is none of the `options`; `names` are those of them that it may mean.
pub(super) fn none_of<'n>(
    options: &[String],
    names: impl Iterator<Item = &'n str>,
    text: &str,
) -> Mistake {
    let meant = serde_json::from_str::<String>(text)
        .ok()
        // The right name in the wrong form: the options show the form.
        .and_then(|text| nearest(&text, names).filter(|meant| *meant != text));
    unlike(options, &got(text), meant)
}

/// The one member `key` of an object is none of the `options`.
pub(super) fn none_of_keys(options: &[String], names: &[String], key: &str) -> Mistake {
    let meant = nearest(key, names.iter().map(String::as_str));
    let got = format!("an object with `{}`", shortened(key, ECHO));
    unlike(options, &got, meant)
}

fn unlike(options: &[String], got: &str, meant: Option<String>) -> Mistake {
    let mut text = format!("expected {}, got {got}", joined(options));
    if let Some(meant) = meant {
        text.extend(["; did you mean `", &meant, "`?"]);
    }
    Mistake::Wrong(text)
}

/// What came, shortened.
pub(super) fn got(text: &str) -> String {
    match text.as_bytes().first() {
        Some(b'{') => "an object".to_owned(),
        Some(b'[') => "an array".to_owned(),
        Some(b'"') => match serde_json::from_str::<String>(text) {
            Ok(content) => format!("the string {}", shortened(&format!("{content:?}"), ECHO)),
            Err(_) => "a string".to_owned(),
        },
        Some(b'-' | b'0'..=b'9') => {
            let kind = match Numeral::of(text) {
                Numeral::Fraction => "number",
                Numeral::Huge | Numeral::Whole(_) => "integer",
            };
            format!("the {kind} {}", shortened(text, ECHO))
        }
        _ => text.to_owned(),
    }
}

fn gather(schema: &Value, document: &Value, depth: usize, found: &mut Vec<String>) {
    /// Deeper than any alternative that a person would nest.
    const DEEPEST: usize = 8;
    let Value::Object(keywords) = schema else {
        return;
    };
    if depth > DEEPEST {
        return;
    }
    let mut add = |option: String| {
        if !found.contains(&option) {
            found.push(option);
        }
    };
    if let Some(value) = keywords.get("const") {
        add(literal(value));
    } else if let Some(Value::Array(values)) = keywords.get("enum") {
        values.iter().map(literal).for_each(add);
    } else if let Some(kinds) = keywords.get("type") {
        let kinds = match kinds {
            Value::Array(kinds) => kinds.as_slice(),
            kind => std::slice::from_ref(kind),
        };
        let kinds = kinds.iter().filter_map(Value::as_str);
        kinds.map(|kind| of_kind(kind, keywords)).for_each(add);
    } else {
        let pointed = keywords
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| document.pointer(reference.strip_prefix('#')?));
        let choices = ["anyOf", "oneOf", "allOf"]
            .iter()
            .find_map(|keyword| keywords.get(*keyword));
        let choices = choices.and_then(Value::as_array).into_iter().flatten();
        for choice in pointed.into_iter().chain(choices) {
            gather(choice, document, depth + 1, found);
        }
    }
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        other => other.to_string(),
    }
}

fn of_kind(kind: &str, keywords: &Map<String, Value>) -> String {
    let format = keywords
        .get("format")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match kind {
        "array" => "an array".to_owned(),
        "boolean" => "true or false".to_owned(),
        "integer" => integer(format),
        "number" => "a number".to_owned(),
        "object" => object(keywords),
        "string" => format::known(format)
            .map_or("a string", |format| format.in_words)
            .to_owned(),
        other => other.to_owned(),
    }
}

/// The range of an integer is told where people know it by heart or have to; that of a wide one
/// only to those who leave it.
fn integer(format: &str) -> String {
    match format {
        "uint64" | "uint128" | "uint" => "an integer of at least 0".to_owned(),
        "int64" | "int128" | "int" => "an integer".to_owned(),
        _ => {
            numeral::range(format).map_or_else(|| "an integer".to_owned(), numeral::Range::in_words)
        }
    }
}

/// An object by the members that it must have.
fn object(keywords: &Map<String, Value>) -> String {
    /// More would say less.
    const NAMED: usize = 4;
    let required = keywords.get("required").and_then(Value::as_array);
    let names: Vec<String> = required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.as_slice() {
        [] => "an object".to_owned(),
        [only] => format!("an object with {only}"),
        many if many.len() > NAMED => {
            let first: Vec<&str> = many.iter().take(NAMED).map(String::as_str).collect();
            format!("an object with {} and others", first.join(", "))
        }
        [first @ .., last] => format!("an object with {} and {last}", first.join(", ")),
    }
}
