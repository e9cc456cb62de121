//! JSON Schemas (draft 2020-12) as tools publish them: short, inlined, nothing in them that no
//! model reads.

mod forms;
mod plain;
mod wrapped;

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

pub(crate) use self::forms::{Forms, OutputSchema};
pub(super) use self::plain::without_null;
pub(crate) use self::wrapped::wrapped;

/// Writes schemas of what tools take.
pub(super) fn input_generator() -> SchemaGenerator {
    settings().for_deserialize().into_generator()
}

/// Writes schemas of what tools return.
pub(super) fn output_generator() -> SchemaGenerator {
    settings().for_serialize().into_generator()
}

/// The schema of `T` as part of a document whose `$defs` are the generator's definitions.
pub(super) fn part<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = generator.subschema_for::<T>();
    tidy(&mut schema);
    schema
}

/// What the parts refer to: types that contain themselves. All others are inlined.
pub(super) fn definitions(generator: &mut SchemaGenerator) -> Map<String, Value> {
    let mut definitions = generator.take_definitions(false);
    for_each(&mut definitions, tidy);
    definitions
}

/// The schema of `T` as [`part`] has it, if it says itself that a `T` is an object, and leaves that
/// to no alternatives.
pub(super) fn object<T: JsonSchema>(generator: &mut SchemaGenerator) -> Option<Schema> {
    let mut schema = generator.subschema_for::<T>();
    // A type that contains itself comes as a reference.
    if let Some(Value::String(reference)) = schema.get("$ref")
        && let Some(name) = reference.strip_prefix("#/$defs/")
        && let Some(definition) = generator.definitions().get(name)
        && let Ok(definition) = Schema::try_from(definition.clone())
    {
        schema = definition;
    }
    let is_object = schema.get("type").is_some_and(|kind| kind == "object");
    tidy(&mut schema);
    is_object.then_some(schema)
}

/// Makes a part plain: see [`Forms`].
pub(super) fn simplify(part: &mut Schema) {
    plain::simplify(part);
    plain::say_type(part);
}

/// Makes what the parts refer to plain.
pub(super) fn simplify_all(definitions: &mut Map<String, Value>) {
    for_each(definitions, simplify);
}

/// The schema of `T` as a document of its own.
pub(super) fn document<T: JsonSchema>(mut generator: SchemaGenerator) -> Schema {
    let mut schema = generator.root_schema_for::<T>();
    if schema.get("title").and_then(Value::as_str) == Some(&*T::schema_name()) {
        schema.remove("title");
    }
    tidy(&mut schema);
    schema
}

/// The schema of `T` as schemars writes it, with the Rust types of numbers and with `null`: to hold
/// values against, not to publish.
pub(super) fn literal<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize();
    settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// Whether a JSON string could fit `schema`, which is part of `document`.
pub(super) fn allows_string(schema: &Value, document: &Value) -> bool {
    allows(schema, "string", document, 0)
}

/// Whether `null` could fit the schema that is `document`.
pub(crate) fn allows_null(document: &Value) -> bool {
    allows(document, "null", document, 0)
}

