//! What a server can do.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::form::{Form, Members, Written, for_revision};
use crate::revision::Revision;

/// What a server can do. The server lacks every capability that is absent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ServerCapabilities {
    /// Suggests values for arguments (from 2025-03-26).
    #[serde(default)]
    pub completions: Option<Map<String, Value>>,
    /// Capabilities outside the specification, by name; each is an object.
    #[serde(default)]
    pub experimental: Map<String, Value>,
    /// Extensions, by identifier; each has an object of settings (from 2026-07-28).
    #[serde(default)]
    pub extensions: Map<String, Value>,
    /// Sends log messages.
    #[serde(default)]
    pub logging: Option<Map<String, Value>>,
    /// Has prompts.
    #[serde(default)]
    pub prompts: Option<PromptsCapability>,
    /// Has resources.
    #[serde(default)]
    pub resources: Option<ResourcesCapability>,
    /// Runs requests as tasks (2025-11-25 only).
    #[serde(default)]
    pub tasks: Option<Map<String, Value>>,
    /// Has tools.
    #[serde(default)]
    pub tools: Option<ToolsCapability>,
}

for_revision!(ServerCapabilities);

impl Written for ServerCapabilities {
    fn write<S: Serializer>(&self, form: Form<'_>, serializer: S) -> Result<S::Ok, S::Error> {
        let filled = |map| Some(map).filter(|map: &&Map<_, _>| !map.is_empty());
        let mut members = Members::begin(form, serializer)?;
        members.put_since(
            Revision::has_completions_capability,
            "completions",
            self.completions.as_ref(),
        )?;
        members.put_some("experimental", filled(&self.experimental))?;
        members.put_since(
            Revision::has_extensions,
            "extensions",
            filled(&self.extensions),
        )?;
        members.put_some("logging", self.logging.as_ref())?;
        members.put_some("prompts", self.prompts.as_ref())?;
        members.put_some("resources", self.resources.as_ref())?;
        members.put_since(Revision::has_core_tasks, "tasks", self.tasks.as_ref())?;
        members.put_some("tools", self.tools.as_ref())?;
        members.end()
    }
}

/// What a server with prompts can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromptsCapability {
    /// Says when the list of prompts changes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub list_changed: bool,
}

/// What a server with resources can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourcesCapability {
    /// Tells subscribers when a resource changes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub subscribe: bool,
    /// Says when the list of resources changes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub list_changed: bool,
}

/// What a server with tools can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolsCapability {
    /// Says when the list of tools changes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub list_changed: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_false(flag: &bool) -> bool {
    !flag
}
