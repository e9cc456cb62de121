//! What a component takes, found out once when it is made: its arguments, their schema, and what
//! the server must have.

use std::any::TypeId;
use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::decode;
use super::dependency::{Wanted, in_words};
use super::schema::{self, Forms};

/// Gathers what a component takes: each parameter of its function adds itself.
pub struct Parameters {
    generator: SchemaGenerator,
    /// In the order of declaration, which is the order in which a model reads them.
    properties: Vec<(String, Schema)>,
    required: Vec<String>,
    /// What the schema says about arguments with other names; closed unless [`Args`](super::Args)
    /// opens it.
    additional: Value,
    /// Names that serde knows and the schema does not tell: aliases.
    also_known: Vec<&'static str>,
    /// Whether one value takes all arguments.
    takes_all: bool,
    requirements: Vec<Requirement>,
    problems: Vec<String>,
    /// The dependencies that are being described, each wanted by the one before it.
    describing: Vec<Wanted>,
}

/// What the server must have for a component to work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Requirement {
    /// A signed-in caller.
    Principal,
    /// A value for `State<T>`.
    State {
        /// The type `T`.
        type_id: TypeId,
        /// Its name.
        type_name: &'static str,
    },
}

/// How an argument is described to clients.
#[derive(Clone, Debug, Default)]
pub struct Argument {
    /// The name that clients use.
    pub name: &'static str,
    /// A description for models.
    pub description: Option<&'static str>,
    /// The value when it is left out. `Some` makes the argument optional.
    pub default: Option<DefaultValue>,
    /// HTTP clients repeat it in the header `Mcp-Param-` and this name (MCP 2026-07-28,
    /// `x-mcp-header`).
    pub header: Option<&'static str>,
}

/// The value of an argument that is left out.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DefaultValue {
    /// As JSON, shown to clients.
    Shown(Value),
    /// Of a type that has no JSON form.
    Unshown,
}

/// What a component takes, complete: the counterpart of its [`Output`](super::Output).
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) arguments: Vec<InputArgument>,
    pub(crate) schema: Forms,
    /// Whether a value takes arguments with other names too, or at least does not mind them.
    pub(crate) is_open: bool,
    /// The names that a caller may use, if no others are taken.
    pub(crate) known: Option<Arc<[String]>>,
    pub(crate) requirements: Vec<Requirement>,
    pub(crate) problems: Vec<String>,
}

/// One argument that a component takes.
#[derive(Debug)]
pub(crate) struct InputArgument {
    pub(crate) description: Option<String>,
    /// The values that it may have, when the type lists them.
    pub(crate) choices: Option<Vec<String>>,
    /// What is expected where it is not a text: in words, and as a schema.
    pub(crate) json: Option<(&'static str, String)>,
    pub(crate) name: String,
    pub(crate) required: bool,
}

impl Parameters {
    /// Those of a component that takes nothing.
    pub fn new() -> Self {
        Self {
            generator: schema::input_generator(),
            properties: Vec::new(),
            required: Vec::new(),
            additional: Value::Bool(false),
            also_known: Vec::new(),
            takes_all: false,
            requirements: Vec::new(),
            problems: Vec::new(),
            describing: Vec::new(),
        }
    }

    /// Adds one argument of type `T`.
    pub fn argument<T: JsonSchema>(&mut self, argument: Argument, required: bool) {
        let mut property = schema::part::<T>(&mut self.generator);
        if let Some(description) = argument.description {
            property.insert("description".to_owned(), description.into());
        }
        if let Some(DefaultValue::Shown(default)) = argument.default {
            property.insert("default".to_owned(), default);
        }
        if let Some(header) = argument.header {
            // A header says one kind of value; an optional argument that is null is left out of the
            // headers.
            schema::without_null(&mut property);
            property.insert("x-mcp-header".to_owned(), header.into());
        }
        schema::describe_anything(&mut property);
        if required {
            self.required.push(argument.name.to_owned());
        }
        self.properties.push((argument.name.to_owned(), property));
    }

    /// Adds all members of `T` as arguments.
    pub fn arguments<T: JsonSchema>(&mut self) {
        let Some(mut whole) = schema::object::<T>(&mut self.generator) else {
            self.problems.push(format!(
                "`Args<{}>` wants a struct with named fields: arguments are the members of a JSON object",
                std::any::type_name::<T>()
            ));
            return;
        };
        if let Some(Value::Object(properties)) = whole.remove("properties") {
            for (name, property) in properties {
                if let Ok(property) = Schema::try_from(property) {
                    self.properties.push((name, property));
                }
            }
        }
        if let Some(Value::Array(required)) = whole.remove("required") {
            let names = required.iter().filter_map(Value::as_str);
            self.required.extend(names.map(str::to_owned));
        }
        self.takes_all = true;
        // A flattened enum has members that stand in no list of their own.
        let is_open = ["allOf", "anyOf", "oneOf", "patternProperties"]
            .iter()
            .any(|keyword| whole.get(*keyword).is_some());
        let additional = whole.remove("additionalProperties");
        self.additional = match additional.unwrap_or(Value::Bool(is_open)) {
            Value::Bool(false) => std::mem::replace(&mut self.additional, Value::Bool(false)),
            open => open,
        };
    }

