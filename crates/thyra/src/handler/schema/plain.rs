//! The plain form of a schema, which every client reads.
//!
//! Many clients hand the schemas of tools to a model's API, and those APIs know a part of JSON
//! Schema only. Two things are beyond it that schemars writes: `null` beside another type, for a
//! member that may just as well be left out, and a list of types in `type`.

use schemars::Schema;
use schemars::transform::transform_subschemas;
use serde_json::{Map, Value};

/// Rewrites `schema` and all within it: a member that may be left out has no `null`, and a value of
/// several types has an `anyOf` of them. What is refused stays refused, and nothing but `null` is
/// refused that was not.
pub(super) fn simplify(schema: &mut Schema) {
    optional_members_without_null(schema);
    if let Some(keywords) = schema.as_object_mut() {
        split(keywords);
    }
    transform_subschemas(&mut simplify, schema);
}

/// Takes `null` out of the values that `schema` allows, unless there are no others.
pub(in crate::handler) fn without_null(schema: &mut Schema) {
    let Some(keywords) = schema.as_object_mut() else {
        return;
    };
    let mut rest = keywords.clone();
    if remove_null(&mut rest) {
        *keywords = rest;
    }
}

/// Writes `type` wherever the other keywords allow values of one type only.
pub(super) fn say_type(schema: &mut Schema) {
    transform_subschemas(&mut say_type, schema);
    let Some(keywords) = schema.as_object_mut() else {
        return;
    };
    if !keywords.contains_key("type")
        && !keywords.contains_key("$ref")
        && let Some(kind) = only_type(keywords)
    {
        keywords.insert("type".to_owned(), kind.into());
    }
}

fn optional_members_without_null(schema: &mut Schema) {
    let Some(keywords) = schema.as_object_mut() else {
        return;
    };
    let Some(Value::Object(mut members)) = keywords.remove("properties") else {
        return;
    };
    let required = keywords.get("required").and_then(Value::as_array);
    for (name, member) in &mut members {
        let is_required = required.is_some_and(|names| names.iter().any(|other| other == name));
        if !is_required && let Ok(member) = <&mut Schema>::try_from(member) {
            without_null(member);
        }
    }
    keywords.insert("properties".to_owned(), Value::Object(members));
}

/// Whether there are other values than `null`. If not, `keywords` are half changed.
fn remove_null(keywords: &mut Map<String, Value>) -> bool {
    if keywords.get("const").is_some_and(Value::is_null) {
        return false;
    }
    match keywords.get_mut("type") {
        Some(Value::String(kind)) if kind == "null" => return false,
        Some(Value::Array(kinds)) => {
            kinds.retain(|kind| kind != "null");
            match kinds.as_slice() {
                [] => return false,
                [kind] => {
                    let kind = kind.clone();
                    keywords.insert("type".to_owned(), kind);
                }
                _ => {}
            }
        }
        _ => {}
    }
    if let Some(Value::Array(values)) = keywords.get_mut("enum") {
        values.retain(|value| !value.is_null());
        if values.is_empty() {
            return false;
        }
    }
    for keyword in ["anyOf", "oneOf"] {
        let Some(Value::Array(choices)) = keywords.get_mut(keyword) else {
            continue;
        };
        choices.retain_mut(|choice| match choice {
            Value::Object(choice) => remove_null(choice),
            _ => true,
        });
        match choices.len() {
            0 => return false,
            1 => merge_only_choice(keywords, keyword),
            _ => {}
        }
    }
    if keywords.get("default").is_some_and(Value::is_null) {
        keywords.remove("default");
    }
    true
}

/// Writes the only choice of `keyword` in place of the choice. What stands beside it already, such
/// as the description of a field, is nearer to the value and stays.
fn merge_only_choice(keywords: &mut Map<String, Value>, keyword: &str) {
    if !keywords.keys().all(|name| name == keyword || is_note(name)) {
        return;
    }
    if let Some(Value::Array(choices)) = keywords.remove(keyword)
        && let Some(Value::Object(only)) = choices.into_iter().next()
    {
        for (name, value) in only {
            keywords.entry(name).or_insert(value);
        }
    }
}

/// Writes a list of types as an `anyOf`.
fn split(keywords: &mut Map<String, Value>) {
    if keywords.contains_key("anyOf") {
        return;
    }
    let kinds = match keywords.get_mut("type") {
        Some(Value::Array(kinds)) => std::mem::take(kinds),
        _ => return,
    };
    keywords.remove("type");
    let choices: Vec<Value> = match kinds.as_slice() {
        [kind] => {
            keywords.insert("type".to_owned(), kind.clone());
            return;
        }
        // All that is said is said of the values that are not null.
        [kind, null] if null == "null" => {
            let (mut notes, mut value): (Map<_, _>, Map<_, _>) = std::mem::take(keywords)
                .into_iter()
                .partition(|(name, _)| is_note(name));
            keywords.append(&mut notes);
            value.insert("type".to_owned(), kind.clone());
            remove_null(&mut value);
            vec![value.into(), of_type(null)]
        }
        kinds => kinds.iter().map(of_type).collect(),
    };
    keywords.insert("anyOf".to_owned(), choices.into());
}

fn of_type(kind: &Value) -> Value {
    serde_json::json!({ "type": kind })
}

/// The type of all values that the keywords allow, if it is one and they tell.
fn only_type(keywords: &Map<String, Value>) -> Option<&'static str> {
    if let Some(value) = keywords.get("const") {
        return Some(type_of(value));
    }
    if let Some(Value::Array(values)) = keywords.get("enum") {
        return common(values.iter().map(|value| Some(type_of(value))));
    }
    ["anyOf", "oneOf"].into_iter().find_map(|keyword| {
        let choices = keywords.get(keyword)?.as_array()?;
        common(choices.iter().map(|choice| known_type(choice.get("type")?)))
    })
}

fn common(mut kinds: impl Iterator<Item = Option<&'static str>>) -> Option<&'static str> {
    let first = kinds.next()??;
    kinds.all(|kind| kind == Some(first)).then_some(first)
}

fn known_type(kind: &Value) -> Option<&'static str> {
    const TYPES: [&str; 7] = [
        "array", "boolean", "integer", "null", "number", "object", "string",
    ];
    TYPES.into_iter().find(|known| kind == known)
}

/// The type of a value, as the keyword `type` names it.
pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Array(_) => "array",
        Value::Bool(_) => "boolean",
        Value::Null => "null",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::Object(_) => "object",
        Value::String(_) => "string",
    }
}

/// Whether a keyword allows and refuses nothing where it stands (JSON Schema 2020-12, core, section
/// 8, and validation, section 9).
fn is_note(keyword: &str) -> bool {
    keyword.starts_with("x-")
        || matches!(
            keyword,
            "$comment"
                | "$defs"
                | "$id"
                | "$schema"
                | "default"
                | "deprecated"
                | "description"
                | "examples"
                | "readOnly"
                | "title"
                | "writeOnly"
        )
}
