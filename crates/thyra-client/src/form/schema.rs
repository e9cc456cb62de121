//! Reads the schema of a form.
//!
//! MCP has flat objects only. Beside that, what libraries write for optional values and for enums
//! is read: a type or an alternative `null`, and a reference to a definition of the schema itself.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use thyra_protocol::TextFormat;

use super::Form;
use super::choice::Choice;
use super::error::FormError;
use super::field::{Field, Said};
use super::kind::{FieldKind, NumberRules, Pattern, TextRules};

/// How many references and alternatives lead from a field to its type, at most.
const DEEPEST: usize = 8;

#[derive(Deserialize)]
struct Schema {
    #[serde(default, rename = "type")]
    kind: Option<Value>,
    #[serde(default)]
    properties: Properties,
    #[serde(default)]
    required: Value,
    #[serde(default, rename = "$defs")]
    defs: Value,
    #[serde(default)]
    definitions: Value,
}

/// The fields of a schema, in its order. One more than the most is kept, to be noticed.
#[derive(Default)]
struct Properties(Vec<(String, Value)>);

/// The fields that a schema describes.
pub(super) fn fields(schema: &RawValue) -> Result<Vec<Field>, FormError> {
    if !schema.get().trim_start().starts_with('{') {
        return Err(FormError::NotAnObject);
    }
    let schema: Schema = serde_json::from_str(schema.get()).map_err(FormError::Unreadable)?;
    if schema.kind.as_ref().is_some_and(|kind| kind != "object") {
        return Err(FormError::NotAnObject);
    }
    if schema.properties.0.len() > Form::MOST_FIELDS {
        return Err(FormError::TooManyFields);
    }
    let required = schema.required.as_array().map(Vec::as_slice);
    let required = required.unwrap_or_default();
    let mut fields = Vec::with_capacity(schema.properties.0.len());
    for (name, property) in &schema.properties.0 {
        let mut reading = Reading {
            definitions: [&schema.defs, &schema.definitions],
            said: Said::default(),
            can_be_null: false,
        };
        let kind = reading.kind(property, DEEPEST);
        let kind = kind.map_err(|problem| FormError::Field {
            field: name.clone(),
            problem,
        })?;
        let is_required = required.iter().any(|required| required == name) && !reading.can_be_null;
        fields.push(Field::new(name.clone(), reading.said, is_required, kind));
    }
    Ok(fields)
}

/// A field while it is read.
struct Reading<'s> {
    definitions: [&'s Value; 2],
    said: Said,
    can_be_null: bool,
}