    /// Takes arguments by these names too, without showing them.
    pub(super) fn also_known(&mut self, names: &'static [&'static str]) {
        self.also_known.extend(names);
    }

    /// Adds a requirement.
    pub fn require(&mut self, requirement: Requirement) {
        if !self.requirements.contains(&requirement) {
            self.requirements.push(requirement);
        }
    }

    /// Adds what a dependency needs, which `describe` adds, unless it needs itself.
    pub(super) fn dependency(&mut self, wanted: Wanted, describe: impl FnOnce(&mut Self)) {
        let before = self.describing.iter().position(|one| *one == wanted);
        self.describing.push(wanted);
        match before.and_then(|before| self.describing.get(before..)) {
            None => describe(self),
            Some(circle) => self.problems.push(format!(
                "its dependencies form a circle: {}",
                in_words(circle)
            )),
        }
        self.describing.pop();
    }

    pub(crate) fn finish(mut self) -> Input {
        let definitions = schema::definitions(&mut self.generator);
        let literal = self.written(&definitions);
        let definitions = self.simplify(definitions);
        let schema = match literal.and_then(|literal| {
            let plain = self.written(&definitions)?;
            Ok(Forms::new(plain, literal))
        }) {
            Ok(schema) => schema,
            Err(error) => {
                self.problems
                    .push(format!("its input schema cannot be written: {error}"));
                Forms::as_written(RawValue::NULL.to_owned())
            }
        };
        let document = serde_json::json!({ "$defs": &definitions });
        let declared = |(name, property): &(String, Schema)| {
            let is_text = schema::allows_string(property.as_value(), &document);
            let description = property.get("description").and_then(Value::as_str);
            InputArgument {
                description: description.map(str::to_owned),
                choices: schema::choices(property),
                json: (!is_text).then(|| {
                    (
                        decode::expected_by(property),
                        property.as_value().to_string(),
                    )
                }),
                name: name.clone(),
                required: self.required.contains(name),
            }
        };
        let is_closed = self.additional == Value::Bool(false);
        let names = self.properties.iter().map(|(name, _)| name.as_str());
        let is_hidden = |name: &&str| !self.properties.iter().any(|(shown, _)| shown == name);
        let known = names.chain(self.also_known.iter().copied().filter(is_hidden));
        Input {
            known: is_closed.then(|| known.map(str::to_owned).collect()),
            arguments: self.properties.iter().map(declared).collect(),
            schema,
            is_open: self.takes_all || !is_closed,
            requirements: self.requirements,
            problems: self.problems,
        }
    }

    /// Makes all schemas plain, and `definitions` with them.
    fn simplify(&mut self, mut definitions: Map<String, Value>) -> Map<String, Value> {
        for (name, property) in &mut self.properties {
            if !self.required.contains(name) {
                schema::without_null(property);
            }
            schema::simplify(property);
        }
        if let Ok(additional) = <&mut Schema>::try_from(&mut self.additional) {
            schema::simplify(additional);
        }
        schema::simplify_all(&mut definitions);
        definitions
    }

    fn written(&self, definitions: &Map<String, Value>) -> serde_json::Result<Box<RawValue>> {
        serde_json::value::to_raw_value(&InputSchema {
            kind: "object",
            properties: Members(&self.properties),
            required: &self.required,
            additional: (self.additional != Value::Bool(true)).then_some(&self.additional),
            definitions,
        })
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parameters")
            .field("properties", &self.properties)
            .field("required", &self.required)
            .field("requirements", &self.requirements)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct InputSchema<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    properties: Members<'a>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    required: &'a [String],
    #[serde(
        rename = "additionalProperties",
        skip_serializing_if = "Option::is_none"
    )]
    additional: Option<&'a Value>,
    #[serde(rename = "$defs", skip_serializing_if = "Map::is_empty")]
    definitions: &'a Map<String, Value>,
}

/// An object whose members stay in order.
struct Members<'a>(&'a [(String, Schema)]);

impl Serialize for Members<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, schema)| (name, schema)))
    }
}
