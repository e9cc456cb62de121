//! The definition of a tool.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::form::{Form, Members, Written, filled, for_revision};
use crate::icon::Icon;
use crate::revision::Revision;
use crate::schema::{ObjectProperties, is_of_objects};

/// The definition of a tool.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// The name for programs: 1 to 128 of `A-Z a-z 0-9 _ . -`.
    pub name: String,
    /// The name for people (from 2025-06-18).
    #[serde(default)]
    pub title: Option<String>,
    /// A description for the model.
    #[serde(default)]
    pub description: Option<String>,
    /// Its icons (from 2025-11-25).
    #[serde(default)]
    pub icons: Vec<Icon>,
    /// The JSON Schema of its arguments, with `"type": "object"` at the root.
    pub input_schema: Box<RawValue>,
    /// The JSON Schema of its structured output (from 2025-06-18). Before 2026-07-28 it is
    /// written only when it has `"type": "object"` at the root.
    #[serde(default)]
    pub output_schema: Option<Box<RawValue>>,
    /// Hints about what it does (from 2025-03-26).
    #[serde(default)]
    pub annotations: Option<ToolAnnotations>,
    /// How it runs (2025-11-25 only).
    #[serde(default)]
    pub execution: Option<ToolExecution>,
    /// Metadata (from 2025-06-18).
    #[serde(rename = "_meta", default)]
    pub meta: Option<Map<String, Value>>,
}

impl Tool {
    /// A tool with a name and a schema for its arguments, and nothing else.
    pub fn new(name: impl Into<String>, input_schema: Box<RawValue>) -> Self {
        Tool {
            name: name.into(),
            title: None,
            description: None,
            icons: Vec::new(),
            input_schema,
            output_schema: None,
            annotations: None,
            execution: None,
            meta: None,
        }
    }
}

for_revision!(Tool);

impl Written for Tool {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let any_output = form.writes(Revision::has_any_structured_output);
        let output_schema = self
            .output_schema
            .as_deref()
            .filter(|schema| any_output || is_of_objects(schema));

        let mut members = Members::begin(form, serializer)?;
        members.put("name", &self.name)?;
        members.put_since(Revision::has_titles, "title", self.title.as_ref())?;
        members.put_some("description", self.description.as_ref())?;
        members.put_since(Revision::has_icons, "icons", filled(&self.icons))?;
        if form.writes(Revision::has_boolean_property_schemas) {
            members.put("inputSchema", &self.input_schema)?;
            members.put_since(
                Revision::has_structured_output,
                "outputSchema",
                output_schema,
            )?;
        } else {
            members.put("inputSchema", &ObjectProperties(&self.input_schema))?;
            members.put_since(
                Revision::has_structured_output,
                "outputSchema",
                output_schema.map(ObjectProperties).as_ref(),
            )?;
        }
        members.put_since(
            Revision::has_tool_annotations,
            "annotations",
            self.annotations.as_ref(),
        )?;
        members.put_since(
            Revision::has_core_tasks,
            "execution",
            self.execution.as_ref(),
        )?;
        members.put_since(Revision::has_item_meta, "_meta", self.meta.as_ref())?;
        members.end()
    }
}

/// Hints about what a tool does. A client must not rely on them when it does not trust the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolAnnotations {
    /// The name for people; [`Tool::title`] takes precedence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// It changes nothing (default: false).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only_hint: Option<bool>,
    /// It may destroy something (default: true).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destructive_hint: Option<bool>,
    /// Calling it again with the same arguments changes nothing more (default: false).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent_hint: Option<bool>,
    /// It reaches out into an open world, such as the web (default: true).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_world_hint: Option<bool>,
}

/// How a tool runs (2025-11-25 only).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolExecution {
    /// Whether it can run as a task (default: forbidden).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_support: Option<TaskSupport>,
}

/// Whether a tool can run as a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TaskSupport {
    /// Never.
    Forbidden,
    /// When the client asks for it.
    Optional,
    /// Always.
    Required,
}