/// The values that `schema` allows, when they are few and it lists them: an enum's, or those of a
/// `bool`.
pub(super) fn choices(schema: &Schema) -> Option<Vec<String>> {
    fn text(value: &Value) -> Option<String> {
        match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
    fn gather(schema: &Value, found: &mut Vec<String>) -> bool {
        let is_boolean = match schema.get("type") {
            Some(Value::String(kind)) if kind == "null" => return true,
            Some(Value::String(kind)) => kind == "boolean",
            Some(Value::Array(kinds)) => {
                kinds.iter().all(|kind| kind == "boolean" || kind == "null")
            }
            _ => false,
        };
        if let Some(Value::Array(values)) = schema.get("enum") {
            found.extend(values.iter().filter_map(text));
        } else if let Some(value) = schema.get("const") {
            found.extend(text(value));
        } else if let Some(Value::Array(choices)) =
            schema.get("oneOf").or_else(|| schema.get("anyOf"))
        {
            return choices.iter().all(|choice| gather(choice, found));
        } else if is_boolean {
            found.extend(["true".to_owned(), "false".to_owned()]);
        } else {
            return false;
        }
        true
    }
    let mut found = Vec::new();
    (gather(schema.as_value(), &mut found) && !found.is_empty()).then_some(found)
}

/// Whether a value of the type `kind` could fit `schema`, which is part of `document`.
fn allows(schema: &Value, kind: &str, document: &Value, depth: usize) -> bool {
    /// Deeper than any alternative that a person would nest; beyond it nothing is decoded.
    const DEEPEST: usize = 16;
    let Value::Object(keywords) = schema else {
        return schema != &Value::Bool(false);
    };
    if depth > DEEPEST {
        return true;
    }
    let fits = |schema: &Value| allows(schema, kind, document, depth + 1);
    let is = |value: &Value| plain::type_of(value) == kind;
    keywords
        .iter()
        .all(|(keyword, value)| match (keyword.as_str(), value) {
            ("type", Value::String(name)) => name == kind,
            ("type", Value::Array(names)) => names.iter().any(|name| name == kind),
            ("const", value) => is(value),
            ("enum", Value::Array(values)) => values.iter().any(is),
            ("anyOf" | "oneOf", Value::Array(choices)) => choices.iter().any(fits),
            ("allOf", Value::Array(parts)) => parts.iter().all(fits),
            ("$ref", Value::String(reference)) => reference
                .strip_prefix('#')
                .and_then(|pointer| document.pointer(pointer))
                .is_none_or(fits),
            _ => true,
        })
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    })
}

fn for_each(schemas: &mut Map<String, Value>, change: impl Fn(&mut Schema)) {
    schemas
        .values_mut()
        .filter_map(|value| <&mut Schema>::try_from(value).ok())
        .for_each(change);
}

fn tidy(schema: &mut Schema) {
    schema.ensure_object();
    without_booleans(schema);
    RecursiveTransform(drop_number_format).transform(schema);
    plain::say_type(schema);
}

/// Writes `true` and `false` as objects: some clients refuse a list of tools for one schema that is
/// none. They all know a boolean in `additionalProperties`, which says whether there may be others.
fn without_booleans(schema: &mut Schema) {
    let others = schema
        .get("additionalProperties")
        .filter(|others| others.is_boolean())
        .cloned();
    let mut object = |part: &mut Schema| {
        part.ensure_object();
        without_booleans(part);
    };
    transform_subschemas(&mut object, schema);
    if let Some(others) = others {
        schema.insert("additionalProperties".to_owned(), others);
    }
    if let Some(Value::Object(members)) = schema.get_mut("properties") {
        for_each(members, describe_anything);
    }
}

/// Says in words that a member may be anything, where nothing else is said of it.
pub(super) fn describe_anything(member: &mut Schema) {
    if let Some(keywords) = member.as_object_mut()
        && keywords.is_empty()
    {
        keywords.insert("description".to_owned(), "Any JSON value.".into());
    }
}

/// schemars names the Rust type of a number in `format`. JSON Schema knows no such format, and some
/// model APIs refuse one that they do not know.
fn drop_number_format(schema: &mut Schema) {
    let is_rust_type = schema
        .get("format")
        .and_then(Value::as_str)
        .is_some_and(|format| {
            matches!(
                format,
                "double"
                    | "float"
                    | "int"
                    | "int8"
                    | "int16"
                    | "int32"
                    | "int64"
                    | "int128"
                    | "uint"
                    | "uint8"
                    | "uint16"
                    | "uint32"
                    | "uint64"
                    | "uint128"
            )
        });
    if is_rust_type {
        schema.remove("format");
    }
}

#[cfg(test)]
mod tests;
