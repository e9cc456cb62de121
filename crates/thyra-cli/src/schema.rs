//! The JSON Schema of a tool's arguments, as far as a command line needs it.

mod reading;
mod words;

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use thyra::PromptArgument;

/// How many references are followed, one to the next. A schema may refer to itself.
const MOST_REFERENCES: usize = 16;

/// The most schemas that are looked at to find what one value may be.
const MOST_SCHEMAS: usize = 256;

/// A schema, with the names of its properties in the order in which the server wrote them.
#[derive(Debug)]
pub(crate) struct SchemaDocument {
    root: Value,
    order: Vec<String>,
}

/// A schema within a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schema<'a> {
    root: &'a Value,
    here: &'a Value,
}

/// A property of an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Property<'a> {
    pub(crate) name: &'a str,
    pub(crate) schema: Schema<'a>,
    pub(crate) is_required: bool,
}

impl SchemaDocument {
    pub(crate) fn new(raw: &RawValue) -> Self {
        let root = serde_json::from_str(raw.get()).unwrap_or(Value::Bool(true));
        let order = serde_json::from_str(raw.get()).map_or_else(
            |_| Vec::new(),
            |Root { properties }| properties.map(|names| names.0).unwrap_or_default(),
        );
        Self { root, order }
    }

    /// The arguments of a prompt, which are texts.
    pub(crate) fn of_prompt(arguments: &[PromptArgument]) -> Self {
        let property = |argument: &PromptArgument| {
            let mut schema = json!({ "type": "string" });
            if let Some(description) = &argument.description {
                schema["description"] = description.as_str().into();
            }
            (argument.name.clone(), schema)
        };
        let required = arguments
            .iter()
            .filter(|argument| argument.required == Some(true));
        Self {
            root: json!({
                "type": "object",
                "properties": arguments.iter().map(property).collect::<Map<_, _>>(),
                "required": required.map(|argument| &*argument.name).collect::<Vec<_>>(),
                "additionalProperties": false,
            }),
            order: arguments
                .iter()
                .map(|argument| argument.name.clone())
                .collect(),
        }
    }

    /// The whole schema.
    pub(crate) fn schema(&self) -> Schema<'_> {
        Schema {
            root: &self.root,
            here: &self.root,
        }
    }

    /// The properties at the root, in the order in which they were written.
    pub(crate) fn properties(&self) -> Vec<Property<'_>> {
        let mut properties = self.schema().properties();
        // There may be as many as a server likes.
        let order = self.order.iter().enumerate();
        let places: HashMap<&str, usize> = order.map(|(place, name)| (&**name, place)).collect();
        let place = |property: &Property<'_>| places.get(property.name).copied();
        properties.sort_by_key(|property| place(property).unwrap_or(usize::MAX));
        properties
    }
}

impl<'a> Schema<'a> {
    /// The schema that references lead to. A reference that leads nowhere allows everything.
    fn resolved(self) -> Self {
        let mut schema = self;
        for _ in 0..MOST_REFERENCES {
            let Some(reference) = schema.here.get("$ref").and_then(Value::as_str) else {
                return schema;
            };
            let place = reference.strip_prefix('#');
            match place.and_then(|place| self.root.pointer(place)) {
                Some(here) => schema = schema.at(here),
                None => return schema.at(&Value::Null),
            }
        }
        schema.at(&Value::Null)
    }

    fn at(self, here: &'a Value) -> Self {
        Self { here, ..self }
    }