impl<'s> Reading<'s> {
    /// The kind of a field, or what is wrong with it. What the field says of itself counts before
    /// what its definition says.
    fn kind(&mut self, property: &'s Value, depth: usize) -> Result<FieldKind, &'static str> {
        let schema = property
            .as_object()
            .ok_or("has a schema that is no object")?;
        let depth = depth
            .checked_sub(1)
            .ok_or("has a type that leads too far")?;
        let text = |keyword| {
            schema
                .get(keyword)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        self.said.title = self.said.title.take().or_else(|| text("title"));
        self.said.description = self.said.description.take().or_else(|| text("description"));
        let default = self.said.default.take();
        self.said.default = default.or_else(|| schema.get("default").cloned());
        if let Some(name) = schema.get("$ref") {
            let definition = name.as_str().and_then(|name| self.definition(name));
            return self.kind(
                definition.ok_or("refers to a definition that is not there")?,
                depth,
            );
        }
        if let Some(choices) = choices(schema)? {
            return Ok(FieldKind::Choice(choices));
        }
        if let Some(alternatives) = list(schema, "anyOf").or_else(|| list(schema, "oneOf")) {
            let only = self.only(alternatives, is_null)?;
            return self.kind(only, depth);
        }
        let kind = match schema.get("type") {
            Some(Value::Array(types)) => self.only(types, |kind| kind == "null")?,
            Some(kind) => kind,
            None => return Err("has no type"),
        };
        match kind.as_str() {
            Some("boolean") => Ok(FieldKind::Boolean),
            Some("integer") => Ok(FieldKind::Integer(number_rules(schema))),
            Some("number") => Ok(FieldKind::Number(number_rules(schema))),
            Some("string") => Ok(FieldKind::Text(text_rules(schema))),
            Some("array") => {
                let items = schema.get("items").and_then(Value::as_object);
                let choices = items.map(choices).transpose()?.flatten();
                Ok(FieldKind::Choices {
                    choices: choices.ok_or("is a list of something else than choices")?,
                    min: count(schema, "minItems"),
                    max: count(schema, "maxItems"),
                })
            }
            Some("object") => Err("is an object, and a form is flat"),
            _ => Err("has a type that no form has"),
        }
    }

    /// What a reference such as `#/$defs/Colour` leads to.
    fn definition(&self, reference: &str) -> Option<&'s Value> {
        let [defs, definitions] = self.definitions;
        match reference.strip_prefix("#/$defs/") {
            Some(name) => defs.get(name),
            None => definitions.get(reference.strip_prefix("#/definitions/")?),
        }
    }

    /// The only alternative beside those that are null.
    fn only(
        &mut self,
        alternatives: &'s [Value],
        is_null: impl Fn(&Value) -> bool,
    ) -> Result<&'s Value, &'static str> {
        self.can_be_null |= alternatives.iter().any(&is_null);
        let mut others = alternatives.iter().filter(|one| !is_null(one));
        match (others.next(), others.next()) {
            (Some(only), None) => Ok(only),
            _ => Err("has several types"),
        }
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "null")
}

/// The choices of a field, in any of the ways in which MCP writes them; `None` if it has none.
fn choices(schema: &Map<String, Value>) -> Result<Option<Vec<Choice>>, &'static str> {
    let choices: Option<Vec<Choice>> = if let Some(values) = list(schema, "enum") {
        let names = list(schema, "enumNames").unwrap_or_default();
        let values = values.iter().enumerate();
        let choice = |(place, value): (usize, &Value)| {
            let title = names.get(place).and_then(Value::as_str);
            choice(value, title)
        };
        values.map(choice).collect()
    } else {
        let titled = list(schema, "oneOf").or_else(|| list(schema, "anyOf"));
        let Some(titled) = titled.filter(|all| all.iter().any(|one| one.get("const").is_some()))
        else {
            return Ok(None);
        };
        let choice = |one: &Value| {
            let title = one.get("title").and_then(Value::as_str);
            choice(one.get("const")?, title)
        };
        titled.iter().map(choice).collect()
    };
    match choices {
        None => Err("has choices that are no texts"),
        Some(choices) if choices.len() > Choice::MOST => Err("has more than 4096 choices"),
        Some(choices) if choices.is_empty() => Err("has no choices"),
        choices => Ok(choices),
    }
}

fn choice(value: &Value, title: Option<&str>) -> Option<Choice> {
    Some(Choice {
        value: value.as_str()?.to_owned(),
        title: title.map(str::to_owned),
    })
}

fn number_rules(schema: &Map<String, Value>) -> NumberRules {
    let bound = |keyword| schema.get(keyword).and_then(Value::as_number).cloned();
    NumberRules {
        min: bound("minimum"),
        max: bound("maximum"),
    }
}

/// A format or a pattern that this client does not know is left to the server.
fn text_rules(schema: &Map<String, Value>) -> TextRules {
    let text = |keyword| schema.get(keyword).and_then(Value::as_str);
    let format = text("format");
    let mut formats = TextFormat::ALL.into_iter();
    TextRules {
        min_length: count(schema, "minLength"),
        max_length: count(schema, "maxLength"),
        format: formats.find(|known| format == Some(known.as_str())),
        pattern: text("pattern").and_then(Pattern::new),
    }
}

fn count(schema: &Map<String, Value>, keyword: &str) -> Option<u64> {
    schema.get(keyword).and_then(Value::as_u64)
}

fn list<'s>(schema: &'s Map<String, Value>, keyword: &str) -> Option<&'s [Value]> {
    schema
        .get(keyword)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Properties;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("properties: an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
                let mut properties = Vec::<(String, Value)>::new();
                while let Some((name, property)) = map.next_entry()? {
                    let mut known = properties.iter_mut();
                    if let Some(known) = known.find(|(known, _)| *known == name) {
                        // The last one counts, as in a map.
                        known.1 = property;
                    } else if properties.len() <= Form::MOST_FIELDS {
                        properties.push((name, property));
                    }
                }
                Ok(Properties(properties))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}