    /// What is at a keyword.
    fn keyword(self, name: &str) -> Option<&'a Value> {
        self.here.get(name)
    }

    /// What people read about it.
    pub(crate) fn description(self) -> Option<&'a str> {
        let said = |schema: Self| schema.keyword("description").and_then(Value::as_str);
        said(self).or_else(|| said(self.resolved()))
    }

    /// The value when none is given.
    pub(crate) fn default_value(self) -> Option<&'a Value> {
        self.keyword("default")
    }

    /// The schemas of which a value fits one: one each for `anyOf`, `oneOf` and a list of types.
    fn alternatives(self) -> Vec<Alternative<'a>> {
        let mut found = Vec::new();
        self.add_alternatives(&mut { MOST_SCHEMAS }, &mut found);
        found
    }

    fn add_alternatives(self, room: &mut usize, found: &mut Vec<Alternative<'a>>) {
        let Some(less) = room.checked_sub(1) else {
            return;
        };
        *room = less;
        let schema = self.resolved();
        for keyword in ["anyOf", "oneOf", "allOf"] {
            let parts = schema.keyword(keyword).and_then(Value::as_array);
            match parts.map(Vec::as_slice) {
                // Several at once are more than a command line needs to understand.
                Some([_, _, ..]) if keyword == "allOf" => {}
                Some(parts) if !parts.is_empty() && schema.type_names().is_empty() => {
                    for part in parts {
                        schema.at(part).add_alternatives(room, found);
                    }
                    return;
                }
                _ => {}
            }
        }
        if let Some(value) = schema.keyword("const") {
            found.push(Alternative::Literal(value));
            return;
        }
        if let Some(Value::Array(values)) = schema.keyword("enum") {
            found.extend(values.iter().map(Alternative::Literal));
            return;
        }
        let types = schema.type_names();
        if types.is_empty() {
            found.push(if schema.has_properties() {
                Alternative::Typed(Type::Object, schema)
            } else if schema.keyword("items").is_some() {
                Alternative::Typed(Type::Array, schema)
            } else {
                Alternative::Anything
            });
        }
        for name in types {
            found.push(match Type::of(name) {
                Some(kind) => Alternative::Typed(kind, schema),
                None => Alternative::Anything,
            });
        }
    }

    fn type_names(self) -> Vec<&'a str> {
        match self.keyword("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// The schema when it describes an object, or an alternative that does.
    fn object(self) -> Option<Self> {
        self.typed(Type::Object)
    }

    /// The alternative of this type.
    fn typed(self, wanted: Type) -> Option<Self> {
        self.alternatives()
            .into_iter()
            .find_map(|alternative| match alternative {
                Alternative::Typed(kind, schema) if kind == wanted => Some(schema),
                _ => None,
            })
    }

    /// Whether a value may be a list.
    pub(crate) fn takes_list(self) -> bool {
        let alternatives = self.alternatives();
        let takes_it = |alternative: &Alternative<'_>| {
            matches!(alternative, Alternative::Typed(Type::Array, _))
        };
        alternatives.iter().any(takes_it)
    }

    /// What the entries of a list are.
    pub(crate) fn items(self) -> Self {
        let items = self
            .typed(Type::Array)
            .and_then(|list| Some(list.at(list.keyword("items")?)));
        items.unwrap_or(self.at(&Value::Null))
    }

    fn has_properties(self) -> bool {
        self.keyword("properties").is_some_and(Value::is_object)
    }

    fn property_map(self) -> Option<&'a Map<String, Value>> {
        self.keyword("properties").and_then(Value::as_object)
    }

    /// The properties of an object.
    pub(crate) fn properties(self) -> Vec<Property<'a>> {
        let Some(object) = self.object() else {
            return Vec::new();
        };
        let required: BTreeSet<&str> = object
            .keyword("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let properties = object.property_map().into_iter().flatten();
        properties
            .map(|(name, schema)| Property {
                name,
                schema: object.at(schema),
                is_required: required.contains(name.as_str()),
            })
            .collect()
    }

    /// The schema of the property `name`.
    pub(crate) fn property(self, name: &str) -> Option<Self> {
        let object = self.object()?;
        Some(object.at(object.property_map()?.get(name)?))
    }

    /// What a property is that the schema does not name. `None` when there is none such, or when it
    /// is more likely that the name is wrong: most schemas forget to say that they are complete.
    pub(crate) fn other_property(self) -> Option<Self> {
        let anything = self.at(&Value::Null);
        let Some(object) = self.object() else {
            let takes_anything =
                |alternative: &Alternative<'_>| matches!(alternative, Alternative::Anything);
            return self
                .alternatives()
                .iter()
                .any(takes_anything)
                .then_some(anything);
        };
        match object.keyword("additionalProperties") {
            Some(Value::Bool(false)) => None,
            Some(schema) => Some(object.at(schema)),
            None if object.keyword("patternProperties").is_some() => Some(anything),
            None if object.property_map().is_none_or(Map::is_empty) => Some(anything),
            None => None,
        }
    }
}

/// One of the things that a value may be.
#[derive(Clone, Copy, Debug)]
enum Alternative<'a> {
    Anything,
    Literal(&'a Value),
    Typed(Type, Schema<'a>),
}

/// A type of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Array,
    Boolean,
    Integer,
    Null,
    Number,
    Object,
    String,
}

impl Type {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "array" => Self::Array,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "null" => Self::Null,
            "number" => Self::Number,
            "object" => Self::Object,
            "string" => Self::String,
            _ => return None,
        })
    }
}

/// The root of a schema, for the order of its properties.
#[derive(Deserialize)]
struct Root {
    #[serde(default)]
    properties: Option<Names>,
}

/// The names of an object's members.
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamesVisitor;

        impl<'de> Visitor<'de> for NamesVisitor {
            type Value = Names;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some((name, IgnoredAny)) = map.next_entry()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }

        deserializer.deserialize_map(NamesVisitor)
    }
}

#[cfg(test)]
mod tests;
